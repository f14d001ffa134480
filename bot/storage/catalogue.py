"""Reads what is the same for everybody: open drives with their places, the union tree, who is on duty."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, exists, select

from bot.domain.drives import Drive, DriveState, Slot
from bot.domain.units import Level, Unit
from bot.storage.tables import campaigns, drives, slots, staff, units

_drives = select(drives, campaigns.c.name.label("campaign")).outerjoin(
    campaigns, campaigns.c.id == drives.c.campaign_id
)
_open_drives = _drives.where(drives.c.state == DriveState.OPEN).order_by(drives.c.starts_at, drives.c.id)
_open_slots = select(slots).join(drives).where(drives.c.state == DriveState.OPEN).order_by(slots.c.starts_at)
_on_duty = select(exists().where(staff.c.role == "health", staff.c.on_duty, staff.c.disabled_at.is_(None)))


def open_drives(connection: Connection, now: datetime) -> tuple[Drive, ...]:
    """Open drives that have not ended, by time, each with its slots."""
    by_drive: dict[int, list[Slot]] = {}
    for row in connection.execute(_open_slots):
        by_drive.setdefault(row.drive_id, []).append(Slot(row.id, row.starts_at, row.capacity, row.taken))
    rows = connection.execute(_open_drives.where(drives.c.ends_at > now))
    return tuple(_drive(row, by_drive.get(row.id, ())) for row in rows)


def drive_with_code(connection: Connection, code: str) -> Drive | None:
    """Any drive, open or not, without its slots."""
    row = connection.execute(_drives.where(drives.c.code == code)).one_or_none()
    return _drive(row, ()) if row is not None else None


def _drive(row: Row[Any], its_slots: Iterable[Slot]) -> Drive:
    return Drive(
        row.id,
        row.code,
        row.name,
        row.unit_id,
        row.place,
        row.address,
        row.starts_at,
        row.ends_at,
        DriveState(row.state),
        tuple(its_slots),
        row.campaign or "",
        row.site_phone,
    )


def all_units(connection: Connection) -> list[Unit]:
    """The whole tree, past units too."""
    return [
        Unit(
            row.id,
            row.code,
            row.name,
            Level(row.level),
            row.parent_id,
            row.valid_from,
            row.valid_to,
            row.successor_id,
            row.members,
        )
        for row in connection.execute(select(units).order_by(units.c.id))
    ]


def somebody_on_duty(connection: Connection) -> bool:
    """Whether anybody with the health role is on duty now."""
    return bool(connection.execute(_on_duty).scalar_one())
