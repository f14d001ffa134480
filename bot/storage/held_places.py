"""Places held for somebody who has not said yes yet: held until a moment, taken by a yes, free again after it.

A held place is a place of its slot. Every change here asks for the state it changes, so a tap, the sweep and a second
process may meet at the same row: one of them wins, and the seat is given back once.
"""

import secrets
from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, exists, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.domain.drives import DriveState
from bot.domain.registrations import RegistrationState, ticket_from
from bot.storage.ids import new_id
from bot.storage.tables import addresses, contacts, drives, registrations, slots
from bot.storage.turns import grant_places

_insert_once = {
    name: insert(registrations).on_conflict_do_nothing().returning(registrations.c.id)
    for name, insert in (("sqlite", sqlite.insert), ("postgresql", postgresql.insert))
}
_is_held = registrations.c.state == RegistrationState.HELD.value
_given_up = {"state": RegistrationState.CANCELLED.value, "planned_at": None}


def hold_place(
    connection: Connection,
    contact_id: int,
    address_id: int,
    drive_id: int,
    slot_id: int,
    until: datetime,
    now: datetime,
) -> int | None:
    """Hold a place until a moment; returns the id of its registration.

    None when the slot is full or over, the drive is not open, the person has a place there already or is not known, or
    they are writing to us at this very moment.
    """
    person = _known(connection, contact_id)
    if person is None or until <= now or not _coming(connection, drive_id, slot_id, now):
        return None
    row = {
        "id": new_id(),
        "contact_id": contact_id,
        "address_id": address_id,
        "drive_id": drive_id,
        "slot_id": slot_id,
        "unit_id": person.unit_id,
        "ticket": ticket_from(secrets.randbits(50)),
        "state": RegistrationState.HELD.value,
        "created_at": now,
        "updated_at": now,
        "planned_at": now,  # nothing is planned for a place that nobody has taken
        "held_until": until,
    }
    held = connection.execute(_insert_once[connection.dialect.name].values(row)).scalar()
    if held is None or grant_places(connection, {slot_id: 1}).get(slot_id, 0) == 1:
        return held
    connection.execute(delete(registrations).where(registrations.c.id == held))
    return None


def take_held(connection: Connection, registration_id: int, contact_id: int, address_id: int, now: datetime) -> bool:
    """The person says yes: the place is theirs. False when it was let go meanwhile, or its drive is open no more."""
    slot_to_come = exists().where(slots.c.id == registrations.c.slot_id, slots.c.starts_at > now)
    drive_open = exists().where(drives.c.id == registrations.c.drive_id, drives.c.state == DriveState.OPEN.value)
    mine = registrations.c.id == registration_id, registrations.c.contact_id == contact_id
    taken = {
        "state": RegistrationState.BOOKED.value,
        "address_id": address_id,
        "held_until": None,
        "updated_at": now,
        "planned_at": None,
    }
    statement = update(registrations).where(
        *mine, _is_held, registrations.c.held_until > now, slot_to_come.correlate(registrations),
        drive_open.correlate(registrations),
    )  # fmt: skip
    return connection.execute(statement.values(taken)).rowcount == 1


def let_go(connection: Connection, ids: Collection[int], contact_id: int, now: datetime) -> list[int]:
    """Held places of one person end. Returns their slots: whoever calls this gives the seats back (`grant_places`)."""
    mine = registrations.c.id.in_(ids), registrations.c.contact_id == contact_id
    ended = update(registrations).where(*mine, _is_held).values(**_given_up, updated_at=now)
    return list(connection.execute(ended.returning(registrations.c.slot_id)).scalars())


def let_go_of_all(connection: Connection, people: Collection[int], now: datetime) -> None:
    """When two people become one, or one two, nothing that nobody said yes to stays."""
    ended = update(registrations).where(registrations.c.contact_id.in_(people), _is_held)
    freed = list(
        connection.execute(ended.values(**_given_up, updated_at=now).returning(registrations.c.slot_id)).scalars()
    )
    grant_places(connection, {slot: -freed.count(slot) for slot in freed})


def lock_held(connection: Connection, ids: Collection[int]) -> None:
    """Held places that may be let go once another one is granted: places are locked before slots, by everybody."""
    held = select(registrations.c.id).where(registrations.c.id.in_(ids), _is_held).order_by(registrations.c.id)
    connection.execute(held.with_for_update()).all()


def release_expired(connection: Connection, now: datetime, limit: int) -> int:
    """A page of places whose time is over is free again; returns how many. What somebody takes or gives back at this
    very moment is left to them."""
    over = (
        select(registrations.c.id, registrations.c.slot_id)
        .where(_is_held, registrations.c.held_until <= now)
        .order_by(registrations.c.held_until, registrations.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    page = connection.execute(over).all()
    if page:
        ended = update(registrations).where(registrations.c.id.in_([row.id for row in page]))
        connection.execute(ended.values(**_given_up, updated_at=now))
    freed = [row.slot_id for row in page]
    grant_places(connection, {slot: -freed.count(slot) for slot in freed})
    return len(page)


def any_expired(connection: Connection, now: datetime) -> bool:
    """Whether any held place is over: a cheap question that needs no write."""
    over = select(registrations.c.id).where(_is_held, registrations.c.held_until <= now).limit(1)
    return connection.execute(over).first() is not None


def _known(connection: Connection, contact_id: int) -> Row[Any] | None:
    """The person, unless the intake is at one of their addresses: it would not see what is held beside it."""
    if connection.dialect.name == "postgresql":  # on SQLite the single writer is the lock
        ours = select(func.pg_try_advisory_xact_lock(addresses.c.id)).where(addresses.c.contact_id == contact_id)
        if not all(connection.execute(ours).scalars().all()):
            return None
    living = contacts.c.id == contact_id, contacts.c.erased_at.is_(None)
    return connection.execute(select(contacts.c.unit_id).where(*living)).first()


def _coming(connection: Connection, drive_id: int, slot_id: int, now: datetime) -> bool:
    mine = slots.c.id == slot_id, slots.c.drive_id == drive_id, slots.c.starts_at > now
    return connection.execute(select(slots.c.id).where(*mine)).first() is not None
