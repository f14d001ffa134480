"""Requests about people's data: which right was used when, and which one waits for staff."""

from aiohttp import web

from bot.storage.requests_desk import end_request, list_requests
from bot.web.console.access import Right
from bot.web.console.desk import Desk, desk, number_in_path, show_desk
from bot.web.parts import PARTS


def add_routes(app: web.Application) -> None:
    app.router.add_get("/console/requests", requests_page)
    app.router.add_post("/console/requests/{request}/done", done)


@desk(Right.PRIVACY)
async def requests_page(request: web.Request, seated: Desk) -> web.StreamResponse:
    return await show_desk(request, seated, "requests.html", requests=await request.app[PARTS].db.read(list_requests))


@desk(Right.PRIVACY)
async def done(request: web.Request, seated: Desk) -> web.StreamResponse:
    """Somebody of staff looked into it, and found nobody of ours or erased them by hand."""
    parts, number = request.app[PARTS], number_in_path(request, "request")
    now = parts.clock()
    await parts.db.write(lambda connection: end_request(connection, seated.member, number, now))
    raise web.HTTPSeeOther("/console/requests")
