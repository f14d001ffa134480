"""Who could be reached which way: planned messages on their own days, or everybody on one day. Nothing is decrypted."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, func, literal, select, text

from bot.domain.consents import Purpose
from bot.domain.drives import DriveState
from bot.domain.intents import Ways, unwanted
from bot.domain.reach import Home, PersonRoutes, Reach, reach_of
from bot.domain.reach_figures import Figures
from bot.domain.registrations import RegistrationState
from bot.domain.reminders import DRIVE_EVE, NEXT_DONATION
from bot.domain.updates import ChannelKind
from bot.storage.agreed import NOTHING, Agreed, agreements
from bot.storage.due_facts import oa_for
from bot.storage.tables import accounts, addresses, consents, contacts, drives, intents, registrations, units

PAGE = 2000
MOST_KNOWN = 30_000

NO_REMINDER = "no-such-reminder"
"""The content has no reminder of this name any more."""

KINDS = {kind.value: kind for kind in ChannelKind}


@dataclass(frozen=True, slots=True)
class Question:
    """Whose messages are counted.

    Args:
        units: only of these; None: of all.
        without_unit: people without a unit too.
        drive_id: only of this drive.
        on: everybody as if they were written to at this moment; None: planned messages, each on its own day.
    """

    units: frozenset[int] | None = None
    without_unit: bool = True
    drive_id: int | None = None
    on: datetime | None = None

    def takes(self, unit_id: int | None) -> bool:
        if self.units is None:
            return True
        return self.without_unit if unit_id is None else unit_id in self.units


def count_reach(connection: Connection, ways: Ways, question: Question) -> Figures:
    """The figures; page by page, so that memory stays small."""
    figures, oas, people = Figures(), _phone_accounts(connection), _People(connection)
    for query, order in _queries(question):
        for rows in _pages(connection, query, order):
            taken = [row for row in rows if question.takes(row.unit_id)]
            people.meet({row.contact_id for row in taken})
            for row in taken:
                reach = _reach(row, people, ways, oas, question.on or row.due_at)
                figures.add(reach, row.unit_id, row.drive_id)
    return figures


Names = tuple[dict[int, str], dict[int, str]]


def names_in(connection: Connection, figures: Figures) -> Names:
    """The names of the drives and of the units that were counted, by id."""
    of_drives = select(drives.c.id, drives.c.name).where(drives.c.id.in_(figures.by_drive.keys() - {None}))
    of_units = select(units.c.id, units.c.name).where(units.c.id.in_(figures.by_unit.keys() - {None}))
    return (
        {row.id: row.name for row in connection.execute(of_drives)},
        {row.id: row.name for row in connection.execute(of_units)},
    )


class _People:
    """Addresses and consents of the people met lately: most have more than one message."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.homes: dict[int, list[Home]] = {}
        self.agreed: dict[int, Agreed] = {}

    def meet(self, ids: set[int]) -> None:
        if len(self.homes) > MOST_KNOWN:
            self.homes.clear()
            self.agreed.clear()
        new = sorted(ids - self.homes.keys())
        if new:
            found, agreed = _homes(self._connection, new), agreements(self._connection, new)
            self.homes.update((one, found.get(one, [])) for one in new)
            self.agreed.update((one, agreed.get(one, NOTHING)) for one in new)


def _queries(question: Question) -> Iterator[tuple[Select[Any], Sequence[Any]]]:
    """Each with the columns that order it and end a page."""
    if question.on is None:
        yield _planned(question), (intents.c.due_at, intents.c.id)
        return
    yield _booked(question), (registrations.c.id,)
    if question.drive_id is None:
        yield _reminded(), (contacts.c.id,)


_person = (
    contacts.c.phone_sealed.is_not(None).label("has_phone"),
    contacts.c.language,
)


def _planned(question: Question) -> Select[Any]:
    query = (
        select(
            intents.c.id,
            intents.c.due_at,
            intents.c.contact_id,
            intents.c.occasion,
            func.coalesce(registrations.c.unit_id, contacts.c.unit_id).label("unit_id"),
            registrations.c.drive_id,
            registrations.c.address_id.label("booked_address_id"),
            *_person,
        )
        .join(contacts, contacts.c.id == intents.c.contact_id)
        .outerjoin(registrations, registrations.c.id == intents.c.registration_id)
        # Written out, not bound: only so both databases see that the partial index ix_intents_due serves.
        .where(text("intents.state = 'waiting'"))
    )
    return query if question.drive_id is None else query.where(registrations.c.drive_id == question.drive_id)


def _booked(question: Question) -> Select[Any]:
    """Everybody with a place at a drive that still comes."""
    open_ones = drives.c.state.in_((DriveState.OPEN.value, DriveState.CLOSED.value))
    query = (
        select(
            registrations.c.id,
            registrations.c.contact_id,
            literal(DRIVE_EVE).label("occasion"),
            func.coalesce(registrations.c.unit_id, contacts.c.unit_id).label("unit_id"),
            registrations.c.drive_id,
            registrations.c.address_id.label("booked_address_id"),
            *_person,
        )
        .join(contacts, contacts.c.id == registrations.c.contact_id)
        .join(drives, and_(drives.c.id == registrations.c.drive_id, open_ones))
        .where(registrations.c.state == RegistrationState.BOOKED.value, drives.c.ends_at > question.on)
    )
    return query if question.drive_id is None else query.where(registrations.c.drive_id == question.drive_id)


def _reminded() -> Select[Any]:
    """Everybody who asked for the reminder."""
    asked = select(consents.c.contact_id).where(
        consents.c.purpose == Purpose.REMINDER.value, consents.c.withdrawn_at.is_(None)
    )
    return select(
        contacts.c.id,
        contacts.c.id.label("contact_id"),
        literal(NEXT_DONATION).label("occasion"),
        contacts.c.unit_id,
        literal(None).label("drive_id"),
        literal(None).label("booked_address_id"),
        *_person,
    ).where(contacts.c.id.in_(asked))


def _pages(connection: Connection, query: Select[Any], order: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """By the last row's place, so that a page costs the same however far we are."""
    first, last = order[0], order[-1]
    page = query.order_by(*order).limit(PAGE)
    rows = connection.execute(page).all()
    while rows:
        yield rows
        if len(rows) < PAGE:
            return
        end = rows[-1]
        behind = last > end.id
        if first is not last:
            behind = (first > end.due_at) | ((first == end.due_at) & behind)
        rows = connection.execute(page.where(behind)).all()


def _homes(connection: Connection, people: Sequence[int]) -> dict[int, list[Home]]:
    """Addresses by person, the one they wrote from last first."""
    query = (
        select(
            addresses.c.contact_id,
            addresses.c.id,
            addresses.c.account_id,
            accounts.c.kind,
            addresses.c.last_inbound_at,
            addresses.c.blocked_at,
        )
        .join(accounts, accounts.c.id == addresses.c.account_id)
        .where(addresses.c.contact_id.in_(people))
        .order_by(addresses.c.last_inbound_at.desc(), addresses.c.id)
    )
    found: dict[int, list[Home]] = {}
    for contact, identity, account, kind, last_inbound_at, blocked_at in connection.execute(query):
        home = Home(identity, account, KINDS[kind], last_inbound_at, blocked_at)
        found.setdefault(contact, []).append(home)
    return found


def _phone_accounts(connection: Connection) -> dict[int | None, int]:
    """For each account the OA that writes to the phones of its people; under None where they have no address."""
    rows = connection.execute(select(accounts.c.id, accounts.c.kind, accounts.c.unit_id).order_by(accounts.c.id)).all()
    oas = [row for row in rows if row.kind == ChannelKind.ZALO]
    found = {row.id: oa_for([(row.id, row.unit_id)], oas) for row in rows}
    return {key: oa for key, oa in {**found, None: oa_for([], oas)}.items() if oa is not None}


def _reach(row: Any, people: _People, ways: Ways, oas: dict[int | None, int], moment: datetime) -> Reach:
    """The same judgement as the due sweep's, at the moment of the message."""
    reminder, homes, agreed = (
        ways.schedule.get(row.occasion),
        people.homes[row.contact_id],
        people.agreed[row.contact_id],
    )
    if reminder is None:
        return Reach((), NO_REMINDER)
    if reason := unwanted(reminder, agreed.standing, agreed.withdrawn):
        return Reach((), reason)
    wanted = row.booked_address_id or agreed.reminder_address
    if len(homes) > 1:
        homes = sorted(homes, key=lambda home: home.address_id != wanted)
    person = PersonRoutes(tuple(homes), bool(row.has_phone), _phone_account(homes, oas), row.language)
    return reach_of(person, reminder.purpose, moment, ways.platforms, ways.templates.get(reminder.template, ()))


def _phone_account(homes: Sequence[Home], oas: dict[int | None, int]) -> int | None:
    """The person's own OA before the one beside another account of theirs."""
    own = next((home.account_id for home in homes if home.channel is ChannelKind.ZALO), None)
    return own or oas.get(homes[0].account_id if homes else None)
