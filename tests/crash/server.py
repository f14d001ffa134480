"""A real `giothong serve` in a process of its own, to be killed and started again."""

import asyncio
import contextlib
import os
import sys
from collections.abc import Mapping
from pathlib import Path

import aiohttp

from tests.log_watch import WATCH


class Server:
    """Starts, kills and restarts the program; `ready` is set while it answers."""

    def __init__(self, folder: Path, env: Mapping[str, str], *arguments: str) -> None:
        self._folder = folder
        self._env = {**os.environ, **env}
        self._arguments = arguments
        self._process: asyncio.subprocess.Process | None = None
        self.port = int(env["PORT"])
        self.ready = asyncio.Event()
        self._read = 0

    async def start(self) -> None:
        """Start and wait until it answers; what it prints goes to `server.log` in the folder."""
        with (self._folder / "server.log").open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "bot", *self._arguments, cwd=self._folder, env=self._env, stdout=log, stderr=log
            )
        async with asyncio.timeout(60), aiohttp.ClientSession() as session:
            while not await self._answers(session):
                if self._process.returncode is not None:
                    raise RuntimeError((self._folder / "server.log").read_text(encoding="utf-8")[-2000:])
                await asyncio.sleep(0.03)
        self.ready.set()

    async def _answers(self, session: aiohttp.ClientSession) -> bool:
        with contextlib.suppress(aiohttp.ClientError):
            async with session.get(f"http://127.0.0.1:{self.port}/healthz") as answer:
                return answer.status == 200
        return False

    async def drained(self) -> None:
        """Wait until every call in the spool is committed: whoever got a 200 is to be answered.

        It may be killed meanwhile; its spool waits for the next start.
        """
        async with asyncio.timeout(300), aiohttp.ClientSession() as session:
            while True:
                await self.ready.wait()
                with contextlib.suppress(aiohttp.ClientError):
                    async with session.get(f"http://127.0.0.1:{self.port}/readyz") as answer:
                        if (await answer.json())["spooled"] == 0:
                            return
                await asyncio.sleep(0.1)

    async def settled(self, _answer: aiohttp.ClientResponse) -> None:
        """Wait until what got a 200 is committed; it may lie in the spool."""
        await self.drained()

    async def kill(self) -> None:
        """kill -9."""
        self.ready.clear()
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()
        self._watch_log()

    async def stop(self) -> int:
        """SIGTERM; the exit code."""
        self.ready.clear()
        assert self._process is not None
        if self._process.returncode is None:
            self._process.terminate()
        code = await self._process.wait()
        self._watch_log()
        return code

    def _watch_log(self) -> None:
        """What it printed since the last time holds nobody."""
        printed = (self._folder / "server.log").read_bytes()
        WATCH.text(printed[self._read :].decode(errors="replace"), "server.log")
        self._read = len(printed)
