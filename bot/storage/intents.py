"""Planning intents from registrations and donations: each as it stands now, once, whatever was planned before."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, bindparam, exists, or_, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.domain.donations import Component, Donation, Intervals, next_on
from bot.domain.quiet_hours import QuietHours
from bot.domain.registrations import RegistrationState
from bot.domain.reminders import Planned, intent_key, plan_for_donation, plan_for_registration
from bot.storage.ids import new_id
from bot.storage.tables import addresses, donations, intents, registrations, slots

REPLANNED = "replanned"
CANCELLED = "cancelled"

PAGE = 100


@dataclass(frozen=True, slots=True)
class PlannedPage:
    """`subjects` were planned (fewer than asked: no more can be now), `intents` are new or waiting again."""

    subjects: int
    intents: int


def anything_to_plan(connection: Connection) -> bool:
    """Whether a planning sweep would find anything: a cheap question that needs no write."""
    unplanned = or_(
        exists().where(text("registrations.planned_at IS NULL")).select_from(registrations).correlate(None),
        exists().where(text("donations.planned_at IS NULL")).select_from(donations).correlate(None),
    )
    return bool(connection.execute(select(unplanned)).scalar())


_unplanned_registrations = (
    select(
        registrations.c.id,
        registrations.c.contact_id,
        registrations.c.address_id,
        registrations.c.state,
        registrations.c.updated_at,
        slots.c.starts_at,
    )
    .join(slots, slots.c.id == registrations.c.slot_id)
    .where(registrations.c.planned_at.is_(None))
    .order_by(registrations.c.id)
    .limit(bindparam("most"))
    .with_for_update(of=registrations, skip_locked=True, key_share=True)
)


def plan_registrations(connection: Connection, now: datetime, quiet: QuietHours, limit: int = PAGE) -> PlannedPage:
    """Make the intents of registrations that are new or were changed; end waiting ones that are no longer true."""
    found = connection.execute(_unplanned_registrations, {"most": limit}).all()
    rows = _whose_address_is_free(connection, found)
    wanted: list[dict[str, Any]] = []
    for row in rows:
        if row.state == RegistrationState.BOOKED:
            for one in plan_for_registration(row.starts_at, row.updated_at, quiet):
                key = intent_key(one.occasion, row.id, row.starts_at)
                wanted.append(_intent(one, key, row, now, row.address_id, registration_id=row.id))
    booked = [row.id for row in rows if row.state == RegistrationState.BOOKED]
    others = [row.id for row in rows if row.state != RegistrationState.BOOKED]
    _end_others(connection, intents.c.registration_id, booked, wanted, REPLANNED, now)
    _end_others(connection, intents.c.registration_id, others, (), CANCELLED, now)
    new = _write_plan(connection, wanted)
    _mark(connection, registrations, [row.id for row in rows], now)
    return PlannedPage(len(rows), new)


_unplanned_donations = (
    select(
        donations.c.id,
        donations.c.contact_id,
        donations.c.given_on,
        donations.c.component,
        donations.c.ml,
        donations.c.verified,
    )
    .where(donations.c.planned_at.is_(None))
    .order_by(donations.c.id)
    .limit(bindparam("most"))
    .with_for_update(of=donations, skip_locked=True, key_share=True)
)


def plan_donations(
    connection: Connection, now: datetime, intervals: Intervals, quiet: QuietHours, limit: int = PAGE
) -> PlannedPage:
    """Make the intent of each recorded donation, unless its day is long past (old lists are imported too)."""
    rows = connection.execute(_unplanned_donations, {"most": limit}).all()
    wanted: list[dict[str, Any]] = []
    for row in rows:
        donation = Donation(row.given_on, Component(row.component), row.ml, row.verified)
        plan = plan_for_donation(donation, intervals, quiet)
        if plan.expires_at > now:
            key = intent_key(plan.occasion, row.id, next_on(donation, intervals))
            wanted.append(_intent(plan, key, row, now, None, donation_id=row.id))
    ids = [row.id for row in rows]
    _end_others(connection, intents.c.donation_id, ids, wanted, REPLANNED, now)
    new = _write_plan(connection, wanted)
    _mark(connection, donations, ids, now)
    return PlannedPage(len(rows), new)


def _whose_address_is_free(connection: Connection, rows: Sequence[Any]) -> Sequence[Any]:
    """On PostgreSQL an intent's foreign key would wait for an address that the intake holds, and the intake might wait
    for us: leave those to the next sweep. On SQLite there is one writer."""
    ids = sorted({row.address_id for row in rows if row.address_id is not None})
    if connection.dialect.name == "sqlite" or not ids:
        return rows
    lock = select(addresses.c.id).where(addresses.c.id.in_(ids)).order_by(addresses.c.id)
    free = set(connection.execute(lock.with_for_update(read=True, key_share=True, skip_locked=True)).scalars())
    return [row for row in rows if row.address_id is None or row.address_id in free]


def _intent(plan: Planned, key: str, row: Any, now: datetime, address: int | None, **about: int) -> dict[str, Any]:
    return {
        "id": new_id(),
        "key": key,
        "contact_id": row.contact_id,
        "address_id": address,
        "purpose": plan.occasion.purpose.value,
        "occasion": plan.occasion.value,
        "due_at": plan.due_at,
        "expires_at": plan.expires_at,
        "state": "waiting",
        "created_at": now,
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


def _write_plan(connection: Connection, wanted: list[dict[str, Any]]) -> int:
    """Returns how many intents are new or waiting again."""
    return len(connection.execute(_plan[connection.dialect.name], wanted).all()) if wanted else 0


def _mark(connection: Connection, table: Table, ids: Sequence[int], now: datetime) -> None:
    if ids:
        connection.execute(update(table).where(table.c.id.in_(ids)).values(planned_at=now))


def _planning(insert: Any) -> Any:
    """A key exists once. One that planning itself had ended (moved away, cancelled) waits again when it is true again;
    one that was queued, sent or skipped for another reason stays as it is."""
    row = insert(intents)
    return row.on_conflict_do_update(
        index_elements=["key"],
        set_={"state": "waiting", "reason": "", "decided_at": None, "due_at": row.excluded.due_at},
        where=(intents.c.state == "skipped") & or_(intents.c.reason == REPLANNED, intents.c.reason == CANCELLED),
    ).returning(intents.c.id)


_plan = {"sqlite": _planning(sqlite.insert), "postgresql": _planning(postgresql.insert)}
