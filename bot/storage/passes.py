"""The passes of a drive as a slot of their own, behind its last one."""

from datetime import datetime

from sqlalchemy import Connection, select, update

from bot.domain.drives import PASS_AFTER, is_pass_time
from bot.storage.ids import new_id
from bot.storage.tables import slots


def fit_passes(connection: Connection, drive_id: int, ends_at: datetime, count: int) -> None:
    """So many passes from now on, at the end that the drive has now. Those that are given already stay good."""
    query = select(slots).where(slots.c.drive_id == drive_id).order_by(slots.c.starts_at.desc())
    there = next((row for row in connection.execute(query) if is_pass_time(row.starts_at)), None)
    at = ends_at + PASS_AFTER
    if there is None:
        if count:
            connection.execute(slots.insert().values(id=new_id(), drive_id=drive_id, starts_at=at, capacity=count))
    elif (there.starts_at, there.capacity) != (at, count):
        connection.execute(update(slots).where(slots.c.id == there.id).values(starts_at=at, capacity=count))
