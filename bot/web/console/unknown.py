"""Messages that may have arrived, and what staff say became of them."""

from aiohttp import web

from bot.storage.unknown_desk import Verdict, decide, unknown_messages
from bot.web.console.access import Right
from bot.web.console.desk import Desk, desk, fields_of, number_in_path, show_desk
from bot.web.parts import PARTS


def add_routes(app: web.Application) -> None:
    app.router.add_get("/console/unknown", unknown_page)
    app.router.add_post("/console/unknown/{message}", decided)


@desk(Right.OPERATE)
async def unknown_page(request: web.Request, seated: Desk) -> web.StreamResponse:
    parts = request.app[PARTS]
    messages = await parts.db.read(lambda connection: unknown_messages(connection, parts.ring))
    return await show_desk(request, seated, "unknown.html", messages=messages)


@desk(Right.OPERATE)
async def decided(request: web.Request, seated: Desk) -> web.StreamResponse:
    """Arrived, send again, or leave it: noted with the login."""
    parts, number = request.app[PARTS], number_in_path(request, "message")
    told = (await fields_of(request)).get("verdict", "")
    if told not in set(Verdict):
        raise web.HTTPNotFound
    now = parts.clock()
    await parts.db.write(lambda connection: decide(connection, seated.member, number, Verdict(told), now))
    if told == Verdict.AGAIN:
        parts.nudge()
    raise web.HTTPSeeOther("/console/unknown")
