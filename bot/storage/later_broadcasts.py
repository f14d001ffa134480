"""Broadcasts in a copy that is put back: none goes on by itself, and who had one after the copy does not get it again."""

import sqlite3
from collections.abc import Collection, Mapping
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, delete, exists, select, update
from sqlalchemy.dialects import sqlite

from bot.domain.broadcasts import BroadcastState
from bot.storage.broadcast_queue import HELD, PAUSED, hold
from bot.storage.columns import to_microseconds
from bot.storage.database import Database
from bot.storage.old_rows import Values, pages, rows_of, tables_in
from bot.storage.recipients import SKIPPED, WAITING
from bot.storage.tables import appeal_candidates, broadcasts, contacts, recipients

RESTORED = "restored"
"""Why such a broadcast stands still, and why somebody is not sent it any more."""

S = BroadcastState
OVER = (S.FINISHED.value, S.CANCELLED.value)
UNAPPROVED = (S.DRAFT.value, S.SUBMITTED.value)
NOT_BEGUN = (S.APPROVED.value, S.SCHEDULED.value)


def hold_broadcasts(copy: Path, now: datetime) -> int:
    """Nothing is known of what went out after the copy: all that could go on waits until somebody has looked.

    The file is touched as little as can be: an older copy is not migrated here. Returns how many there are.
    """
    with closing(sqlite3.connect(copy)) as file, file:
        if broadcasts.name not in tables_in(file):
            return 0
        stops = "UPDATE broadcasts SET state = ?, pause_reason = ?, paused_at = ? WHERE state IN (?, ?)"
        at = to_microseconds(now)
        begun = file.execute(stops, (S.PAUSED, RESTORED, at, S.RUNNING, S.PAUSED)).rowcount
        begun_not = file.execute(stops, (S.APPROVED, RESTORED, None, *NOT_BEGUN)).rowcount
        file.execute(
            "UPDATE outbox SET due_at = ?, reason = ? WHERE state = 'waiting' AND broadcast_id IN "
            "(SELECT id FROM broadcasts WHERE state = ?)",
            (to_microseconds(HELD), PAUSED, S.PAUSED),
        )
        return begun + begun_not


def take_over_broadcasts(old: sqlite3.Connection, db: Database, now: datetime) -> int:
    """What is over in the replaced database is over; what goes on there is held here, without those who had it.

    Returns how many are held.
    """
    later = {row["id"]: row for row in rows_of(old, broadcasts) if row["started_at"] is not None}
    ours = db.read_now(lambda c: c.execute(select(broadcasts).where(broadcasts.c.state.not_in(OVER))).all())
    begun = {row.id for row in ours if row.id in later}
    for page in pages(row for row in rows_of(old, recipients) if row["broadcast_id"] in begun):
        db.write_now(lambda c, rows=page: _settle(c, rows))  # type: ignore[misc]
    held = 0
    for row in ours:
        held += db.write_now(lambda c, row=row: _stop(c, row, later.get(row.id), now))  # type: ignore[misc]
    return held


def _stop(connection: Connection, row: Any, later: Mapping[str, Any] | None, now: datetime) -> bool:
    """One that is not over in the copy; whether it waits for somebody now."""
    mine = update(broadcasts).where(broadcasts.c.id == row.id)
    if later is not None and later["state"] in OVER:
        ends = {name: later[name] for name in ("state", "started_at", "expanded_at", "finished_at")}
        connection.execute(mine.values(ends))
        return False
    if later is not None and row.state in UNAPPROVED:
        # It was approved and begun after the copy: the words that stand here are none that anybody has approved.
        connection.execute(mine.values(state=S.CANCELLED.value, finished_at=now, pause_reason=RESTORED))
        return False
    if row.state in UNAPPROVED:
        return False
    begun = later is not None or row.started_at is not None
    if not begun:
        connection.execute(mine.values(state=S.APPROVED.value, pause_reason=RESTORED))
        return True
    started_at = later["started_at"] if later is not None else row.started_at
    stopped = {"state": S.PAUSED.value, "paused_at": now, "pause_reason": RESTORED, "started_at": started_at}
    connection.execute(mine.values(stopped))
    hold(connection, row.id)
    return True


def _settle(connection: Connection, rows: list[Values]) -> None:
    """Who has had their turn since has had it: sent, or left out for the reason that stood there."""
    decided = [row for row in rows if row["state"] != WAITING]
    ids = {row["contact_id"] for row in decided}
    known = set(connection.execute(select(contacts.c.id).where(contacts.c.id.in_(ids))).scalars())
    ended = [_ended(row) for row in decided if row["contact_id"] in known]
    if not ended:
        return
    new = sqlite.insert(recipients)
    changes = {name: new.excluded[name] for name in ("state", "reason", "decided_at", "due_at")}
    keys = (recipients.c.broadcast_id, recipients.c.contact_id)
    waits = recipients.c.state == WAITING
    connection.execute(new.on_conflict_do_update(index_elements=keys, set_=changes, where=waits), ended)
    _ask_nobody_again(connection, {row["broadcast_id"] for row in ended}, known)


def _ended(row: Values) -> Values:
    had_it = row["state"] != SKIPPED
    kept = {name: row[name] for name in ("broadcast_id", "contact_id", "decided_at", "wave", "tries")}
    return {**kept, "state": SKIPPED, "reason": RESTORED if had_it else row["reason"], "due_at": None}


def _ask_nobody_again(connection: Connection, of: Collection[int], people: Collection[int]) -> None:
    """An appeal's candidates who stand among its recipients have been asked."""
    asked = exists().where(
        recipients.c.broadcast_id == appeal_candidates.c.broadcast_id,
        recipients.c.contact_id == appeal_candidates.c.contact_id,
    )
    mine = appeal_candidates.c.broadcast_id.in_(of), appeal_candidates.c.contact_id.in_(people)
    connection.execute(delete(appeal_candidates).where(*mine, asked))
