"""`kill -9` at random moments while hundreds register: every registration exactly once, every person answered."""

import asyncio
import random
from collections import deque
from pathlib import Path

import aiohttp
import pytest

from bot import clock
from bot.bench import ground, walk
from bot.storage.database import Database
from tests.crash.ledger import check_intake
from tests.crash.server import Server

CHANNEL = "mixed"


class Platforms:
    """Three platforms that send again whatever got no 200, each person's updates in order."""

    def __init__(self, server: Server, seed: int) -> None:
        self._server = server
        self._chance = random.Random(seed)
        self.resent = 0

    async def send(self, people: range, at_once: int) -> None:
        """Walk all people, so many at a time; a tenth of the updates is sent twice although the first got its 200."""
        waiting = deque(people)
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=30)) as session:
            await asyncio.gather(*(self._walker(session, waiting) for _ in range(at_once)))

    async def _walker(self, session: aiohttp.ClientSession, waiting: deque[int]) -> None:
        while waiting:
            at = int(clock.now().timestamp()) - 60
            for call in walk.calls_of(waiting.popleft(), CHANNEL, at):
                await self._until_taken(session, call)
                if self._chance.random() < 0.1:
                    await self._until_taken(session, call)

    async def _until_taken(self, session: aiohttp.ClientSession, call: walk.Call) -> None:
        url = f"http://127.0.0.1:{self._server.port}{call.path}"
        while True:
            await self._server.ready.wait()
            try:
                async with session.post(url, data=call.body, headers=dict(call.headers)) as answer:
                    if answer.status == 200:
                        return
                    assert answer.status == 503, answer.status
            except (aiohttp.ClientError, TimeoutError):
                pass
            self.resent += 1
            await asyncio.sleep(0.02)


async def _kill_often(server: Server, times: int, chance: random.Random) -> None:
    for _ in range(times):
        await asyncio.sleep(chance.uniform(0.05, 1.2))
        await server.kill()
        await server.start()


async def _crash_run(url: str, folder: Path, *, at_once: int, kills: int, seed: int) -> tuple[Platforms, int]:
    """Walk groups of new people until the last kill is over; the platforms and how many people there were."""
    settings = ground.settings_for(url, ground.free_port())
    with Database(url) as db:
        db.write_now(lambda connection: ground.furnish(connection, clock.now(), 1_000_000))
    server = Server(folder, settings.environment, "serve", "--role", "web")
    platforms = Platforms(server, seed)
    await server.start()
    killer = asyncio.create_task(_kill_often(server, kills, random.Random(seed)))
    people = 0
    try:
        while not killer.done():
            await platforms.send(range(people, people + at_once), at_once)
            people += at_once
        await killer
        await server.drained()
    finally:
        killer.cancel()
        await server.stop()
    return platforms, people


async def test_it_registers_everybody_once_though_it_is_killed(database_url: str, tmp_path: Path) -> None:
    platforms, people = await _crash_run(database_url, tmp_path, at_once=100, kills=4, seed=905)
    assert platforms.resent > 0
    with Database(database_url) as db:
        check_intake(db, people)


@pytest.mark.long
async def test_it_registers_everybody_once_though_it_is_killed_two_hundred_times(
    database_url: str, tmp_path: Path
) -> None:
    platforms, people = await _crash_run(database_url, tmp_path, at_once=500, kills=200, seed=905)
    assert platforms.resent > 0
    with Database(database_url) as db:
        check_intake(db, people)
