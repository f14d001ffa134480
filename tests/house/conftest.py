"""A town for each test of the house."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection

from bot.domain.references import code_of
from bot.storage.database import Database
from bot.storage.references import numbers_of
from tests.crash.server import Server
from tests.house.town import Town, noon_zone
from tests.house.wires import environment
from tests.platforms.messenger import FakeMessenger
from tests.platforms.telegram import FakeTelegram
from tests.platforms.zalo import FakeZalo
from tests.storage.ground import add_drive, add_unit


@pytest.fixture
def days() -> int:
    return 1


def furnish(connection: Connection, starts: datetime) -> str:
    """A unit, a drive with two slots, and the code of the unit's poster for it."""
    unit = add_unit(connection)
    drive, _ = add_drive(connection, unit, starts, capacities=(20, 20))
    return code_of(numbers_of(connection, drive, [unit], starts)[unit])


@pytest.fixture
async def town(database_url: str, tmp_path: Path, days: int) -> AsyncIterator[Town]:
    clock = datetime.now(UTC)
    async with FakeTelegram(now=clock) as telegram, FakeMessenger(now=clock) as messenger, FakeZalo(now=clock) as zalo:
        env = environment(telegram, messenger, zalo, database_url) | {"TIMEZONE": noon_zone()}
        local = clock.astimezone(ZoneInfo(env["TIMEZONE"]))
        starts = (local + timedelta(days=days)).replace(hour=10, minute=0, second=0, microsecond=0)
        with Database(database_url) as db:
            code = db.write_now(lambda c: furnish(c, starts.astimezone(UTC)))
            server = Server(tmp_path, env, "serve")
            await server.start()
            platforms: dict[str, FakeTelegram | FakeMessenger | FakeZalo] = {
                "telegram": telegram,
                "messenger": messenger,
                "zalo": zalo,
            }
            yield Town(server, env, tmp_path, platforms, db, code)
            if server.ready.is_set():
                await server.stop()
