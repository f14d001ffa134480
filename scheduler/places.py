"""A real place for somebody who is asked to give again: at an open drive of their unit, of those above or below it."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, select

from bot.domain.drives import DriveState
from bot.domain.quiet_hours import QuietHours
from bot.domain.registrations import RegistrationState
from bot.domain.tree import below, line_up
from bot.storage.catalogue import all_units
from bot.storage.held_places import hold_place
from bot.storage.tables import drives, registrations, slots

HELD_FOR = timedelta(days=4)
"""So long a place waits for its yes."""

LATEST = timedelta(days=1)
"""Nobody is asked for a place that begins sooner: the day before belongs to the eve's message."""

AHEAD = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class HeldPlace:
    """The registration that holds it, and what is said of it."""

    registration_id: int
    row: Row[Any] = field(repr=False)


class Places:
    """The free places of the drives to come, looked up once for a page of people."""

    def __init__(self, connection: Connection, quiet: QuietHours, now: datetime) -> None:
        self._connection, self._quiet, self._now = connection, quiet, now
        self._free: list[Row[Any]] | None = None
        self._near: dict[int, frozenset[int]] = {}

    def hold(self, contact_id: int, address_id: int, unit_id: int | None, not_before: date) -> HeldPlace | None:
        """Hold the soonest place on or after a day; the one that is held for them already stays. None: there is none."""
        known = self._held_already(contact_id)
        if known is not None:
            return known
        for row in self._places():
            day = row.starts_at.astimezone(self._quiet.zone).date()
            if day < not_before or (unit_id is not None and row.unit_id not in self._near_to(unit_id)):
                continue
            until = min(self._now + HELD_FOR, row.starts_at - timedelta(hours=12))
            held = hold_place(self._connection, contact_id, address_id, row.drive_id, row.slot_id, until, self._now)
            if held is not None:
                return HeldPlace(held, row)
        return None

    def _held_already(self, contact_id: int) -> HeldPlace | None:
        held = registrations.c.state == RegistrationState.HELD.value
        mine = (
            _places_of_drives()
            .join(registrations, registrations.c.slot_id == slots.c.id)
            .add_columns(registrations.c.id.label("registration_id"))
            .where(held, registrations.c.contact_id == contact_id, registrations.c.held_until > self._now)
        )
        row = self._connection.execute(mine.limit(1)).first()
        return HeldPlace(row.registration_id, row) if row else None

    def _places(self) -> list[Row[Any]]:
        """The first slot with a place of each drive; a drive that fills while we ask drops out by itself."""
        if self._free is None:
            coming = slots.c.starts_at > self._now + LATEST, slots.c.starts_at < self._now + AHEAD
            query = _places_of_drives().where(
                drives.c.state == DriveState.OPEN.value, *coming, slots.c.taken < slots.c.capacity
            )
            first: dict[int, Row[Any]] = {}
            for row in self._connection.execute(query.order_by(slots.c.starts_at)):
                first.setdefault(row.drive_id, row)
            self._free = list(first.values())
        return self._free

    def _near_to(self, unit_id: int) -> frozenset[int]:
        """The unit itself, those above it and those below."""
        if unit_id not in self._near:
            tree = all_units(self._connection)
            self._near[unit_id] = frozenset(line_up({unit.id: unit for unit in tree}, unit_id)) | below(tree, unit_id)
        return self._near[unit_id]


def _places_of_drives() -> Any:
    return select(
        slots.c.id.label("slot_id"),
        slots.c.starts_at,
        drives.c.id.label("drive_id"),
        drives.c.unit_id,
        drives.c.name.label("drive"),
        drives.c.place,
        drives.c.address,
    ).join_from(slots, drives, drives.c.id == slots.c.drive_id)
