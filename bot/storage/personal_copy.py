"""Everything we hold of one person but their messages (`personal_messages.py`), as plain JSON values."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import CompoundSelect, Connection, Select, select

from bot.storage.erasing import ERASED
from bot.storage.joins import LABEL as JOINED
from bot.storage.outcomes import REASON
from bot.storage.pressure import LABEL as CALL_BACK
from bot.storage.proofs import proofs_of
from bot.storage.recipient_people import chosen_for
from bot.storage.sealing import KeyRing, LostKey
from bot.storage.tables import (
    accounts,
    addresses,
    consents,
    contacts,
    data_requests,
    deferrals,
    donations,
    donors,
    drives,
    intents,
    joins,
    kept_aside,
    listed_donors,
    pressure_reports,
    registrations,
    slots,
    staff,
    staff_addresses,
    tags,
    units,
)
from bot.storage.talks import LABEL as TALK

UNREADABLE = "(sealed under a key that is gone)"
"""Stands where we hold something that no key opens any more: leaving it out would not be honest."""

Plain = dict[str, Any]


def held_of(connection: Connection, ring: KeyRing, contact_id: int) -> Plain | None:
    """Everything of a person, by kind; None when nothing of ours names this contact id. Moments are ISO text."""
    homes = _homes(connection, ring, contact_id)
    person = _person(connection, ring, contact_id)
    if person is None and not homes:
        return None
    ids = [home["address_id"] for home in homes]
    return {
        "contact_id": str(contact_id),
        "person": person,
        "donor": _donor(connection, ring, contact_id),
        "addresses": [{**home, "address_id": str(home["address_id"])} for home in homes],
        "registrations": _without_stubs(_rows(connection, _registrations(contact_id))),
        "donations": _rows(connection, _donations(contact_id)),
        "deferrals": _deferrals(connection, ring, contact_id),
        "tags": _rows(connection, _tags(contact_id)),
        "listed": _rows(connection, _listed(contact_id)),
        "consents": _rows(connection, _consents(contact_id)),
        "chosen": _rows(connection, chosen_for(contact_id)),
        "planned": _rows(connection, _planned(contact_id)),
        "requests": _rows(connection, _requests(contact_id)),
        "earlier_consents": _proofs(connection, ring, ids),
        "kept_aside": _aside(connection, ring, ids),
        "call_backs": _call_backs(connection, ring, ids),
        "staff_chats": _rows(connection, _staff_chats(ids)) if ids else [],
        "joined": _joined(connection, ring, contact_id),
    }


def _homes(connection: Connection, ring: KeyRing, contact_id: int) -> list[Plain]:
    """The person's addresses, each with the state of its talk."""
    query = (
        select(
            addresses.c.id.label("address_id"),
            accounts.c.kind.label("channel"),
            accounts.c.code.label("account"),
            addresses.c.user_id,
            addresses.c.first_seen_at,
            addresses.c.last_inbound_at,
            addresses.c.blocked_at,
            addresses.c.handoff_since.label("waits_for_staff_since"),
            addresses.c.asked_route_at,
            addresses.c.talk_sealed,
        )
        .join(accounts, accounts.c.id == addresses.c.account_id)
        .where(addresses.c.contact_id == contact_id)
        .order_by(addresses.c.id)
    )
    homes = _rows(connection, query)
    for home in homes:
        home["talk"] = _json(ring, home.pop("talk_sealed"), TALK)
    return homes


def _person(connection: Connection, ring: KeyRing, contact_id: int) -> Plain | None:
    query = (
        select(contacts, units.c.name.label("unit"), units.c.code.label("unit_code"))
        .outerjoin(units, units.c.id == contacts.c.unit_id)
        .where(contacts.c.id == contact_id, contacts.c.erased_at.is_(None))
    )
    row = connection.execute(query).first()
    if row is None:
        return None
    return {
        "name": _text(ring, row.name_sealed, "contacts.name"),
        "birth_date": _text(ring, row.birth_date_sealed, "contacts.birth_date"),
        "phone": _text(ring, row.phone_sealed, "contacts.phone"),
        "unit": row.unit,
        "unit_code": row.unit_code,
        "language": row.language,
        "rhythm": row.rhythm or None,
        "created_at": _plain(row.created_at),
        "updated_at": _plain(row.updated_at),
    }


def _donor(connection: Connection, ring: KeyRing, contact_id: int) -> Plain | None:
    row = connection.execute(select(donors).where(donors.c.contact_id == contact_id)).first()
    if row is None:
        return None
    return {
        "blood_group": _text(ring, row.blood_group_sealed, "donors.blood_group"),
        "donations": row.donations,
        "last_given_on": _plain(row.last_given_on),
        "last_component": row.last_component,
        "next_on": _plain(row.next_on),
        "deferred_until": _plain(row.deferred_until),
        "ask_again_on": _plain(row.ask_again_on),
        "shown_name": _text(ring, row.shown_name_sealed, "donors.shown_name"),
        "called_on": _plain(row.called_on),
    }


def _registrations(contact_id: int) -> Select[Any]:
    return (
        select(
            registrations.c.ticket,
            registrations.c.state,
            drives.c.name.label("drive"),
            drives.c.place,
            slots.c.starts_at,
            units.c.name.label("unit"),
            registrations.c.dangerous_work,
            registrations.c.origin,
            registrations.c.arrived_at,
            registrations.c.settled_at,
            registrations.c.created_at,
            registrations.c.updated_at,
        )
        .join(drives, drives.c.id == registrations.c.drive_id)
        .join(slots, slots.c.id == registrations.c.slot_id)
        .outerjoin(units, units.c.id == registrations.c.unit_id)
        .where(registrations.c.contact_id == contact_id)
        .order_by(slots.c.starts_at.desc(), registrations.c.id.desc())
    )


def _without_stubs(places: list[Plain]) -> list[Plain]:
    """What stands for a ticket once its drive is long over (`retention.py`) is no ticket."""
    return [{**place, "ticket": None} if place["ticket"].startswith(f"{ERASED}-") else place for place in places]


def _donations(contact_id: int) -> Select[Any]:
    own = (donations.c[name] for name in ("given_on", "component", "ml", "verified", "source", "created_at"))
    return (
        select(*own, drives.c.name.label("drive"))
        .outerjoin(drives, drives.c.id == donations.c.drive_id)
        .where(donations.c.contact_id == contact_id)
        .order_by(donations.c.given_on.desc(), donations.c.id.desc())
    )


def _deferrals(connection: Connection, ring: KeyRing, contact_id: int) -> list[Plain]:
    """What sites decided, with the reason: the person themselves may read it, here and nowhere else."""
    query = (
        select(deferrals.c.decided_on, deferrals.c.until, deferrals.c.reason_group_sealed, drives.c.name.label("drive"))
        .outerjoin(drives, drives.c.id == deferrals.c.drive_id)
        .where(deferrals.c.contact_id == contact_id)
        .order_by(deferrals.c.decided_on.desc())
    )
    rows = _rows(connection, query)
    for row in rows:
        row["reason_group"] = _text(ring, row.pop("reason_group_sealed"), REASON)
    return rows


def _tags(contact_id: int) -> Select[Any]:
    """Words that staff put on them to find them again."""
    return select(tags.c.tag, tags.c.at).where(tags.c.contact_id == contact_id).order_by(tags.c.tag)


def _listed(contact_id: int) -> Select[Any]:
    """Lines of old lists that they claimed: nobody has verified what these say."""
    own = ("donations", "last_given_on", "component", "basis", "listed_at", "claimed_at")
    return (
        select(units.c.name.label("unit"), *(listed_donors.c[name] for name in own))
        .join(units, units.c.id == listed_donors.c.unit_id)
        .where(listed_donors.c.claimed_by == contact_id)
        .order_by(listed_donors.c.claimed_at.desc(), listed_donors.c.id.desc())
    )


def _consents(contact_id: int) -> Select[Any]:
    own = (consents.c[name] for name in ("purpose", "wording", "given_at", "withdrawn_at"))
    return (
        select(*own, accounts.c.kind.label("channel"))
        .outerjoin(addresses, addresses.c.id == consents.c.address_id)
        .outerjoin(accounts, accounts.c.id == addresses.c.account_id)
        .where(consents.c.contact_id == contact_id)
        .order_by(consents.c.given_at.desc(), consents.c.id.desc())
    )


def _planned(contact_id: int) -> Select[Any]:
    own = ("purpose", "occasion", "due_at", "expires_at", "state", "reason", "decided_at", "created_at")
    columns = (intents.c[name] for name in own)
    return select(*columns).where(intents.c.contact_id == contact_id).order_by(intents.c.due_at.desc(), intents.c.id)


def _requests(contact_id: int) -> Select[Any]:
    own = (data_requests.c[name] for name in ("kind", "source", "asked_at", "done_at"))
    mine = data_requests.c.contact_id == contact_id
    return select(*own).where(mine).order_by(data_requests.c.asked_at.desc(), data_requests.c.id.desc())


def _proofs(connection: Connection, ring: KeyRing, ids: Sequence[int]) -> list[Plain]:
    """What was agreed to at these addresses before an earlier erasure."""
    query = select(addresses.c.account_id, addresses.c.user_id).where(addresses.c.id.in_(ids))
    homes = connection.execute(query).all() if ids else []
    found = (proof for home in homes for proof in proofs_of(connection, ring, home.account_id, home.user_id))
    return [{name: _plain(getattr(proof, name)) for name in type(proof).__slots__} for proof in found]


def _aside(connection: Connection, ring: KeyRing, ids: Sequence[int]) -> list[Plain]:
    """Events that could not be handled and wait for staff."""
    query = select(kept_aside).where(kept_aside.c.address_id.in_(ids)).order_by(kept_aside.c.id)
    return [
        {
            "received_at": _plain(row.received_at),
            "reason": row.reason,
            "body": _text(ring, row.body_sealed, "kept_aside.body"),
        }
        for row in (connection.execute(query) if ids else ())
    ]


def _call_backs(connection: Connection, ring: KeyRing, ids: Sequence[int]) -> list[Plain]:
    """Reports of pressure whose writer asked to be called back; the others lead to nobody."""
    query = (
        select(pressure_reports, units.c.name.label("unit"))
        .outerjoin(units, units.c.id == pressure_reports.c.unit_id)
        .where(pressure_reports.c.address_id.in_(ids))
        .order_by(pressure_reports.c.said_on)
    )
    return [
        {
            "said_on": _plain(row.said_on.date()),
            "unit": row.unit,
            "words": _text(ring, row.words_sealed, CALL_BACK),
            "closed_at": _plain(row.closed_at),
        }
        for row in (connection.execute(query) if ids else ())
    ]


def _staff_chats(ids: Sequence[int]) -> Select[Any]:
    """Addresses at which a member of staff gets alarms."""
    return (
        select(staff.c.login, staff_addresses.c.linked_at)
        .join(staff, staff.c.id == staff_addresses.c.staff_id)
        .where(staff_addresses.c.address_id.in_(ids))
        .order_by(staff_addresses.c.linked_at)
    )


def _joined(connection: Connection, ring: KeyRing, contact_id: int) -> list[Plain]:
    """Other addresses that were joined lately, with what both sides told before: a mistake can be undone."""
    query = select(joins).where(joins.c.kept_id == contact_id).order_by(joins.c.id)
    return [
        {"joined_at": _plain(row.joined_at), "before": _before(ring, row.moved_sealed)}
        for row in connection.execute(query)
    ]


def _before(ring: KeyRing, sealed: bytes) -> Any:
    moved = _json(ring, sealed, JOINED)
    return {name: moved[name] for name in ("contact", "donor")} if isinstance(moved, dict) else moved


def _rows(connection: Connection, query: Select[Any] | CompoundSelect[Any]) -> list[Plain]:
    found = connection.execute(query)
    columns = found.keys()
    names = ["".join(name) for name in columns]  # SQLAlchemy's own kind of text is none to JSON
    return [{name: _plain(value) for name, value in zip(names, row, strict=True)} for row in found]


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date | datetime) else value


def _text(ring: KeyRing, sealed: bytes | None, label: str) -> str | None:
    try:
        return None if sealed is None else ring.open(sealed, label).decode(errors="replace")
    except LostKey:
        return UNREADABLE


def _json(ring: KeyRing, sealed: bytes | None, label: str) -> Any:
    try:
        return None if sealed is None else ring.open_json(sealed, label)
    except LostKey:
        return UNREADABLE
