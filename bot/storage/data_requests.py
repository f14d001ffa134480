"""That somebody used a right, and when: never with what."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from bot.storage.ids import new_id
from bot.storage.tables import data_requests

KINDS = frozenset({"show", "page", "download", "withdraw", "erase"})
SOURCES = frozenset({"chat", "page", "platform", "staff", "retention"})


@dataclass(frozen=True, slots=True)
class DataRequest:
    """One use of a right. `done_at` is None while somebody must still do it by hand."""

    id: int
    kind: str
    source: str
    by: str
    contact_id: int | None
    asked_at: datetime
    done_at: datetime | None


def note_request(
    connection: Connection,
    kind: str,
    source: str,
    now: datetime,
    *,
    contact_id: int | None = None,
    by: str = "",
    code: str | None = None,
    done: bool = True,
) -> int:
    """Write it in the transaction of what was done; returns its id.

    Args:
        kind: show, page, download, withdraw or erase.
        source: chat, page, platform, staff or retention.
        by: the login of whoever did it for the person.
        code: with which the person may ask later what became of it; only a hash is kept.
    """
    if kind not in KINDS or source not in SOURCES:
        raise ValueError(f"no such request: {kind} by {source}")
    identity = new_id()
    row = {
        "id": identity,
        "kind": kind,
        "source": source,
        "by": by,
        "contact_id": contact_id,
        "code_hash": None if code is None else _hash(code),
        "asked_at": now,
        "done_at": now if done else None,
    }
    connection.execute(data_requests.insert().values(row))
    return identity


COLUMNS = [data_requests.c[name] for name in DataRequest.__slots__]


def request_by_code(connection: Connection, code: str) -> DataRequest | None:
    """What became of the request with this code; None when there is none."""
    row = connection.execute(select(*COLUMNS).where(data_requests.c.code_hash == _hash(code))).first()
    return None if row is None else DataRequest(*row)


def _hash(code: str) -> bytes:
    return hashlib.sha256(f"request\n{code}".encode()).digest()
