"""The nightly copy: once a night, off the loop, kept for its days, and its failures are heard of."""

# ruff: noqa: ASYNC240 - nothing else runs on the loop of a test

import asyncio
import os
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from bot.domain.alarms import CopiesFigures
from bot.domain.quiet_hours import QuietHours
from bot.storage.database import Database
from bot.storage.restoring import ASIDE
from bot.storage.sealing import KeyRing
from scheduler.copies import NightlyCopies, copies_state, is_due, newest_copy
from scheduler.copy_sweep import copy_nightly
from scheduler.parts import Parts
from tests.scheduler.ground import HERE, SetClock

KEEP = timedelta(days=30)
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def at(day: int, clock: str) -> datetime:
    return datetime.combine(date(2026, 12, day), time.fromisoformat(clock), HERE).astimezone(UTC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "copies").mkdir()
    return tmp_path / "copies"


@pytest.fixture
def parts(db: Database, ring: KeyRing, folder: Path, tmp_path: Path) -> Parts:
    """What the sweep needs of the parts."""
    copies = NightlyCopies(folder, tmp_path, KEEP, db, ring)
    clock = SetClock(datetime.now(UTC))
    return cast(Parts, SimpleNamespace(db=db, clock=clock, quiet=QuietHours(HERE), copies=copies))


def made(folder: Path, name: str, when: datetime, content: bytes = b"x") -> Path:
    file = folder / name
    file.write_bytes(content)
    os.utime(file, (when.timestamp(), when.timestamp()))
    return file


@pytest.mark.parametrize(
    ("newest", "now", "due"),
    [
        pytest.param(None, at(2, "14:00"), True, id="the first at once"),
        pytest.param(at(1, "02:10"), at(2, "01:59"), False, id="not before the night"),
        pytest.param(at(1, "02:10"), at(2, "02:00"), True, id="in the night"),
        pytest.param(at(2, "02:00"), at(2, "03:00"), False, id="once a night"),
        pytest.param(at(1, "14:00"), at(2, "04:59"), True, id="after a late one of the day before"),
        pytest.param(at(1, "14:00"), at(2, "05:00"), False, id="not in the morning"),
        pytest.param(at(1, "02:10"), at(2, "04:11"), True, id="at any hour when it is too old"),
        pytest.param(at(1, "07:00"), at(2, "09:01"), True, id="on a machine that is off at night"),
    ],
)
def test_it_is_due(newest: datetime | None, now: datetime, due: bool) -> None:
    assert is_due(newest, now, HERE) is due


@ON_SQLITE
async def test_it_makes_one_and_is_content(parts: Parts, folder: Path) -> None:
    clock = cast(SetClock, parts.clock)
    clock.now = clock.now.astimezone(HERE).replace(hour=12)
    assert await copy_nightly(parts) == 1
    local = parts.clock().astimezone(HERE)
    assert [file.name for file in folder.iterdir()] == [f"giothong-{local:%Y%m%d-%H%M}.backup"]
    assert parts.copies is not None
    assert parts.copies.state(parts.clock()).newest_at is not None
    clock.now += timedelta(minutes=5)
    assert await copy_nightly(parts) == 0


@ON_SQLITE
async def test_it_lets_old_ones_go_and_nothing_else(parts: Parts, folder: Path, tmp_path: Path) -> None:
    now = parts.clock()
    old, recent = now - KEEP - timedelta(hours=1), now - timedelta(hours=1)
    made(folder, "giothong-20261001-0200.backup", old)
    made(folder, "giothong-20261101-0200.backup.partial", now - timedelta(days=2))
    kept = {made(folder, "giothong-20261122-0200.backup", recent), made(folder, "notes.txt", old)}
    aside = tmp_path / f"{ASIDE}20261001-101010"
    aside.mkdir()
    made(aside, "giothong.db", old)
    os.utime(aside, (old.timestamp(), old.timestamp()))
    await copy_nightly(parts)
    assert {file for file in folder.iterdir() if file.stat().st_mtime < now.timestamp() - 60} == kept
    assert not aside.exists()


@ON_SQLITE
async def test_it_is_heard_of_when_it_fails(parts: Parts, folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder.rmdir()
    assert await copy_nightly(parts) == 0
    assert "no folder: make it, or mount the disk" in caplog.text
    assert parts.copies is not None
    assert parts.copies.state(parts.clock()) == CopiesFigures(None, parts.clock())
    folder.mkdir()
    assert await copy_nightly(parts) == 1


@ON_SQLITE
async def test_it_is_given_up_when_the_program_stops(parts: Parts, folder: Path) -> None:
    copying = asyncio.create_task(copy_nightly(parts))
    await asyncio.sleep(0)
    copying.cancel()
    await asyncio.gather(copying, return_exceptions=True)
    assert parts.copies is not None
    assert parts.copies._stop.is_set()
    assert [file for file in folder.iterdir() if file.suffix == ".partial"] == []


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_it_only_looks_where_postgresql_has_its_own_tools(parts: Parts, folder: Path) -> None:
    now = parts.clock()
    dumped = made(folder, "monday.dump", now - timedelta(hours=3))
    assert await copy_nightly(parts) == 0
    assert list(folder.iterdir()) == [dumped]
    assert parts.copies is not None
    assert parts.copies.state(now).newest_at == pytest.approx(now - timedelta(hours=3), abs=timedelta(seconds=1))


def test_it_knows_the_newest_whole_copy(folder: Path) -> None:
    now = datetime.now(UTC)
    assert copies_state(folder, now) == CopiesFigures(None, None)
    assert newest_copy(folder / "nowhere", now) is None
    made(folder, "giothong-20261120-0200.backup", now - timedelta(days=2))
    made(folder, "giothong-20261121-0200.backup.partial", now)
    made(folder, "other.txt", now)
    newest = copies_state(folder, now).newest_at
    assert newest is not None
    assert now - newest > timedelta(days=1)
    made(folder, "giothong-20261122-0200.backup", now + timedelta(days=3))
    assert newest_copy(folder, now) == now
