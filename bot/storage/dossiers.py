"""Loads what the dialogue may know of the people who write, in one SELECT for a whole batch."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, and_, bindparam, func, select

from bot.domain.changing import replace
from bot.domain.consents import Purpose
from bot.domain.contacts import Address, Dossier, Person
from bot.domain.conversations import Handoff
from bot.domain.registrations import Registration, RegistrationState
from bot.domain.updates import ChannelKind, Update
from bot.storage.ids import address_id, new_id
from bot.storage.sealing import KeyRing
from bot.storage.tables import accounts, addresses, consents, contacts, donors, registrations, slots
from bot.storage.talks import FRESH, load_talk

_consented = (
    select(func.aggregate_strings(consents.c.purpose, " "))
    .where(consents.c.contact_id == addresses.c.contact_id, consents.c.withdrawn_at.is_(None))
    .scalar_subquery()
)

_dossiers = (
    select(
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
        _consented.label("purposes"),
        registrations.c.id.label("registration_id"),
        registrations.c.drive_id,
        registrations.c.slot_id,
        registrations.c.ticket,
        registrations.c.state,
        registrations.c.unit_id.label("registration_unit_id"),
        registrations.c.dangerous_work,
        slots.c.starts_at,
    )
    .select_from(
        addresses.join(accounts, accounts.c.id == addresses.c.account_id)
        .outerjoin(contacts, contacts.c.id == addresses.c.contact_id)
        .outerjoin(donors, donors.c.contact_id == contacts.c.id)
        .outerjoin(
            registrations,
            and_(
                registrations.c.contact_id == contacts.c.id,
                registrations.c.state == RegistrationState.BOOKED,
            ),
        )
        .outerjoin(slots, slots.c.id == registrations.c.slot_id)
    )
    .where(addresses.c.id.in_(bindparam("ids", expanding=True)))
)

# On PostgreSQL the rows are locked as well: the console changes them without the intake's advisory locks.
_locked = _dossiers.with_for_update(of=addresses)


def load_dossiers(connection: Connection, ids: Sequence[int], ring: KeyRing) -> dict[int, Dossier]:
    """Dossiers by address id; addresses that do not exist yet are missing."""
    found: dict[int, Dossier] = {}
    for row in connection.execute(_locked, {"ids": list(ids)}):
        known = found.get(row.id)
        found[row.id] = _dossier(row, ring) if known is None else _with_registration(known, row)
    return found


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


def _dossier(row: Any, ring: KeyRing) -> Dossier:
    address = Address(
        row.id,
        row.account_id,
        ChannelKind(row.channel),
        row.user_id,
        row.contact_id,
        row.last_inbound_at,
        row.blocked_at,
    )
    talk = load_talk(row.talk_sealed, ring)
    if row.handoff != Handoff.NONE:
        talk = replace(
            talk,
            handoff=Handoff(row.handoff),
            handoff_since=row.handoff_since,
            handoff_urgent=row.handoff_urgent,
        )
    if row.known_id is None:
        return Dossier(address, talk)
    return Dossier(
        address,
        talk,
        person=_person(row, ring),
        registrations=tuple(_registrations([row])),
        last_given_on=row.last_given_on,
        next_on=row.next_on,
        deferred_until=row.deferred_until,
        consents=frozenset(Purpose(word) for word in (row.purposes or "").split()),
    )


def _person(row: Any, ring: KeyRing) -> Person | None:
    if row.name_sealed is None or row.birth_date_sealed is None or row.phone_sealed is None:
        return None
    return Person(
        name=ring.open(row.name_sealed, "contacts.name").decode(),
        birth_date=date.fromisoformat(ring.open(row.birth_date_sealed, "contacts.birth_date").decode()),
        phone=ring.open(row.phone_sealed, "contacts.phone").decode(),
        unit_id=row.unit_id,
    )


def _with_registration(dossier: Dossier, row: Any) -> Dossier:
    return replace(dossier, registrations=(*dossier.registrations, *_registrations([row])))


def _registrations(rows: Iterable[Any]) -> Iterable[Registration]:
    for row in rows:
        if row.registration_id is not None:
            yield Registration(
                row.registration_id,
                row.drive_id,
                row.slot_id,
                row.starts_at,
                row.ticket,
                RegistrationState(row.state),
                row.registration_unit_id,
                row.dangerous_work,
            )
