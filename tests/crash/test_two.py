"""Two processes on one PostgreSQL serve the same accounts, and now one, now the other dies by `kill -9`."""

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot import clock
from bot.bench import ground
from bot.storage.database import Database
from bot.storage.key_store import open_ring
from tests.crash.front import Front
from tests.crash.ledger import check_intake, check_outgoing, still_open
from tests.crash.server import Server
from tests.crash.town import WIRES, Town, town

IN_FLIGHT = 8
"""Calls under way at once and account; both platforms here allow as many."""


@dataclass(frozen=True)
class Run:
    """How it went."""

    people: int
    resent: int
    turned: int
    unknown: int
    messages: int


async def _kill_either(servers: Sequence[Server], times: int, chance: random.Random) -> None:
    for _ in range(times):
        await asyncio.sleep(chance.uniform(0.3, 2.5))
        victim = chance.choice(servers)
        await victim.kill()
        await asyncio.sleep(chance.uniform(0.0, 0.5))
        await victim.start()


async def _serve(url: str, folder: Path, place: Town, *, at_once: int, pause: float, kills: int, seed: int) -> Run:
    """Groups of new people register until the last kill is over and every message has its outcome."""
    settings = ground.settings_for(url, ground.free_port())
    environment = {**settings.environment, **place.environment}
    with Database(url) as db:
        db.write_now(lambda connection: ground.furnish(connection, clock.now(), 1_000_000))
        servers = []
        for number in range(2):
            (folder / str(number)).mkdir()
            servers.append(Server(folder / str(number), {**environment, "PORT": str(ground.free_port())}, "serve"))
        people = 0
        async with Front(servers, seed) as front:
            await asyncio.gather(*(server.start() for server in servers))
            killer = asyncio.create_task(_kill_either(servers, kills, random.Random(seed)))
            try:
                while not killer.done():
                    await place.register(range(people, people + at_once), at_once, front, pause)
                    people += at_once
                await killer
                await asyncio.gather(*(server.drained() for server in servers))
                async with asyncio.timeout(600):
                    while still_open(db):
                        await asyncio.sleep(0.2)
            finally:
                killer.cancel()
                ends = await asyncio.gather(*(server.stop() for server in servers))
        assert ends == [0, 0]
        check_intake(db, people)
        sent = {"telegram": place.telegram.sent, "messenger": place.messenger.sent}
        ring = open_ring(db, settings.encryption_keys)
        unknown = check_outgoing(db, ring, sent, kills * IN_FLIGHT * len(WIRES))
    return Run(people, place.resent, front.turned, unknown, sum(map(len, sent.values())))


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_each_may_die_and_nobody_is_forgotten_or_told_twice(database_url: str, tmp_path: Path) -> None:
    async with town(905) as place:
        run = await _serve(database_url, tmp_path, place, at_once=6, pause=0.4, kills=2, seed=905)
    assert run.turned > 0
    assert run.messages > 0


@pytest.mark.long
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_each_may_die_sixty_times(
    database_url: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    async with town(1905) as place:
        run = await _serve(database_url, tmp_path, place, at_once=16, pause=1.6, kills=64, seed=1905)
    assert run.turned > 0
    for name in ("people", "resent", "turned", "unknown", "messages"):
        record_property(name, getattr(run, name))
