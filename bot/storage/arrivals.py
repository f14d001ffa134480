"""People whose name is told at the door: without a registration, or on the place that a colleague took for them."""

import secrets
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, select, update

from bot.domain.consents import Purpose
from bot.domain.door import Step, may_follow
from bot.domain.drives import is_pass_time
from bot.domain.registrations import Origin, RegistrationState, ticket_from
from bot.storage.audit import note
from bot.storage.ids import new_id
from bot.storage.name_index import name_words
from bot.storage.outcomes import settle
from bot.storage.sealing import KeyRing
from bot.storage.staff import StaffMember
from bot.storage.tables import consents, contacts, registrations, slots

BY_WORD = "@door"
"""Ends the wording of a consent that was given by word of mouth and ticked by a helper."""


@dataclass(frozen=True, slots=True)
class Told:
    """What somebody told at the door; `wordings` by purpose, as they were ticked."""

    name: str = field(repr=False)
    birth_date: date = field(repr=False)
    phone: str = field(repr=False)
    unit_id: int | None
    dangerous_work: bool
    wordings: tuple[tuple[Purpose, str], ...]


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody with this phone and birth date is known already, perhaps the same person."""

    contact_id: int
    name: str = field(repr=False)


def known_as(connection: Connection, ring: KeyRing, told: Told) -> Known | None:
    """Who may be the same person: the same phone and the same birth date. Never more than a question to a human."""
    same_phone = contacts.c.phone_blind == ring.blind(told.phone), contacts.c.erased_at.is_(None)
    for row in connection.execute(select(contacts).where(*same_phone).order_by(contacts.c.updated_at.desc())):
        if ring.text_or_none(row.birth_date_sealed, "contacts.birth_date") == told.birth_date.isoformat():
            return Known(row.id, ring.text_or_none(row.name_sealed, "contacts.name") or "")
    return None


def note_shown(connection: Connection, member: StaffMember, known: Known, now: datetime) -> None:
    """A name was shown to whoever typed a phone and a birth date: the audit says to whom."""
    note(connection, now, member.login, "door-known-shown", f"contact {known.contact_id}")


def arrive(
    connection: Connection,
    ring: KeyRing,
    member: StaffMember,
    drive_id: int,
    place_id: int,
    told: Told,
    same_as: int | None,
    now: datetime,
) -> int:
    """They have come: a place of theirs at this drive, arrived, whatever there was before. Returns its id.

    Args:
        place_id: given by the page, so that a second press makes nothing new; or a colleague's place without a name.
        same_as: the contact that the helper, with the person, said it is.

    Raises:
        LookupError: the place is another drive's.
    """
    there = select(registrations).where(registrations.c.id == place_id)
    empty = connection.execute(there.with_for_update()).first()
    if empty is not None and empty.drive_id != drive_id:
        raise LookupError("a place of another drive")
    if empty is not None and _is_named(connection, empty.contact_id):
        return place_id
    contact = _person(connection, ring, told, same_as, empty, now)
    held = _held(connection, contact, drive_id, place_id)
    place = held if held is not None else place_id
    if held is None:
        _put(connection, empty, place_id, contact, drive_id, told, now)
    elif empty is not None:
        settle(connection, empty.id, RegistrationState.CANCELLED, now)
    _settle_arrived(connection, place, now)
    _agree(connection, contact, told, now)
    note(connection, now, member.login, "door-walk-in" if empty is None else "door-named", f"registration {place}")
    return place


def _settle_arrived(connection: Connection, place: int, now: datetime) -> None:
    """An outcome that is written already stands: who gave, or was put off, is not waiting again."""
    state = connection.execute(select(registrations.c.state).where(registrations.c.id == place)).scalar_one()
    if may_follow(Step.ARRIVED, RegistrationState(state)):
        settle(connection, place, RegistrationState.ARRIVED, now)


def _is_named(connection: Connection, contact_id: int) -> bool:
    query = select(contacts.c.id).where(contacts.c.id == contact_id, contacts.c.name_sealed.is_not(None))
    return connection.execute(query).first() is not None


def _person(
    connection: Connection, ring: KeyRing, told: Told, same_as: int | None, empty: Row[Any] | None, now: datetime
) -> int:
    """Somebody known stays as they are; a colleague's place gets its person; else a new contact."""
    if same_as is not None:
        lock = select(contacts.c.id).where(contacts.c.id == same_as, contacts.c.erased_at.is_(None))
        found = connection.execute(lock.with_for_update(key_share=True)).first()
        if found is not None:
            return same_as
    row = {
        "unit_id": told.unit_id,
        "name_sealed": ring.seal_text(told.name, "contacts.name"),
        "birth_date_sealed": ring.seal_text(told.birth_date.isoformat(), "contacts.birth_date"),
        "phone_sealed": ring.seal_text(told.phone, "contacts.phone"),
        "phone_blind": ring.blind(told.phone),
        "name_words": name_words(ring, told.name),
        "updated_at": now,
    }
    if empty is not None:
        connection.execute(update(contacts).where(contacts.c.id == empty.contact_id).values(row))
        return int(empty.contact_id)
    identity = new_id()
    connection.execute(contacts.insert().values(id=identity, created_at=now, **row))
    return identity


def _held(connection: Connection, contact_id: int, drive_id: int, place_id: int) -> int | None:
    """The place that a known person has at this drive already; one that they cancelled does not count."""
    theirs = registrations.c.contact_id == contact_id, registrations.c.drive_id == drive_id
    stands = registrations.c.state != RegistrationState.CANCELLED.value, registrations.c.id != place_id
    return connection.execute(select(registrations.c.id).where(*theirs, *stands).with_for_update().limit(1)).scalar()


def _put(
    connection: Connection,
    empty: Row[Any] | None,
    place_id: int,
    contact: int,
    drive_id: int,
    told: Told,
    now: datetime,
) -> None:
    """Their name on the colleague's place; or a place of its own that takes no seat of a slot."""
    if empty is not None:
        row = {"contact_id": contact, "unit_id": told.unit_id, "dangerous_work": told.dangerous_work}
        connection.execute(update(registrations).where(registrations.c.id == place_id).values(row))
        if empty.contact_id != contact:
            connection.execute(delete(contacts).where(contacts.c.id == empty.contact_id))
        return
    fresh: dict[str, Any] = {
        "id": place_id,
        "contact_id": contact,
        "drive_id": drive_id,
        "slot_id": _slot_now(connection, drive_id, now),
        "unit_id": told.unit_id,
        "ticket": ticket_from(secrets.randbits(50)),
        "state": RegistrationState.CANCELLED.value,  # until the next statement: so a slip at the door leaves no place
        "origin": Origin.WALK_IN.value,
        "dangerous_work": told.dangerous_work,
        "created_at": now,
        "updated_at": now,
    }
    connection.execute(registrations.insert().values(fresh))


def _slot_now(connection: Connection, drive_id: int, now: datetime) -> int:
    """The slot that runs, else the first."""
    query = select(slots.c.id, slots.c.starts_at).where(slots.c.drive_id == drive_id).order_by(slots.c.starts_at)
    rows = [row for row in connection.execute(query) if not is_pass_time(row.starts_at)]
    begun = [row.id for row in rows if row.starts_at <= now]
    return int(begun[-1] if begun else rows[0].id)


def _agree(connection: Connection, contact_id: int, told: Told, now: datetime) -> None:
    """Each purpose once while it stands; how it was said is part of the wording."""
    standing = select(consents.c.purpose).where(consents.c.contact_id == contact_id, consents.c.withdrawn_at.is_(None))
    known = set(connection.execute(standing).scalars())
    rows = [
        {"id": new_id(), "contact_id": contact_id, "purpose": purpose, "wording": f"{words}{BY_WORD}", "given_at": now}
        for purpose, words in told.wordings
        if purpose not in known
    ]
    if rows:
        connection.execute(consents.insert(), rows)
