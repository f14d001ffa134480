"""The open web-chat sockets of this process, by visitor, and what is pushed to them."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable

from bot.intake import WebMessage

WAITING_AT_MOST = 200


class Line(asyncio.Queue[WebMessage]):
    """What waits to be written to one socket. A reader that does not read loses the line, not our memory: when it is
    full the socket is closed and the person's page asks for what it missed."""

    def __init__(self) -> None:
        super().__init__(WAITING_AT_MOST)
        self.overrun = asyncio.Event()

    def push(self, message: WebMessage) -> None:
        try:
            self.put_nowait(message)
        except asyncio.QueueFull:
            self.overrun.set()


class Hub:
    """Who is connected here."""

    def __init__(self) -> None:
        self._lines: defaultdict[str, set[Line]] = defaultdict(set)

    def join(self, user_id: str) -> Line:
        line = Line()
        self._lines[user_id].add(line)
        return line

    def leave(self, user_id: str, line: Line) -> None:
        self._lines[user_id].discard(line)
        if not self._lines[user_id]:
            del self._lines[user_id]

    def publish(self, messages: Iterable[WebMessage]) -> None:
        """Hand each message to the open sockets of its visitor; called on the event loop after the commit."""
        for message in messages:
            for line in self._lines.get(message.user_id, ()):
                line.push(message)

    def visitors(self) -> tuple[str, ...]:
        return tuple(self._lines)

    @property
    def sockets(self) -> int:
        return sum(len(lines) for lines in self._lines.values())
