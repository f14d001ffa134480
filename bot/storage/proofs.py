"""Proof of what was agreed to, after everything else is gone: it hangs on a keyed hash of the address alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select

from bot.storage.ids import new_id
from bot.storage.sealing import KeyRing
from bot.storage.tables import addresses, consent_proofs, consents, contacts


@dataclass(frozen=True, slots=True)
class Proof:
    """One consent of somebody whom we no longer know."""

    purpose: str
    wording: str
    given_at: datetime
    withdrawn_at: datetime | None
    erased_at: datetime


def who_of(ring: KeyRing, account_id: int, user_id: str) -> bytes:
    """Under what the proofs of an address stand: whoever shows the platform's id again finds them, nobody else."""
    return ring.blind(f"{account_id}\n{user_id}")


def proofs_of(connection: Connection, ring: KeyRing, account_id: int, user_id: str) -> list[Proof]:
    """What this address had agreed to before it was erased, the oldest first."""
    query = (
        select(*(consent_proofs.c[name] for name in Proof.__slots__))
        .where(consent_proofs.c.who == who_of(ring, account_id, user_id))
        .order_by(consent_proofs.c.given_at, consent_proofs.c.id)
    )
    return [Proof(*row) for row in connection.execute(query)]


def turn_into_proofs(
    connection: Connection,
    ring: KeyRing,
    contact_id: int,
    homes: Sequence[Row[Any]],
    now: datetime,
    *,
    withdrawn_at: datetime | None,
) -> None:
    """Replace a person's consents by proofs.

    A consent stands at the address it was given at; one without an address at every one of the person's; and where
    there is none at all, at the phone's blind index.

    Args:
        homes: rows of the person's addresses.
        withdrawn_at: when those still standing ended; None leaves them as they were.
    """
    given = connection.execute(
        select(consents, addresses.c.account_id, addresses.c.user_id)
        .outerjoin(addresses, addresses.c.id == consents.c.address_id)
        .where(consents.c.contact_id == contact_id)
        .order_by(consents.c.id)
    ).all()
    if not given:
        return
    everywhere = [who_of(ring, home.account_id, home.user_id) for home in homes] or _phone(connection, contact_id)
    rows = [
        {
            "id": new_id(),
            "who": who,
            "purpose": one.purpose,
            "wording": one.wording,
            "given_at": one.given_at,
            "withdrawn_at": one.withdrawn_at or withdrawn_at,
            "erased_at": now,
        }
        for one in given
        for who in (everywhere if one.address_id is None else [who_of(ring, one.account_id, one.user_id)])
    ]
    if rows:
        connection.execute(insert(consent_proofs), rows)
    connection.execute(delete(consents).where(consents.c.contact_id == contact_id))


def _phone(connection: Connection, contact_id: int) -> list[bytes]:
    blind = connection.execute(select(contacts.c.phone_blind).where(contacts.c.id == contact_id)).scalar()
    return [] if blind is None else [blind]
