"""Places that somebody took for colleagues: how many, which, and given back by whoever took them."""

from datetime import datetime

from sqlalchemy import Connection, func, select, update

from bot.dialog.turns import BroughtPlace
from bot.domain.registrations import Origin, RegistrationState
from bot.storage.tables import registrations, slots
from bot.storage.turns import grant_places

MOST = 3
"""Places that one person may take for others at a drive: enough for a shift's table, too few to empty a drive."""

_booked = registrations.c.state == RegistrationState.BOOKED.value


def may_bring(connection: Connection, contact_id: int, drive_id: int) -> bool:
    """Whether one more is still within bounds."""
    theirs = registrations.c.brought_by == contact_id, registrations.c.drive_id == drive_id, _booked
    count = connection.execute(select(func.count()).select_from(registrations).where(*theirs)).scalar_one()
    return count < MOST


def brought_by(connection: Connection, contact_id: int) -> tuple[BroughtPlace, ...]:
    """The places that they took and that nobody has come to yet, nearest first."""
    query = (
        select(registrations.c.drive_id, slots.c.starts_at, registrations.c.ticket)
        .join(slots, slots.c.id == registrations.c.slot_id)
        .where(registrations.c.brought_by == contact_id, registrations.c.origin == Origin.COLLEAGUE.value, _booked)
        .order_by(slots.c.starts_at, registrations.c.id)
    )
    return tuple(BroughtPlace(*row) for row in connection.execute(query))


def cancel_brought(connection: Connection, contact_id: int, ticket: str, now: datetime) -> bool:
    """Give it back, if it is theirs to give; False where it is not, or was given back already."""
    theirs = registrations.c.ticket == ticket, registrations.c.brought_by == contact_id, _booked
    cancelled = update(registrations).where(*theirs).returning(registrations.c.slot_id)
    values = {"state": RegistrationState.CANCELLED.value, "updated_at": now, "planned_at": None}
    slot = connection.execute(cancelled.values(values)).scalar()
    if slot is None:
        return False
    grant_places(connection, {slot: -1})
    return True
