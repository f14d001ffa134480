"""The record of joins: who became whom, what it takes to undo it, for thirty days."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, select

from bot.storage.housekeeping import PAGE
from bot.storage.ids import new_id
from bot.storage.sealing import KeyRing
from bot.storage.tables import joins

LASTS = timedelta(days=30)
"""So long a join can be undone."""

LABEL = "joins.moved"

Plain = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Join:
    """`gone` became `kept`; `moved` is what went over, as JSON values."""

    id: int
    kept: int
    gone: int
    joined_at: datetime
    moved: Plain = field(repr=False)


def keep_join(connection: Connection, ring: KeyRing, kept: int, gone: int, moved: Plain, now: datetime) -> None:
    row = {
        "id": new_id(),
        "kept_id": kept,
        "gone_id": gone,
        "joined_at": now,
        "moved_sealed": ring.seal_json(moved, LABEL),
    }
    connection.execute(joins.insert().values(row))


def newest_join(connection: Connection, ring: KeyRing, contact_id: int, now: datetime) -> Join | None:
    """The last join of this person that can still be undone; an earlier one only after it.

    Raises:
        LostKey: no key opens what it moved.
    """
    lately = joins.c.kept_id == contact_id, joins.c.joined_at > now - LASTS
    row = connection.execute(select(joins).where(*lately).order_by(joins.c.id.desc()).limit(1)).first()
    if row is None:
        return None
    return Join(row.id, row.kept_id, row.gone_id, row.joined_at, ring.open_json(row.moved_sealed, LABEL))


def joined_lately(connection: Connection, contact_id: int, now: datetime) -> datetime | None:
    """When the last join was that can still be undone."""
    lately = joins.c.kept_id == contact_id, joins.c.joined_at > now - LASTS
    return connection.execute(select(joins.c.joined_at).where(*lately).order_by(joins.c.id.desc()).limit(1)).scalar()


def end_join(connection: Connection, join_id: int) -> None:
    connection.execute(delete(joins).where(joins.c.id == join_id))


def person_now(connection: Connection, contact_id: int) -> int:
    """Under which id a person goes on: their own, unless they were joined to somebody since."""
    seen = {contact_id}
    while True:
        query = select(joins.c.kept_id).where(joins.c.gone_id == contact_id).order_by(joins.c.id.desc()).limit(1)
        kept = connection.execute(query).scalar()
        if kept is None or kept in seen:
            return contact_id
        contact_id = kept
        seen.add(kept)


def forget_joins(connection: Connection, contact_id: int) -> list[int]:
    """Nothing of a person's joins is left; returns the ids that they went by before."""
    earlier: list[int] = []
    kept = [contact_id]
    while kept:
        found = connection.execute(select(joins.c.id, joins.c.gone_id).where(joins.c.kept_id.in_(kept))).all()
        connection.execute(delete(joins).where(joins.c.id.in_([row.id for row in found])))
        kept = [row.gone_id for row in found]
        earlier += kept
    return earlier


def drop_joins(connection: Connection, now: datetime) -> int:
    """One page of joins that can no longer be undone."""
    old = select(joins.c.id).where(joins.c.joined_at <= now - LASTS).limit(PAGE)
    return connection.execute(delete(joins).where(joins.c.id.in_(old))).rowcount
