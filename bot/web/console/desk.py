"""The way into every console page: a session, a right, and on changes the page's own token."""

import hashlib
import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from sqlalchemy import Connection

from bot.storage.alarms import count_open
from bot.storage.handoffs import count_waiting
from bot.storage.posts import count_asking
from bot.storage.pressure import open_pressure
from bot.storage.questions import count_questions
from bot.storage.requests_desk import open_requests
from bot.storage.staff import StaffMember, session_staff
from bot.web.console.access import Right, rights_of
from bot.web.guard import form_of
from bot.web.pages import Handler, page, show
from bot.web.parts import PARTS

COOKIE = "giothong_staff"
LANGUAGE = "vi"
LONGEST_FIELD = 4000
LARGEST_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Desk:
    """Who is logged in, and the token that this session's forms carry."""

    member: StaffMember
    csrf: str = field(repr=False)
    session: str = field(repr=False)

    @property
    def rights(self) -> frozenset[Right]:
        return rights_of(self.member)

    @property
    def urgent_only(self) -> bool:
        return Right.TALKS not in self.rights


DeskHandler = Callable[[web.Request, Desk], Awaitable[web.StreamResponse]]


def desk(*any_of: Right) -> Callable[[DeskHandler], Handler]:
    """A handler for somebody logged in who has one of these rights (or just anybody of staff)."""

    def wrap(handler: DeskHandler) -> Handler:
        async def guarded(request: web.Request) -> web.StreamResponse:
            seated = await seat(request)
            if seated is None:
                raise web.HTTPUnauthorized if request.method == "POST" else web.HTTPSeeOther("/console/login")
            if any_of and not seated.rights.intersection(any_of):
                raise web.HTTPForbidden
            if request.method == "POST":
                await _check_token(request, seated)
            return await handler(request, seated)

        return page(guarded)

    return wrap


async def seat(request: web.Request) -> Desk | None:
    """The desk behind the session cookie."""
    parts, session = request.app[PARTS], request.cookies.get(COOKIE, "")
    if not session or len(session) > 200:
        return None
    now = parts.clock()
    member = await parts.db.read(lambda connection: session_staff(connection, session, now))
    return Desk(member, csrf_token(parts.settings.secret_key, session), session) if member else None


def csrf_token(key: str, session: str) -> str:
    """Bound to the session: another site can neither read nor guess it."""
    return hmac.digest(key.encode(), f"csrf\n{session}".encode(), hashlib.sha256).hex()[:40]


async def _check_token(request: web.Request, seated: Desk) -> None:
    told = (await fields_of(request)).get("csrf", "")
    if not hmac.compare_digest(told.encode(), seated.csrf.encode()):
        raise web.HTTPForbidden


async def fields_of(request: web.Request) -> dict[str, str]:
    """The fields of a form as text."""
    return {name: value.strip()[:LONGEST_FIELD] for name, value in (await form_of(request)).items()}


async def show_desk(
    request: web.Request, seated: Desk, template: str, *, status: int = 200, **values: Any
) -> web.Response:
    """A console page, with what its frame needs."""
    parts = request.app[PARTS]
    return show(
        request,
        f"console/{template}",
        status=status,
        language=LANGUAGE,
        desk=seated,
        rights={right.name for right in seated.rights},
        counts=await parts.db.read(lambda connection: _counts(connection, seated)),
        zone=parts.settings.timezone,
        now=parts.clock(),
        **values,
    )


def _counts(connection: Connection, seated: Desk) -> dict[str, int]:
    """What waits on each page of theirs, for the numbers beside the links."""
    rights, member = seated.rights, seated.member
    counts = dict.fromkeys(("people", "alarms", "requests", "pressure", "content", "posts"), 0)
    if rights & {Right.TALKS, Right.URGENT_TALKS}:
        counts["people"] = count_waiting(connection, member, urgent_only=seated.urgent_only)
    if Right.ALARMS in rights:
        counts["alarms"] = count_open(connection, member, operation=Right.OPERATE in rights)
    if Right.PRIVACY in rights:
        counts["requests"] = open_requests(connection)
    if Right.QUESTIONS in rights:
        counts["content"] = count_questions(connection)
    if Right.EDIT_DRIVES in rights:
        counts["posts"] = count_asking(connection, member.scope, approver=Right.OPEN_DRIVES in rights)
    if Right.PRESSURE in rights:
        counts["pressure"] = open_pressure(connection, member)
    return counts


def number_in_path(request: web.Request, name: str) -> int:
    """An id of ours in the address of a page."""
    number = row_number(request.match_info[name])
    if number is None:
        raise web.HTTPNotFound
    return number


def row_number(text: str) -> int | None:
    """An id as text; None for what no row can have as its id."""
    number = int(text) if text.isdecimal() and len(text) <= 19 else LARGEST_ID + 1
    return number if number <= LARGEST_ID else None
