"""Due intents with all that their judgement needs, and what became of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.domain.drives import DriveState
from bot.domain.intents import Booking, IntentFacts, Interval
from bot.domain.reach import Home, PersonRoutes
from bot.domain.registrations import RegistrationState
from bot.domain.reminders import Occasion, intent_key
from bot.domain.updates import ChannelKind
from bot.storage.agreed import NOTHING, agreements
from bot.storage.tables import (
    accounts,
    addresses,
    contacts,
    donations,
    donors,
    drives,
    intents,
    outbox,
    registrations,
    slots,
)


@dataclass(frozen=True, slots=True)
class DueIntent:
    """One due intent: what judges it, and what renders it (`row`: person, registration, drive, donation; `homes`:
    the person's addresses by id)."""

    id: int
    contact_id: int
    due_at: datetime
    facts: IntentFacts
    row: Any = field(repr=False)
    homes: Mapping[int, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where the next page begins: behind this intent, by (due_at, id)."""

    due_at: datetime
    id: int


_with_subject = (
    select(
        intents,
        registrations.c.state.label("registration_state"),
        registrations.c.ticket,
        registrations.c.address_id.label("booked_address_id"),
        slots.c.starts_at.label("slot_starts_at"),
        drives.c.name.label("drive"),
        drives.c.place,
        drives.c.address,
        drives.c.site_phone,
        drives.c.starts_at.label("drive_starts_at"),
        drives.c.state.label("drive_state"),
        donations.c.given_on,
        donations.c.component,
        donors.c.deferred_until,
        contacts.c.name_sealed,
        contacts.c.phone_sealed,
        contacts.c.language,
    )
    .outerjoin(registrations, registrations.c.id == intents.c.registration_id)
    .outerjoin(slots, slots.c.id == registrations.c.slot_id)
    .outerjoin(drives, drives.c.id == registrations.c.drive_id)
    .outerjoin(donations, donations.c.id == intents.c.donation_id)
    .join(contacts, contacts.c.id == intents.c.contact_id)
    .outerjoin(donors, donors.c.contact_id == intents.c.contact_id)
)
_due = (
    # Written out, not bound: only so both databases see that the partial index ix_intents_due serves.
    _with_subject.where(text("intents.state = 'waiting'"), intents.c.due_at <= bindparam("now"))
    .order_by(intents.c.due_at, intents.c.id)
    .limit(bindparam("most"))
    .with_for_update(of=intents, skip_locked=True)
)
_behind = _due.where(
    intents.c.due_at >= bindparam("from_due"),
    (intents.c.due_at > bindparam("from_due")) | (intents.c.id > bindparam("from_id")),
)


def anything_due(connection: Connection, now: datetime) -> bool:
    """Whether any intent is due: a cheap question that needs no write."""
    statement = select(intents.c.id).where(text("intents.state = 'waiting'"), intents.c.due_at <= now).limit(1)
    return connection.execute(statement).first() is not None


def claim_due(
    connection: Connection, now: datetime, limit: int, after: Cursor | None = None
) -> tuple[list[DueIntent], Cursor | None]:
    """A page of due intents, locked until the commit, and where the next page begins (None: this was the last).

    Intents whose address the intake holds just now are left out: the next sweep finds them.
    """
    values: dict[str, Any] = {"now": now, "most": limit}
    if after is not None:
        values |= {"from_due": after.due_at, "from_id": after.id}
    rows = connection.execute(_due if after is None else _behind, values).all()
    cursor = Cursor(rows[-1].due_at, rows[-1].id) if len(rows) == limit else None
    return _with_facts(connection, rows, now), cursor


def intents_again(connection: Connection, ids: Sequence[int], now: datetime) -> list[DueIntent]:
    """Intents that were queued, with all that judging them once more needs."""
    rows = connection.execute(_with_subject.where(intents.c.id.in_(ids)).order_by(intents.c.id)).all()
    return _with_facts(connection, rows, now)


def _with_facts(connection: Connection, rows: Sequence[Any], now: datetime) -> list[DueIntent]:
    if not rows:
        return []
    people = sorted({row.contact_id for row in rows})
    agreed = agreements(connection, people)
    homes = _addresses_of(connection, people)
    oas = _zalo_accounts(connection)
    last = _last_given(connection, [row.contact_id for row in rows if row.donation_id is not None])
    found = []
    for row in rows:
        consented = agreed.get(row.contact_id, NOTHING)
        wanted = row.booked_address_id if row.registration_id is not None else consented.reminder_address
        theirs = _ordered(homes.get(row.contact_id, ()), wanted)
        if theirs is None or (not theirs and row.registration_id is None):
            continue  # locked by the intake, or not there yet
        facts = IntentFacts(
            key=row.key,
            occasion=Occasion(row.occasion),
            expires_at=row.expires_at,
            subject=_subject(row, last, now),
            person=_person(row, theirs, oas),
            form_touched_at=theirs[0].form_touched_at if theirs else None,
            waited_for=row.reason,
            consents=frozenset(consented.standing),
            withdrawn=frozenset(consented.withdrawn),
        )
        found.append(DueIntent(row.id, row.contact_id, row.due_at, facts, row, {home.id: home for home in theirs}))
    return found


def _addresses_of(connection: Connection, people: Sequence[int]) -> dict[int, list[Any]]:
    """Their addresses, the one they wrote from last first; locked, because the menu we offer is written there."""
    statement = (
        select(
            addresses.c.id,
            addresses.c.account_id,
            addresses.c.contact_id,
            addresses.c.last_inbound_at,
            addresses.c.blocked_at,
            addresses.c.form_touched_at,
            addresses.c.talk_sealed,
            accounts.c.kind,
            accounts.c.unit_id,
        )
        .join(accounts, accounts.c.id == addresses.c.account_id)
        .where(addresses.c.contact_id.in_(people))
        .order_by(addresses.c.last_inbound_at.desc(), addresses.c.id)
        .with_for_update(of=addresses, skip_locked=True, key_share=True)
    )
    found: dict[int, list[Any]] = {}
    for row in connection.execute(statement):
        found.setdefault(row.contact_id, []).append(row)
    return found


def _last_given(connection: Connection, people: Sequence[int]) -> dict[int, Any]:
    if not people:
        return {}
    statement = (
        select(donations.c.contact_id, func.max(donations.c.given_on))
        .where(donations.c.contact_id.in_(sorted(set(people))))
        .group_by(donations.c.contact_id)
    )
    return {row[0]: row[1] for row in connection.execute(statement)}


def _ordered(homes: Iterable[Any], wanted: int | None) -> list[Any] | None:
    """The address the person chose (where they registered or agreed) first, then those they wrote from last; None
    while the chosen one is not to be had."""
    found = list(homes)
    if wanted is None:
        return found
    chosen = [home for home in found if home.id == wanted]
    return [*chosen, *(home for home in found if home.id != wanted)] if chosen else None


def _zalo_accounts(connection: Connection) -> list[Any]:
    query = select(accounts.c.id, accounts.c.unit_id).where(accounts.c.kind == ChannelKind.ZALO.value)
    return list(connection.execute(query.order_by(accounts.c.id)))


def _person(row: Any, homes: Sequence[Any], oas: Sequence[Any]) -> PersonRoutes:
    return PersonRoutes(
        homes=tuple(
            Home(home.id, home.account_id, ChannelKind(home.kind), home.last_inbound_at, home.blocked_at)
            for home in homes
        ),
        has_phone=row.phone_sealed is not None,
        phone_account=oa_for([(home.account_id, home.unit_id) for home in homes], oas),
        language=row.language,
    )


def oa_for(homes: Sequence[tuple[int, int | None]], oas: Sequence[Any]) -> int | None:
    """The OA that writes to a person's phone: their own, else one of the same unit, else the first."""
    ids = [oa.id for oa in oas]
    own = next((account for account, _ in homes if account in ids), None)
    near = next((oa.id for _, unit in homes for oa in oas if unit is not None and oa.unit_id == unit), None)
    return own or near or next(iter(ids), None)


def _subject(row: Any, last: dict[int, Any], now: datetime) -> Booking | Interval:
    if row.registration_id is None:
        later = last.get(row.contact_id)
        deferred = row.deferred_until is not None and row.deferred_until > now.date()
        return Interval(given_again=later is not None and later > row.given_on, deferred=deferred)
    key = intent_key(Occasion(row.occasion), row.registration_id, row.slot_starts_at)
    return Booking(key, RegistrationState(row.registration_state), DriveState(row.drive_state), row.slot_starts_at)


@dataclass(slots=True)
class Decided:
    """What becomes of a page of intents: rows for one commit."""

    queued: list[dict[str, Any]] = field(default_factory=list)
    skipped: list[dict[str, Any]] = field(default_factory=list)
    waiting: list[dict[str, Any]] = field(default_factory=list)
    outbox: list[dict[str, Any]] = field(default_factory=list)
    talks: list[dict[str, Any]] = field(default_factory=list)


_decide = (
    update(intents)
    .where(intents.c.id == bindparam("row"))
    .values(state=bindparam("to_state"), reason=bindparam("why"), decided_at=bindparam("at"))
)
_wait = (
    update(intents).where(intents.c.id == bindparam("row")).values(due_at=bindparam("until"), reason=bindparam("why"))
)
_remember = update(addresses).where(addresses.c.id == bindparam("row")).values(talk_sealed=bindparam("talk"))
_enqueue = {
    "sqlite": sqlite.insert(outbox).on_conflict_do_nothing(),
    "postgresql": postgresql.insert(outbox).on_conflict_do_nothing(),
}


def write_decided(connection: Connection, decided: Decided) -> None:
    """At most four statements, whatever the size of the page."""
    ended = [*decided.queued, *decided.skipped]
    if ended:
        connection.execute(_decide, ended)
    if decided.waiting:
        connection.execute(_wait, decided.waiting)
    if decided.talks:
        connection.execute(_remember, sorted(decided.talks, key=lambda row: row["row"]))
    if decided.outbox:
        connection.execute(_enqueue[connection.dialect.name], decided.outbox)
