"""The web chat: its page, its socket, and a look for what other processes committed."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from functools import partial
from weakref import WeakSet

from aiohttp import WSCloseCode, web

from bot.intake import WebMessage
from bot.storage.chat_history import sent_since
from bot.storage.database import DatabaseAway
from bot.web.frames import FRAME_AT_MOST
from bot.web.guard import AGAIN_AFTER, DOORS, Doors, caller, may_see_pages
from bot.web.missed import OVERLAP
from bot.web.origin import same_site
from bot.web.pages import PAGES, language_of, page, show
from bot.web.parts import PARTS, WebParts
from bot.web.visits import Visit

HEARTBEAT = 25.0
POLL_EVERY = 1.0
POLLED_AT_ONCE = 500

SOCKETS: web.AppKey[WeakSet[web.WebSocketResponse]] = web.AppKey("sockets", WeakSet)
"""The open pages of this process."""


def add_routes(app: web.Application) -> None:
    app[SOCKETS] = WeakSet()
    app.router.add_get("/chat", chat_page)
    app.router.add_get("/chat/ws", socket)
    app.router.add_get("/chat/app.webmanifest", manifest)
    app.on_shutdown.append(_close_sockets)
    app.cleanup_ctx.append(_polling)


@page
async def chat_page(request: web.Request) -> web.Response:
    """The shell; everything said comes through the socket."""
    parts = request.app[PARTS]
    organiser = ""
    with contextlib.suppress(DatabaseAway):  # the page opens even then; what people write goes to the spool
        organiser = (await parts.catalogues.current(parts.clock())).organiser
    return show(request, "chat.html", organiser=organiser)


async def manifest(request: web.Request) -> web.Response:
    """What a phone needs to put the chat on its home screen."""
    words, pictures = request.app[PARTS].catalogues.words, request.app[PAGES].static
    name = words.text("page.chat.name", language_of(request), {})
    body = {
        "name": name,
        "short_name": name,
        "lang": language_of(request),
        "start_url": "/chat",
        "scope": "/chat",
        "display": "standalone",
        "background_color": "#ffffff",
        "theme_color": "#c62828",
        "icons": [
            {"src": pictures.url("drop.svg"), "type": "image/svg+xml", "sizes": "any"},
            {"src": pictures.url("drop.png"), "type": "image/png", "sizes": "600x600"},
        ],
    }
    return web.json_response(body, content_type="application/manifest+json")


async def socket(request: web.Request) -> web.StreamResponse:
    """One page's connection."""
    if not same_site(request):
        return web.Response(status=403)
    doors, calling = request.app[DOORS], caller(request)
    with doors.sockets.one(calling) as seated:
        if not seated or not may_see_pages(request):
            return web.Response(status=429, headers={"Retry-After": str(AGAIN_AFTER)})
        return await _visit(request, doors, calling)


async def _visit(request: web.Request, doors: Doors, calling: str) -> web.WebSocketResponse:
    ws = web.WebSocketResponse(heartbeat=HEARTBEAT, max_msg_size=32 * FRAME_AT_MOST, compress=False)
    await ws.prepare(request)
    request.app[SOCKETS].add(ws)
    with contextlib.suppress(ConnectionError):
        await Visit(request.app[PARTS], doors, ws, calling).serve()
    await ws.close()
    return ws


async def _close_sockets(app: web.Application) -> None:
    """Say goodbye at a restart; the pages come back by themselves."""
    sockets = app[SOCKETS]
    for ws in set(sockets):
        await ws.close(code=WSCloseCode.GOING_AWAY)


async def _polling(app: web.Application) -> AsyncIterator[None]:
    poll = asyncio.create_task(_poll_for_ever(app[PARTS]))
    yield
    poll.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await poll


async def _poll_for_ever(parts: WebParts) -> None:
    while True:
        await asyncio.sleep(POLL_EVERY)
        with contextlib.suppress(DatabaseAway):
            await poll(parts)


async def poll(parts: WebParts) -> None:
    """Bring the visitors connected here what other processes committed for them in the last minute."""
    since = parts.clock() - OVERLAP
    here = parts.hub.addresses()
    for start in range(0, len(here), POLLED_AT_ONCE):
        some = here[start : start + POLLED_AT_ONCE]
        lines = await parts.db.read(partial(sent_since, ring=parts.ring, address_ids=some, since=since))
        parts.hub.publish(WebMessage(line.address_id, "", line.id, line.message) for line in lines)
