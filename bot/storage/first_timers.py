"""Donors of one donation, nine to fourteen weeks after it: a call in those weeks brings many of them back.

Whom the list leaves out: no reminder consent, put off, registered again, "ask me later", called already.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, exists, or_, select, true, update

from bot.domain.consents import Purpose
from bot.domain.registrations import RegistrationState
from bot.storage.audit import note
from bot.storage.sealing import KeyRing
from bot.storage.staff import StaffMember
from bot.storage.tables import consents, contacts, donations, donors, registrations, units

FROM_WEEK, TO_WEEK = 9, 14
AT_MOST = 200


@dataclass(frozen=True, slots=True)
class FirstTimer:
    """Somebody to call."""

    contact_id: int
    unit: str
    given_on: date
    next_on: date | None
    name: str = field(repr=False)
    phone: str = field(repr=False)


def first_timers(
    connection: Connection, ring: KeyRing, member: StaffMember, today: date, limit: int = AT_MOST
) -> list[FirstTimer]:
    """Whose weeks are ending first. Week 9 begins 8 whole weeks after the donation; week 14 ends 14 after."""
    rows = connection.execute(_query(member, today).order_by(donations.c.given_on, contacts.c.id).limit(limit))
    return [_first_timer(row, ring) for row in rows]


def mark_called(connection: Connection, member: StaffMember, contact_id: int, today: date, now: datetime) -> bool:
    """Somebody called them: off the list, and noted. False where they are not on it any more."""
    if connection.execute(_query(member, today).where(contacts.c.id == contact_id)).first() is None:
        return False
    uncalled = donors.c.contact_id == contact_id, donors.c.called_on.is_(None)
    if connection.execute(update(donors).where(*uncalled).values(called_on=today)).rowcount != 1:
        return False
    note(connection, now, member.login, "first-timer-called", f"contact {contact_id}")
    return True


def _query(member: StaffMember, today: date) -> Any:
    first, last = today - timedelta(weeks=TO_WEEK), today - timedelta(weeks=FROM_WEEK - 1)
    columns = contacts.c.id, contacts.c.name_sealed, contacts.c.phone_sealed, donations.c.given_on, donors.c.next_on
    return (
        select(*columns, units.c.name.label("unit"))
        .join(donors, donors.c.contact_id == contacts.c.id)
        .join(donations, and_(donations.c.contact_id == contacts.c.id, donations.c.verified.is_(True)))
        .outerjoin(units, units.c.id == contacts.c.unit_id)
        .where(
            donors.c.donations == 1,
            donations.c.given_on.between(first, last),
            contacts.c.erased_at.is_(None),
            contacts.c.phone_sealed.is_not(None),
            _within(member),
            _may_be_asked(today),
            ~_coming_back(),
            donors.c.called_on.is_(None),
        )
    )


def _within(member: StaffMember) -> ColumnElement[bool]:
    if member.scope is None:
        return true()
    theirs = contacts.c.unit_id.in_(member.scope)
    return or_(theirs, contacts.c.unit_id.is_(None)) if member.at_top else theirs


def _may_be_asked(today: date) -> ColumnElement[bool]:
    """They agreed to be reminded, are not put off, and did not ask to be left alone until later."""
    agreed = exists().where(
        consents.c.contact_id == contacts.c.id,
        consents.c.purpose == Purpose.REMINDER.value,
        consents.c.withdrawn_at.is_(None),
    )
    fit = or_(donors.c.deferred_until.is_(None), donors.c.deferred_until <= today)
    later = or_(donors.c.ask_again_on.is_(None), donors.c.ask_again_on <= today)
    return and_(agreed, fit, later)


def _coming_back() -> ColumnElement[bool]:
    place = registrations.c.contact_id == contacts.c.id
    here = (RegistrationState.BOOKED.value, RegistrationState.ARRIVED.value)
    return exists().where(place, registrations.c.state.in_(here))


def _first_timer(row: Row[Any], ring: KeyRing) -> FirstTimer:
    return FirstTimer(
        contact_id=row.id,
        unit=row.unit or "",
        given_on=row.given_on,
        next_on=row.next_on,
        name=ring.text_or_none(row.name_sealed, "contacts.name") or "",
        phone=ring.text_or_none(row.phone_sealed, "contacts.phone") or "",
    )
