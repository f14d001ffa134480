"""Files that staff hand in on a console page: the form with its token and one file, and a shelf for a second look.

What is tried first lies on the shelf for a quarter of an hour, in memory alone and for the session that brought it: such
files hold names, and a page that asks for the same file twice gets another one the second time.
"""

import asyncio
import hashlib
import hmac
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from aiohttp import BodyPartReader, web

from bot.web.console.access import Right
from bot.web.console.desk import LONGEST_FIELD, Desk, seat
from bot.web.guard import FORM_BODY_WITHIN
from bot.web.pages import Handler, page

LARGEST = 1_000_000
"""Bytes of a list; a picture may be larger (`domain/images.py`)."""

KEPT_FOR = timedelta(minutes=15)
MOST_KEPT = 20
FIELDS_AT_MOST = 20


@dataclass(frozen=True, slots=True)
class Upload:
    """What came: the text fields, and the file ("" and nothing where none was chosen)."""

    fields: dict[str, str]
    name: str = ""
    content: bytes = field(default=b"", repr=False)
    too_large: bool = False


UploadHandler = Callable[[web.Request, Desk, Upload], Awaitable[web.StreamResponse]]


def upload_desk(
    *any_of: Right, largest: int = LARGEST, longest: int = LONGEST_FIELD
) -> Callable[[UploadHandler], Handler]:
    """A handler for a form with a file, by somebody logged in who has one of these rights.

    Args:
        largest: bytes of the file.
        longest: bytes of any other field.
    """

    def wrap(handler: UploadHandler) -> Handler:
        async def guarded(request: web.Request) -> web.StreamResponse:
            seated = await seat(request)
            if seated is None:
                raise web.HTTPUnauthorized
            if not seated.rights.intersection(any_of):
                raise web.HTTPForbidden
            upload = await upload_of(request, largest, longest)
            if not hmac.compare_digest(upload.fields.get("csrf", "").encode(), seated.csrf.encode()):
                raise web.HTTPForbidden
            return await handler(request, seated, upload)

        return page(guarded)

    return wrap


async def upload_of(request: web.Request, largest: int = LARGEST, longest: int = LONGEST_FIELD) -> Upload:
    """The form as it came. A file that is too large is not kept, and the rest of it is not waited for.

    Raises:
        HTTPRequestTimeout: it did not arrive in time.
        HTTPBadRequest: this is no form with a file.
    """
    if request.content_type != "multipart/form-data":
        raise web.HTTPBadRequest
    try:
        async with asyncio.timeout(FORM_BODY_WITHIN):
            return await _parts_of(request, largest, longest)
    except TimeoutError:
        raise web.HTTPRequestTimeout from None
    except (ValueError, AssertionError) as error:  # what the reader makes of a broken body
        raise web.HTTPBadRequest from error


async def _parts_of(request: web.Request, largest: int, longest: int) -> Upload:
    fields: dict[str, str] = {}
    name, content = "", b""
    reader = await request.multipart()
    async for part in reader:
        if not isinstance(part, BodyPartReader) or len(fields) > FIELDS_AT_MOST:
            raise web.HTTPBadRequest
        most = largest if part.filename else longest
        body = await _read(part, most)
        if body is None:
            return Upload(fields, part.filename or "", too_large=True)
        if part.filename:
            name, content = part.filename[:200], body
        elif part.name:
            fields[part.name] = body.decode("utf-8", "replace").strip()
    return Upload(fields, name, content)


async def _read(part: BodyPartReader, most: int) -> bytes | None:
    """None where it is larger than that."""
    body = bytearray()
    while chunk := await part.read_chunk(64 << 10):
        body += chunk
        if len(body) > most:
            return None
    return bytes(body)


@dataclass(frozen=True, slots=True)
class _Laid:
    owner: bytes
    until: datetime
    content: bytes = field(repr=False)


class Shelf:
    """Files that were tried and wait for a second press."""

    def __init__(self) -> None:
        self._laid: dict[str, _Laid] = {}

    def lay(self, session: str, content: bytes, now: datetime) -> str:
        """Keep a file for its session; the oldest makes room."""
        self._tidy(now)
        while len(self._laid) >= MOST_KEPT:
            del self._laid[next(iter(self._laid))]
        ticket = secrets.token_urlsafe(18)
        self._laid[ticket] = _Laid(_owner(session), now + KEPT_FOR, content)
        return ticket

    def take(self, ticket: str, session: str, now: datetime) -> bytes | None:
        """The file, once; None where it is another's, unknown or too old."""
        self._tidy(now)
        laid = self._laid.get(ticket)
        if laid is None or not hmac.compare_digest(laid.owner, _owner(session)):
            return None
        del self._laid[ticket]
        return laid.content

    def _tidy(self, now: datetime) -> None:
        for ticket in [ticket for ticket, laid in self._laid.items() if laid.until <= now]:
            del self._laid[ticket]


SHELF: web.AppKey[Shelf] = web.AppKey("shelf", Shelf)


def _owner(session: str) -> bytes:
    return hashlib.sha256(session.encode()).digest()
