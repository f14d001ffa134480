"""Codes that join two addresses: made for one, typed at another; each works once, a quarter of an hour, and guessing is bounded."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, case, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from bot.domain.contacts import Address
from bot.storage.housekeeping import PAGE
from bot.storage.sealing import KeyRing
from bot.storage.tables import addresses, join_codes, join_tries

LASTS = timedelta(minutes=15)
TRIES = 5
ACCOUNT_TRIES = 200
"""Wrong codes an hour over all addresses of one account: a swarm of new visitors gets no further than that."""

TRIES_LAST = timedelta(hours=1)

_insert: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def keep_code(connection: Connection, ring: KeyRing, code: str, address_id: int, now: datetime) -> None:
    """From now on this code stands for this address; one made there before works no longer."""
    connection.execute(delete(join_codes).where(join_codes.c.address_id == address_id))
    row = {"code_hash": _hash(ring, code), "address_id": address_id, "expires_at": now + LASTS}
    statement = _insert[connection.dialect.name](join_codes).values(row)
    # The same code of somebody else, once in thousands of millions: then neither works.
    connection.execute(statement.on_conflict_do_update(index_elements=["code_hash"], set_={"expires_at": now}))


def owner_of(connection: Connection, ring: KeyRing, code: str, now: datetime) -> int | None:
    """The address that a code stands for now. Looking does not use it up."""
    usable = join_codes.c.code_hash == _hash(ring, code), join_codes.c.expires_at > now
    found = (
        select(join_codes.c.address_id)
        .join(addresses, addresses.c.id == join_codes.c.address_id)
        .where(*usable, addresses.c.erased_at.is_(None))
    )
    return connection.execute(found).scalar()


def use_code(connection: Connection, ring: KeyRing, code: str, now: datetime) -> bool:
    """Use it up; True for the first who tries."""
    usable = join_codes.c.code_hash == _hash(ring, code), join_codes.c.expires_at > now
    return connection.execute(delete(join_codes).where(*usable)).rowcount == 1


def has_guessed_enough(connection: Connection, address: Address, now: datetime) -> bool:
    """Whoever has is refused, right or wrong; the tries are rows, so they count over all processes and restarts."""
    lately = join_tries.c.since > now - TRIES_LAST
    own = select(join_tries.c.tries).where(join_tries.c.address_id == address.id, lately)
    if (connection.execute(own).scalar() or 0) >= TRIES:
        return True
    everybody = select(func.sum(join_tries.c.tries)).where(join_tries.c.account_id == address.account_id, lately)
    return (connection.execute(everybody).scalar() or 0) >= ACCOUNT_TRIES


def note_wrong(connection: Connection, address: Address, now: datetime) -> None:
    old = join_tries.c.since <= now - TRIES_LAST
    row = _insert[connection.dialect.name](join_tries)
    statement = row.on_conflict_do_update(
        index_elements=["address_id"],
        set_={
            "tries": case((old, 1), else_=join_tries.c.tries + 1),
            "since": case((old, row.excluded.since), else_=join_tries.c.since),
        },
    )
    values = {"address_id": address.id, "account_id": address.account_id, "tries": 1, "since": now}
    connection.execute(statement, values)


def forget_wrong(connection: Connection, address: Address) -> None:
    """Whoever knew a code is no guesser."""
    connection.execute(delete(join_tries).where(join_tries.c.address_id == address.id))


def drop_codes(connection: Connection, now: datetime) -> int:
    """Forget one page of codes and tries whose time is over; returns how many."""
    old = select(join_codes.c.code_hash).where(join_codes.c.expires_at <= now).limit(PAGE)
    dropped = connection.execute(delete(join_codes).where(join_codes.c.code_hash.in_(old))).rowcount
    tries = select(join_tries.c.address_id).where(join_tries.c.since <= now - TRIES_LAST).limit(PAGE - dropped)
    return dropped + connection.execute(delete(join_tries).where(join_tries.c.address_id.in_(tries))).rowcount


def _hash(ring: KeyRing, code: str) -> bytes:
    """Keyed: so few signs could be tried through, had somebody the table alone."""
    return ring.blind(f"join\n{code}")
