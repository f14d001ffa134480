"""What the strict loopback platforms share: a server, a clock that tests set, troubles by script, records of calls."""

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, Self

from aiohttp import web

from bot.channels.base import WebhookRequest
from bot.domain.updates import ChannelKind


class Webhook(NamedTuple):
    """A call as the platform makes it: post `body` with `headers` to `path`."""

    path: str
    headers: dict[str, str]
    body: bytes

    def request(self, received_at: datetime | None = None) -> WebhookRequest:
        """The same as the channel gets it."""
        kind = ChannelKind(self.path.split("/")[2])
        path_id = self.path.split("/")[3] if self.path.count("/") > 2 else ""
        headers = {name.lower(): value for name, value in self.headers.items()}
        return WebhookRequest(kind, headers, self.body, path_id, received_at)


@dataclass(frozen=True)
class Trouble:
    """What happens to the next call instead of, or after, its effect.

    Args:
        status, body, headers: the answer; a status of 0 means that the connection is cut without one.
        after: the call has its effect first.
    """

    status: int = 0
    body: Mapping[str, Any] | str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    after: bool = False


LOST_BEFORE = Trouble()
LOST_AFTER = Trouble(after=True)


@dataclass(frozen=True)
class Call:
    """One call that reached the platform, and what it answered (0: nothing)."""

    method: str
    path: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: Mapping[str, Any]
    status: int
    answer: Any


@dataclass(frozen=True)
class Sent:
    """One message a person got."""

    user_id: str
    text: str
    platform_id: str
    at: datetime
    choices: tuple[tuple[str, str], ...] = ()
    link: str = ""
    image: str = ""
    asks_phone: bool = False
    metadata: str = ""
    template: str = ""
    params: tuple[tuple[str, str], ...] = ()
    price: int = 0


class Refusal(Exception):
    """The platform says no, in its own words."""

    def __init__(self, status: int, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> None:
        super().__init__(str(body))
        self.status, self.body, self.headers = status, body, dict(headers or {})


class FakeHost(ABC):
    """A server on loopback that takes what the platform takes and refuses what it refuses.

    Attributes:
        now: the platform's time; tests move it.
        calls: everything that was called, refusals included.
        sent: the messages that people got, in order.
        last_inbound: when each person last wrote or tapped; who is not in it is unknown.
        script: troubles for the next calls that send, in order.
    """

    host = "127.0.0.1"

    def __init__(self, now: datetime | None = None) -> None:
        self.now = now or datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
        self.calls: list[Call] = []
        self.sent: list[Sent] = []
        self.last_inbound: dict[str, datetime] = {}
        self.blocked: set[str] = set()
        self.script: deque[Trouble] = deque()
        self.port = 0
        self._runner: web.AppRunner | None = None
        self._count = 0

    @property
    def base_url(self) -> str:
        return f"http://{self.host}:{self.port}"

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *reason: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen; on the same port again after a `stop`."""
        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", self._handle)
        self._runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self.host, self.port, reuse_address=True)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """The platform is away: connections are refused."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def fail_next(self, *troubles: Trouble) -> None:
        """Troubles for the next calls that send."""
        self.script.extend(troubles)

    def advance(self, **time: float) -> None:
        self.now += timedelta(**time)

    def touch(self, user_id: str) -> None:
        """This person wrote or tapped now."""
        self.last_inbound[user_id] = self.now
        self.blocked.discard(user_id)

    def texts(self, user_id: str) -> list[str]:
        """What this person got to read."""
        return [message.text for message in self.sent if message.user_id == user_id]

    def next_number(self) -> int:
        self._count += 1
        return self._count

    def millis(self) -> int:
        return int(self.now.timestamp() * 1000)

    @abstractmethod
    def is_send(self, path: str) -> bool:
        """Does `script` apply to calls of this path?"""

    @abstractmethod
    async def answer(self, request: web.Request, body: Mapping[str, Any]) -> Any:
        """Carry the call out. Raises Refusal."""

    def headers_of(self, _request: web.Request) -> Mapping[str, str]:
        """Headers of a call that was taken."""
        return {}

    @abstractmethod
    def unreadable(self) -> Refusal:
        """What the platform says to a body it cannot read."""

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        trouble = self.script.popleft() if self.script and self.is_send(request.path) else None
        body: Mapping[str, Any] = {}
        headers: Mapping[str, str] = {}
        status, answer = 200, None
        try:
            body = await self._body(request)
            if trouble is None or trouble.after:
                answer = await self.answer(request, body)
                headers = self.headers_of(request)
        except Refusal as refusal:
            status, answer, headers = refusal.status, refusal.body, refusal.headers
        if trouble is not None:
            status, answer, headers = trouble.status, trouble.body, trouble.headers
        self.calls.append(
            Call(request.method, request.path, dict(request.headers), dict(request.query), body, status, answer)
        )
        if status == 0:
            if request.transport is not None:
                request.transport.abort()
            return web.Response()
        if isinstance(answer, str):
            return web.Response(status=status, text=answer, headers=headers, content_type="text/html")
        return web.json_response(answer, status=status, headers=headers)

    async def _body(self, request: web.Request) -> Mapping[str, Any]:
        if request.method == "GET" or not request.can_read_body:
            return {}
        if request.content_type != "application/json":
            raise self.unreadable()
        try:
            body = await request.json()
        except ValueError:
            raise self.unreadable() from None
        if not isinstance(body, dict):
            raise self.unreadable()
        return body


class FakePlatform(FakeHost):
    """A host that also calls us."""

    @abstractmethod
    def webhook(self, user_id: str, text: str) -> Webhook:
        """The call with which the platform tells us what this person typed."""


def only(body: Mapping[str, Any], *known: str) -> str:
    """The first key that is not known, or ""."""
    return next((key for key in body if key not in known), "")
