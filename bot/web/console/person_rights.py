"""What the law gives a person, done by staff because the person asked: a copy of everything, and erasure."""

import asyncio

from aiohttp import web
from sqlalchemy import Connection

from bot.storage.audit import note
from bot.storage.data_requests import note_request
from bot.storage.erasing import erase_person
from bot.storage.personal_messages import copy_chunks
from bot.web.console.access import Right
from bot.web.console.desk import Desk, desk, show_desk
from bot.web.console.people_search import found_person
from bot.web.downloads import download
from bot.web.parts import PARTS


def add_routes(app: web.Application) -> None:
    app.router.add_post("/console/contacts/{contact}/export", exported)
    app.router.add_get("/console/contacts/{contact}/erase", erase_page)
    app.router.add_post("/console/contacts/{contact}/erase", erased)


@desk(Right.COPIES)
async def exported(request: web.Request, seated: Desk) -> web.StreamResponse:
    """Noted before the first byte leaves."""
    parts, person = request.app[PARTS], await found_person(request, seated)
    now, login, contact = parts.clock(), seated.member.login, person.contact_id

    def noted(connection: Connection) -> None:
        note_request(connection, "download", "staff", now, contact_id=contact, by=login)
        note(connection, now, login, "person-exported", f"contact {contact}")

    await parts.db.write(noted)
    chunks = await asyncio.to_thread(lambda: copy_chunks(parts.db.read_now, parts.ring, contact, now))
    if chunks is None:
        raise web.HTTPNotFound
    return await download(request, chunks, "application/json", f"giot-hong-{contact}.json")


@desk(Right.PRIVACY)
async def erase_page(request: web.Request, seated: Desk) -> web.StreamResponse:
    """Asks once more: nothing of it comes back."""
    return await show_desk(request, seated, "erase.html", person=await found_person(request, seated))


@desk(Right.PRIVACY)
async def erased(request: web.Request, seated: Desk) -> web.StreamResponse:
    parts, person = request.app[PARTS], await found_person(request, seated)
    now, login = parts.clock(), seated.member.login

    def erase(connection: Connection) -> None:
        erase_person(connection, parts.ring, person.contact_id, now, source="staff", by=login)

    await parts.db.write(erase)
    raise web.HTTPSeeOther("/console/people/search?erased")
