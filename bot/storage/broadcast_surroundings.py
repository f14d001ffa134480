"""What a broadcast's words stand among: its unit's name, its picture, its drive."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from bot.domain.broadcasts import Draft
from bot.domain.drives import DriveState
from bot.storage.broadcast_images import digest_of
from bot.storage.tables import drives, units


@dataclass(frozen=True, slots=True)
class AboutDrive:
    """The drive as a broadcast speaks of it."""

    id: int
    code: str
    name: str
    place: str
    state: DriveState
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Surroundings:
    """`picture` is the digest of its picture, "" where it has none or it is gone."""

    unit: str
    picture: str = ""
    drive: AboutDrive | None = None


def surroundings_of(connection: Connection, draft: Draft) -> Surroundings:
    unit = connection.execute(select(units.c.name).where(units.c.id == draft.unit_id)).scalar_one()
    drive = about_drive(connection, draft.drive_id) if draft.drive_id is not None else None
    return Surroundings(unit, digest_of(connection, draft.image_id), drive)


def about_drive(connection: Connection, drive_id: int) -> AboutDrive | None:
    row = connection.execute(select(drives).where(drives.c.id == drive_id)).first()
    if row is None:
        return None
    return AboutDrive(row.id, row.code, row.name, row.place, DriveState(row.state), row.starts_at, row.ends_at)
