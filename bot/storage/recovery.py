"""Messages whose fate became unclear: found again after a kill, after a lost commit, by a platform's echo."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, and_, bindparam, func, select, text, update

from bot.storage.tables import attempts, outbox

INTERRUPTED = "interrupted"
"""Reason of a message whose call was under way when its sender died: it may have arrived."""

_unfinished = (
    select(attempts.c.id, attempts.c.outbox_id, attempts.c.epoch)
    .join(outbox, and_(outbox.c.id == attempts.c.outbox_id, outbox.c.attempts == attempts.c.number))
    .where(
        # Written out, so that the partial index ix_outbox_waiting serves.
        text("outbox.state IN ('waiting', 'sending')"),
        text("outbox.state = 'sending'"),
        outbox.c.account_id == bindparam("account"),
        attempts.c.ended_at.is_(None),
    )
)


def recover(connection: Connection, account_id: int, now: datetime) -> int:
    """At the start of a lane: calls that an earlier owner began and never finished may have arrived: unknown.

    They are never sent again by themselves. Returns how many there were.
    """
    rows = connection.execute(_unfinished, {"account": account_id}).all()
    _close(connection, [row.id for row in rows], "uncertain", now)
    _turn_into(connection, [row.outbox_id for row in rows], state="unknown", reason=INTERRUPTED)
    return len(rows)


def take_back(connection: Connection, account_id: int, epoch: int, known: Iterable[int], now: datetime) -> int:
    """After a commit whose fate was unclear: attempts of our own epoch that we never called go back to waiting."""
    mine = set(known)
    rows = [
        row
        for row in connection.execute(_unfinished, {"account": account_id})
        if row.epoch == epoch and row.outbox_id not in mine
    ]
    _close(connection, [row.id for row in rows], "not-called", now)
    _turn_into(connection, [row.outbox_id for row in rows], state="waiting", reason="")
    return len(rows)


def _close(connection: Connection, ids: Sequence[int], outcome: str, now: datetime) -> None:
    if ids:
        connection.execute(update(attempts).where(attempts.c.id.in_(ids)).values(ended_at=now, outcome=outcome))


def _turn_into(connection: Connection, ids: Sequence[int], **values: str) -> None:
    if ids:
        connection.execute(update(outbox).where(outbox.c.id.in_(ids)).values(**values))


def settle_echoes(connection: Connection, echoes: Sequence[Mapping[str, str]], now: datetime) -> int:
    """A platform's echo with our key proves that a message of unclear fate went out.

    Args:
        echoes: rows of `echo_key` (the outbox key) and `echo_id` (the platform's id of the message).

    Returns:
        how many messages were settled.
    """
    if not echoes:
        return 0
    statement = (
        update(outbox)
        .where(outbox.c.key == bindparam("echo_key"), outbox.c.state.in_(("sending", "unknown")))
        .values(
            state="sent",
            reason="echoed",
            sent_at=now,
            platform_id=func.coalesce(bindparam("echo_id"), outbox.c.platform_id),
        )
    )
    return connection.execute(statement, [dict(echo) for echo in echoes]).rowcount
