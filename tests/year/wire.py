"""The network of the year: one call from a channel to a strict platform takes a moment, and may find nobody or be cut."""

import asyncio
import random
from collections.abc import Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import aiohttp
import orjson
from aiohttp import web
from aiohttp.client_reqrep import ConnectionKey

from tests.platforms.server import FakePlatform


@dataclass(frozen=True)
class Reply:
    """What `bot.channels.http.call` reads of an answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    async def read(self) -> bytes:
        return self.body


class _Request(dict[Any, Any]):
    """What a fake reads of a request (see `FakePlatform._handle`)."""

    def __init__(self, method: str, url: str, data: Any, headers: Mapping[str, str]) -> None:
        super().__init__()
        parts = urlsplit(url)
        self.method, self.path = method, parts.path
        self.headers = dict(headers)
        self.query = dict(parse_qsl(parts.query))
        self.transport = self
        self.cut = False
        self._data = data
        self.can_read_body = data is not None
        form = isinstance(data, Mapping)
        self.content_type = "application/x-www-form-urlencoded" if form else "application/json"

    def abort(self) -> None:
        self.cut = True

    async def json(self) -> Any:
        return orjson.loads(self._data)

    async def post(self) -> Any:
        return self._data


class Wire:
    """Stands for the client session of all channels.

    Attributes:
        away: hosts that cannot be reached.
        calls: how many calls reached a platform.
    """

    closed = False

    def __init__(self, platforms: Mapping[str, FakePlatform], chance: random.Random) -> None:
        self.away: set[str] = set()
        self.calls = 0
        self._platforms, self._chance = platforms, chance

    async def close(self) -> None:
        """Nothing is open."""

    @asynccontextmanager
    async def request(self, method: str, url: str, *, data: Any, headers: Mapping[str, str], **_rest: Any) -> Any:
        host = urlsplit(url).hostname or ""
        await asyncio.sleep(self._chance.uniform(0.02, 0.15))
        if host in self.away:
            raise aiohttp.ClientConnectorError(_key(host), OSError(111, "Connection refused"))
        request, platform = _Request(method, url, data, headers), self._platforms[host]
        self.calls += 1
        answer: Any = await platform._handle(request)  # type: ignore[arg-type]
        await asyncio.sleep(self._chance.uniform(0.02, 0.25))
        if request.cut:
            raise aiohttp.ServerDisconnectedError
        yield Reply(answer.status, answer.headers, _bytes(answer))


def _bytes(answer: web.Response) -> bytes:
    body = answer.body
    return bytes(body) if isinstance(body, bytes | bytearray) else b""


def _key(host: str) -> ConnectionKey:
    return ConnectionKey(host, 443, True, True, None, None, None)
