"""Corrections: who was told an older version of an answer, found in the sealed messages, and the new words for them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.domain.messages import Message
from bot.domain.outbox import PRIORITIES, MessagePurpose
from bot.domain.updates import ChannelKind
from bot.storage.audit import note
from bot.storage.database import Database
from bot.storage.ids import id_at, new_id
from bot.storage.sealing import KeyRing, LostKey
from bot.storage.tables import accounts, addresses, corrections, outbox

OWED = timedelta(days=30)
"""So long after an answer its correction is offered; the answers themselves are kept about as long."""

LASTS = timedelta(days=3)
"""A correction that finds no way in this time is not sent any more."""

PAGE = 500
KEY = "told"
BODY = "outbox.body"


@dataclass(frozen=True, slots=True)
class Correction:
    """One correction that staff ask for, or think of asking for (id 0); `reached` counts once it is `finished_at`."""

    id: int
    topic: str
    wording: str
    told_since: datetime
    finished_at: datetime | None = None
    reached: int = 0


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who was told, at the address where it was."""

    address_id: int
    account_id: int
    contact_id: int
    channel: ChannelKind
    talk_sealed: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class ToldPage:
    """What a page of messages told: address → wording, the newest last; `behind` is where the next page begins."""

    told: Mapping[int, str]
    behind: int | None


def told_page(connection: Connection, ring: KeyRing, topic: str, since: datetime, behind: int = 0) -> ToldPage:
    """One page of the answers since a moment. Opening them is the price of keeping no list of who asked what."""
    query = (
        select(outbox.c.id, outbox.c.address_id, outbox.c.body_sealed)
        .where(
            outbox.c.id > max(behind, id_at(since) - 1),
            outbox.c.purpose == MessagePurpose.REPLY.value,
            outbox.c.address_id.is_not(None),
        )
        .order_by(outbox.c.id)
        .limit(PAGE)
    )
    rows = connection.execute(query).all()
    told = {row.address_id: wording for row in rows for wording in _told(ring, row.body_sealed, topic)}
    return ToldPage(told, rows[-1].id if len(rows) == PAGE else None)


def told_otherwise(db: Database, ring: KeyRing, asked: Correction) -> list[int]:
    """The addresses whose last answer of this topic, in the days that matter, was another version. It may take seconds:
    call it in a thread."""
    newest: dict[int, str] = {}
    behind: int | None = 0
    while behind is not None:
        page = db.read_now(partial(told_page, ring=ring, topic=asked.topic, since=asked.told_since, behind=behind))
        newest |= page.told
        behind = page.behind
    return sorted(address for address, told in newest.items() if told != asked.wording)


def _told(ring: KeyRing, body: bytes, topic: str) -> Iterable[str]:
    try:
        said = ring.open_json(body, BODY)
    except LostKey:
        return ()
    return [wording for wording in said.get(KEY, ()) if wording.partition("@")[0] == topic]


def ask_for(connection: Connection, login: str, topic: str, wording: str, now: datetime) -> bool:
    """Note that these words go to whoever was told others; False where that was asked for already."""
    row = {"id": new_id(), "topic": topic, "wording": wording, "told_since": now - OWED, "by": login, "at": now}
    if connection.execute(_once[connection.dialect.name].values(row)).first() is None:
        return False
    note(connection, now, login, "correction-asked", topic)
    return True


def correction_of(connection: Connection, wording: str) -> Correction | None:
    row = connection.execute(select(corrections).where(corrections.c.wording == wording)).first()
    return _correction(row) if row else None


def open_corrections(connection: Connection) -> list[Correction]:
    """Those that have not been sent to everybody yet, oldest first."""
    query = select(corrections).where(corrections.c.finished_at.is_(None)).order_by(corrections.c.id)
    return [_correction(row) for row in connection.execute(query)]


def finish(connection: Connection, correction: Correction, now: datetime) -> None:
    """Everybody's row is written: count them, and be done."""
    first = select(outbox.c.id).where(outbox.c.key.startswith(f"correction:{correction.id}:"), outbox.c.part == 0)
    reached = len(connection.execute(first).all())
    unfinished = corrections.c.id == correction.id, corrections.c.finished_at.is_(None)
    connection.execute(update(corrections).where(*unfinished).values(finished_at=now, reached=reached))


def readers(connection: Connection, ids: Sequence[int]) -> list[Reader]:
    """Those of these addresses that are still there and have not blocked us."""
    query = (
        select(
            addresses.c.id,
            addresses.c.account_id,
            addresses.c.contact_id,
            addresses.c.talk_sealed,
            accounts.c.kind,
        )
        .join(accounts, accounts.c.id == addresses.c.account_id)
        .where(addresses.c.id.in_(ids), addresses.c.erased_at.is_(None), addresses.c.blocked_at.is_(None))
        .order_by(addresses.c.id)
    )
    return [
        Reader(row.id, row.account_id, row.contact_id, ChannelKind(row.kind), row.talk_sealed)
        for row in connection.execute(query)
    ]


def write_correction(
    connection: Connection,
    ring: KeyRing,
    correction: Correction,
    told: Sequence[tuple[Reader, Sequence[Message]]],
    now: datetime,
) -> list[Reader]:
    """The messages of a page of people; whoever has theirs already gets no second one. Returns whose is new."""
    wanted = {
        f"correction:{correction.id}:{reader.address_id}:{part}": _Letter(new_id(), reader, part, message)
        for reader, messages in told
        for part, message in enumerate(messages)
    }
    known = set(connection.execute(select(outbox.c.key).where(outbox.c.key.in_(list(wanted)))).scalars())
    fresh = {key: letter for key, letter in wanted.items() if key not in known}
    if fresh:
        rows = [_row(ring, correction, key, letter, now) for key, letter in fresh.items()]
        connection.execute(_rows[connection.dialect.name], rows)
    return [letter.reader for letter in fresh.values()]


@dataclass(frozen=True, slots=True)
class _Letter:
    """One message of one reader."""

    id: int
    reader: Reader
    part: int
    message: Message


def _row(ring: KeyRing, correction: Correction, key: str, letter: _Letter, now: datetime) -> dict[str, Any]:
    reader, at_once = letter.reader, letter.reader.channel is ChannelKind.WEB
    body = letter.message.to_json() if letter.part else {**letter.message.to_json(), KEY: [correction.wording]}
    return {
        "id": letter.id,
        "key": key,
        "account_id": reader.account_id,
        "address_id": reader.address_id,
        "contact_id": reader.contact_id,
        "purpose": MessagePurpose.CORRECTION.value,
        "priority": PRIORITIES[MessagePurpose.CORRECTION],
        "part": letter.part,
        "body_sealed": ring.seal_json(body, BODY),
        "state": "sent" if at_once else "waiting",
        "created_at": now,
        "due_at": now,
        "expires_at": now + LASTS,
        "sent_at": now if at_once else None,
    }


def _correction(row: Any) -> Correction:
    return Correction(row.id, row.topic, row.wording, row.told_since, row.finished_at, row.reached)


_once = {
    "sqlite": sqlite.insert(corrections).on_conflict_do_nothing().returning(corrections.c.id),
    "postgresql": postgresql.insert(corrections).on_conflict_do_nothing().returning(corrections.c.id),
}
_rows = {
    "sqlite": sqlite.insert(outbox).on_conflict_do_nothing(index_elements=["key"]),
    "postgresql": postgresql.insert(outbox).on_conflict_do_nothing(index_elements=["key"]),
}
