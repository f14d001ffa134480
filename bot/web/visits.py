"""One open page of the web chat: from hello to goodbye."""

import asyncio
import contextlib
import secrets
from functools import partial

import orjson
from aiohttp import WSCloseCode, WSMsgType, web

from bot.channels.base import WebhookRequest
from bot.domain.tokens import BadToken, sign, verify
from bot.domain.updates import ChannelKind
from bot.intake import NotTaken
from bot.storage.chat_history import BotLine
from bot.storage.database import DatabaseAway
from bot.storage.ids import address_id, moment_of
from bot.web import frames
from bot.web.delivery import take
from bot.web.guard import Doors
from bot.web.hub import Line
from bot.web.missed import missed
from bot.web.parts import WebParts

HELLO_WITHIN = 15.0
TRIES_AT_HELLO = 5
HELLO = b'{"type":"hello"}'
ENDED = (WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED, WSMsgType.ERROR)
CROWDED = 4001
"""The close code that tells a page to stay away until somebody uses it again."""


class Visit:
    """One open page of one visitor."""

    def __init__(self, parts: WebParts, doors: Doors, ws: web.WebSocketResponse, caller: str) -> None:
        self._parts, self._doors, self._ws, self._caller = parts, doors, ws, caller
        self._visitor = ""
        self._sent: set[int] = set()

    async def serve(self) -> None:
        """Raises ConnectionError when the page goes away while we write to it."""
        hello = await self._hello()
        if hello is None:
            return
        token = self._known(hello.token)
        if not token:
            if not self._doors.newcomers.allows(self._caller):
                await self._ws.send_str(frames.fault("too-many"))
                return
            token = self._newcomer()
        address = self._address()
        line = self._parts.hub.join(address)
        try:
            await self._ws.send_str(frames.welcome(token, self._parts.clock()))
            await self._open(hello, address)
            await self._ws.send_str(frames.ready())
            await self._talk(line)
        except (NotTaken, DatabaseAway):
            await self._ws.send_str(frames.fault("try-again"))
        finally:
            self._parts.hub.leave(address, line)

    # --- Arriving ---------------------------------------------------------------------------------------------------

    async def _hello(self) -> frames.Hello | None:
        """The first frame, which must be a hello."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(HELLO_WITHIN):
                for _ in range(TRIES_AT_HELLO):
                    raw = await self._next()
                    if raw is None:
                        return None
                    frame = await self._read(raw)
                    if isinstance(frame, frames.Hello):
                        return frame
                    if frame is not None:
                        await self._ws.send_str(frames.fault("hello-first", getattr(frame, "id", "")))
        return None

    def _known(self, token: str) -> str:
        """The token again if it is ours, else ""."""
        try:
            self._visitor = verify("chat", token, self._parts.clock(), self._parts.settings.secret_key)
        except BadToken:
            return ""
        return token

    def _newcomer(self) -> str:
        self._visitor = f"v{secrets.token_urlsafe(16)}"
        return sign("chat", self._visitor, None, self._parts.settings.secret_key)

    def _address(self) -> int:
        """The row id of this visitor's address, which follows from the account and the visitor."""
        received = self._parts.channels[ChannelKind.WEB].receive(self._request(HELLO))
        return address_id(*received.updates[0].address_key)

    async def _open(self, hello: frames.Hello, address: int) -> None:
        """Send what was missed; whoever has no history yet, or comes with a poster's code, is greeted."""
        shown = await self._catch_up(hello, address)
        if hello.ref and hello.id:  # the same hello again, after a cut, is the same update
            await take(self._parts, self._request(orjson.dumps({"type": "hello", "id": hello.id}), hello.ref))
        elif not shown and hello.after is None:
            await take(self._parts, self._request(HELLO, hello.ref))

    async def _catch_up(self, hello: frames.Hello, address: int) -> bool:
        """Whether there was anything."""
        look = partial(missed, ring=self._parts.ring, address_id=address, hello=hello)
        lines = await self._parts.db.read(look)
        for line in lines:
            if not isinstance(line, BotLine) or self._first_time(line.id):
                await self._ws.send_str(frames.history(line))
        return bool(lines)

    def _first_time(self, outbox_id: int) -> bool:
        """A message may come by the hub, by polling and by catching up; the page gets it once."""
        if outbox_id in self._sent:
            return False
        self._sent.add(outbox_id)
        return True

    # --- Talking ----------------------------------------------------------------------------------------------------

    async def _talk(self, line: Line) -> None:
        writer = asyncio.create_task(self._write(line))
        try:
            while (raw := await self._next()) is not None:
                if not self._doors.frames.allows(self._visitor):
                    await self._ws.close(code=WSCloseCode.POLICY_VIOLATION)
                    return
                await self._heard(raw, line)
        finally:
            writer.cancel()
            await asyncio.gather(writer, return_exceptions=True)

    async def _heard(self, raw: str, line: Line) -> None:
        match await self._read(raw):
            case frames.Line() as said:
                line.tell(await self._take(raw, said))  # after the answer, which its commit has pushed
            case frames.Ping():
                await self._ws.send_str(frames.pong())

    async def _write(self, line: Line) -> None:
        """From the hub to the page. A page that does not read is disconnected; it comes back and asks what it missed."""
        while not line.overrun:
            pushed = await line.get()
            if pushed is None:
                await self._ws.close(code=CROWDED)
                return
            if isinstance(pushed, str):
                await self._ws.send_str(pushed)
            elif self._first_time(pushed.outbox_id):
                at = moment_of(pushed.outbox_id)
                await self._ws.send_str(frames.message(pushed.outbox_id, pushed.message, at))
        await self._ws.close(code=WSCloseCode.TRY_AGAIN_LATER)

    async def _take(self, raw: str, frame: frames.Line) -> str:
        """Make a line durable; what its page is told."""
        if not self._doors.lines.allows(self._visitor):
            return frames.fault("too-fast", frame.id)
        await self._ws.send_str(frames.typing())
        try:
            received, taken = await take(self._parts, self._request(raw.encode()))
        except NotTaken:
            return frames.fault("try-again", frame.id)
        understood = bool(received.updates)
        return frames.taken(frame.id, later=taken.spooled) if understood else frames.fault("empty", frame.id)

    def _request(self, body: bytes, ref: str = "") -> WebhookRequest:
        headers = {"x-ref": ref} if ref else {}
        return WebhookRequest(ChannelKind.WEB, headers, body, self._visitor, self._parts.clock())

    async def _read(self, raw: str) -> frames.Hello | frames.Line | frames.Ping | None:
        try:
            return frames.read_frame(raw)
        except frames.BadFrame as error:
            await self._ws.send_str(frames.fault(error.reason, error.frame_id))
            return None

    async def _next(self) -> str | None:
        """The next frame ("" for one that is no text), or None when the page has gone."""
        item = await self._ws.receive()
        if item.type in ENDED:
            return None
        return str(item.data) if item.type is WSMsgType.TEXT else ""
