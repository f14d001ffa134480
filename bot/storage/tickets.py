"""A ticket as whoever holds its code may see it: the drive and the slot, nothing about the person."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from bot.domain.drives import DriveState
from bot.domain.registrations import RegistrationState
from bot.storage.tables import drives, registrations, slots


@dataclass(frozen=True, slots=True)
class ShownTicket:
    """`starts_at` is the slot's; `opens_at` and `ends_at` the drive's. `revision` grows when the drive changes."""

    code: str
    drive: str
    place: str
    address: str
    site_phone: str
    starts_at: datetime
    opens_at: datetime
    ends_at: datetime
    revision: int
    state: RegistrationState
    drive_state: DriveState


_shown = (
    select(
        registrations.c.ticket,
        registrations.c.state,
        drives.c.name,
        drives.c.place,
        drives.c.address,
        drives.c.site_phone,
        drives.c.starts_at.label("opens_at"),
        drives.c.ends_at,
        drives.c.revision,
        drives.c.state.label("drive_state"),
        slots.c.starts_at,
    )
    .join(drives, drives.c.id == registrations.c.drive_id)
    .join(slots, slots.c.id == registrations.c.slot_id)
)


def ticket_shown(connection: Connection, ticket: str) -> ShownTicket | None:
    """The ticket of this code. One whose person was erased, or whose drive is long over, is gone."""
    row = connection.execute(_shown.where(registrations.c.ticket == ticket)).one_or_none()
    if row is None:
        return None
    return ShownTicket(
        code=row.ticket,
        drive=row.name,
        place=row.place,
        address=row.address,
        site_phone=row.site_phone,
        starts_at=row.starts_at,
        opens_at=row.opens_at,
        revision=row.revision,
        ends_at=row.ends_at,
        state=RegistrationState(row.state),
        drive_state=DriveState(row.drive_state),
    )
