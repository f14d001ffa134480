"""What a person may take along: everything as JSON, the messages as a page to read; any number streams in pages."""

import asyncio
from collections.abc import Callable, Iterator

from aiohttp import web
from sqlalchemy import Connection

from bot.storage.data_requests import note_request
from bot.storage.personal_copy import held_of
from bot.storage.personal_home import home_of
from bot.storage.personal_messages import copy_chunks, homes_of, message_pages
from bot.web.downloads import download
from bot.web.me_door import closed, door_at, gone, spoken
from bot.web.me_telling import Telling, lines
from bot.web.pages import PAGES, page
from bot.web.parts import PARTS, WebParts


def add_routes(app: web.Application) -> None:
    app.router.add_get("/me/{token}/data.json", data_file)
    app.router.add_get("/me/{token}/messages.html", messages_file)


@page
async def data_file(request: web.Request) -> web.StreamResponse:
    """Everything, for another program or for safe keeping."""
    parts, now = request.app[PARTS], request.app[PARTS].clock()

    def make(contact_id: int) -> Iterator[bytes] | None:
        return copy_chunks(parts.db.read_now, parts.ring, contact_id, now)

    return await _download(request, make, "application/json", "giot-hong.json")


@page
async def messages_file(request: web.Request) -> web.StreamResponse:
    """The messages both ways, as one page without anything to load."""
    language = await spoken(request, door_at(request))

    def make(contact_id: int) -> Iterator[bytes] | None:
        return _readable(request.app, contact_id, language)

    return await _download(request, make, "text/html", "giot-hong.html")


async def _download(
    request: web.Request, make: Callable[[int], Iterator[bytes] | None], content_type: str, name: str
) -> web.StreamResponse:
    parts, door = request.app[PARTS], door_at(request)
    if not door.open:
        return await closed(request, door)
    home = await parts.db.read(lambda connection: home_of(connection, door.address_id))
    chunks = await asyncio.to_thread(make, home.contact_id) if home else None
    if home is None or chunks is None:
        return await gone(request, door, "nothing")
    await _note(parts, home.contact_id)
    return await download(request, chunks, content_type, name)


async def _note(parts: WebParts, contact_id: int) -> None:
    now = parts.clock()

    def work(connection: Connection) -> None:
        note_request(connection, "download", "page", now, contact_id=contact_id)

    await parts.db.write(work)


def _readable(app: web.Application, contact_id: int, language: str) -> Iterator[bytes] | None:
    parts = app[PARTS]
    held = parts.db.read_now(lambda connection: held_of(connection, parts.ring, contact_id))
    return None if held is None else _file(app, homes_of(held), language)


def _file(app: web.Application, homes: dict[int, str], language: str) -> Iterator[bytes]:
    parts, render = app[PARTS], app[PAGES].render
    telling = Telling(parts.catalogues.words, language, parts.settings.timezone)
    labels: dict[str, str] = {}
    yield render("me_file.html", language, part="head", made_at=telling.moment(parts.clock()), lines=()).encode()
    for messages in message_pages(parts.db.read_now, parts.ring, homes, readable=True):
        told = lines(messages, telling, labels)
        yield render("me_file.html", language, part="lines", made_at="", lines=told).encode()
    yield render("me_file.html", language, part="tail", made_at="", lines=()).encode()
