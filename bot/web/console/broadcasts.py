"""Messages to many on the console: the list, and one of them."""

from aiohttp import web
from sqlalchemy import Connection

from bot.domain.broadcasts import Broadcast
from bot.storage.broadcast_figures import Progress
from bot.storage.broadcasts import broadcasts_of
from bot.storage.catalogue import all_units
from bot.web.console import broadcast_presses, broadcasts_compose
from bot.web.console.access import Right
from bot.web.console.broadcast_views import find_broadcast, progress_on, show_broadcast
from bot.web.console.desk import Desk, desk, show_desk
from bot.web.parts import PARTS


def add_routes(app: web.Application) -> None:
    app.router.add_get("/console/broadcasts", list_page)
    broadcasts_compose.add_routes(app)
    app.router.add_get("/console/broadcasts/{broadcast}", one_page)
    broadcast_presses.add_routes(app)


@desk(Right.EDIT_DRIVES)
async def list_page(request: web.Request, seated: Desk) -> web.StreamResponse:
    parts = request.app[PARTS]

    def read(connection: Connection) -> list[tuple[Broadcast, str, Progress | None]]:
        names = {unit.id: unit.name for unit in all_units(connection)}
        return [
            (one, names.get(one.draft.unit_id, ""), progress_on(connection, parts, one))
            for one in broadcasts_of(connection, seated.member)
        ]

    return await show_desk(request, seated, "broadcasts.html", rows=await parts.db.read(read))


@desk(Right.EDIT_DRIVES)
async def one_page(request: web.Request, seated: Desk) -> web.StreamResponse:
    return await show_broadcast(request, seated, await find_broadcast(request, seated))
