"""Drives of a load file and their slots: times may move as long as nobody loses a place."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from bot.domain.drives import DriveState, is_pass_time, slot_starts
from bot.domain.loads import Entry, Fault, Relative
from bot.domain.registrations import RegistrationState
from bot.storage.drive_changes import MOVED, TAKES_PLACE, note_change
from bot.storage.ids import new_id
from bot.storage.loading_desk import Desk
from bot.storage.passes import fit_passes
from bot.storage.tables import drives, registrations, slots

COLUMNS = (
    "name", "place", "address", "slot_minutes", "slot_capacity", "goal_units", "site_phone", "walk_ins",
)  # fmt: skip
SCHEDULE = ("starts_at", "ends_at", "slot_minutes", "slot_capacity")
TOLD = ("starts_at", "ends_at", "place", "address", "state")
"""What registrants were told: when one of these changes, their messages are planned again."""


@dataclass(slots=True)
class DrivePlan:
    """What is to be done for one drive, or why it cannot be."""

    row: Row[Any] | None
    values: dict[str, Any]
    faults: list[Fault] = field(default_factory=list)
    fresh: list[datetime] = field(default_factory=list)
    refitted: list[int] = field(default_factory=list)
    retired: list[int] = field(default_factory=list)


def plan(desk: Desk, entry: Entry) -> DrivePlan:
    """Compare the entry with the database; nothing is written."""
    row = desk.connection.execute(select(drives).where(drives.c.code == entry.key)).one_or_none()
    values = _values(desk, entry, row)
    made = DrivePlan(row, values)
    if row is None:
        made.fresh = slot_starts(values["starts_at"], values["ends_at"], values["slot_minutes"])
    elif any(values.get(column, row._mapping[column]) != row._mapping[column] for column in SCHEDULE):
        _plan_slots(desk.connection, entry, made, {**row._mapping, **values})
    return made


def carry_out(connection: Connection, made: DrivePlan, now: datetime) -> str:
    """Write one drive and its slots; says `added`, `changed` or `same`."""
    row, values = made.row, made.values
    if row is None:
        drive_id = new_id()
        connection.execute(insert(drives).values(id=drive_id, **values))
        _add_slots(connection, drive_id, made.fresh, values["slot_capacity"])
        fit_passes(connection, drive_id, values["ends_at"], values.get("walk_ins", 0))
        return "added"
    different = {column: value for column, value in values.items() if row._mapping[column] != value}
    if not different:
        return "same"
    if any(column in different for column in TOLD):
        different["revision"] = row.revision + 1
        _tell(connection, row, different, now)
    connection.execute(update(drives).where(drives.c.id == row.id).values(**different))
    _retire_slots(connection, made.retired)
    capacity = values.get("slot_capacity", row.slot_capacity)
    if made.refitted:
        connection.execute(update(slots).where(slots.c.id.in_(made.refitted)).values(capacity=capacity))
    after = {**row._mapping, **values}
    fit_passes(connection, row.id, after["ends_at"], after["walk_ins"])
    _add_slots(connection, row.id, made.fresh, capacity)
    return "changed"


def _values(desk: Desk, entry: Entry, row: Row[Any] | None) -> dict[str, Any]:
    values: dict[str, Any] = {"code": entry.key, "state": _state(entry, row)}
    values.update({column: entry.values[column] for column in COLUMNS if column in entry.values})
    for name, known in (("unit", desk.units), ("campaign", desk.campaigns)):
        if entry.values.get(name) in known:
            values[f"{name}_id"] = known[entry.values[name]]
    for name in ("starts", "ends"):
        value = entry.values[name]
        if isinstance(value, Relative):
            if row is not None:
                continue
            value = value.moment(desk.now, desk.zone)
        values[f"{name}_at"] = value
    return values


def _state(entry: Entry, row: Row[Any] | None) -> str:
    """`open` moves a drive on, never back: what staff closed or cancelled in the console stays so."""
    wanted = entry.values.get("open")
    if row is None:
        return DriveState.OPEN if wanted else DriveState.DRAFT
    if wanted is True and row.state == DriveState.DRAFT:
        return DriveState.OPEN
    if wanted is False and row.state == DriveState.OPEN:
        return DriveState.CLOSED
    return str(row.state)


def _plan_slots(connection: Connection, entry: Entry, made: DrivePlan, after: dict[str, Any]) -> None:
    """Slots at a time that stays are kept, empty ones that do not fit go; a booked one that does not fit is a fault."""
    rows = connection.execute(select(slots).where(slots.c.drive_id == after["id"]))
    there = {row.starts_at: row for row in rows if not is_pass_time(row.starts_at)}
    wanted = slot_starts(after["starts_at"], after["ends_at"], after["slot_minutes"])
    if not wanted:
        made.faults.append(entry.fault("slot_minutes", "is longer than the drive: not one slot fits"))
    made.fresh = [start for start in wanted if start not in there]
    made.refitted = [there[start].id for start in wanted if start in there]
    leaving = [row for start, row in sorted(there.items()) if start not in set(wanted)]
    made.retired = [row.id for row in leaving]
    booked = sum(row.taken for row in leaving)
    if booked:
        people = "1 person is" if booked == 1 else f"{booked} people are"
        name = "slot_minutes" if made.row and after["starts_at"] == made.row.starts_at else "starts"
        reason = f"{people} booked into slots that would vanish: move or cancel them in the console first"
        made.faults.append(entry.fault(name, reason))


def _retire_slots(connection: Connection, slot_ids: Iterable[int]) -> None:
    """Remove slots; one that a cancelled registration still names stays without places."""
    leaving = set(slot_ids)
    if not leaving:
        return
    named = select(registrations.c.slot_id).where(registrations.c.slot_id.in_(leaving)).distinct()
    kept = set(connection.execute(named).scalars())
    connection.execute(update(slots).where(slots.c.id.in_(kept)).values(capacity=0))
    connection.execute(delete(slots).where(slots.c.id.in_(leaving - kept)))


def _add_slots(connection: Connection, drive_id: int, starts: Iterable[datetime], capacity: int) -> None:
    rows = [{"id": new_id(), "drive_id": drive_id, "starts_at": start, "capacity": capacity} for start in starts]
    if rows:
        connection.execute(insert(slots), rows)


def _tell(connection: Connection, row: Row[Any], different: dict[str, Any], now: datetime) -> None:
    """Whoever holds a place hears of another time or place; everything else is only planned again."""
    if row.state in TAKES_PLACE and any(column in different for column in ("starts_at", "place", "address")):
        note_change(connection, row, MOVED, now)
        return
    booked = (registrations.c.drive_id == row.id, registrations.c.state == RegistrationState.BOOKED)
    connection.execute(update(registrations).where(*booked).values(planned_at=None))
