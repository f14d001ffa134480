"""The phone list of first-time donors, nine to fourteen weeks after: a call by a person, ticked off when it was made."""

from aiohttp import web

from bot.storage.audit import note
from bot.storage.first_timers import AT_MOST, FROM_WEEK, TO_WEEK, first_timers, mark_called
from bot.web.console.access import Right
from bot.web.console.desk import Desk, desk, number_in_path, show_desk
from bot.web.parts import PARTS

PATH = "/console/first-timers"


def add_routes(app: web.Application) -> None:
    app.router.add_get(PATH, list_page)
    app.router.add_post(PATH + "/{contact}/called", called)


@desk(Right.PEOPLE)
async def list_page(request: web.Request, seated: Desk) -> web.StreamResponse:
    """Names and phones: looking at them is noted."""
    parts = request.app[PARTS]
    now, login = parts.clock(), seated.member.login
    today = now.astimezone(parts.settings.timezone).date()
    people = await parts.db.read(lambda c: first_timers(c, parts.ring, seated.member, today))
    if people:
        await parts.db.write(lambda c: note(c, now, login, "first-timers-viewed", detail=f"{len(people)} people"))
    return await show_desk(
        request, seated, "first_timers.html", people=people, at_most=AT_MOST, weeks=(FROM_WEEK, TO_WEEK)
    )


@desk(Right.PEOPLE)
async def called(request: web.Request, seated: Desk) -> web.StreamResponse:
    """Off the list; a second press changes nothing."""
    parts, contact = request.app[PARTS], number_in_path(request, "contact")
    now = parts.clock()
    today = now.astimezone(parts.settings.timezone).date()
    await parts.db.write(lambda c: mark_called(c, seated.member, contact, today, now))
    raise web.HTTPSeeOther(PATH)
