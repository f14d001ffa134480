"""Events that were kept aside: what they were, one opened, one dropped.

There is no button to try one again: what could not be decoded would fail again until the program is changed, and what
made `respond` fail is kept as a description, not as an update. A platform's own repeat, or the person, brings it again.
"""

import contextlib
import json

from aiohttp import web

from bot.storage.kept_aside_desk import drop_kept, kept_events, kept_kinds, open_kept
from bot.web.console.access import Right
from bot.web.console.desk import Desk, desk, number_in_path, show_desk
from bot.web.parts import PARTS

SHOWN_CHARACTERS = 20_000


def add_routes(app: web.Application) -> None:
    app.router.add_get("/console/kept-aside", kept_aside_page)
    app.router.add_get("/console/kept-aside/{event}", event_page)
    app.router.add_post("/console/kept-aside/{event}/drop", dropped)


@desk(Right.KEPT_ASIDE)
async def kept_aside_page(request: web.Request, seated: Desk) -> web.StreamResponse:
    parts = request.app[PARTS]
    kinds = await parts.db.read(kept_kinds)
    events = await parts.db.read(kept_events)
    days = parts.settings.retention.words.days
    return await show_desk(request, seated, "kept_aside.html", kinds=kinds, events=events, days=days)


@desk(Right.KEPT_ASIDE)
async def event_page(request: web.Request, seated: Desk) -> web.StreamResponse:
    """It may hold somebody's words, so opening it is noted."""
    parts, number = request.app[PARTS], number_in_path(request, "event")
    now = parts.clock()
    opened = await parts.db.write(lambda connection: open_kept(connection, parts.ring, seated.member, number, now))
    if opened is None:
        raise web.HTTPNotFound
    event, content = opened
    return await show_desk(
        request, seated, "kept_event.html", event=event, content=None if content is None else _readable(content)
    )


@desk(Right.KEPT_ASIDE)
async def dropped(request: web.Request, seated: Desk) -> web.StreamResponse:
    parts, number = request.app[PARTS], number_in_path(request, "event")
    now = parts.clock()
    await parts.db.write(lambda connection: drop_kept(connection, seated.member, number, now))
    raise web.HTTPSeeOther("/console/kept-aside")


def _readable(content: str) -> str:
    """JSON in lines; anything else as it came."""
    with contextlib.suppress(ValueError):
        content = json.dumps(json.loads(content), ensure_ascii=False, indent=2)
    return content[:SHOWN_CHARACTERS]
