"""Correcting an answer: how many read an older version of it, and the button that sends them the present one."""

import asyncio

from aiohttp import web

from bot.library.standing import standing
from bot.storage.corrections import OWED, Correction, ask_for, correction_of, told_otherwise
from bot.web.console.access import Right
from bot.web.console.desk import Desk, desk, show_desk
from bot.web.parts import PARTS, WebParts

HIDDEN_UNDER = 5
PATH = "/console/content/topics/{topic}/correction"


def add_routes(app: web.Application) -> None:
    app.router.add_get(PATH, correction_page)
    app.router.add_post(PATH, asked)


@desk(Right.CORRECT)
async def correction_page(request: web.Request, seated: Desk) -> web.StreamResponse:
    """A number, never who. Where it was sent already, only that."""
    parts, thought = request.app[PARTS], _thought_of(request)
    sent = await parts.db.read(lambda connection: correction_of(connection, thought.wording))
    stale = _is_stale(parts, thought.topic)
    people = 0 if sent or stale else len(await asyncio.to_thread(told_otherwise, parts.db, parts.ring, thought))
    return await show_desk(
        request,
        seated,
        "content_correction.html",
        topic=parts.catalogues.library.topics[thought.topic],
        sent=sent,
        stale=stale,
        people=people,
        hidden_under=HIDDEN_UNDER,
    )


@desk(Right.CORRECT)
async def asked(request: web.Request, seated: Desk) -> web.StreamResponse:
    """The sweep of corrections does the rest; pressing twice changes nothing."""
    parts, thought = request.app[PARTS], _thought_of(request)
    if _is_stale(parts, thought.topic):
        raise web.HTTPConflict
    now, login = parts.clock(), seated.member.login
    await parts.db.write(lambda connection: ask_for(connection, login, thought.topic, thought.wording, now))
    raise web.HTTPSeeOther(PATH.format(topic=thought.topic))


def _thought_of(request: web.Request) -> Correction:
    """The correction that would be sent now."""
    parts, name = request.app[PARTS], request.match_info["topic"]
    library = parts.catalogues.library
    if name not in library.topics:
        raise web.HTTPNotFound
    return Correction(0, name, library.wording(name), parts.clock() - OWED)


def _is_stale(parts: WebParts, name: str) -> bool:
    today = parts.clock().astimezone(parts.settings.timezone).date()
    return standing(parts.catalogues.library.topics[name], today).stale
