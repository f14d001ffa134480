"""The line between a browser and the server, which a test can cut: silently as a phone in a tunnel, or with a hang-up."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Line:
    """Carries bytes both ways between one port of its own and the server's."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._up, self._down = asyncio.Event(), asyncio.Event()
        self._refuses = False
        self._open: set[asyncio.StreamWriter] = set()
        self.port = 0
        self.mend()

    def mend(self) -> None:
        """Everything arrives again, and what was held back too: as TCP does it."""
        self._refuses = False
        self._up.set()
        self._down.set()

    def silence(self, *, answers_only: bool = False) -> None:
        """Nothing arrives, and nobody is told."""
        self._down.clear()
        if not answers_only:
            self._up.clear()

    def hang_up(self) -> None:
        """Every connection ends, and new ones too."""
        self._refuses = True
        for writer in self._open:
            writer.transport.abort()

    async def _carry(self, page: asyncio.StreamReader, to_page: asyncio.StreamWriter) -> None:
        self._open.add(to_page)
        with contextlib.suppress(OSError):
            await self._carried(page, to_page)
        self._open.discard(to_page)
        to_page.transport.abort()

    async def _carried(self, page: asyncio.StreamReader, to_page: asyncio.StreamWriter) -> None:
        if self._refuses:
            return
        server, to_server = await asyncio.open_connection("127.0.0.1", self._target)
        ways = [
            asyncio.create_task(_one_way(page, to_server, self._up)),
            asyncio.create_task(_one_way(server, to_page, self._down)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            to_server.transport.abort()


async def _one_way(source: asyncio.StreamReader, target: asyncio.StreamWriter, may: asyncio.Event) -> None:
    while data := await source.read(65536):
        await may.wait()
        target.write(data)
        await target.drain()


@asynccontextmanager
async def line_to(target: int) -> AsyncIterator[Line]:
    line = Line(target)
    server = await asyncio.start_server(line._carry, "127.0.0.1", 0)
    line.port = server.sockets[0].getsockname()[1]
    try:
        yield line
    finally:
        server.close()
        line.mend()
        line.hang_up()
