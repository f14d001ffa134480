"""Loads what the dialogue may know of the people who write, in one SELECT for a whole batch."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, bindparam, exists, func, select

from bot.domain.changing import replace
from bot.domain.consents import Purpose
from bot.domain.contacts import Address, Dossier, Person
from bot.domain.conversations import Conversation, Handoff
from bot.domain.drives import DriveState
from bot.domain.registrations import Registration, RegistrationState
from bot.domain.updates import ChannelKind, Update
from bot.storage.ids import address_id, new_id
from bot.storage.prepared import Lookup
from bot.storage.sealing import KeyRing, LostKey
from bot.storage.tables import (
    accounts,
    addresses,
    consents,
    contacts,
    donations,
    donors,
    drives,
    registrations,
    slots,
)
from bot.storage.talks import FRESH, load_talk

_consented = (
    select(func.aggregate_strings(consents.c.purpose, " "))
    .where(consents.c.contact_id == addresses.c.contact_id, consents.c.withdrawn_at.is_(None))
    .scalar_subquery()
)

_other = addresses.alias("other")
_its_account = accounts.alias("its_account")
# Another chat of theirs that has no window: Telegram's.
_elsewhere = (
    exists()
    .where(
        _other.c.contact_id == addresses.c.contact_id,
        _other.c.id != addresses.c.id,
        _other.c.blocked_at.is_(None),
        _its_account.c.id == _other.c.account_id,
        _its_account.c.kind == ChannelKind.TELEGRAM.value,
    )
    .correlate(addresses)
)

# Whom to call about the last donation.
_its_site = drives.alias("its_site")
_site_phone = (
    select(func.max(_its_site.c.site_phone))
    .join(donations, donations.c.drive_id == _its_site.c.id)
    .where(donations.c.contact_id == donors.c.contact_id, donations.c.given_on == donors.c.last_given_on)
    .correlate(donors)
    .scalar_subquery()
)

# What only the person or an old list tells of; nothing is looked up for who never gave.
_told = (
    select(func.count())
    .where(donations.c.contact_id == donors.c.contact_id, donations.c.verified.is_(False))
    .correlate(donors)
    .scalar_subquery()
)

_everything = select(
    addresses.c.id,
    addresses.c.account_id,
    addresses.c.user_id,
    addresses.c.contact_id,
    addresses.c.last_inbound_at,
    addresses.c.blocked_at,
    addresses.c.talk_sealed,
    addresses.c.handoff,
    addresses.c.handoff_since,
    addresses.c.handoff_urgent,
    accounts.c.kind.label("channel"),
    contacts.c.id.label("known_id"),
    contacts.c.name_sealed,
    contacts.c.birth_date_sealed,
    contacts.c.phone_sealed,
    contacts.c.unit_id,
    donors.c.last_given_on,
    donors.c.next_on,
    donors.c.deferred_until,
    donors.c.blood_group_sealed.is_not(None).label("knows_blood_group"),
    _consented.label("purposes"),
    registrations.c.id.label("registration_id"),
    registrations.c.drive_id,
    registrations.c.slot_id,
    registrations.c.ticket,
    registrations.c.state,
    registrations.c.unit_id.label("registration_unit_id"),
    registrations.c.dangerous_work,
    slots.c.starts_at,
    addresses.c.asked_route_at,
    _elsewhere.label("elsewhere"),
    contacts.c.rhythm,
    (drives.c.state == DriveState.CANCELLED).label("called_off"),
    _site_phone.label("site_phone"),
    donors.c.donations,
    _told.label("told"),
).select_from(
    addresses.join(accounts, accounts.c.id == addresses.c.account_id)
    .outerjoin(contacts, contacts.c.id == addresses.c.contact_id)
    .outerjoin(donors, donors.c.contact_id == contacts.c.id)
    .outerjoin(
        registrations,
        and_(
            registrations.c.contact_id == contacts.c.id,
            registrations.c.state.in_((RegistrationState.BOOKED.value, RegistrationState.HELD.value)),
        ),
    )
    .outerjoin(slots, slots.c.id == registrations.c.slot_id)
    .outerjoin(drives, drives.c.id == registrations.c.drive_id)
)
_dossiers = _everything.where(addresses.c.id.in_(bindparam("ids", expanding=True)))

# On PostgreSQL the rows are locked as well: the console changes them without the intake's advisory locks.
_locked = Lookup(_everything, _dossiers.with_for_update(of=addresses))


class _Known(NamedTuple):
    """The columns of `_everything` about a contact and one of its registrations, behind those about the address."""

    contact_id: int | None
    name_sealed: bytes | None
    birth_date_sealed: bytes | None
    phone_sealed: bytes | None
    unit_id: int | None
    last_given_on: date | None
    next_on: date | None
    deferred_until: date | None
    knows_blood_group: bool | None
    purposes: str | None
    registration_id: int | None
    drive_id: int
    slot_id: int
    ticket: str
    state: str
    registration_unit_id: int | None
    dangerous_work: bool
    starts_at: datetime
    asked_route_at: datetime | None
    elsewhere: bool
    rhythm: str | None
    called_off: bool | None
    site_phone: str | None
    given: int | None
    told: int | None


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Somebody whose rows were sealed under a lost key: their address, and a talk that knows nothing."""

    dossier: Dossier


def load_dossiers(connection: Connection, ids: Sequence[int], ring: KeyRing) -> dict[int, Dossier | Unreadable]:
    """Dossiers by address id; addresses that do not exist yet are missing. A lost key harms nobody else."""
    found: dict[int, Dossier | Unreadable] = {}
    for row in _locked.run(connection, ids):
        known = found.get(row[0])
        if known is None:
            found[row[0]] = _opened(row, ring)
        elif isinstance(known, Dossier):
            found[row[0]] = _with_registration(known, row)
    return found


def _opened(row: Sequence[Any], ring: KeyRing) -> Dossier | Unreadable:
    try:
        return _dossier(row, ring)
    except LostKey:
        return Unreadable(Dossier(_address(row), _in_whose_hands(FRESH, row)))


def load_dossier(connection: Connection, one: int, ring: KeyRing) -> Dossier | None:
    """The dossier of one address, for pages that only read."""
    rows = connection.execute(_dossiers, {"ids": [one]}).all()
    if not rows:
        return None
    dossier = _dossier(rows[0], ring)
    for row in rows[1:]:
        dossier = _with_registration(dossier, row)
    return dossier


def new_dossier(update: Update) -> Dossier:
    """The dossier of somebody who writes for the first time."""
    identity = address_id(update.account_id, update.user_id)
    address = Address(identity, update.account_id, update.channel, update.user_id, contact_id=new_id())
    return Dossier(address, FRESH)


def _dossier(row: Sequence[Any], ring: KeyRing) -> Dossier:
    address, talk = _address(row), _in_whose_hands(load_talk(row[6], ring), row)
    known = _known(row)
    if known.contact_id is None:
        return Dossier(address, talk, asked_route_at=known.asked_route_at)
    return Dossier(
        address,
        talk,
        person=_person(known, ring),
        registrations=_registrations(known),
        last_given_on=known.last_given_on,
        next_on=known.next_on,
        deferred_until=known.deferred_until,
        consents=frozenset(Purpose(word) for word in (known.purposes or "").split()),
        knows_blood_group=bool(known.knows_blood_group),
        asked_route_at=known.asked_route_at,
        elsewhere=bool(known.elsewhere),
        rhythm=known.rhythm or "",
        site_phone=known.site_phone or "",
        given=known.given or 0,
        told=known.told or 0,
    )


def _address(row: Sequence[Any]) -> Address:
    identity, account_id, user_id, contact_id, last_inbound_at, blocked_at = row[:6]
    kind = ChannelKind(row[10])
    return Address(identity, account_id, kind, user_id, contact_id, last_inbound_at, blocked_at)


def _in_whose_hands(talk: Conversation, row: Sequence[Any]) -> Conversation:
    """The talk with what stands in plain columns beside it."""
    handoff, since, urgent = row[7:10]
    if handoff == Handoff.NONE:
        return talk
    return replace(talk, handoff=Handoff(handoff), handoff_since=since, handoff_urgent=urgent)


def _known(row: Sequence[Any]) -> _Known:
    return _Known._make(row[11:])


def _person(known: _Known, ring: KeyRing) -> Person | None:
    if known.name_sealed is None or known.birth_date_sealed is None or known.phone_sealed is None:
        return None
    return Person(
        name=ring.open(known.name_sealed, "contacts.name").decode(),
        birth_date=date.fromisoformat(ring.open(known.birth_date_sealed, "contacts.birth_date").decode()),
        phone=ring.open(known.phone_sealed, "contacts.phone").decode(),
        unit_id=known.unit_id,
    )


def _with_registration(dossier: Dossier, row: Sequence[Any]) -> Dossier:
    return replace(dossier, registrations=(*dossier.registrations, *_registrations(_known(row))))


def _registrations(known: _Known) -> tuple[Registration, ...]:
    if known.registration_id is None:
        return ()
    registration = Registration(
        known.registration_id,
        known.drive_id,
        known.slot_id,
        known.starts_at,
        known.ticket,
        RegistrationState(known.state),
        known.registration_unit_id,
        known.dangerous_work,
        called_off=bool(known.called_off),
    )
    return (registration,)
