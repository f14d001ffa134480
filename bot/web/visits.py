"""One open page of the web chat: from hello to goodbye."""

import asyncio
import contextlib
import secrets

import orjson
from aiohttp import WSCloseCode, WSMsgType, web

from bot.channels.base import WebhookRequest
from bot.domain.tokens import BadToken, sign, verify
from bot.domain.updates import ChannelKind
from bot.intake import NotTaken
from bot.storage.chat_history import BotLine, bot_lines, talk_lines
from bot.storage.database import DatabaseAway
from bot.storage.ids import address_id
from bot.web import frames
from bot.web.delivery import take
from bot.web.guard import Doors
from bot.web.hub import Line
from bot.web.parts import WebParts

SHOWN = 50
"""Messages a page gets when it comes without any."""

MISSED_AT_MOST = 200
HELLO_WITHIN = 15.0
HELLO = b'{"type":"hello"}'
ENDED = (WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED, WSMsgType.ERROR)


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
            await self._ws.send_str(frames.welcome(token))
            await self._open(hello, address)
            await self._talk(line)
        except (NotTaken, DatabaseAway):
            await self._ws.send_str(frames.fault("try-again"))
        finally:
            self._parts.hub.leave(address, line)

    async def _hello(self) -> frames.Hello | None:
        """The first frame, which must be a hello."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(HELLO_WITHIN):
                while (raw := await self._next()) is not None:
                    frame = await self._read(raw)
                    if isinstance(frame, frames.Hello):
                        return frame
                    if frame is not None:
                        await self._ws.send_str(frames.fault("hello-first", frame.id))
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
        if not shown and hello.after is None:
            await take(self._parts, self._request(HELLO, hello.ref))
        elif hello.ref and hello.id:
            await take(self._parts, self._request(orjson.dumps({"type": "hello", "id": hello.id}), hello.ref))

    async def _catch_up(self, hello: frames.Hello, address: int) -> int:
        db, ring = self._parts.db, self._parts.ring
        if hello.history:
            lines = await db.read(lambda connection: talk_lines(connection, ring, address, 2 * SHOWN))
            lines = [
                line for line in lines if isinstance(line, BotLine) or (line.text and line.kind in ("said", "pressed"))
            ]
        else:
            limit = SHOWN if hello.after is None else MISSED_AT_MOST
            lines = list(
                await db.read(lambda connection: bot_lines(connection, ring, address, limit, hello.after or 0))
            )
        for line in lines:
            if not isinstance(line, BotLine) or self._first_time(line.id):
                await self._ws.send_str(frames.history(line))
        return len(lines)

    def _first_time(self, outbox_id: int) -> bool:
        """A message may come by the hub, by polling and by catching up; the page gets it once."""
        if outbox_id in self._sent:
            return False
        self._sent.add(outbox_id)
        return True

    async def _talk(self, line: Line) -> None:
        writer = asyncio.create_task(self._write(line))
        try:
            while (raw := await self._next()) is not None:
                frame = await self._read(raw)
                if isinstance(frame, frames.Line):
                    await self._take(raw, frame)
        finally:
            writer.cancel()
            await asyncio.gather(writer, return_exceptions=True)

    async def _write(self, line: Line) -> None:
        """From the hub to the page. A page that does not read is disconnected; it comes back and asks what it missed."""
        while not line.overrun:
            pushed = await line.get()
            if self._first_time(pushed.outbox_id):
                await self._ws.send_str(frames.message(pushed.outbox_id, pushed.message))
        await self._ws.close(code=WSCloseCode.TRY_AGAIN_LATER)

    async def _take(self, raw: str, frame: frames.Line) -> None:
        if not self._doors.lines.allows(self._visitor):
            await self._ws.send_str(frames.fault("too-fast", frame.id))
            return
        await self._ws.send_str(frames.typing())
        try:
            received, _taken = await take(self._parts, self._request(raw.encode()))
        except NotTaken:
            await self._ws.send_str(frames.fault("try-again", frame.id))
            return
        understood = bool(received.updates)
        await self._ws.send_str(frames.taken(frame.id) if understood else frames.fault("empty", frame.id))

    def _request(self, body: bytes, ref: str = "") -> WebhookRequest:
        headers = {"x-ref": ref} if ref else {}
        return WebhookRequest(ChannelKind.WEB, headers, body, self._visitor, self._parts.clock())

    async def _read(self, raw: str) -> frames.Hello | frames.Line | None:
        try:
            return frames.read_frame(raw)
        except frames.BadFrame as error:
            await self._ws.send_str(frames.fault(error.reason, error.frame_id))
            return None

    async def _next(self) -> str | None:
        """The next text frame, or None when the page has gone."""
        while True:
            item = await self._ws.receive()
            if item.type is WSMsgType.TEXT:
                return str(item.data)
            if item.type in ENDED:
                return None
            await self._ws.send_str(frames.fault("unreadable"))
