"""What sweeps do to a broadcast by themselves: hold it back, call off its start, finish it."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, select, update

from bot.domain.broadcasts import BroadcastState
from bot.storage.audit import note
from bot.storage.broadcast_queue import hold
from bot.storage.tables import broadcasts, outbox, recipients

SYSTEM = "system"
"""Stands in the audit for what the program does by itself."""

S = BroadcastState


def hold_back(connection: Connection, broadcast_id: int, why: str, now: datetime) -> bool:
    """Pause a running one by itself, with a word that says why; False when it does not run any more."""
    values = {"state": S.PAUSED.value, "paused_at": now, "pause_reason": why}
    if not _swept(connection, broadcast_id, S.RUNNING, values):
        return False
    hold(connection, broadcast_id)
    _note_swept(connection, now, "held-back", broadcast_id, why)
    return True


def call_off_start(connection: Connection, broadcast_id: int, why: str, now: datetime) -> bool:
    """Its time has come and it may not start: approved only, with a word that says why; staff start it once more."""
    values = {"state": S.APPROVED.value, "pause_reason": why}
    if not _swept(connection, broadcast_id, S.SCHEDULED, values):
        return False
    _note_swept(connection, now, "not-started", broadcast_id, why)
    return True


def finish(connection: Connection, broadcast_id: int, now: datetime) -> bool:
    """It is finished once everybody has been gone through and nothing waits; False while something does."""
    waits = select(recipients.c.contact_id).where(
        recipients.c.broadcast_id == broadcast_id, recipients.c.state == "waiting"
    )
    goes = select(outbox.c.id).where(outbox.c.broadcast_id == broadcast_id, outbox.c.state.in_(("waiting", "sending")))
    done = and_(broadcasts.c.expanded_at.is_not(None), ~waits.exists(), ~goes.exists())
    if not _swept(connection, broadcast_id, S.RUNNING, {"state": S.FINISHED.value, "finished_at": now}, done):
        return False
    _note_swept(connection, now, "finished", broadcast_id)
    return True


def _swept(
    connection: Connection, broadcast_id: int, state: BroadcastState, values: dict[str, Any], *more: Any
) -> bool:
    mine = broadcasts.c.id == broadcast_id, broadcasts.c.state == state.value
    return connection.execute(update(broadcasts).where(*mine, *more).values(values)).rowcount == 1


def _note_swept(connection: Connection, now: datetime, what: str, broadcast_id: int, detail: str = "") -> None:
    code = connection.execute(select(broadcasts.c.code).where(broadcasts.c.id == broadcast_id)).scalar_one()
    note(connection, now, SYSTEM, f"broadcast-{what}", code, detail)
