"""The privacy notice."""

import contextlib

from aiohttp import web

from bot.storage.database import DatabaseAway
from bot.web.pages import page, show
from bot.web.parts import PARTS

SECTIONS = ("who", "what", "why", "platforms", "how-long", "rights", "secret", "contact")


def add_routes(app: web.Application) -> None:
    app.router.add_get("/privacy", privacy)


@page
async def privacy(request: web.Request) -> web.Response:
    """Who keeps what, for what, how long, and what a person may ask."""
    parts = request.app[PARTS]
    organiser = ""
    with contextlib.suppress(DatabaseAway):
        organiser = (await parts.catalogues.current(parts.clock())).organiser
    return show(
        request, "privacy.html", organiser=organiser, sections=SECTIONS, days=parts.settings.retention.words.days
    )
