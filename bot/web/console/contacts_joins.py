"""Two people who were joined by mistake, parted by staff because the person asked."""

from aiohttp import web

from bot.storage.joining import part_from
from bot.storage.joins import joined_lately
from bot.web.console.access import Right
from bot.web.console.desk import Desk, desk, show_desk
from bot.web.console.people_search import found_person
from bot.web.parts import PARTS


def add_routes(app: web.Application) -> None:
    app.router.add_get("/console/contacts/{contact}/part", part_page)
    app.router.add_post("/console/contacts/{contact}/part", parted)


@desk(Right.PEOPLE)
async def part_page(request: web.Request, seated: Desk) -> web.StreamResponse:
    """Asks once more: places may have to be given up or taken again."""
    parts, person = request.app[PARTS], await found_person(request, seated)
    now, contact = parts.clock(), person.contact_id
    joined_at = await parts.db.read(lambda connection: joined_lately(connection, contact, now))
    if joined_at is None:
        raise web.HTTPNotFound
    return await show_desk(request, seated, "part.html", person=person, joined_at=joined_at)


@desk(Right.PEOPLE)
async def parted(request: web.Request, seated: Desk) -> web.StreamResponse:
    """A second press finds nothing to undo and shows the person as they are."""
    parts, person = request.app[PARTS], await found_person(request, seated)
    now, contact, login = parts.clock(), person.contact_id, seated.member.login
    await parts.db.write(lambda connection: part_from(connection, parts.ring, contact, now, who=login))
    parts.catalogues.forget()  # a place may be free again
    raise web.HTTPSeeOther(f"/console/contacts/{contact}")
