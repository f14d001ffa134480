"""What was said in one talk, both ways, for the web chat's page and for staff."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Text, cast, exists, literal, select

from bot.domain.messages import Message
from bot.storage.ids import id_at
from bot.storage.sealing import KeyRing
from bot.storage.tables import outbox, seen

BODY = "outbox.body"
WORDS = "seen.text"
CONFIDENTIAL = "private"
"""How the keys of messages begin that staff do not see: about pressure, or a wish nobody may be asked about."""

FLEETING = f"{CONFIDENTIAL}:fleeting"
"""Of these our own words go too, soon after they went out (`storage/fleeting.py`): they would tell what was answered."""

GONE = ("skipped", "moved")
"""States of messages that never went to this address."""

WORDLESS = ("echoed", "receipted", "unknown")
"""What platforms tell us beside the talk: held, but nothing to read in it."""


@dataclass(frozen=True, slots=True)
class BotLine:
    """One message of ours. `purpose` is `staff` when a person wrote it."""

    id: int
    address_id: int
    at: datetime
    purpose: str
    state: str
    message: Message = field(repr=False)


@dataclass(frozen=True, slots=True)
class SaidLine:
    """One update of theirs; `text` is None when it held no words (a sticker) or the words are gone."""

    update_id: str
    at: datetime
    kind: str
    text: str | None = field(repr=False)


Line = BotLine | SaidLine


def bot_lines(
    connection: Connection, ring: KeyRing, address_id: int, limit: int, after: int = 0, *, for_staff: bool = False
) -> list[BotLine]:
    """The newest messages to an address, oldest first; only those after an id where one is given."""
    query = (
        select(outbox)
        .where(outbox.c.address_id == address_id, outbox.c.id > after, outbox.c.state.not_in(GONE))
        .order_by(outbox.c.id.desc())
        .limit(limit)
    )
    if for_staff:
        query = query.where(outbox.c.key.not_like(f"{CONFIDENTIAL}:%"), ~_answers_unkept_words)
    return [_bot_line(row, ring) for row in reversed(connection.execute(query).all())]


# An answer would tell what the person said, although their words were not kept.
_answers_unkept_words = exists().where(
    seen.c.address_id == outbox.c.address_id,
    seen.c.kind.in_(("said", "pressed")),
    seen.c.text_sealed.is_(None),
    outbox.c.key.like(literal("reply:") + cast(outbox.c.account_id, Text) + ":" + seen.c.update_id + ":%"),
)


def said_lines(
    connection: Connection, ring: KeyRing, address_id: int, limit: int, since: datetime | None = None
) -> list[SaidLine]:
    """The newest updates of an address, oldest first; only those from a moment on where one is given."""
    query = (
        select(seen)
        .where(seen.c.address_id == address_id, seen.c.kind.not_in(WORDLESS))
        .order_by(seen.c.received_at.desc(), seen.c.update_id.desc())
        .limit(limit)
    )
    if since is not None:
        query = query.where(seen.c.received_at >= since)
    return [_said_line(row, ring) for row in reversed(connection.execute(query).all())]


def talk_lines(
    connection: Connection,
    ring: KeyRing,
    address_id: int,
    limit: int,
    *,
    since: datetime | None = None,
    for_staff: bool = False,
) -> list[Line]:
    """The last lines of a talk, or of its part since a moment, in order of time. A tap stands there with the words of
    the button.

    For staff without the confidential messages: whoever reads the talk may be of the very unit.
    """
    after = 0 if since is None else max(id_at(since), 0)
    ours = bot_lines(connection, ring, address_id, limit, after, for_staff=for_staff)
    theirs = with_labels(said_lines(connection, ring, address_id, limit, since), ours)
    both: list[Line] = [*theirs, *ours]
    return sorted(both, key=_moment)[-limit:]


def with_labels(theirs: Iterable[SaidLine], ours: Sequence[BotLine]) -> list[SaidLine]:
    """Taps whose label the platform did not send get it from the message that offered them."""
    labels = {choice.payload: choice.label for line in ours for choice in line.message.choices}
    return [
        SaidLine(line.update_id, line.at, line.kind, labels.get(line.text or "", line.text))
        if line.kind == "pressed"
        else line
        for line in theirs
    ]


def sent_since(connection: Connection, ring: KeyRing, address_ids: Sequence[int], since: datetime) -> list[BotLine]:
    """Messages to any of these addresses made since a moment, oldest first."""
    query = (
        select(outbox)
        .where(outbox.c.address_id.in_(address_ids), outbox.c.id > id_at(since), outbox.c.state.not_in(GONE))
        .order_by(outbox.c.id)
    )
    return [_bot_line(row, ring) for row in connection.execute(query)]


def _moment(line: Line) -> tuple[datetime, bool, int]:
    """A reply is committed with the words it answers, so at the same moment theirs come first."""
    return (line.at, isinstance(line, BotLine), line.id if isinstance(line, BotLine) else 0)


def _bot_line(row: Row[Any], ring: KeyRing) -> BotLine:
    message = Message.from_json(ring.open_json(row.body_sealed, BODY))
    return BotLine(row.id, row.address_id, row.created_at, row.purpose, row.state, message)


def _said_line(row: Row[Any], ring: KeyRing) -> SaidLine:
    return SaidLine(row.update_id, row.received_at, row.kind, ring.open_text(row.text_sealed, WORDS))
