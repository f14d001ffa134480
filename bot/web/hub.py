"""The open web-chat sockets of this process, by address, and what is pushed to them."""

import asyncio
import contextlib
from collections.abc import Iterable

from bot.intake import WebMessage

WAITING_AT_MOST = 200
PAGES_AT_MOST = 12
"""Open pages of one visitor. The oldest makes room: on a bad line it is one that nobody holds any more."""


class Line:
    """What waits to be written to one socket. A reader that does not read loses the line, not our memory."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[WebMessage | str | None] = asyncio.Queue()
        self.overrun = False

    def push(self, message: WebMessage) -> None:
        if self._queue.qsize() >= WAITING_AT_MOST:
            self.overrun = True
        else:
            self._queue.put_nowait(message)

    def make_room(self) -> None:
        """This page is one too many."""
        self._queue.put_nowait(None)

    def tell(self, frame: str) -> None:
        """A frame that comes after every message pushed so far."""
        self._queue.put_nowait(frame)

    async def get(self) -> WebMessage | str | None:
        """The next message or frame; None when the page shall make room for another."""
        return await self._queue.get()


class Hub:
    """Who is connected here."""

    def __init__(self) -> None:
        self._lines: dict[int, list[Line]] = {}

    def join(self, address_id: int) -> Line:
        line, lines = Line(), self._lines.setdefault(address_id, [])
        lines.append(line)
        for old in lines[:-PAGES_AT_MOST]:
            old.make_room()
        return line

    def leave(self, address_id: int, line: Line) -> None:
        lines = self._lines.get(address_id, [])
        with contextlib.suppress(ValueError):
            lines.remove(line)
        if not lines:
            self._lines.pop(address_id, None)

    def publish(self, messages: Iterable[WebMessage]) -> None:
        """Hand each message to the open sockets of its address; called on the event loop after the commit."""
        for message in messages:
            for line in self._lines.get(message.address_id, ()):
                line.push(message)

    def addresses(self) -> list[int]:
        return list(self._lines)

    @property
    def sockets(self) -> int:
        return sum(len(lines) for lines in self._lines.values())
