"""What the law gives a person, done by staff because the person asked: a copy of everything, and erasure."""

import asyncio
import logging
from collections.abc import Iterator

from aiohttp import web
from sqlalchemy import Connection

from bot.storage.audit import note
from bot.storage.data_requests import note_request
from bot.storage.erasing import erase_person
from bot.storage.personal_messages import copy_chunks
from bot.web.console.access import Right
from bot.web.console.desk import Desk, desk, show_desk
from bot.web.console.people_search import found_person
from bot.web.delivery import where
from bot.web.pages import SAFE_HEADERS
from bot.web.parts import PARTS

log = logging.getLogger(__name__)


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
    return await _stream(request, chunks, f"giot-hong-{contact}.json")


async def _stream(request: web.Request, chunks: Iterator[bytes], name: str) -> web.StreamResponse:
    """Piece by piece from a thread. What breaks on the way breaks the download too: half a copy must not look whole."""
    answer = web.StreamResponse(headers={**SAFE_HEADERS, "Content-Disposition": f'attachment; filename="{name}"'})
    answer.content_type = "application/json"
    await answer.prepare(request)
    try:
        while chunk := await asyncio.to_thread(next, chunks, b""):
            await answer.write(chunk)
        await answer.write_eof()
    except ConnectionError:
        pass  # whoever downloads has gone
    except Exception as error:
        log.error("A copy was cut short: %s", where(error))
        if request.transport is not None:
            request.transport.abort()
    return answer


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
