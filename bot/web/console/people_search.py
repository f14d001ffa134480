"""Finding people, and one person's page. Nothing personal stands in an address: only ids of ours do."""

from aiohttp import web

from bot.domain.tags import AT_MOST, STANDBY
from bot.storage.audit import note
from bot.storage.people_search import FoundPerson, find_people, person_of
from bot.storage.person_desk import desk_person
from bot.understanding.phones import read_phone
from bot.web.console.access import Right
from bot.web.console.desk import Desk, desk, fields_of, number_in_path, show_desk
from bot.web.parts import PARTS

SHOWN = 50


def add_routes(app: web.Application) -> None:
    app.router.add_get("/console/people/search", search_page)
    app.router.add_post("/console/people/search", searched)
    app.router.add_get("/console/contacts/{contact}", person_page)


@desk(Right.PEOPLE)
async def search_page(request: web.Request, seated: Desk) -> web.StreamResponse:
    return await _show(request, seated, "", "", None, erased="erased" in request.query)


@desk(Right.PEOPLE)
async def searched(request: web.Request, seated: Desk) -> web.StreamResponse:
    """That somebody searched is noted; what for is not."""
    parts, fields = request.app[PARTS], await fields_of(request)
    phone, name, now = fields.get("phone", ""), fields.get("name", ""), parts.clock()
    fault = _fault(phone, name)
    if fault:
        return await _show(request, seated, phone, name, None, fault=fault)
    await parts.db.write(lambda connection: note(connection, now, seated.member.login, "people-searched"))
    found = await parts.db.read(
        lambda connection: find_people(
            connection,
            parts.ring,
            phone=phone,
            name=name,
            scope=seated.member.scope,
            without_unit=seated.member.at_top,
            limit=SHOWN + 1,
        )
    )
    return await _show(request, seated, phone, name, found)


@desk(Right.PEOPLE)
async def person_page(request: web.Request, seated: Desk) -> web.StreamResponse:
    """Looking at somebody is noted by their id."""
    return await show_person(request, seated, await found_person(request, seated))


async def show_person(
    request: web.Request, seated: Desk, person: FoundPerson, *, typed: str = "", fault: str = ""
) -> web.StreamResponse:
    """With a tag that was typed and cannot be put on them."""
    parts = request.app[PARTS]
    now, subject = parts.clock(), f"contact {person.contact_id}"
    await parts.db.write(lambda connection: note(connection, now, seated.member.login, "person-viewed", subject))
    whole = await parts.db.read(lambda connection: desk_person(connection, person, now))
    told = {"typed": typed, "fault": fault, "standby": STANDBY, "tags_at_most": AT_MOST}
    return await show_desk(request, seated, "person.html", status=422 if fault else 200, whole=whole, **told)


async def found_person(request: web.Request, seated: Desk) -> FoundPerson:
    """The person in the address, if they are within what this member of staff may see."""
    parts, contact = request.app[PARTS], number_in_path(request, "contact")
    member = seated.member
    person = await parts.db.read(
        lambda connection: person_of(connection, parts.ring, contact, scope=member.scope, without_unit=member.at_top)
    )
    if person is None:
        raise web.HTTPNotFound
    return person


def _fault(phone: str, name: str) -> str:
    if not phone and not name:
        return "nothing"
    return "phone" if phone and not isinstance(read_phone(phone), str) else ""


async def _show(
    request: web.Request,
    seated: Desk,
    phone: str,
    name: str,
    found: list[FoundPerson] | None,
    *,
    fault: str = "",
    erased: bool = False,
) -> web.StreamResponse:
    return await show_desk(
        request,
        seated,
        "people_search.html",
        status=422 if fault else 200,
        phone=phone,
        name=name,
        found=None if found is None else found[:SHOWN],
        more=found is not None and len(found) > SHOWN,
        fault=fault,
        erased=erased,
        backup_days=request.app[PARTS].settings.backup_keep_days,
    )
