"""All that judging and rendering due intents needs, for a page of them at a time."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from bot.domain.drives import DriveState
from bot.domain.intents import Booking, Giving, IntentFacts
from bot.domain.reach import Home, PersonRoutes
from bot.domain.registrations import RegistrationState
from bot.domain.reminders import intent_key
from bot.domain.schedule import Anchor, Reminder, Schedule
from bot.domain.updates import ChannelKind
from bot.storage.agreed import NOTHING, agreements
from bot.storage.lately import NOTHING_LATELY, Lately, lately
from bot.storage.tables import (
    accounts,
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


@dataclass(frozen=True, slots=True)
class DueIntent:
    """One due intent: what judges it, and what renders it (`row`: person, registration, drive, donation, deferral;
    `homes`: the person's addresses by id). Without `facts` the content has no such reminder any more."""

    id: int
    contact_id: int
    due_at: datetime
    facts: IntentFacts | None
    row: Any = field(repr=False)
    homes: Mapping[int, Any] = field(repr=False)


HomeRow = Any
"""One address of a person with its account's kind, as `_addresses_of` selects it."""

_given_at = drives.alias("given_at")
_changes = drive_changes.alias("changes")
_newest_change = (
    select(func.max(_changes.c.id)).where(_changes.c.drive_id == registrations.c.drive_id).correlate(registrations)
).scalar_subquery()
with_subject = (
    select(
        intents,
        registrations.c.state.label("registration_state"),
        registrations.c.ticket,
        registrations.c.address_id.label("booked_address_id"),
        registrations.c.drive_id,
        slots.c.starts_at.label("slot_starts_at"),
        drives.c.name.label("drive"),
        drives.c.place,
        drives.c.address,
        drives.c.site_phone,
        drives.c.starts_at.label("drive_starts_at"),
        drives.c.state.label("drive_state"),
        _newest_change.label("newest_change_id"),
        drive_changes.c.was_starts_at,
        drive_changes.c.was_place,
        donations.c.given_on,
        donations.c.component,
        _given_at.c.code.label("given_at_code"),
        _given_at.c.name.label("given_at"),
        deferrals.c.decided_on,
        deferrals.c.until,
        contacts.c.name_sealed,
        contacts.c.phone_sealed,
        contacts.c.language,
        contacts.c.rhythm,
        contacts.c.unit_id.label("person_unit_id"),
        donors.c.ask_again_on,
        donors.c.deferred_until,
    )
    .outerjoin(registrations, registrations.c.id == intents.c.registration_id)
    .outerjoin(slots, slots.c.id == registrations.c.slot_id)
    .outerjoin(drives, drives.c.id == registrations.c.drive_id)
    .outerjoin(drive_changes, drive_changes.c.id == intents.c.change_id)
    .outerjoin(donations, donations.c.id == intents.c.donation_id)
    .outerjoin(_given_at, _given_at.c.id == donations.c.drive_id)
    .outerjoin(deferrals, deferrals.c.id == intents.c.deferral_id)
    .join(contacts, contacts.c.id == intents.c.contact_id)
    .outerjoin(donors, donors.c.contact_id == intents.c.contact_id)
)


def with_facts(connection: Connection, rows: Sequence[Any], now: datetime, schedule: Schedule) -> list[DueIntent]:
    """Rows of `with_subject` with their facts; those whose person the intake holds just now are left out."""
    if not rows:
        return []
    people = sorted({row.contact_id for row in rows})
    agreed = agreements(connection, people)
    homes = _addresses_of(connection, people)
    oas = _zalo_accounts(connection)
    about_giving = sorted({row.contact_id for row in rows if row.registration_id is None})
    lives = lately(connection, about_giving, _addresses_in(homes, about_giving), now)
    firsts = _firsts(connection, [row.donation_id for row in rows if row.donation_id is not None])
    found = []
    for row in rows:
        consented = agreed.get(row.contact_id, NOTHING)
        wanted = row.booked_address_id if row.registration_id is not None else consented.reminder_address
        theirs = _ordered(homes.get(row.contact_id, ()), wanted)
        if theirs is None or (not theirs and row.registration_id is None):
            continue  # locked by the intake, or not there yet
        reminder = schedule.get(row.occasion)
        life = lives.get(row.contact_id, NOTHING_LATELY)
        facts = (
            None
            if reminder is None
            else IntentFacts(
                key=row.key,
                reminder=reminder,
                expires_at=row.expires_at,
                subject=_subject(row, reminder, life, firsts, now),
                person=_person(row, theirs, oas),
                form_touched_at=theirs[0].form_touched_at if theirs else None,
                waited_for=row.reason,
                consents=frozenset(consented.standing),
                withdrawn=frozenset(consented.withdrawn),
                heard=life.heard,
                rhythm=row.rhythm,
            )
        )
        found.append(DueIntent(row.id, row.contact_id, row.due_at, facts, row, {home.id: home for home in theirs}))
    return found


def _addresses_in(homes: Mapping[int, Sequence[Any]], people: Iterable[int]) -> list[int]:
    return [home.id for contact in people for home in homes.get(contact, ())]


def _addresses_of(connection: Connection, people: Sequence[int]) -> dict[int, list[Any]]:
    """Their addresses, the one they wrote from last first; locked, because the menu we offer is written there."""
    statement = (
        select(
            addresses.c.id,
            addresses.c.account_id,
            addresses.c.contact_id,
            addresses.c.user_id,
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


def _firsts(connection: Connection, donation_ids: Sequence[int]) -> dict[tuple[int, str], tuple[str, datetime | None]]:
    """What became of every message about these donations: by donation and occasion. One that was merged into another was
    said with it."""
    if not donation_ids:
        return {}
    query = select(
        intents.c.donation_id, intents.c.occasion, intents.c.state, intents.c.reason, intents.c.decided_at
    ).where(intents.c.donation_id.in_(sorted(set(donation_ids))))
    return {
        (row.donation_id, row.occasion): ("queued" if row.reason == "merged" else row.state, row.decided_at)
        for row in connection.execute(query)
    }


def _subject(
    row: Any,
    reminder: Reminder,
    life: Lately,
    firsts: Mapping[tuple[int, str], tuple[str, datetime | None]],
    now: datetime,
) -> Booking | Giving:
    if row.registration_id is not None:
        about = row.newest_change_id if reminder.anchor is Anchor.CHANGE else row.slot_starts_at
        key = intent_key(reminder.id, row.registration_id, about)
        return Booking(key, RegistrationState(row.registration_state), DriveState(row.drive_state), row.slot_starts_at)
    first, first_at = (
        firsts.get((row.donation_id, reminder.follows[0]), ("none", None)) if reminder.follows else ("", None)
    )
    since = row.given_on or row.decided_on or row.created_at.date()
    today = now.date()
    until = max((day for day in (row.deferred_until, life.deferred_until) if day is not None), default=None)
    return Giving(
        given_again=life.last_given_on is not None and since is not None and life.last_given_on > since,
        deferred=life.put_off_openly or (until is not None and until > today),
        registered=life.registered,
        decided_anew=row.deferral_id is not None and life.newest_deferral not in (None, row.deferral_id),
        ask_again_on=row.ask_again_on,
        first=first,
        first_at=first_at,
    )
