"""What a broadcast's decision looks at, for a page of people at a time."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, bindparam, func, select

from bot.domain.broadcasts import CONSENTS
from bot.domain.consents import Purpose
from bot.domain.deciding import ONE_APPEAL_IN, PersonFacts, Sending
from bot.domain.intents import CAP_PERIOD, Heard
from bot.domain.outbox import MessagePurpose
from bot.domain.reach import Home, PersonRoutes
from bot.domain.registrations import RegistrationState
from bot.domain.updates import ChannelKind
from bot.storage.among import among
from bot.storage.due_facts import oa_for
from bot.storage.ids import id_at
from bot.storage.lately import COUNTED
from bot.storage.tables import accounts, addresses, consents, contacts, outbox, registrations

KINDS = {kind.value: kind for kind in ChannelKind}
NOT_HEARD = ("skipped", "failed", "moved")


@dataclass(frozen=True, slots=True)
class Accounts:
    """The accounts that there are, read once for many pages: id → kind, and by account the OA that writes to phones."""

    kinds: Mapping[int, ChannelKind]
    for_phones: Mapping[int | None, int | None]


def read_accounts(connection: Connection) -> Accounts:
    rows = connection.execute(select(accounts.c.id, accounts.c.kind, accounts.c.unit_id).order_by(accounts.c.id)).all()
    oas = [row for row in rows if row.kind == ChannelKind.ZALO.value]
    phones: dict[int | None, int | None] = {row.id: oa_for([(row.id, row.unit_id)], oas) for row in rows}
    return Accounts({row.id: KINDS[row.kind] for row in rows}, phones | {None: oa_for([], oas)})


_agreed = (
    select(consents.c.contact_id)
    .where(
        consents.c.contact_id > bindparam("behind"),
        consents.c.purpose == bindparam("purpose"),
        consents.c.withdrawn_at.is_(None),
    )
    .distinct()
    .order_by(consents.c.contact_id)
    .limit(bindparam("most"))
)


def page_of_people(
    connection: Connection, which: ColumnElement[bool], sending: Sending, behind: int, limit: int
) -> list[int]:
    """The next people of a segment who agreed, by id.

    First so many who agreed, then those of them who are in the segment: asked for in one, PostgreSQL would begin at the
    first person again for every page, and a million people would take a quarter of an hour.
    """
    found: list[int] = []
    purpose = CONSENTS[sending.purpose].value
    while len(found) < limit:
        values = {"behind": behind, "purpose": purpose, "most": limit}
        some = list(connection.execute(_agreed, values).scalars())
        if some:
            fitting = select(contacts.c.id).where(among(contacts.c.id, "ids"), which).order_by(contacts.c.id)
            found += connection.execute(fitting, {"ids": some}).scalars()
            behind = some[-1]
        if len(some) < limit:
            break
    return found[:limit]


@dataclass(slots=True)
class _Person:
    language: str
    rhythm: str
    has_phone: bool
    consented_at: int | None = None
    consents: set[Purpose] = field(default_factory=set)
    homes: list[Home] = field(default_factory=list)
    form_touched_at: datetime | None = None
    heard: Heard = field(default_factory=Heard)
    appealed_at: datetime | None = None
    at_drive: bool = False


def facts_of(
    connection: Connection,
    ids: Sequence[int],
    sending: Sending,
    known: Accounts,
    now: datetime,
    waited: Mapping[int, str] | None = None,
) -> list[PersonFacts]:
    """The facts of these people, in the order of their ids; those who are gone are left out.

    Args:
        waited: what each was made to wait for before.
    """
    people = _people(connection, ids)
    _consents(connection, people, sending.purpose)
    _homes(connection, people, known)
    if sending.purpose is not MessagePurpose.DRIVE:
        _heard(connection, people, sending.purpose, now)
    if sending.drive_id is not None:
        _places(connection, people, sending)
    return [_facts(contact, one, known, (waited or {}).get(contact, "")) for contact, one in sorted(people.items())]


_contacts = select(contacts.c.id, contacts.c.language, contacts.c.rhythm, contacts.c.phone_sealed.is_not(None)).where(
    among(contacts.c.id, "ids"), contacts.c.erased_at.is_(None)
)


def _people(connection: Connection, ids: Sequence[int]) -> dict[int, _Person]:
    return {
        row[0]: _Person(row[1], row[2], bool(row[3])) for row in connection.execute(_contacts, {"ids": list(ids)}).all()
    }


_consented = (
    select(consents.c.contact_id, consents.c.address_id)
    .where(
        among(consents.c.contact_id, "ids"),
        consents.c.purpose == bindparam("purpose"),
        consents.c.withdrawn_at.is_(None),
    )
    .order_by(consents.c.given_at)
)


def _consents(connection: Connection, people: dict[int, _Person], purpose: MessagePurpose) -> None:
    """The newest word names the address, and with it the channel."""
    wanted = CONSENTS[purpose]
    for contact, address in connection.execute(_consented, {"ids": list(people), "purpose": wanted.value}).all():
        one = people[contact]
        one.consents.add(wanted)
        one.consented_at = address


_addresses = (
    select(
        addresses.c.contact_id,
        addresses.c.id,
        addresses.c.account_id,
        addresses.c.last_inbound_at,
        addresses.c.blocked_at,
        addresses.c.form_touched_at,
    )
    .where(among(addresses.c.contact_id, "ids"))
    .order_by(addresses.c.last_inbound_at.desc(), addresses.c.id)
)


def _homes(connection: Connection, people: dict[int, _Person], known: Accounts) -> None:
    """The address of the consent first, then those they wrote from last."""
    for contact, address, account, inbound, blocked, touched in connection.execute(
        _addresses, {"ids": list(people)}
    ).all():
        one, home = people[contact], Home(address, account, known.kinds[account], inbound, blocked)
        if address == one.consented_at:
            one.homes.insert(0, home)
        else:
            one.homes.append(home)
        if touched is not None and (one.form_touched_at is None or touched > one.form_touched_at):
            one.form_touched_at = touched


_sent_lately = (
    select(
        outbox.c.address_id,
        func.max(outbox.c.created_at),
        func.count(func.coalesce(outbox.c.intent_id, outbox.c.broadcast_id).distinct()),
    )
    .where(
        among(outbox.c.address_id, "addresses"),
        outbox.c.id >= bindparam("since"),
        outbox.c.purpose.in_(bindparam("purposes", expanding=True)),
        outbox.c.state.not_in(NOT_HEARD),
    )
    .group_by(outbox.c.address_id)
)


def _heard(connection: Connection, people: dict[int, _Person], purpose: MessagePurpose, now: datetime) -> None:
    """Ids grow with time, so the index on addresses and ids leads to the last weeks alone."""
    urgent = purpose is MessagePurpose.URGENT
    owner = {home.address_id: contact for contact, one in people.items() for home in one.homes}
    since = id_at(now - (ONE_APPEAL_IN if urgent else CAP_PERIOD))
    purposes = (MessagePurpose.URGENT.value,) if urgent else COUNTED
    values = {"addresses": list(owner), "since": since, "purposes": purposes}
    for address, last_at, count in connection.execute(_sent_lately, values).all():
        one = people[owner[address]]
        if urgent:
            one.appealed_at = max(last_at, one.appealed_at or last_at)
        else:
            before = one.heard
            one.heard = Heard(max(last_at, before.last_at or last_at), before.count + count)


def _places(connection: Connection, people: dict[int, _Person], sending: Sending) -> None:
    booked = select(registrations.c.contact_id).where(
        registrations.c.contact_id.in_(list(people)),
        registrations.c.drive_id == sending.drive_id,
        registrations.c.state == RegistrationState.BOOKED.value,
    )
    for contact in connection.execute(booked).scalars():
        people[contact].at_drive = True


def _facts(contact: int, one: _Person, known: Accounts, waited: str) -> PersonFacts:
    return PersonFacts(
        contact_id=contact,
        routes=PersonRoutes(tuple(one.homes), one.has_phone, _phone_account(one.homes, known), one.language),
        consents=frozenset(one.consents),
        rhythm=one.rhythm,
        at_drive=one.at_drive,
        heard=one.heard,
        appealed_at=one.appealed_at,
        form_touched_at=one.form_touched_at,
        waited_for=waited,
    )


def _phone_account(homes: Iterable[Home], known: Accounts) -> int | None:
    """The person's own OA before the one beside another account of theirs."""
    first = next(iter(homes), None)
    own = next((home.account_id for home in homes if home.channel is ChannelKind.ZALO), None)
    return own or known.for_phones.get(first.account_id if first else None)
