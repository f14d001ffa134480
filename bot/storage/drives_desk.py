"""Drives as staff see and change them, with their figures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, func, select, update

from bot.domain.drives import DriveState, slot_starts
from bot.storage.audit import note
from bot.storage.ids import new_id
from bot.storage.passes import fit_passes
from bot.storage.staff import StaffMember
from bot.storage.tables import drives, registrations, slots, units

STILL_OF_INTEREST = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class DeskDrive:
    """One drive with its figures; `by_state` counts registrations."""

    id: int
    code: str
    name: str
    unit_id: int
    unit: str
    place: str
    address: str
    starts_at: datetime
    ends_at: datetime
    state: DriveState
    capacity: int
    taken: int
    by_state: Mapping[str, int]
    reported_at: datetime | None
    site_phone: str = ""
    proposed_by: str = ""


@dataclass(frozen=True, slots=True)
class NewDrive:
    """A drive to be made, checked already."""

    code: str
    name: str
    unit_id: int
    place: str
    address: str
    starts_at: datetime
    ends_at: datetime
    slot_minutes: int
    slot_capacity: int
    site_phone: str
    walk_ins: int = 0


def list_drives(connection: Connection, member: StaffMember, now: datetime) -> list[DeskDrive]:
    """Drives of the member's units: those to come first, then those of the last two months, newest first."""
    query = _drives().where(drives.c.ends_at > now - STILL_OF_INTEREST).order_by(drives.c.starts_at)
    found = [row for row in connection.execute(query) if member.may_see(row.unit_id)]
    counts = _counts(connection, [row.id for row in found])
    coming = [row for row in found if row.ends_at > now]
    past = [row for row in reversed(found) if row.ends_at <= now]
    return [_desk_drive(row, counts.get(row.id, {})) for row in (*coming, *past)]


def drive_at(connection: Connection, member: StaffMember, drive_id: int) -> DeskDrive | None:
    """One drive, if it is theirs to see."""
    row = connection.execute(_drives().where(drives.c.id == drive_id)).first()
    if row is None or not member.may_see(row.unit_id):
        return None
    return _desk_drive(row, _counts(connection, [drive_id]).get(drive_id, {}))


def code_is_taken(connection: Connection, code: str) -> bool:
    return connection.execute(select(drives.c.id).where(drives.c.code == code)).first() is not None


def create_drive(connection: Connection, member: StaffMember, new: NewDrive, now: datetime) -> int:
    """A draft with its slots; nobody can register before it is opened."""
    identity = new_id()
    columns = {name: getattr(new, name) for name in NewDrive.__slots__}
    connection.execute(drives.insert().values(id=identity, state=DriveState.DRAFT.value, **columns))
    starts = slot_starts(new.starts_at, new.ends_at, new.slot_minutes)
    rows = [{"id": new_id(), "drive_id": identity, "starts_at": at, "capacity": new.slot_capacity} for at in starts]
    connection.execute(slots.insert(), rows)
    fit_passes(connection, identity, new.ends_at, new.walk_ins)
    note(connection, now, member.login, "drive-created", new.code)
    return identity


def set_state(connection: Connection, member: StaffMember, drive: DeskDrive, state: DriveState, now: datetime) -> bool:
    """Propose, open, return or close; False when somebody else changed it meanwhile."""
    who: dict[str, str] = {}
    if state is DriveState.PROPOSED:
        who["proposed_by"] = member.login
    elif state is DriveState.OPEN:
        who["opened_by"] = member.login
    changed = connection.execute(
        update(drives)
        .where(drives.c.id == drive.id, drives.c.state == drive.state.value)
        .values(state=state.value, revision=drives.c.revision + 1, **who)
    )
    if changed.rowcount != 1:
        return False
    note(connection, now, member.login, f"drive-{state.value}", drive.code, f"was {drive.state.value}")
    return True


def set_reported(
    connection: Connection, member: StaffMember, drive: DeskDrive, at: datetime | None, now: datetime
) -> bool:
    """The report of a drive was signed at this moment, or (None) it was not after all; False when it stood so already.

    From that moment its people's data are kept only a little longer (`domain/retention.py`)."""
    as_it_was = drives.c.reported_at.is_(None) if at else drives.c.reported_at.is_not(None)
    changed = connection.execute(update(drives).where(drives.c.id == drive.id, as_it_was).values(reported_at=at))
    if changed.rowcount != 1:
        return False
    note(connection, now, member.login, "drive-reported" if at else "drive-not-reported", drive.code)
    return True


def unit_choices(connection: Connection, member: StaffMember, now: datetime) -> list[tuple[int, str]]:
    """Units of today for which they may make a drive."""
    today = now.date()
    query = select(units).order_by(units.c.parent_id.is_not(None), units.c.name)
    return [
        (row.id, row.name)
        for row in connection.execute(query)
        if member.may_see(row.id)
        and (row.valid_from is None or row.valid_from <= today)
        and (row.valid_to is None or today < row.valid_to)
    ]


def _drives() -> Any:
    return (
        select(
            drives,
            units.c.name.label("unit"),
            func.coalesce(func.sum(slots.c.capacity), 0).label("capacity"),
            func.coalesce(func.sum(slots.c.taken), 0).label("taken"),
        )
        .select_from(
            drives.join(units, units.c.id == drives.c.unit_id).outerjoin(slots, slots.c.drive_id == drives.c.id)
        )
        .group_by(drives.c.id, units.c.name)
    )


def _counts(connection: Connection, ids: Sequence[int]) -> dict[int, dict[str, int]]:
    query = (
        select(registrations.c.drive_id, registrations.c.state, func.count())
        .where(registrations.c.drive_id.in_(ids))
        .group_by(registrations.c.drive_id, registrations.c.state)
    )
    counts: dict[int, dict[str, int]] = {}
    for drive_id, state, count in connection.execute(query):
        counts.setdefault(drive_id, {})[state] = count
    return counts


def _desk_drive(row: Row[Any], by_state: Mapping[str, int]) -> DeskDrive:
    return DeskDrive(
        id=row.id,
        code=row.code,
        name=row.name,
        unit_id=row.unit_id,
        unit=row.unit,
        place=row.place,
        address=row.address,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        state=DriveState(row.state),
        capacity=int(row.capacity),
        taken=int(row.taken),
        by_state=by_state,
        reported_at=row.reported_at,
        site_phone=row.site_phone,
        proposed_by=row.proposed_by,
    )
