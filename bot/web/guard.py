"""The doors: how often somebody may knock, and how long a slow caller is waited for."""

import asyncio
import contextlib
import ipaddress
import socket
from collections import Counter
from collections.abc import Iterator

from aiohttp import web

from bot.web.origin import Pace, client_address

WEBHOOK_BODY_WITHIN = 10.0
FORM_BODY_WITHIN = 30.0
"""Seconds in which a body must arrive: a platform is fast, a phone in the hills is not."""

READ_WITHIN = 60.0
"""Seconds after which a caller who takes nothing of what we write is hung up on, by the kernel where it can (Linux)."""

FORM_AT_MOST = 64 << 10
"""Bytes of a form. Its longest honest answers are a few kilobytes."""

AGAIN_AFTER = 10
"""Seconds said to a caller who knocks too often."""


class Seats:
    """How many at once, by name."""

    def __init__(self, at_most: int) -> None:
        self._at_most = at_most
        self._taken: Counter[str] = Counter()

    @contextlib.contextmanager
    def one(self, name: str) -> Iterator[bool]:
        """Sit down while the block runs; False when there is no seat."""
        seated = self._taken[name] < self._at_most
        self._taken[name] += seated
        try:
            yield seated
        finally:
            self._taken[name] -= seated
            if not self._taken[name]:
                del self._taken[name]


class Doors:
    """Token buckets by caller. A whole factory may sit behind one address, so pages and newcomers in the chat are
    generous; forged calls are not. Lines of the chat count by visitor, never faster than the intake's own flood limit:
    the page keeps what came too fast and sends it again. Calls with a right signature are never counted."""

    def __init__(self) -> None:
        self.pages = Pace(burst=300, per_second=20)
        self.forged = Pace(burst=30, per_second=0.5)
        self.newcomers = Pace(burst=120, per_second=2)
        self.lines = Pace(burst=25, per_second=0.5)
        self.frames = Pace(burst=100, per_second=5)
        self.sockets = Seats(600)


DOORS: web.AppKey[Doors] = web.AppKey("doors", Doors)


def caller(request: web.Request) -> str:
    """Whom to count: the IPv4 address, or the /64 that a household or a machine has in IPv6."""
    told = client_address(request)
    try:
        address = ipaddress.ip_address(told)
    except ValueError:
        return told
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False))
    return told


def may_see_pages(request: web.Request) -> bool:
    """Count one page for this caller, and expect them to read it."""
    _expect_reading(request)
    return request.app[DOORS].pages.allows(caller(request))


def refuse_forged(request: web.Request) -> web.Response:
    """The answer to a wrong signature: 401, and 429 to whoever keeps trying."""
    if request.app[DOORS].forged.allows(caller(request)):
        return web.Response(status=401)
    return web.Response(status=429, headers={"Retry-After": str(AGAIN_AFTER)})


def _expect_reading(request: web.Request) -> None:
    """A long answer to somebody who does not read would wait for ever, and hold its rows in memory."""
    line = request.transport.get_extra_info("socket") if request.transport else None
    option = getattr(socket, "TCP_USER_TIMEOUT", None)
    if line is not None and option is not None:
        with contextlib.suppress(OSError):  # not TCP
            line.setsockopt(socket.IPPROTO_TCP, option, int(READ_WITHIN * 1000))


async def body_of(request: web.Request, within: float = WEBHOOK_BODY_WITHIN) -> bytes:
    """The raw body.

    Raises:
        HTTPRequestTimeout: it did not arrive in time.
        HTTPRequestEntityTooLarge: it is larger than the application takes.
    """
    if request.content.is_eof():  # it came with its headers, as nearly all do: no timer is needed
        return await request.read()
    try:
        async with asyncio.timeout(within):
            return await request.read()
    except TimeoutError:
        raise web.HTTPRequestTimeout from None


async def form_of(request: web.Request, within: float = FORM_BODY_WITHIN) -> dict[str, str]:
    """The text fields of a form; files and other things are left out.

    Raises:
        HTTPRequestTimeout, HTTPRequestEntityTooLarge: as `body_of`.
    """
    if (request.content_length or 0) > FORM_AT_MOST:
        raise web.HTTPRequestEntityTooLarge(FORM_AT_MOST, request.content_length or 0)
    if len(await body_of(request, within)) > FORM_AT_MOST:  # a body without a length
        raise web.HTTPRequestEntityTooLarge(FORM_AT_MOST, FORM_AT_MOST + 1)
    if request.content_type != "application/x-www-form-urlencoded":
        return {}
    posted = await request.post()
    return {name: value for name, value in posted.items() if isinstance(value, str)}
