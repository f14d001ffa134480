"""Puts the rooms of the web floor together: one aiohttp application without any middleware.

Middlewares would run for every webhook call; pages put on what they need themselves (`pages.page`).
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import NoReturn

from aiohttp import web

from bot.intake import CurrentWords
from bot.web import cards, chat, counted, deletion, form, me, notice, oauth, pictures, probes, scrape, tickets, webhooks
from bot.web.console import (
    alarms,
    arrivals,
    broadcasts,
    callbacks,
    contacts_joins,
    content,
    content_ask,
    content_correct,
    content_questions,
    deferrals,
    door,
    drive_changes,
    drives,
    kept_aside,
    lists,
    login,
    people,
    people_search,
    person_rights,
    person_tags,
    posts,
    pressure,
    reach,
    requests,
    results,
    unknown,
)
from bot.web.console.uploads import SHELF, Shelf
from bot.web.guard import DOORS, Doors
from bot.web.pages import PAGES, Pages, not_found
from bot.web.parts import PARTS, WebParts

STRICT = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}


def build_app(parts: WebParts) -> web.Application:
    """Serve it with `AppRunner(app, access_log=None)`: addresses and links do not belong in logs."""
    app = web.Application(client_max_size=webhooks.BODY_AT_MOST)
    app[PARTS] = parts
    app[DOORS] = Doors()
    app[SHELF] = Shelf()
    app.on_response_prepare.append(strict_headers)
    webhooks.add_routes(app)
    probes.add_routes(app)
    scrape.add_routes(app)
    pages = app[PAGES] = Pages(CurrentWords(parts.catalogues))
    app.router.add_get("/static/{version}/{name}", pages.static.serve)
    app.router.add_get("/", home)
    chat.add_routes(app)
    form.add_routes(app)
    me.add_routes(app)
    deletion.add_routes(app)
    notice.add_routes(app)
    tickets.add_routes(app)
    cards.add_routes(app)
    counted.add_routes(app)
    pictures.add_routes(app)
    oauth.add_routes(app)
    login.add_routes(app)
    alarms.add_routes(app)
    people.add_routes(app)
    drives.add_routes(app)
    drive_changes.add_routes(app)
    door.add_routes(app)
    arrivals.add_routes(app)
    callbacks.add_routes(app)
    deferrals.add_routes(app)
    lists.add_routes(app)
    people_search.add_routes(app)
    person_rights.add_routes(app)
    person_tags.add_routes(app)
    contacts_joins.add_routes(app)
    posts.add_routes(app)
    broadcasts.add_routes(app)
    pressure.add_routes(app)
    reach.add_routes(app)
    requests.add_routes(app)
    results.add_routes(app)
    kept_aside.add_routes(app)
    unknown.add_routes(app)
    content.add_routes(app)
    content_ask.add_routes(app)
    content_correct.add_routes(app)
    content_questions.add_routes(app)
    app.router.add_route("*", "/{tail:.*}", not_found)
    app.cleanup_ctx.append(_watching)
    return app


async def strict_headers(request: web.Request, response: web.StreamResponse) -> None:
    """What every answer carries, whoever made it; a page brings its own, wider policy."""
    for name, value in STRICT.items():
        response.headers.setdefault(name, value)
    if request.app[PARTS].settings.public_url.startswith("https://"):
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")


async def home(_request: web.Request) -> NoReturn:
    raise web.HTTPFound("/chat")


async def _watching(app: web.Application) -> AsyncIterator[None]:
    watch = asyncio.create_task(app[PARTS].metrics.watch_loop())
    yield
    watch.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await watch
