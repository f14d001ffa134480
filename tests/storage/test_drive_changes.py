"""A drive is moved or called off: its slots move along, everybody keeps their place and hears of it once."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from bot.domain.drives import DriveState
from bot.storage.database import Database
from bot.storage.drive_changes import Moved, call_off, move_drive, people_told
from bot.storage.sealing import KeyRing
from bot.storage.tables import audit, drive_changes, drives, registrations, slots
from tests.scheduler.ground import Rows

HERE = ZoneInfo("Asia/Ho_Chi_Minh")


class Drive:
    """One drive with three slots, and somebody at the second."""

    def __init__(self, db: Database, ring: KeyRing, now: datetime) -> None:
        self.db, self.now = db, now
        self.rows = Rows(db, ring, now)
        self.starts = now + timedelta(days=6)
        self.slots = self.rows.drive(self.starts, capacities=(2, 2, 2))
        account = self.rows.account()
        self.place = self.rows.book(self.rows.person(account, "1"), self.slots[1], now)
        self.rows.change(registrations, self.place, planned_at=now)
        self.id = db.read_now(lambda c: c.execute(select(drives.c.id)).scalar_one())

    def moved(self, by: timedelta, place: str = "Nhà văn hoá Mẫu") -> bool:
        wanted = Moved(self.starts + by, place, "Số 1 đường Thử", "02133000000")
        return self.db.write_now(lambda c: move_drive(c, "to-chuc", self.id, wanted, self.now))

    def begins(self) -> list[datetime]:
        query = select(slots.c.starts_at).order_by(slots.c.id)
        return list(self.db.read_now(lambda c: c.execute(query).scalars().all()))

    def registration(self):  # type: ignore[no-untyped-def]
        return self.db.read_now(lambda c: c.execute(select(registrations)).one())


@pytest.fixture
def drive(db: Database, ring: KeyRing, now: datetime) -> Drive:
    return Drive(db, ring, now)


@pytest.mark.parametrize("minutes", [30, -30, 60 * 24, -45])
def test_it_moves_every_slot_and_nobody_loses_a_place(drive: Drive, minutes: int) -> None:
    by = timedelta(minutes=minutes)
    assert drive.moved(by)
    step = timedelta(minutes=30)
    assert drive.begins() == [drive.starts + by + step * number for number in range(3)]
    place = drive.registration()
    assert (place.state, place.slot_id, place.planned_at) == ("booked", drive.slots[1], None)
    row = drive.db.read_now(lambda c: c.execute(select(drives)).one())
    assert (row.starts_at, row.ends_at, row.revision) == (drive.starts + by, drive.starts + by + step * 3, 2)
    (change,) = drive.db.read_now(lambda c: c.execute(select(drive_changes)).all())
    assert (change.kind, change.was_starts_at, change.was_place) == (
        "moved",
        drive.starts,
        "Nhà văn hoá Mẫu, Số 1 đường Thử",
    )


def test_it_tells_nobody_when_nothing_changes(drive: Drive) -> None:
    assert not drive.moved(timedelta(0))
    assert drive.moved(timedelta(0), "Hội trường Mẫu")
    assert not drive.moved(timedelta(0), "Hội trường Mẫu")
    assert len(drive.db.read_now(lambda c: c.execute(select(drive_changes)).all())) == 1


def test_it_calls_a_drive_off_once(drive: Drive) -> None:
    assert drive.db.read_now(lambda c: people_told(c, drive.id)) == 1
    assert drive.db.write_now(lambda c: call_off(c, "to-chuc", drive.id, drive.now))
    assert not drive.db.write_now(lambda c: call_off(c, "to-chuc", drive.id, drive.now))
    assert not drive.moved(timedelta(days=1))
    row = drive.db.read_now(lambda c: c.execute(select(drives.c.state)).scalar_one())
    place = drive.registration()
    assert (row, place.state, place.planned_at) == (DriveState.CANCELLED, "booked", None)
    noted = drive.db.read_now(lambda c: c.execute(select(audit.c.who, audit.c.action)).all())
    assert [tuple(one) for one in noted] == [("to-chuc", "drive-cancelled")]


@pytest.mark.parametrize("state", [DriveState.DRAFT, DriveState.PROPOSED, DriveState.CANCELLED])
def test_it_leaves_alone_what_nobody_can_hold_a_place_at(drive: Drive, state: DriveState) -> None:
    drive.rows.change(drives, drive.id, state=state.value)
    assert not drive.moved(timedelta(days=1))
    assert not drive.db.write_now(lambda c: call_off(c, "to-chuc", drive.id, drive.now))


def test_it_leaves_alone_what_is_over(drive: Drive) -> None:
    after = drive.starts + timedelta(days=1)
    assert not drive.db.write_now(lambda c: call_off(c, "to-chuc", drive.id, after))
