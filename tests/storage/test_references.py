"""Codes on posters: made once, the same ever after, never given twice, also not by a restore."""

import sqlite3
from datetime import datetime, timedelta
from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy import Connection, delete, select

from bot.domain.drives import DriveState
from bot.domain.references import Reference
from bot.storage import later_wishes
from bot.storage.database import Database
from bot.storage.references import PAGE, drives_not_yet_open, numbers_of, references_after
from bot.storage.schema import migrate
from bot.storage.sealing import KeyRing
from bot.storage.tables import drives, poster_codes, slots, units
from tests.storage.ground import add_drive, add_unit


def two_units(connection: Connection) -> tuple[int, int]:
    return add_unit(connection), add_unit(connection, "cdcs-che", "CĐCS Công ty Chè Hoa Ban")


def test_it_makes_codes_at_the_first_need_and_keeps_them(db: Database, now: datetime) -> None:
    top, tea = db.write_now(two_units)
    first, _ = db.write_now(lambda c: add_drive(c, top, now))
    second, _ = db.write_now(lambda c: add_drive(c, top, now, code="mau-2"))
    assert db.write_now(lambda c: numbers_of(c, first, [top], now)) == {top: 10}
    assert db.write_now(lambda c: numbers_of(c, second, [tea, top, tea], now)) == {tea: 11, top: 12}
    assert db.write_now(lambda c: numbers_of(c, first, [top, tea], now)) == {top: 10, tea: 13}
    known = [Reference(10, first, top), Reference(11, second, tea), Reference(12, second, top)]
    assert db.read_now(lambda c: references_after(c, 0)) == [*known, Reference(13, first, tea)]
    assert db.read_now(lambda c: references_after(c, 12)) == [Reference(13, first, tea)]


def test_it_gives_nobody_the_same_number_at_once(db: Database, now: datetime) -> None:
    top, tea = db.write_now(two_units)
    held = [db.write_now(lambda c, n=n: add_drive(c, top, now, code=f"mau-{n}"))[0] for n in range(8)]  # type: ignore[misc]
    given: list[int] = []

    def make(drive: int) -> None:
        given.extend(db.write_now(lambda c: numbers_of(c, drive, [top, tea], now)).values())

    threads = [Thread(target=make, args=(drive,)) for drive in held]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(given) == list(range(10, 26))


def test_it_makes_no_more_than_a_page_at_once(db: Database, now: datetime) -> None:
    with pytest.raises(ValueError, match="at once"):
        db.write_now(lambda c: numbers_of(c, 1, list(range(PAGE + 1)), now))


def test_it_knows_which_drives_are_still_to_be_opened(db: Database, now: datetime) -> None:
    top = db.write_now(add_unit)
    later = now + timedelta(days=3)
    draft, _ = db.write_now(lambda c: add_drive(c, top, later, state=DriveState.DRAFT, code="draft"))
    for code, starts, state in (
        ("open", later, DriveState.OPEN),
        ("closed", later, DriveState.CLOSED),
        ("old", now - timedelta(days=3), DriveState.DRAFT),
    ):
        db.write_now(lambda c, s=starts, st=state, co=code: add_drive(c, top, s, state=st, code=co))  # type: ignore[misc]
    assert db.read_now(lambda c: drives_not_yet_open(c, now)) == {draft}


def test_it_gives_no_code_twice_after_a_restore(tmp_path: Path, ring: KeyRing, now: datetime) -> None:
    """The copy is older: it lacks one code of a drive it knows, and a drive with its code."""
    old, copy = tmp_path / "old.db", tmp_path / "copy.db"
    with Database(f"sqlite:///{old}") as db:
        migrate(db)
        top, tea = db.write_now(two_units)
        first, _ = db.write_now(lambda c: add_drive(c, top, now))
        second, _ = db.write_now(lambda c: add_drive(c, top, now, code="mau-2"))
        for drive, unit in ((first, top), (first, tea), (second, top)):
            db.write_now(lambda c, d=drive, u=unit: numbers_of(c, d, [u], now))  # type: ignore[misc]
    with sqlite3.connect(old) as source, sqlite3.connect(copy) as target:
        source.backup(target)
    source.close()
    target.close()
    with Database(f"sqlite:///{copy}") as db:
        db.write_now(lambda c: c.execute(delete(poster_codes).where(poster_codes.c.number > 10)))
        db.write_now(lambda c: c.execute(delete(slots).where(slots.c.drive_id == second)))
        db.write_now(lambda c: c.execute(delete(drives).where(drives.c.id == second)))
    replaced = sqlite3.connect(old)
    assert later_wishes.take_over(replaced, copy, ring, now) is not None
    replaced.close()
    with Database(f"sqlite:///{copy}") as db:
        assert db.read_now(lambda c: references_after(c, 0)) == [
            Reference(10, first, top), Reference(11, first, tea), Reference(12, None, None),
        ]  # fmt: skip
        third, _ = db.write_now(lambda c: add_drive(c, top, now, code="mau-3"))
        assert db.write_now(lambda c: numbers_of(c, third, [top], now)) == {top: 13}
        assert db.read_now(lambda c: set(c.execute(select(units.c.id)).scalars())) == {top, tea}
