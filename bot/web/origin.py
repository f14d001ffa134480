"""Who is at the other end: the same site, which machine, and not too often."""

import ipaddress
import time
from collections import OrderedDict
from collections.abc import Iterable
from urllib.parse import urlsplit

from aiohttp import web

from bot.web.parts import PARTS

KEPT_AT_MOST = 20_000


def same_site(request: web.Request) -> bool:
    """Browsers always say from which site a socket is opened; other programs say nothing and carry no cookies of ours."""
    origin = request.headers.get("Origin")
    if origin is None:
        return True
    ours = {request.host.lower(), urlsplit(request.app[PARTS].settings.public_url).netloc.lower()} - {""}
    return urlsplit(origin).netloc.lower() in ours


def refuse_other_sites(request: web.Request) -> None:
    """Browsers say where a form was sent from; nobody opens or changes anything through somebody else's page."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise web.HTTPForbidden


def client_address(request: web.Request) -> str:
    """The address of whoever calls, behind a proxy we trust too."""
    settings = request.app[PARTS].settings
    return forwarded_for(request.remote or "", request.headers.get("X-Forwarded-For", ""), settings.trusted_proxies)


def forwarded_for(peer: str, header: str, proxies: Iterable[str]) -> str:
    """Behind a proxy we trust, the last address of its list that is not itself such a proxy; else the peer."""
    trusted = [network for text in proxies if (network := _network(text))]
    address = peer
    chain = [part.strip() for part in header.split(",") if part.strip()]
    while chain and _is_in(address, trusted):
        address = chain.pop()
    return address


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def _is_in(address: str, networks: list[ipaddress.IPv4Network | ipaddress.IPv6Network]) -> bool:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in networks)


class Pace:
    """A token bucket per name: `burst` at once, then `per_second`. Names idle longest are forgotten first."""

    def __init__(self, burst: float, per_second: float) -> None:
        self._burst, self._per_second = burst, per_second
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def allows(self, name: str) -> bool:
        """Take one token if there is one."""
        at = time.monotonic()
        tokens, since = self._buckets.pop(name, (self._burst, at))
        tokens = min(self._burst, tokens + (at - since) * self._per_second)
        allowed = tokens >= 1
        self._buckets[name] = (tokens - 1 if allowed else tokens, at)
        while len(self._buckets) > KEPT_AT_MOST:
            self._buckets.popitem(last=False)
        return allowed
