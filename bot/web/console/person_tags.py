"""Tags on a person's page: put on and taken off."""

from aiohttp import web

from bot.domain.tags import TagFault, tag_of
from bot.storage.tags import put_tag, take_tag_off
from bot.web.console.access import Right
from bot.web.console.desk import Desk, desk, fields_of
from bot.web.console.people_search import found_person, show_person
from bot.web.parts import PARTS


def add_routes(app: web.Application) -> None:
    app.router.add_post("/console/contacts/{contact}/tags", tag_put)
    app.router.add_post("/console/contacts/{contact}/tags/off", tag_taken_off)


@desk(Right.PEOPLE)
async def tag_put(request: web.Request, seated: Desk) -> web.StreamResponse:
    """A word about health is refused with a sentence, and what was typed stays in the field."""
    parts, person = request.app[PARTS], await found_person(request, seated)
    typed, now, login = (await fields_of(request)).get("tag", ""), parts.clock(), seated.member.login
    tag = tag_of(typed)
    fault = (
        tag
        if isinstance(tag, TagFault)
        else await parts.db.write(lambda connection: put_tag(connection, person.contact_id, tag, now, who=login))
    )
    if fault is not None:
        return await show_person(request, seated, person, typed=typed, fault=fault)
    raise web.HTTPSeeOther(f"/console/contacts/{person.contact_id}#tags")


@desk(Right.PEOPLE)
async def tag_taken_off(request: web.Request, seated: Desk) -> web.StreamResponse:
    parts, person = request.app[PARTS], await found_person(request, seated)
    tag, now, login = (await fields_of(request)).get("tag", ""), parts.clock(), seated.member.login
    await parts.db.write(lambda connection: take_tag_off(connection, person.contact_id, tag, now, who=login))
    raise web.HTTPSeeOther(f"/console/contacts/{person.contact_id}#tags")
