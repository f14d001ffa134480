"""One HTTP call to a platform: what certainly was not sent is told apart from what may have arrived."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import orjson

from bot.channels.base import Unavailable, Uncertain, UnreadableBody
from bot.channels.wire import read_object

CONNECT_SECONDS = 10.0
ANSWER_SECONDS = 20.0

SessionFactory = Callable[[], aiohttp.ClientSession]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whatever its status."""

    status: int
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)

    def json(self) -> dict[str, Any]:
        """The JSON object of the body, or an empty one when it holds something else (a proxy's page, for example)."""
        try:
            return read_object(self.body)
        except UnreadableBody:
            return {}


class SharedSession:
    """The one connection pool of all channels, opened at the first call and closed with the program."""

    def __init__(self, factory: SessionFactory | None = None) -> None:
        self._factory = factory or new_session
        self._session: aiohttp.ClientSession | None = None

    def __call__(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            self._session = self._factory()
        return self._session

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None


def new_session() -> aiohttp.ClientSession:
    """A pool without cookies; the pace is the sender's business, so connections are not capped here."""
    return aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), connector=aiohttp.TCPConnector(limit=0))


async def call(
    session: aiohttp.ClientSession,
    method: str,
    url: str,
    *,
    json: Any = None,
    form: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    params: Mapping[str, str] | None = None,
    connect_seconds: float = CONNECT_SECONDS,
    answer_seconds: float = ANSWER_SECONDS,
) -> Answer:
    """One call and its answer. Addresses and headers hold tokens, so no error of the client is passed on as it is.

    Raises:
        Unavailable: no connection was made, so nothing was sent.
        Uncertain: the request was under way when the answer was lost.
    """
    sent = {"Content-Type": "application/json", **(headers or {})} if json is not None else dict(headers or {})
    data = orjson.dumps(json) if json is not None else form
    timeout = aiohttp.ClientTimeout(total=None, connect=connect_seconds, sock_read=answer_seconds)
    try:
        async with session.request(
            method, url, data=data, headers=sent, params=params, timeout=timeout, allow_redirects=False
        ) as response:
            return Answer(response.status, await response.read(), response.headers)
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
        raise Unavailable(f"the platform cannot be reached ({type(error).__name__})") from None
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise Uncertain(f"the platform's answer was lost ({type(error).__name__})") from None
