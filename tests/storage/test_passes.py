"""Passes as one more slot: made, changed and moved with their drive, and never taken for a stretch of it."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, select, update

from bot.domain.drives import PASS_AFTER, is_pass_time
from bot.storage.catalogue import open_drives
from bot.storage.database import Database
from bot.storage.drive_changes import Moved, move_drive
from bot.storage.passes import fit_passes
from bot.storage.tables import slots
from bot.storage.turns import grant_places
from tests.storage.ground import add_drive, add_unit

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
STARTS = datetime(2026, 12, 5, 0, 30, tzinfo=UTC)
ENDS = STARTS + timedelta(minutes=60)


def ground(connection: Connection) -> int:
    drive, _ = add_drive(connection, add_unit(connection), STARTS, capacities=(2, 2))
    fit_passes(connection, drive, ENDS, 3)
    return drive


def passes(db: Database) -> list[tuple[datetime, int, int]]:
    query = select(slots.c.starts_at, slots.c.capacity, slots.c.taken).order_by(slots.c.starts_at)
    rows = db.read_now(lambda connection: connection.execute(query).all())
    return [(at, capacity, taken) for at, capacity, taken in rows if is_pass_time(at)]


def test_they_stand_behind_the_last_slot_and_in_the_catalogue(db: Database) -> None:
    db.write_now(ground)
    assert passes(db) == [(ENDS + PASS_AFTER, 3, 0)]
    (drive,) = db.read_now(lambda connection: open_drives(connection, NOW))
    assert len(drive.open_slots(NOW)) == 2
    found = drive.open_pass(NOW)
    assert found is not None
    assert (found.capacity, found.is_pass) == (3, True)


def test_their_number_changes_and_what_is_given_stays_good(db: Database) -> None:
    drive = db.write_now(ground)
    (slot,) = [row.id for row in db.read_now(lambda c: c.execute(select(slots)).all()) if is_pass_time(row.starts_at)]
    assert db.write_now(lambda connection: grant_places(connection, {slot: 5})) == {slot: 3}
    db.write_now(lambda connection: fit_passes(connection, drive, ENDS, 1))
    assert passes(db) == [(ENDS + PASS_AFTER, 1, 3)]
    assert db.write_now(lambda connection: grant_places(connection, {slot: 1})) == {}
    db.write_now(lambda connection: connection.execute(update(slots).values(taken=0)))
    db.write_now(lambda connection: fit_passes(connection, drive, ENDS + timedelta(hours=1), 4))
    assert passes(db) == [(ENDS + timedelta(hours=1) + PASS_AFTER, 4, 0)]


def test_they_move_with_their_drive(db: Database) -> None:
    drive = db.write_now(ground)
    later = Moved(STARTS + timedelta(days=7, minutes=30), "Nơi mới", "", "")
    assert db.write_now(lambda connection: move_drive(connection, "thuy", drive, later, NOW))
    assert passes(db) == [(ENDS + timedelta(days=7, minutes=30) + PASS_AFTER, 3, 0)]
