"""Planning intents from registrations, donations and deferrals: each as it stands now, once, whatever was planned before."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, bindparam, exists, func, or_, select, text, update

from bot.domain.donations import Component, Donation, Intervals, next_on
from bot.domain.drives import DriveState
from bot.domain.quiet_hours import QuietHours
from bot.domain.registrations import Origin, RegistrationState
from bot.domain.reminders import (
    Change,
    Planned,
    intent_key,
    plan_for_asked,
    plan_for_change,
    plan_for_deferral,
    plan_for_donation,
    plan_for_registration,
)
from bot.domain.rhythms import quiet_for
from bot.domain.schedule import Anchor, Schedule
from bot.storage.ids import new_id
from bot.storage.intent_rows import CANCELLED, REPLANNED, write_plan
from bot.storage.tables import (
    addresses,
    contacts,
    deferrals,
    donations,
    donors,
    drive_changes,
    drives,
    intents,
    registrations,
    slots,
)

PAGE = 60
"""Subjects in one commit: a donation has about four messages, so it stays within 20 ms on SQLite."""


@dataclass(frozen=True, slots=True)
class Plan:
    """By what is planned."""

    schedule: Schedule
    intervals: Intervals
    quiet: QuietHours


@dataclass(frozen=True, slots=True)
class PlannedPage:
    """`subjects` were planned (fewer than asked: no more can be now), `intents` are new or waiting again."""

    subjects: int
    intents: int


# Written out, so that the partial index of wishes serves.
_wished = text("donors.ask_again_on IS NOT NULL AND donors.asked_planned_at IS NULL")


def anything_to_plan(connection: Connection) -> bool:
    """Whether a planning sweep would find anything: a cheap question that needs no write."""
    unplanned = or_(
        *(
            exists().where(text(f"{table.name}.planned_at IS NULL")).select_from(table).correlate(None)
            for table in (registrations, donations, deferrals)
        ),
        exists().where(_wished).select_from(donors).correlate(None),
    )
    return bool(connection.execute(select(unplanned)).scalar())


# --- registrations -----------------------------------------------------------------------------------------------------

# The newest thing that became of the drive since its person registered or moved.
_newest_change = (
    select(func.max(drive_changes.c.id))
    .where(drive_changes.c.drive_id == registrations.c.drive_id, drive_changes.c.at > registrations.c.updated_at)
    .correlate(registrations)
    .scalar_subquery()
)
_own = registrations.alias("own")
# Whoever brings colleagues hears of the drive once, by their own place where they hold one.
_hears_by_own_place = (
    exists()
    .where(
        _own.c.contact_id == registrations.c.brought_by,
        _own.c.drive_id == registrations.c.drive_id,
        _own.c.state == RegistrationState.BOOKED.value,
    )
    .correlate(registrations)
)
_unplanned_registrations = (
    select(
        registrations.c.id,
        registrations.c.contact_id,
        registrations.c.address_id,
        registrations.c.state,
        registrations.c.updated_at,
        registrations.c.origin,
        registrations.c.brought_by,
        slots.c.starts_at,
        drives.c.state.label("drive_state"),
        contacts.c.rhythm,
        _newest_change.label("change_id"),
        _hears_by_own_place.label("hears_by_own_place"),
    )
    .join(slots, slots.c.id == registrations.c.slot_id)
    .join(drives, drives.c.id == registrations.c.drive_id)
    .join(contacts, contacts.c.id == func.coalesce(registrations.c.brought_by, registrations.c.contact_id))
    .where(text("registrations.planned_at IS NULL"))
    .order_by(registrations.c.id)
    .limit(bindparam("most"))
    .with_for_update(of=registrations, skip_locked=True, key_share=True)
)


def plan_registrations(connection: Connection, now: datetime, plan: Plan, limit: int = PAGE) -> PlannedPage:
    """Make the intents of registrations that are new or were changed; end waiting ones that are no longer true."""
    found = connection.execute(_unplanned_registrations, {"most": limit}).all()
    rows = _whose_address_is_free(connection, found)
    changes = _changes(connection, [row.change_id for row in rows if row.change_id is not None])
    booked = [row for row in rows if row.state == RegistrationState.BOOKED]
    wanted = [made for row in booked if _is_told(row) for made in _of_registration(row, changes, plan, now)]
    others = [row.id for row in rows if row.state != RegistrationState.BOOKED]
    _end_others(connection, intents.c.registration_id, [row.id for row in booked], wanted, REPLANNED, now)
    _end_others(connection, intents.c.registration_id, others, (), CANCELLED, now)
    new = write_plan(connection, wanted)
    _mark(connection, registrations, [row.id for row in rows], now)
    return PlannedPage(len(rows), new)


def _is_told(row: Any) -> bool:
    """A colleague's place is told to whoever brought them; without anybody there is nobody to write to."""
    if row.origin != Origin.COLLEAGUE or row.address_id is not None:
        return True
    return row.brought_by is not None and not row.hears_by_own_place


def _of_registration(row: Any, changes: dict[int, Change], plan: Plan, now: datetime) -> Iterable[dict[str, Any]]:
    quiet = quiet_for(row.rhythm, plan.quiet)
    who = row.contact_id if row.brought_by is None else row.brought_by
    about = {"registration_id": row.id}
    takes_place = row.drive_state in (DriveState.OPEN, DriveState.CLOSED)
    for one in plan_for_registration(row.starts_at, row.updated_at, plan.schedule, quiet) if takes_place else ():
        yield _intent(one, intent_key(one.occasion, row.id, row.starts_at), who, now, row.address_id, about)
    change = changes.get(row.change_id)
    for one in plan_for_change(change, row.starts_at, plan.schedule, quiet) if change else ():
        key = intent_key(one.occasion, row.id, change.id) if change else ""
        yield _intent(one, key, who, now, row.address_id, {**about, "change_id": row.change_id})


def _changes(connection: Connection, ids: Sequence[int]) -> dict[int, Change]:
    if not ids:
        return {}
    rows = connection.execute(select(drive_changes).where(drive_changes.c.id.in_(set(ids))))
    return {row.id: Change(row.id, row.kind, row.at, row.was_starts_at) for row in rows}


def _whose_address_is_free(connection: Connection, rows: Sequence[Any]) -> Sequence[Any]:
    """On PostgreSQL an intent's foreign key would wait for an address that the intake holds, and the intake might wait
    for us: leave those to the next sweep. On SQLite there is one writer."""
    ids = sorted({row.address_id for row in rows if row.address_id is not None})
    if connection.dialect.name == "sqlite" or not ids:
        return rows
    lock = select(addresses.c.id).where(addresses.c.id.in_(ids)).order_by(addresses.c.id)
    free = set(connection.execute(lock.with_for_update(read=True, key_share=True, skip_locked=True)).scalars())
    return [row for row in rows if row.address_id is None or row.address_id in free]


# --- donations and deferrals ---------------------------------------------------------------------------------------------

_unplanned_donations = (
    select(
        donations.c.id,
        donations.c.contact_id,
        donations.c.given_on,
        donations.c.component,
        donations.c.ml,
        donations.c.verified,
        donations.c.created_at,
        contacts.c.rhythm,
    )
    .join(contacts, contacts.c.id == donations.c.contact_id)
    .where(text("donations.planned_at IS NULL"))
    .order_by(donations.c.id)
    .limit(bindparam("most"))
    .with_for_update(of=donations, skip_locked=True, key_share=True)
)


def plan_donations(connection: Connection, now: datetime, plan: Plan, limit: int = PAGE) -> PlannedPage:
    """Make the intents of each recorded donation. What was long past when it was recorded has none; what went by since,
    while nothing ran, gets its decision too."""
    rows = connection.execute(_unplanned_donations, {"most": limit}).all()
    wanted: list[dict[str, Any]] = []
    for row in rows:
        donation = Donation(row.given_on, Component(row.component), row.ml, row.verified)
        quiet, again = quiet_for(row.rhythm, plan.quiet), next_on(donation, plan.intervals)
        for one in plan_for_donation(donation, row.created_at, plan.intervals, plan.schedule, quiet):
            day = row.given_on if one.reminder.anchor is Anchor.DONATION else again
            key = intent_key(one.occasion, row.id, day)
            wanted.append(_intent(one, key, row.contact_id, now, None, {"donation_id": row.id}))
    ids = [row.id for row in rows]
    _end_others(connection, intents.c.donation_id, ids, wanted, REPLANNED, now)
    new = write_plan(connection, wanted)
    _mark(connection, donations, ids, now)
    return PlannedPage(len(rows), new)


_unplanned_deferrals = (
    select(deferrals, contacts.c.rhythm)
    .join(contacts, contacts.c.id == deferrals.c.contact_id)
    .where(text("deferrals.planned_at IS NULL"))
    .order_by(deferrals.c.id)
    .limit(bindparam("most"))
    .with_for_update(of=deferrals, skip_locked=True, key_share=True)
)


def plan_deferrals(connection: Connection, now: datetime, plan: Plan, limit: int = PAGE) -> PlannedPage:
    """Make the intents of what the sites decided: "not today", and when to come again."""
    rows = connection.execute(_unplanned_deferrals, {"most": limit}).all()
    wanted: list[dict[str, Any]] = []
    for row in rows:
        quiet = quiet_for(row.rhythm, plan.quiet)
        for one in plan_for_deferral(row.decided_on, row.until, row.created_at, plan.schedule, quiet):
            day = row.until if one.reminder.anchor is Anchor.DEFERRAL_END else row.decided_on
            key = intent_key(one.occasion, row.id, day)
            wanted.append(_intent(one, key, row.contact_id, now, None, {"deferral_id": row.id}))
    ids = [row.id for row in rows]
    _end_others(connection, intents.c.deferral_id, ids, wanted, REPLANNED, now)
    new = write_plan(connection, wanted)
    _mark(connection, deferrals, ids, now)
    return PlannedPage(len(rows), new)


# --- wishes ----------------------------------------------------------------------------------------------------------------

_unplanned_wishes = (
    select(
        donors.c.contact_id,
        donors.c.ask_again_on,
        contacts.c.rhythm,
        or_(
            exists().where(donations.c.contact_id == donors.c.contact_id).correlate(donors),
            exists().where(deferrals.c.contact_id == donors.c.contact_id).correlate(donors),
        ).label("is_known"),
    )
    .join(contacts, contacts.c.id == donors.c.contact_id)
    .where(_wished)
    .order_by(donors.c.contact_id)
    .limit(bindparam("most"))
    .with_for_update(of=donors, skip_locked=True, key_share=True)
)


def plan_wishes(connection: Connection, now: datetime, plan: Plan, limit: int = PAGE) -> PlannedPage:
    """Somebody who has never given asked to hear on a day. Of those who have, what is planned already waits for it."""
    rows = connection.execute(_unplanned_wishes, {"most": limit}).all()
    wanted: list[dict[str, Any]] = []
    for row in rows:
        quiet = quiet_for(row.rhythm, plan.quiet)
        for one in () if row.is_known else plan_for_asked(row.ask_again_on, now, plan.schedule, quiet):
            key = intent_key(one.occasion, row.contact_id, row.ask_again_on)
            wanted.append(_intent(one, key, row.contact_id, now, None, {}))
    people = [row.contact_id for row in rows]
    asked = [one.id for one in plan.schedule.of(Anchor.ASKED)]
    if people and asked:
        keys = [row["key"] for row in wanted]
        others = intents.c.contact_id.in_(people), intents.c.occasion.in_(asked), intents.c.key.not_in(keys)
        ended = update(intents).where(*others, text("intents.state = 'waiting'"))
        connection.execute(ended.values(state="skipped", reason=REPLANNED, decided_at=now))
    new = write_plan(connection, wanted)
    if people:
        connection.execute(update(donors).where(donors.c.contact_id.in_(people)).values(asked_planned_at=now))
    return PlannedPage(len(rows), new)


# --- rows ----------------------------------------------------------------------------------------------------------------


def _intent(
    plan: Planned, key: str, contact_id: int, now: datetime, address: int | None, about: dict[str, int]
) -> dict[str, Any]:
    return {
        "id": new_id(),
        "key": key,
        "contact_id": contact_id,
        "address_id": address,
        "purpose": plan.reminder.purpose.value,
        "occasion": plan.occasion,
        "due_at": plan.due_at,
        "expires_at": plan.expires_at,
        "state": "waiting",
        "created_at": now,
        "registration_id": None,
        "donation_id": None,
        "deferral_id": None,
        "change_id": None,
        **about,
    }


def _end_others(
    connection: Connection,
    subject: ColumnElement[Any],
    ids: Sequence[int],
    wanted: Iterable[dict[str, Any]],
    reason: str,
    now: datetime,
) -> None:
    """End the waiting intents of these subjects that are not in the plan."""
    if not ids:
        return
    # The state is written out, so that the partial index of waiting intents can serve.
    others = (subject.in_(ids), text("intents.state = 'waiting'"), intents.c.key.not_in([row["key"] for row in wanted]))
    connection.execute(update(intents).where(*others).values(state="skipped", reason=reason, decided_at=now))


def _mark(connection: Connection, table: Table, ids: Sequence[int], now: datetime) -> None:
    if ids:
        connection.execute(update(table).where(table.c.id.in_(ids)).values(planned_at=now))
