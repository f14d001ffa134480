"""Chat addresses at which staff get alarms: a code from the console, typed in the chat, links the two."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, case, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.domain.updates import ChannelKind
from bot.storage.audit import note
from bot.storage.tables import accounts, addresses, staff, staff_addresses, staff_code_tries, staff_keys

KIND = "chat-code"
LASTS = timedelta(minutes=15)
SIGNS = "23456789BCDFGHJKLMNPQRSTVWXZ"
"""Neither vowels nor signs that look alike; eight of them make 38 bits, and guessing is limited."""

LENGTH = 8
TRIES = 5
TRIES_LAST = timedelta(minutes=15)

_insert: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


@dataclass(frozen=True, slots=True)
class LinkedAddress:
    """One address of a member of staff, as the console shows it."""

    address_id: int
    channel: ChannelKind
    account: str
    linked_at: datetime
    last_inbound_at: datetime
    blocked_at: datetime | None


def new_staff_code(connection: Connection, staff_id: int, now: datetime) -> str:
    """A code such as `K7QX-2MPD` that links one chat within 15 minutes; codes made before no longer work."""
    connection.execute(delete(staff_keys).where(staff_keys.c.staff_id == staff_id, staff_keys.c.kind == KIND))
    code = "".join(secrets.choice(SIGNS) for _ in range(LENGTH))
    row = {"secret_hash": _hash(code), "staff_id": staff_id, "kind": KIND, "expires_at": now + LASTS}
    connection.execute(staff_keys.insert().values(row))
    return f"{code[:4]}-{code[4:]}"


def link_staff(connection: Connection, code: str, address_id: int, now: datetime) -> bool:
    """Let alarms of whoever made this code come to this address; False when the code is no good.

    At most six statements, right or wrong. An address that was linked before moves to the newer member. After five
    wrong codes within 15 minutes an address is refused, whatever it types; the tries are rows, so they count over all
    processes and restarts.
    """
    if _has_guessed_enough(connection, address_id, now):
        return False
    key = _hash(_plain(code))
    usable = (
        (staff_keys.c.secret_hash == key)
        & (staff_keys.c.kind == KIND)
        & staff_keys.c.used_at.is_(None)
        & (staff_keys.c.expires_at > now)
    )
    is_active = staff_keys.c.staff_id.in_(select(staff.c.id).where(staff.c.disabled_at.is_(None)))
    if connection.execute(update(staff_keys).where(usable, is_active).values(used_at=now)).rowcount != 1:
        _note_wrong(connection, address_id, now)
        return False
    owner = select(staff.c.id, staff.c.login).join(staff_keys).where(staff_keys.c.secret_hash == key)
    staff_id, login = connection.execute(owner).one()
    _link(connection, staff_id, address_id, now)
    connection.execute(delete(staff_code_tries).where(staff_code_tries.c.address_id == address_id))
    note(connection, now, login, "alarm-chat-linked")
    return True


def linked_addresses(connection: Connection, staff_id: int) -> list[LinkedAddress]:
    """Where this member gets alarms, the newest first."""
    query = (
        select(staff_addresses, accounts.c.kind, accounts.c.code, addresses.c.last_inbound_at, addresses.c.blocked_at)
        .join(addresses, addresses.c.id == staff_addresses.c.address_id)
        .join(accounts, accounts.c.id == addresses.c.account_id)
        .where(staff_addresses.c.staff_id == staff_id, addresses.c.erased_at.is_(None))
        .order_by(staff_addresses.c.linked_at.desc())
    )
    return [
        LinkedAddress(
            row.address_id, ChannelKind(row.kind), row.code, row.linked_at, row.last_inbound_at, row.blocked_at
        )
        for row in connection.execute(query)
    ]


def unlink_staff(connection: Connection, staff_id: int, login: str, address_id: int, now: datetime) -> bool:
    """No more alarms there; False when it was not theirs."""
    theirs = (staff_addresses.c.address_id == address_id) & (staff_addresses.c.staff_id == staff_id)
    if connection.execute(delete(staff_addresses).where(theirs)).rowcount != 1:
        return False
    note(connection, now, login, "alarm-chat-unlinked")
    return True


def _link(connection: Connection, staff_id: int, address_id: int, now: datetime) -> None:
    row = _insert[connection.dialect.name](staff_addresses)
    statement = row.on_conflict_do_update(
        index_elements=["address_id"], set_={"staff_id": row.excluded.staff_id, "linked_at": row.excluded.linked_at}
    )
    connection.execute(statement, {"address_id": address_id, "staff_id": staff_id, "linked_at": now})


def _has_guessed_enough(connection: Connection, address_id: int, now: datetime) -> bool:
    query = select(staff_code_tries.c.tries).where(
        staff_code_tries.c.address_id == address_id, staff_code_tries.c.since > now - TRIES_LAST
    )
    return (connection.execute(query).scalar() or 0) >= TRIES


def _note_wrong(connection: Connection, address_id: int, now: datetime) -> None:
    """Count it; tries of long ago, anybody's, are forgotten."""
    old = staff_code_tries.c.since <= now - TRIES_LAST
    connection.execute(delete(staff_code_tries).where(old, staff_code_tries.c.address_id != address_id))
    row = _insert[connection.dialect.name](staff_code_tries)
    statement = row.on_conflict_do_update(
        index_elements=["address_id"],
        set_={
            "tries": case((old, 1), else_=staff_code_tries.c.tries + 1),
            "since": case((old, row.excluded.since), else_=staff_code_tries.c.since),
        },
    )
    connection.execute(statement, {"address_id": address_id, "tries": 1, "since": now})


def _plain(code: str) -> str:
    """As people type it: small letters, spaces and hyphens do not matter."""
    return "".join(sign for sign in code.upper() if sign.isalnum())


def _hash(code: str) -> bytes:
    return hashlib.sha256(f"{KIND}\n{code}".encode()).digest()
