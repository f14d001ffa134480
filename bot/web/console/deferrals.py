"""People put off at a site, for the health role alone: until when, and why."""

from datetime import timedelta

from aiohttp import web

from bot.domain.donations import ReasonGroup
from bot.storage.audit import note
from bot.storage.deferrals_desk import FEWEST, PAGE, deferral_at, list_deferrals, reason_figures, write_reason
from bot.web.console.access import Right
from bot.web.console.desk import Desk, desk, fields_of, number_in_path, show_desk
from bot.web.parts import PARTS

PATH = "/console/deferrals"
BACK = timedelta(days=365)
"""So far back the page looks."""


def add_routes(app: web.Application) -> None:
    app.router.add_get(PATH, deferrals_page)
    app.router.add_post(PATH + "/{deferral}/reason", told)


@desk(Right.REASONS)
async def deferrals_page(request: web.Request, seated: Desk) -> web.StreamResponse:
    """The newest first, and counts by group; looking at names is noted."""
    parts = request.app[PARTS]
    now, member = parts.clock(), seated.member
    since = (now - BACK).astimezone(parts.settings.timezone).date()
    found = await parts.db.read(lambda c: list_deferrals(c, parts.ring, member, since))
    figures = await parts.db.read(lambda c: reason_figures(c, parts.ring, member, since))
    if found:
        await parts.db.write(lambda c: note(c, now, member.login, "deferrals-viewed", detail=f"{len(found)} people"))
    return await show_desk(
        request,
        seated,
        "deferrals.html",
        deferrals=found,
        figures=figures,
        reasons=list(ReasonGroup),
        fewest=FEWEST,
        at_most=PAGE,
    )


@desk(Right.REASONS)
async def told(request: web.Request, seated: Desk) -> web.StreamResponse:
    """What a doctor of the site told, as a group."""
    parts, which = request.app[PARTS], number_in_path(request, "deferral")
    reason, now, member = (await fields_of(request)).get("reason", ""), parts.clock(), seated.member
    if reason not in set(ReasonGroup):
        raise web.HTTPSeeOther(PATH)
    found = await parts.db.read(lambda c: deferral_at(c, parts.ring, member, which))
    if found is None:
        raise web.HTTPNotFound
    await parts.db.write(lambda c: write_reason(c, parts.ring, member, which, ReasonGroup(reason), now))
    raise web.HTTPSeeOther(PATH)
