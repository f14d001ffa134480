"""Due intents, claimed page by page, and what became of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.domain.schedule import Schedule
from bot.storage.columns import Moment
from bot.storage.due_facts import DueIntent, with_facts, with_subject
from bot.storage.tables import addresses, intents, outbox


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where the next page begins: behind this intent, by (due_at, id)."""

    due_at: datetime
    id: int


_due = (
    # Written out, not bound: only so both databases see that the partial index ix_intents_due serves.
    with_subject.where(text("intents.state = 'waiting'"), intents.c.due_at <= bindparam("now"))
    .order_by(intents.c.due_at, intents.c.id)
    .limit(bindparam("most"))
    .with_for_update(of=intents, skip_locked=True)
)
_behind = _due.where(
    intents.c.due_at >= bindparam("from_due"),
    (intents.c.due_at > bindparam("from_due")) | (intents.c.id > bindparam("from_id")),
)


def anything_due(connection: Connection, now: datetime) -> bool:
    """Whether any intent is due: a cheap question that needs no write."""
    statement = select(intents.c.id).where(text("intents.state = 'waiting'"), intents.c.due_at <= now).limit(1)
    return connection.execute(statement).first() is not None


def claim_due(
    connection: Connection, now: datetime, limit: int, schedule: Schedule, after: Cursor | None = None
) -> tuple[list[DueIntent], Cursor | None]:
    """A page of due intents, locked until the commit, and where the next page begins (None: this was the last).

    Intents whose address the intake holds just now are left out: the next sweep finds them.
    """
    values: dict[str, Any] = {"now": now, "most": limit}
    if after is not None:
        values |= {"from_due": after.due_at, "from_id": after.id}
    rows = connection.execute(_due if after is None else _behind, values).all()
    cursor = Cursor(rows[-1].due_at, rows[-1].id) if len(rows) == limit else None
    return with_facts(connection, rows, now, schedule), cursor


def intents_again(connection: Connection, ids: Sequence[int], now: datetime, schedule: Schedule) -> list[DueIntent]:
    """Intents that were queued, with all that judging them once more needs."""
    rows = connection.execute(with_subject.where(intents.c.id.in_(ids)).order_by(intents.c.id)).all()
    return with_facts(connection, rows, now, schedule)


@dataclass(slots=True)
class Decided:
    """What becomes of a page of intents: rows for one commit."""

    queued: list[dict[str, Any]] = field(default_factory=list)
    skipped: list[dict[str, Any]] = field(default_factory=list)
    waiting: list[dict[str, Any]] = field(default_factory=list)
    outbox: list[dict[str, Any]] = field(default_factory=list)
    talks: list[dict[str, Any]] = field(default_factory=list)


_decide = (
    update(intents)
    .where(intents.c.id == bindparam("row"))
    .values(state=bindparam("to_state"), reason=bindparam("why"), decided_at=bindparam("at"))
)
_wait = (
    update(intents)
    .where(intents.c.id == bindparam("row"))
    .values(
        due_at=bindparam("until"),
        reason=bindparam("why"),
        expires_at=func.coalesce(bindparam("ends", type_=Moment), intents.c.expires_at),
    )
)
_remember = update(addresses).where(addresses.c.id == bindparam("row")).values(talk_sealed=bindparam("talk"))
_enqueue = {
    "sqlite": sqlite.insert(outbox).on_conflict_do_nothing(),
    "postgresql": postgresql.insert(outbox).on_conflict_do_nothing(),
}


def write_decided(connection: Connection, decided: Decided) -> None:
    """At most four statements, whatever the size of the page."""
    ended = [*decided.queued, *decided.skipped]
    if ended:
        connection.execute(_decide, ended)
    if decided.waiting:
        connection.execute(_wait, decided.waiting)
    if decided.talks:
        connection.execute(_remember, sorted(decided.talks, key=lambda row: row["row"]))
    if decided.outbox:
        connection.execute(_enqueue[connection.dialect.name], decided.outbox)
