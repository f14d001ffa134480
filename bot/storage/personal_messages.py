"""One person's messages both ways, in order of time and in pages; and the whole copy as one stream of JSON."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Connection, Row, Text, cast, literal, literal_column, or_, select, tuple_
from sqlalchemy import union_all as both_of
from sqlalchemy.sql.expression import Subquery

from bot.storage.chat_history import BODY, GONE, WORDLESS, WORDS
from bot.storage.columns import Moment
from bot.storage.personal_copy import UNREADABLE, Plain, held_of
from bot.storage.sealing import KeyRing, LostKey
from bot.storage.tables import outbox, seen

PAGE = 500

Read = Callable[[Callable[[Connection], Any]], Any]
"""Runs one reading function (`db.read_now`), in a thread of the caller's."""


@dataclass(frozen=True, slots=True)
class HeldMessage:
    """One message. `text` is None where there were no words, or they are gone.

    Args:
        ours: it stands in the outbox; else the platform told us of it.
        kind: of theirs what they did (said, pressed, started …), of ours the purpose; `staff` when a human wrote it.
        state: of ours, whether it went out.
        ref: the platform's id of theirs, our row's id of ours; with `at` and `ours` the place in the order.
        body: of ours all that was kept of it, as JSON values.
    """

    at: datetime
    ours: bool
    channel: str
    kind: str
    state: str
    ref: str = field(repr=False)
    text: str | None = field(repr=False)
    body: Plain = field(default_factory=dict, repr=False)

    @property
    def from_us(self) -> bool:
        """What staff wrote in the platform's own inbox reached us as an echo."""
        return self.ours or self.kind == "echoed"

    @property
    def choices(self) -> tuple[tuple[str, str], ...]:
        """Label and payload of each choice it offered."""
        return tuple((label, payload) for label, payload in self.body.get("choices", ()))

    def to_json(self) -> Plain:
        told: Plain = {
            "at": self.at.isoformat(),
            "from": "us" if self.from_us else "you",
            "channel": self.channel,
            "kind": self.kind,
            "text": self.text,
        }
        if self.state:
            told["state"] = self.state
        return told | {name: value for name, value in self.body.items() if name != "text"}


def newest_messages(
    connection: Connection, ring: KeyRing, homes: Mapping[int, str], limit: int, skip: int = 0
) -> list[HeldMessage]:
    """What was really said at these addresses (id → channel), the newest first."""
    if not homes:
        return []
    both = _both(homes, _readable())
    query = select(both).order_by(both.c.at.desc(), both.c.ours.desc(), both.c.ref.desc()).limit(limit).offset(skip)
    return [_message(row, ring, homes) for row in connection.execute(query)]


def message_pages(
    read: Read, ring: KeyRing, homes: Mapping[int, str], *, readable: bool = False
) -> Iterator[list[HeldMessage]]:
    """All messages, the oldest first; each page is one short read.

    Args:
        readable: only what was said; else also what platforms told us, and messages that never went.
    """
    last: HeldMessage | None = None
    while homes:
        page = read(partial(_page, ring=ring, homes=homes, after=last, readable=readable))
        if not page:
            return
        yield page
        last = page[-1]


def copy_chunks(read: Read, ring: KeyRing, contact_id: int, now: datetime) -> Iterator[bytes] | None:
    """Everything held of a person as one JSON object, piece by piece; None when nothing is held under this id."""
    held = read(lambda connection: held_of(connection, ring, contact_id))
    return None if held is None else _chunks(read, ring, held, now)


def homes_of(held: Plain) -> dict[int, str]:
    """The addresses of a copy: id → channel."""
    return {int(home["address_id"]): home["channel"] for home in held["addresses"]}


def _chunks(read: Read, ring: KeyRing, held: Plain, now: datetime) -> Iterator[bytes]:
    head = orjson.dumps({"made_at": now.isoformat(), **held}, option=orjson.OPT_INDENT_2)
    yield head[: head.rindex(b"}")].rstrip() + b',\n  "messages": ['
    between = b"\n"
    for page in message_pages(read, ring, homes_of(held)):
        yield between + b",\n".join(b"    " + orjson.dumps(message.to_json()) for message in page)
        between = b",\n"
    yield b"\n  ]\n}\n"


def _page(
    connection: Connection, ring: KeyRing, homes: Mapping[int, str], after: HeldMessage | None, readable: bool
) -> list[HeldMessage]:
    both = _both(homes, _readable() if readable else None)
    place = tuple_(both.c.at, both.c.ours, both.c.ref)
    query = select(both).order_by(both.c.at, both.c.ours, both.c.ref).limit(PAGE)
    if after is not None:
        last = tuple_(literal(after.at, Moment()), literal(int(after.ours)), literal(after.ref, Text()))
        query = query.where(place > last)
    return [_message(row, ring, homes) for row in connection.execute(query)]


def _readable() -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Of theirs and of ours: what a person would call a message."""
    return or_(seen.c.kind.not_in(WORDLESS), seen.c.text_sealed.is_not(None)), outbox.c.state.not_in(GONE)


def _both(homes: Mapping[int, str], narrowed: tuple[ColumnElement[bool], ColumnElement[bool]] | None) -> Subquery:
    """Theirs and ours as one table. A reply is committed with the words it answers, so at one moment theirs come first."""
    theirs = select(
        seen.c.received_at.label("at"),
        literal_column("0").label("ours"),
        seen.c.update_id.label("ref"),
        seen.c.address_id,
        seen.c.kind,
        literal_column("''").label("state"),
        seen.c.text_sealed.label("sealed"),
    ).where(seen.c.address_id.in_(homes))
    ours = select(
        outbox.c.created_at,
        literal_column("1"),
        cast(outbox.c.id, Text),
        outbox.c.address_id,
        outbox.c.purpose,
        outbox.c.state,
        outbox.c.body_sealed,
    ).where(outbox.c.address_id.in_(homes))
    if narrowed is not None:
        theirs, ours = theirs.where(narrowed[0]), ours.where(narrowed[1])
    return both_of(theirs, ours).subquery("both")


def _message(row: Row[Any], ring: KeyRing, homes: Mapping[int, str]) -> HeldMessage:
    ours, channel = bool(row.ours), homes[row.address_id]
    try:
        if ours:
            body = ring.open_json(row.sealed, BODY)
            return HeldMessage(row.at, True, channel, row.kind, row.state, row.ref, body["text"], body)
        return HeldMessage(row.at, False, channel, row.kind, "", row.ref, ring.open_text(row.sealed, WORDS))
    except LostKey:
        return HeldMessage(row.at, ours, channel, row.kind, row.state, row.ref, UNREADABLE)
