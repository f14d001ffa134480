"""`/me/{token}`: a person's own data, by a link that opens once."""

import re
import secrets

from aiohttp import web
from sqlalchemy import Connection

from bot.channels.base import Received
from bot.dialog.payloads import Agree
from bot.domain.consents import Purpose
from bot.domain.updates import Pressed, Update
from bot.intake import NotTaken
from bot.storage.personal_copy import Plain, held_of
from bot.storage.personal_home import consent_stands, home_of
from bot.storage.personal_messages import HeldMessage, homes_of, newest_messages
from bot.web import me_files
from bot.web.guard import form_of
from bot.web.me_door import Door, back, closed, door_at, gone, into, open_door, spoken
from bot.web.me_sections import sections
from bot.web.me_telling import Telling, lines
from bot.web.origin import refuse_other_sites
from bot.web.pages import page, show
from bot.web.parts import PARTS, WebParts

SHOWN = 50
"""Messages on one page."""

LAST_PAGE = 100_000
_NONCE = re.compile(r"[A-Za-z0-9_-]{8,40}")


def add_routes(app: web.Application) -> None:
    app.router.add_get("/me/{token}", me_page)
    app.router.add_post("/me/{token}", opened)
    app.router.add_post("/me/{token}/withdraw", withdrawn)
    me_files.add_routes(app)


@page
async def me_page(request: web.Request) -> web.Response:
    """All that is held, for whoever pressed the button in this browser; for everybody else the button."""
    door = door_at(request)
    return await (_whole(request, door) if door.open else closed(request, door))


@page
async def opened(request: web.Request) -> web.Response:
    """The press that uses the link up."""
    door = door_at(request)
    refuse_other_sites(request)
    if door.open:
        raise back(door)
    if await open_door(request, door):
        raise into(request, door)
    return await closed(request, door)


@page
async def withdrawn(request: web.Request) -> web.Response:
    """Withdraw one consent by the same update as a tap in the chat; places are given back only after one question."""
    door = door_at(request)
    refuse_other_sites(request)
    if not door.open:
        return await closed(request, door)
    fields = await form_of(request)
    purpose, nonce = fields.get("purpose", ""), fields.get("nonce", "")
    if purpose not in set(Purpose) or not _NONCE.fullmatch(nonce):
        raise web.HTTPNotFound
    if purpose == Purpose.REGISTRATION and fields.get("sure") != "yes":
        language = await spoken(request, door)
        return show(request, "me_withdraw.html", language=language, token=door.token, nonce=nonce)
    if not await _withdraw(request.app[PARTS], door, Purpose(purpose), nonce):
        return await _whole(request, door, busy=True)
    raise back(door, "#consents")


async def _withdraw(parts: WebParts, door: Door, purpose: Purpose, nonce: str) -> bool:
    """Whether it is withdrawn now. The page's nonce makes a second press harmless."""
    home = await parts.db.read(lambda connection: home_of(connection, door.address_id))
    if home is None:
        return True
    payload = Agree(purpose, "yes" if purpose is Purpose.REGISTRATION else "off")
    press = Pressed(str(payload), parts.catalogues.words.text("page.me.withdraw", "vi"))
    update_id = f"me:{door.address_id}:{purpose}:{nonce}"
    update = Update(home.account_id, home.channel, home.user_id, update_id, parts.clock(), press)
    try:
        taken = await parts.intake.take(None, Received((update,)))
    except NotTaken:
        return False
    parts.metrics.count(home.channel, taken)
    parts.catalogues.forget()
    return not await parts.db.read(lambda connection: consent_stands(connection, home.contact_id, purpose))


async def _whole(request: web.Request, door: Door, *, busy: bool = False) -> web.Response:
    parts, number = request.app[PARTS], _page_number(request)
    found = await parts.db.read(lambda connection: _read(connection, parts, door.address_id, number))
    if found is None:
        return await gone(request, door, "nothing")
    held, messages = found
    telling = Telling(parts.catalogues.words, await spoken(request, door), parts.settings.timezone)
    return show(
        request,
        "me.html",
        status=503 if busy else 200,
        language=telling.language,
        token=door.token,
        nonce=secrets.token_urlsafe(16),
        sections=sections(held, telling),
        lines=lines(list(reversed(messages[:SHOWN])), telling, {}),
        page=number,
        older=len(messages) > SHOWN,
        days=parts.settings.retention.words.days,
        busy=busy,
    )


def _read(
    connection: Connection, parts: WebParts, address_id: int, number: int
) -> tuple[Plain, list[HeldMessage]] | None:
    """What is held, and one page of the messages with one more if there is any."""
    home = home_of(connection, address_id)
    held = None if home is None else held_of(connection, parts.ring, home.contact_id)
    if held is None:
        return None
    return held, newest_messages(connection, parts.ring, homes_of(held), SHOWN + 1, (number - 1) * SHOWN)


def _page_number(request: web.Request) -> int:
    told = request.query.get("page", "1")
    return min(max(int(told), 1), LAST_PAGE) if told.isdecimal() and len(told) < 10 else 1
