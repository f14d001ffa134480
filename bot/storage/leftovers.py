"""Places of drives that are over: each gets an outcome, also where nobody wrote one. Nobody is told because of it."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, case, or_, select, update

from bot.domain.drives import DriveState
from bot.domain.registrations import RegistrationState
from bot.storage.tables import drives, registrations

AFTER = timedelta(days=7)
"""So long a site has for its list; a signed report says that it is complete."""

_OPEN = (RegistrationState.BOOKED.value, RegistrationState.ARRIVED.value)
_OFF = (DriveState.CANCELLED.value, DriveState.DRAFT.value, DriveState.PROPOSED.value)


def _is_over(now: datetime) -> ColumnElement[bool]:
    called_off = and_(drives.c.state.in_(_OFF), drives.c.ends_at <= now)
    reported = and_(drives.c.reported_at.is_not(None), drives.c.ends_at <= now)
    return or_(called_off, reported, drives.c.ends_at <= now - AFTER)


def any_leftovers(connection: Connection, now: datetime) -> bool:
    """Whether any place waits for its outcome: a cheap question that needs no write."""
    return connection.execute(_leftovers(now).limit(1)).first() is not None


def settle_leftovers(connection: Connection, now: datetime, limit: int) -> int:
    """A page of them: booked and never seen is absent, arrived and never heard of again has left, a place at a drive
    that was called off is cancelled. Returns how many."""
    page = connection.execute(_leftovers(now).limit(limit).with_for_update(of=registrations, skip_locked=True)).all()
    off = [row.id for row in page if row.drive_state in _OFF]
    others = [row.id for row in page if row.drive_state not in _OFF]
    ended = {"updated_at": now, "settled_at": now, "planned_at": None}
    if off:
        cancelled = {"state": RegistrationState.CANCELLED.value, **ended}
        connection.execute(update(registrations).where(registrations.c.id.in_(off)).values(cancelled))
    if others:
        arrived = registrations.c.state == RegistrationState.ARRIVED.value
        state = case((arrived, RegistrationState.LEFT.value), else_=RegistrationState.ABSENT.value)
        connection.execute(update(registrations).where(registrations.c.id.in_(others)).values(state=state, **ended))
    return len(page)


def _leftovers(now: datetime) -> Select[Any]:
    return (
        select(registrations.c.id, drives.c.state.label("drive_state"))
        .join(drives, drives.c.id == registrations.c.drive_id)
        .where(registrations.c.state.in_(_OPEN), _is_over(now))
        .order_by(registrations.c.id)
    )
