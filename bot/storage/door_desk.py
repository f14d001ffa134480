"""The door of a drive: who is looked for, who waits, and each step of a place, done once by whoever is first."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from bot.domain.donations import Donation, Intervals, ReasonGroup, Source
from bot.domain.door import Step, Wanted, may_follow
from bot.domain.registrations import Origin, RegistrationState
from bot.storage.audit import note
from bot.storage.outcomes import record_deferral, record_donation, settle, step_back
from bot.storage.sealing import KeyRing
from bot.storage.staff import StaffMember
from bot.storage.tables import contacts, drive_staff, registrations, slots, units
from bot.understanding.folding import fold

FOUND_AT_MOST = 20
EVERYWHERE = ("admin", "approver", "organiser", "health")
"""Roles that help at every drive of their units; the others only where they are named."""


@dataclass(frozen=True, slots=True)
class Guest:
    """One place as the door sees it. `named` is false for a colleague's place that nobody has filled yet."""

    id: int
    drive_id: int
    state: RegistrationState
    was: str
    origin: Origin
    starts_at: datetime
    unit: str
    dangerous_work: bool
    named: bool
    arrived_at: datetime | None
    updated_at: datetime
    ticket: str = field(repr=False)
    name: str = field(repr=False)
    tail: str = field(repr=False)
    """The last three digits of the phone, to tell two of one name apart."""


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """The ticket is real, but of another drive."""

    drive_id: int


class Refusal(StrEnum):
    """Why a step was not done; nothing was written."""

    NOBODY = "nobody"
    NOT_NAMED = "not-named"
    ALREADY = "already"
    NOT_NOW = "not-now"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a step writes beside the state: a donation, or until when somebody is put off and why."""

    on: date
    donation: Donation | None = None
    until: date | None = None
    reason: ReasonGroup | None = None


def may_help(connection: Connection, member: StaffMember, drive_id: int, unit_id: int) -> bool:
    """Whoever organises there, and volunteers who are named for this drive."""
    if member.role in EVERYWHERE:
        return member.may_see(unit_id)
    named = drive_staff.c.drive_id == drive_id, drive_staff.c.staff_id == member.id
    return connection.execute(select(drive_staff.c.drive_id).where(*named)).first() is not None


def find_guests(connection: Connection, ring: KeyRing, drive_id: int, wanted: Wanted) -> list[Guest] | Elsewhere:
    """People with a place at this drive who fit; a ticket that is known counts before anything else."""
    if wanted.ticket:
        row = connection.execute(_guests().where(registrations.c.ticket == wanted.ticket)).first()
        if row is not None:
            return [_guest(row, ring)] if row.drive_id == drive_id else Elsewhere(row.drive_id)
    if not wanted.digits and not fold(wanted.words).split():
        return []
    here = _guests().where(registrations.c.drive_id == drive_id).order_by(slots.c.starts_at, registrations.c.id)
    fitting = (row for row in connection.execute(here).all() if _fits(row, ring, wanted))
    return [_guest(row, ring) for _, row in zip(range(FOUND_AT_MOST), fitting, strict=False)]


def guest_at(connection: Connection, ring: KeyRing, drive_id: int, registration_id: int) -> Guest | None:
    here = registrations.c.id == registration_id, registrations.c.drive_id == drive_id
    row = connection.execute(_guests().where(*here)).first()
    return _guest(row, ring) if row else None


def waiting_guests(connection: Connection, ring: KeyRing, drive_id: int) -> list[Guest]:
    """Who came and has no outcome yet, in the order they came."""
    here = registrations.c.drive_id == drive_id, registrations.c.state == RegistrationState.ARRIVED.value
    return [
        _guest(row, ring) for row in connection.execute(_guests().where(*here).order_by(registrations.c.arrived_at))
    ]


def take_step(
    connection: Connection,
    ring: KeyRing,
    member: StaffMember,
    drive_id: int,
    registration_id: int,
    step: Step,
    outcome: Outcome,
    intervals: Intervals,
    now: datetime,
) -> Refusal | None:
    """One step of a place with all that follows from it, in the caller's transaction; a second press changes nothing."""
    row = _locked(connection, drive_id, registration_id)
    refusal = _refusal(row, step)
    if row is None or refusal is not None:
        return refusal
    settle(connection, row.id, RegistrationState(step.value), now)
    if step is Step.DONATED and outcome.donation is not None:
        given = outcome.donation
        record_donation(connection, row.contact_id, given, Source.SITE, intervals, now, drive_id, row.id)
    elif step is Step.DEFERRED:
        record_deferral(
            connection, ring, row.contact_id, outcome.on, outcome.until, outcome.reason, now, drive_id, row.id
        )
    note(connection, now, member.login, f"door-{step}", f"registration {row.id}")
    return None


def undo_step(
    connection: Connection,
    member: StaffMember,
    drive_id: int,
    registration_id: int,
    seen: RegistrationState,
    intervals: Intervals,
    now: datetime,
) -> Refusal | None:
    """Take the last step back, if it is still the one that the helper saw."""
    row = _locked(connection, drive_id, registration_id)
    if row is None:
        return Refusal.NOBODY
    if row.state != seen.value or not step_back(connection, row.id, intervals, now):
        return Refusal.NOT_NOW
    note(connection, now, member.login, "door-undone", f"registration {row.id}", f"was {seen}")
    return None


def _locked(connection: Connection, drive_id: int, registration_id: int) -> Row[Any] | None:
    here = registrations.c.id == registration_id, registrations.c.drive_id == drive_id
    query = (
        select(registrations, contacts.c.name_sealed)
        .join(contacts, contacts.c.id == registrations.c.contact_id)
        .where(*here, contacts.c.erased_at.is_(None))
    )
    return connection.execute(query.with_for_update(of=registrations)).first()


def _refusal(row: Row[Any] | None, step: Step) -> Refusal | None:
    if row is None:
        return Refusal.NOBODY
    if row.name_sealed is None:
        return Refusal.NOT_NAMED
    state = RegistrationState(row.state)
    if may_follow(step, state):
        return None
    return Refusal.ALREADY if state.value == step.value else Refusal.NOT_NOW


def _guests() -> Select[Any]:
    columns = slots.c.starts_at, contacts.c.name_sealed, contacts.c.phone_sealed, units.c.name.label("unit")
    return (
        select(registrations, *columns)
        .join(slots, slots.c.id == registrations.c.slot_id)
        .join(contacts, contacts.c.id == registrations.c.contact_id)
        .outerjoin(units, units.c.id == registrations.c.unit_id)
        .where(contacts.c.erased_at.is_(None))
    )


def _fits(row: Row[Any], ring: KeyRing, wanted: Wanted) -> bool:
    if wanted.digits:
        phone = ring.text_or_none(row.phone_sealed, "contacts.phone") or ""
        return phone.replace("+84", "0").endswith(wanted.digits)
    name = fold(ring.text_or_none(row.name_sealed, "contacts.name") or "").split()
    return all(any(word.startswith(typed) for word in name) for typed in fold(wanted.words).split())


def _guest(row: Row[Any], ring: KeyRing) -> Guest:
    return Guest(
        id=row.id,
        drive_id=row.drive_id,
        state=RegistrationState(row.state),
        was=row.was,
        origin=Origin(row.origin),
        starts_at=row.starts_at,
        unit=row.unit or "",
        dangerous_work=row.dangerous_work,
        named=row.name_sealed is not None,
        arrived_at=row.arrived_at,
        updated_at=row.updated_at,
        ticket=row.ticket,
        name=ring.text_or_none(row.name_sealed, "contacts.name") or "",
        tail=(ring.text_or_none(row.phone_sealed, "contacts.phone") or "")[-3:],
    )
