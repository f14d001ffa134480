"""The privacy notice: filled with what this installation really does."""

import contextlib

from aiohttp import web

from bot.domain.consents import Purpose
from bot.domain.updates import ChannelKind
from bot.settings import Settings
from bot.storage.database import DatabaseAway
from bot.web.pages import language_of, page, show
from bot.web.parts import PARTS, WebParts

KEPT = ("talk", "registration", "later", "consents", "never")
RIGHTS = ("see", "withdraw", "stop", "correct", "erase")
PLATFORMS = (ChannelKind.ZALO, ChannelKind.MESSENGER, ChannelKind.TELEGRAM)


def add_routes(app: web.Application) -> None:
    app.router.add_get("/privacy", privacy)


@page
async def privacy(request: web.Request) -> web.Response:
    """Who keeps what, for what, how long, and what a person may ask."""
    parts, language = request.app[PARTS], language_of(request)
    organiser = ""
    with contextlib.suppress(DatabaseAway):
        organiser = (await parts.catalogues.current(parts.clock())).organiser
    return show(
        request,
        "privacy.html",
        language=language,
        organiser=organiser,
        version=parts.catalogues.words.wording("page.privacy.who").rpartition("@")[2],
        kept=KEPT,
        purposes=[purpose.value for purpose in Purpose],
        platforms=platforms(parts, language),
        periods=periods(parts.settings),
        rights=RIGHTS,
        contact=parts.settings.privacy_contact,
    )


def platforms(parts: WebParts, language: str) -> str:
    """The names of those that are on; their words pass through somebody else's machines."""
    return ", ".join(
        parts.catalogues.words.text(f"channel.{kind}", language) for kind in PLATFORMS if kind in parts.channels
    )


def periods(settings: Settings) -> list[tuple[str, int]]:
    """How long what is kept, in days, as it is set here; `kept` is until somebody withdraws."""
    keep = settings.retention
    told = [
        ("words", keep.words.days),
        ("registrations", keep.registrations.days),
        ("unreported", keep.unreported.days),
        ("kept", 0),
        ("idle", keep.idle.days),
        ("proofs", keep.proofs.days),
        ("figures", keep.figures.days),
        ("listed", keep.listed.days),
    ]
    return [*told, ("backups", settings.backup_keep_days)]
