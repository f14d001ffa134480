"""The part of a broadcast that stands in the outbox already: held, let go, taken back, or tried again."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, and_, exists, or_, select, text, update

from bot.domain.broadcasts import BroadcastState
from bot.storage.tables import broadcasts, outbox, recipients

PAUSED = "paused"
RECALLED = "recalled"
PAGE = 500
HELD = datetime(2200, 1, 1, tzinfo=UTC)
"""What is held becomes due so late; the message's own end still counts."""

_waiting = text("outbox.state = 'waiting'")


def hold(connection: Connection, broadcast_id: int) -> int:
    """Nothing of it goes out any more until `release`; a call under way ends by itself. Little is queued at a time, so
    one statement holds all of it."""
    held = update(outbox).where(outbox.c.broadcast_id == broadcast_id, _waiting)
    return connection.execute(held.values(due_at=HELD, reason=PAUSED)).rowcount


def release(connection: Connection, broadcast_id: int, now: datetime) -> int:
    """What was held is due; the lane judges it once more."""
    held = update(outbox).where(outbox.c.broadcast_id == broadcast_id, _waiting, outbox.c.reason == PAUSED)
    return connection.execute(held.values(due_at=now, reason="")).rowcount


def recall(connection: Connection, broadcast_id: int, now: datetime, why: str = RECALLED) -> int:
    """End a page of what has not gone out, with its reason; call it until it returns 0."""
    ended = update(outbox).where(outbox.c.broadcast_id == broadcast_id, _waiting)
    count = connection.execute(ended.values(state="skipped", reason=why)).rowcount
    page = (
        select(recipients.c.contact_id)
        .where(text("recipients.state = 'waiting'"), recipients.c.broadcast_id == broadcast_id)
        .limit(PAGE)
    )
    people = list(connection.execute(page).scalars())
    if people:
        theirs = recipients.c.broadcast_id == broadcast_id, recipients.c.contact_id.in_(people)
        skipped: dict[str, Any] = {"state": "skipped", "reason": why, "decided_at": now, "due_at": None}
        connection.execute(update(recipients).where(*theirs).values(skipped))
    return count + len(people)


def strays(connection: Connection) -> list[tuple[int, BroadcastState]]:
    """Broadcasts that stand still or are over though something of theirs may still go: a lane has put a message back that
    was under way, or a recall was cut off between its pages."""
    queued = exists().where(outbox.c.broadcast_id == broadcasts.c.id, _waiting)
    people = exists().where(recipients.c.broadcast_id == broadcasts.c.id, text("recipients.state = 'waiting'"))
    paused = and_(broadcasts.c.state == BroadcastState.PAUSED.value, queued.where(outbox.c.reason != PAUSED))
    over = and_(broadcasts.c.state == BroadcastState.CANCELLED.value, or_(queued, people))
    rows = connection.execute(
        select(broadcasts.c.id, broadcasts.c.state).where(or_(paused, over)).order_by(broadcasts.c.id)
    )
    return [(row.id, BroadcastState(row.state)) for row in rows]


def retry_failed(connection: Connection, broadcast_id: int, reasons: Sequence[str], now: datetime) -> int:
    """Let a page of people wait again whose message certainly did not arrive, for one of these reasons; call it until it
    returns 0. What may have arrived, whole or in part, is never tried again."""
    page = (
        select(recipients.c.contact_id)
        .join(outbox, (outbox.c.contact_id == recipients.c.contact_id) & (outbox.c.broadcast_id == broadcast_id))
        .where(
            recipients.c.broadcast_id == broadcast_id,
            recipients.c.state == "queued",
            outbox.c.state.in_(("failed", "skipped")),
            outbox.c.reason.in_(list(reasons)),
            ~_arrived_in_part,
        )
        .distinct()
        .limit(PAGE)
    )
    people = list(connection.execute(page).scalars())
    if people:
        ended = outbox.c.broadcast_id == broadcast_id, outbox.c.contact_id.in_(people)
        connection.execute(update(outbox).where(*ended, outbox.c.state != "moved").values(state="moved"))
        theirs = recipients.c.broadcast_id == broadcast_id, recipients.c.contact_id.in_(people)
        again = {"state": "waiting", "reason": "", "due_at": now, "decided_at": None, "tries": recipients.c.tries + 1}
        connection.execute(update(recipients).where(*theirs).values(again))
    return len(people)


_other = outbox.alias("other")
_arrived_in_part = (
    exists()
    .where(
        _other.c.address_id == outbox.c.address_id,
        _other.c.broadcast_id == outbox.c.broadcast_id,
        _other.c.state.not_in(("failed", "skipped", "moved")),
    )
    .correlate(outbox)
)
