"""The door of a person's own page: a signed link, used up by the first press, and the short session behind it."""

from dataclasses import dataclass, field
from datetime import timedelta

from aiohttp import web
from sqlalchemy import Connection

from bot.domain.tokens import BadToken, ends_at, sign, verify
from bot.storage.data_requests import note_request
from bot.storage.personal_home import home_of, language_of_talk
from bot.storage.used_links import link_is_used, use_link
from bot.web.pages import language_of, show
from bot.web.parts import PARTS

LINK = "me"
SESSION = "me-open"
COOKIE = "giothong_me"
SESSION_LASTS = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Door:
    """A link that was made here. `open`: this browser used it up a few minutes ago."""

    token: str = field(repr=False)
    subject: str = field(repr=False)
    expired: bool
    open: bool

    @property
    def address_id(self) -> int:
        number = self.subject.partition("-")[0]
        return int(number) if number.isdecimal() else 0


def door_at(request: web.Request) -> Door:
    """The door in the address of the page; 404 for a link that was never made here."""
    parts, token = request.app[PARTS], request.match_info["token"]
    now, key = parts.clock(), parts.settings.secret_key
    expired = False
    try:
        subject = verify(LINK, token, now, key)
    except BadToken as error:
        if not error.expired:
            raise web.HTTPNotFound from error
        subject, expired = token.split(".")[0], True
    try:
        inside = verify(SESSION, request.cookies.get(COOKIE, ""), now, key) == subject
    except BadToken:
        inside = False
    return Door(token, subject, expired, inside)


async def closed(request: web.Request, door: Door) -> web.Response:
    """One button, so that a preview of the link uses nothing up; or why the link opens nothing more."""
    if door.expired:
        return await gone(request, door, "expired")
    parts = request.app[PARTS]
    if await parts.db.read(lambda connection: link_is_used(connection, door.token)):
        return await gone(request, door, "used")
    return show(request, "me_door.html", language=await spoken(request, door), token=door.token)


async def gone(request: web.Request, door: Door, why: str) -> web.Response:
    """Expired, used, or nobody is behind it any more."""
    return show(request, "me_gone.html", status=410, language=await spoken(request, door), why=why)


async def open_door(request: web.Request, door: Door) -> bool:
    """Use the link up; True for the one call that did. That the page was opened is noted in the same commit."""
    parts = request.app[PARTS]
    now = parts.clock()

    def work(connection: Connection) -> bool:
        if door.expired or not use_link(connection, door.token, ends_at(door.token), now):
            return False
        home = home_of(connection, door.address_id)
        note_request(connection, "page", "page", now, contact_id=home.contact_id if home else None)
        return True

    return await parts.db.write(work)


def back(door: Door, place: str = "") -> web.HTTPSeeOther:
    """To the page by GET; the session is not made longer."""
    return web.HTTPSeeOther(f"/me/{door.token}{place}", headers={"Cache-Control": "no-store"})


def into(request: web.Request, door: Door) -> web.HTTPSeeOther:
    """Back to the page, with the session of this link alone."""
    parts = request.app[PARTS]
    inside = back(door)
    inside.set_cookie(
        COOKIE,
        sign(SESSION, door.subject, parts.clock() + SESSION_LASTS, parts.settings.secret_key),
        path="/me",
        max_age=int(SESSION_LASTS.total_seconds()),
        httponly=True,
        samesite="Strict",
        secure=parts.settings.public_url.startswith("https://"),
    )
    return inside


async def spoken(request: web.Request, door: Door) -> str:
    """The language of the talk in which the link was asked for."""
    if "lang" in request.query:
        return language_of(request)
    parts = request.app[PARTS]
    told = await parts.db.read(lambda connection: language_of_talk(connection, parts.ring, door.address_id))
    return told or language_of(request)
