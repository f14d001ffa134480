"""What a thank-you card says: the last donation that a site or a blood bank has recorded, and a name where its owner wants it."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects import postgresql, sqlite

from bot.domain.consents import Purpose
from bot.storage.sealing import KeyRing
from bot.storage.tables import addresses, consents, contacts, donations, donors, drives

SHOWN = "donors.shown_name"
"""The label that the sealed name is bound to."""


@dataclass(frozen=True, slots=True)
class CardFacts:
    """`place` is "" where the donation belongs to no drive of ours."""

    number: int
    given_on: date
    place: str
    language: str
    name: str = field(default="", repr=False)


def name_card(connection: Connection, ring: KeyRing, contact_id: int, name: str) -> None:
    """Keep the name for the card, or take it off."""
    row = {"contact_id": contact_id, "shown_name_sealed": ring.seal_text(name, SHOWN) if name else None}
    connection.execute(_put[connection.dialect.name], row)


def card_facts(connection: Connection, ring: KeyRing, address_id: int) -> CardFacts | None:
    """For the person of an address; None where there is nobody, or nothing recorded. The name only while they agree to
    be named."""
    agreed = select(consents.c.id).where(
        consents.c.contact_id == contacts.c.id,
        consents.c.purpose == Purpose.HONOUR.value,
        consents.c.withdrawn_at.is_(None),
    )
    query = (
        select(
            donations.c.given_on,
            drives.c.place,
            contacts.c.language,
            donors.c.shown_name_sealed,
            agreed.exists().label("agreed"),
            func.count().over().label("number"),
        )
        .join(contacts, contacts.c.id == donations.c.contact_id)
        .join(addresses, addresses.c.contact_id == contacts.c.id)
        .outerjoin(donors, donors.c.contact_id == contacts.c.id)
        .outerjoin(drives, drives.c.id == donations.c.drive_id)
        .where(addresses.c.id == address_id, donations.c.verified, contacts.c.erased_at.is_(None))
        .order_by(donations.c.given_on.desc())
        .limit(1)
    )
    row = connection.execute(query).first()
    if row is None:
        return None
    name = ring.text_or_none(row.shown_name_sealed, SHOWN) if row.agreed else None
    return CardFacts(row.number, row.given_on, row.place or "", row.language, name or "")


def _upsert(insert: Any) -> Any:
    row = insert(donors)
    name = {"shown_name_sealed": row.excluded.shown_name_sealed}
    return row.on_conflict_do_update(index_elements=["contact_id"], set_=name)


_put = {"sqlite": _upsert(sqlite.insert), "postgresql": _upsert(postgresql.insert)}
