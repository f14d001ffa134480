"""One process at a time polls a bot, another takes over, and one bad update stops nobody."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.bootstrap import House, open_house
from bot.channels.base import Received
from bot.channels.telegram_polling import Polled
from bot.intake import NotTaken, Taken
from bot.polling import deliver, lease_name, poll_alone
from bot.settings import Settings, load_settings
from bot.storage.database import Database
from bot.storage.leases import LASTS, live_owner, take
from bot.storage.tables import kept_aside, seen
from bot.web.metrics import Metrics
from tests.cli.conftest import KEYS
from tests.platforms.server import Trouble
from tests.platforms.telegram import FakeTelegram

NAME = lease_name(7)
NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


@dataclass
class Bench:
    """Pollers that only say who polls, and a clock that tests move."""

    db: Database
    now: datetime = NOW
    polling: list[str] = field(default_factory=list)
    tasks: dict[str, asyncio.Task[None]] = field(default_factory=dict)

    def begin(self, owner: str) -> None:
        async def polling() -> None:
            self.polling.append(owner)
            try:
                await asyncio.Event().wait()
            finally:
                self.polling.remove(owner)

        work = poll_alone(self.db, owner, lambda: self.now, 7, polling, every=0.01)
        self.tasks[owner] = asyncio.create_task(work)

    async def end(self, owner: str) -> None:
        task = self.tasks.pop(owner)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    async def until(self, *wanted: str) -> None:
        await until(lambda: self.polling == list(wanted))

    def owner(self) -> str | None:
        return self.db.read_now(lambda c: live_owner(c, NAME, self.now))


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(15):
        while not true():
            await asyncio.sleep(0.01)


async def test_only_the_owner_polls_and_the_next_begins_when_it_ends(db: Database) -> None:
    bench = Bench(db)
    bench.begin("one")
    await bench.until("one")
    bench.begin("two")
    for _ in range(20):
        await asyncio.sleep(0.01)
        assert bench.polling == ["one"]
    await bench.end("one")
    await bench.until("two")
    assert bench.owner() == "two"
    await bench.end("two")
    assert bench.owner() is None


async def test_it_takes_over_from_one_that_was_killed_when_the_lease_has_run_out(db: Database) -> None:
    bench = Bench(db)
    db.write_now(lambda c: take(c, NAME, "killed", NOW))
    bench.begin("two")
    for _ in range(10):
        await asyncio.sleep(0.01)
        assert bench.polling == []
    bench.now = NOW + LASTS
    await bench.until("two")
    await bench.end("two")


async def test_it_stops_when_somebody_else_has_the_lease(db: Database) -> None:
    bench = Bench(db)
    bench.begin("one")
    await bench.until("one")
    later = NOW + LASTS + timedelta(seconds=1)
    db.write_now(lambda c: take(c, NAME, "other", later))  # before the clock moves: else "one" could renew in between
    bench.now = later
    await bench.until()
    bench.now += LASTS
    await bench.until("one")
    await bench.end("one")


async def test_a_fault_in_the_polling_is_not_hidden(db: Database) -> None:
    async def polling() -> None:
        raise ValueError("a fault of ours")

    with pytest.raises(ValueError, match="a fault of ours"):
        await poll_alone(db, "one", lambda: NOW, 7, polling, every=0.01)
    assert db.read_now(lambda c: live_owner(c, NAME, NOW)) is None


class Fussy:
    """An intake that has a fault of its own with one update."""

    def __init__(self, refused: str, error: Exception) -> None:
        self.refused, self.error = refused, error
        self.taken: list[str] = []
        self.aside: list[tuple[str, bytes]] = []

    async def take(self, _request: None, received: Received) -> Taken:
        names = list(received.left_alone)
        if self.refused in names:
            raise self.error
        self.taken += names
        self.aside += received.faulty
        return Taken()


def polled(*names: str) -> list[Polled]:
    return [Polled(name.encode(), Received(left_alone=(name,))) for name in names]


async def test_one_update_that_cannot_be_taken_is_kept_aside_and_the_others_are_served() -> None:
    intake, metrics = Fussy("b", ValueError("no")), Metrics()
    await deliver(intake, metrics, polled("a", "b", "c"))  # type: ignore[arg-type]
    assert intake.taken == ["a", "c"]
    assert intake.aside == [("telegram: not answered, ValueError", b"b")]
    assert metrics.kept_aside == {"telegram": 1}


async def test_while_the_database_is_away_telegram_keeps_the_updates() -> None:
    intake = Fussy("b", NotTaken("the database does not answer"))
    with pytest.raises(NotTaken):
        await deliver(intake, Metrics(), polled("a", "b"))  # type: ignore[arg-type]
    assert intake.aside == []


def settings_of(platform: FakeTelegram, database_url: str, port: int) -> Settings:
    return load_settings(
        {
            **KEYS,
            "PORT": str(port),
            "DATABASE_URL": database_url,
            "TELEGRAM_BOT_TOKEN": platform.token,
            "TELEGRAM_MODE": "polling",
            "TELEGRAM_API_BASE": platform.base_url,
        }
    )


async def test_two_houses_share_a_bot_and_keep_aside_what_they_cannot_read(database_url: str, tmp_path: Path) -> None:
    async with FakeTelegram(now=datetime.now(UTC)) as platform:
        roles = frozenset({"web", "sender"})
        first, second = (settings_of(platform, database_url, port) for port in (18081, 18082))
        async with open_house(first, tmp_path, roles) as house:
            say(platform, "xin chào")
            await until(lambda: len(platform.sent) == 1)
            platform.fail_next(Trouble(200, {"ok": True, "result": ["kéo nhầm", {"update_id": 1}]}))
            say(platform, "lời này đến sau")
            await until(lambda: aside(house) == ["telegram: the update is not a JSON object"])
            async with open_house(second, tmp_path, roles) as other:
                say(platform, "hiến máu có đau không?")
                await until(lambda: count(house) == 3)
                await until(lambda: not platform.waiting)
                assert other.db.read_now(lambda c: live_owner(c, lease(house), datetime.now(UTC))) is not None


def lease(house: House) -> str:
    [account] = [one for one in house.channels.accounts if one.kind == "telegram"]
    return lease_name(account.id)


def aside(house: House) -> list[str]:
    return list(house.db.read_now(lambda c: c.execute(select(kept_aside.c.reason)).scalars()))


def say(platform: FakeTelegram, words: str) -> None:
    platform.queue(platform.update("message", {**platform._message(501), "text": words}))


def count(house: House) -> int:
    return len(house.db.read_now(lambda c: c.execute(select(seen.c.update_id)).all()))
