"""A drive that people hold places at is moved or called off: what was told before is noted, and everybody is told anew.

One transaction: the change, its note, and the mark on every place, so a stop in the middle leaves nobody untold.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, func, select, update

from bot.domain.drives import DriveState
from bot.domain.registrations import RegistrationState
from bot.storage.audit import note
from bot.storage.ids import new_id
from bot.storage.tables import drive_changes, drives, registrations, slots

MOVED, CANCELLED = "moved", "cancelled"
TAKES_PLACE = (DriveState.OPEN.value, DriveState.CLOSED.value)


@dataclass(frozen=True, slots=True)
class Moved:
    """When it begins now, and where; it lasts as long as before, and every slot moves with it."""

    starts_at: datetime
    place: str
    address: str
    site_phone: str


def people_told(connection: Connection, drive_id: int) -> int:
    """How many hold a place, and will hear of a change."""
    held = registrations.c.drive_id == drive_id, registrations.c.state == RegistrationState.BOOKED.value
    return connection.execute(select(func.count()).select_from(registrations).where(*held)).scalar_one()


def move_drive(connection: Connection, login: str, drive_id: int, moved: Moved, now: datetime) -> bool:
    """Move it with all its slots: everybody keeps theirs. False where nothing changes, or it is over or off meanwhile."""
    row = _locked(connection, drive_id, now)
    if row is None or _told(row) == (moved.starts_at, moved.place, moved.address, moved.site_phone):
        return False
    shift = moved.starts_at - row.starts_at
    _shift_slots(connection, drive_id, shift)
    after = {
        "starts_at": moved.starts_at,
        "ends_at": row.ends_at + shift,
        "place": moved.place,
        "address": moved.address,
        "site_phone": moved.site_phone,
    }
    connection.execute(update(drives).where(drives.c.id == drive_id).values(**after, revision=row.revision + 1))
    note_change(connection, row, MOVED, now)
    note(connection, now, login, "drive-moved", row.code)
    return True


def call_off(connection: Connection, login: str, drive_id: int, now: datetime) -> bool:
    """It does not take place. Its people keep their places until its day is past, so that one tap leads elsewhere."""
    row = _locked(connection, drive_id, now)
    if row is None:
        return False
    off = {"state": DriveState.CANCELLED.value, "revision": row.revision + 1}
    connection.execute(update(drives).where(drives.c.id == drive_id).values(off))
    note_change(connection, row, CANCELLED, now)
    note(connection, now, login, "drive-cancelled", row.code)
    return True


def note_change(connection: Connection, was: Row[Any], kind: str, now: datetime) -> None:
    """What was told until now; everybody's messages are planned anew.

    Args:
        was: the drive as it stood before.
    """
    place = f"{was.place}, {was.address}" if was.address else was.place
    row = {
        "id": new_id(),
        "drive_id": was.id,
        "kind": kind,
        "at": now,
        "was_starts_at": was.starts_at,
        "was_place": place,
    }
    connection.execute(drive_changes.insert().values(row))
    booked = registrations.c.drive_id == was.id, registrations.c.state == RegistrationState.BOOKED.value
    connection.execute(update(registrations).where(*booked).values(planned_at=None))


def _locked(connection: Connection, drive_id: int, now: datetime) -> Row[Any] | None:
    coming = drives.c.id == drive_id, drives.c.state.in_(TAKES_PLACE), drives.c.ends_at > now
    return connection.execute(select(drives).where(*coming).with_for_update()).first()


def _told(row: Row[Any]) -> tuple[datetime, str, str, str]:
    return row.starts_at, row.place, row.address, row.site_phone


def _shift_slots(connection: Connection, drive_id: int, shift: timedelta) -> None:
    """One after the other, away from their neighbours: two slots never begin at the same time, not even in between."""
    if not shift:
        return
    query = select(slots.c.id, slots.c.starts_at).where(slots.c.drive_id == drive_id)
    forward = shift > timedelta(0)
    for row in sorted(connection.execute(query).all(), key=lambda row: row.starts_at, reverse=forward):
        connection.execute(update(slots).where(slots.c.id == row.id).values(starts_at=row.starts_at + shift))
