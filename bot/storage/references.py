"""Codes on posters: made at the first need, the same ever after, read as a growing list."""

from collections.abc import Sequence
from datetime import datetime
from itertools import islice

from sqlalchemy import Connection, func, insert, select, text

from bot.domain.drives import DriveState
from bot.domain.references import Reference, numbers_after
from bot.storage.tables import drives, poster_codes

PAGE = 200
"""Units whose codes are made in one write."""

_LOCK = text("SELECT pg_advisory_xact_lock(-7203)")
"""Negative, so never the lock of an address. Held until the commit: numbers become visible in their order."""

_columns = select(poster_codes.c.number, poster_codes.c.drive_id, poster_codes.c.unit_id)


def numbers_of(connection: Connection, drive_id: int, unit_ids: Sequence[int], now: datetime) -> dict[int, int]:
    """Unit → the number of its code for a drive; those without one get the next numbers. At most `PAGE` units."""
    if len(unit_ids) > PAGE:
        raise ValueError(f"at most {PAGE} units at once")
    if connection.dialect.name == "postgresql":
        connection.execute(_LOCK)
    query = _columns.where(poster_codes.c.drive_id == drive_id, poster_codes.c.unit_id.in_(unit_ids))
    known = {row.unit_id: row.number for row in connection.execute(query)}
    missing = [unit for unit in dict.fromkeys(unit_ids) if unit not in known]
    if missing:
        last = connection.execute(select(func.max(poster_codes.c.number))).scalar()
        fresh = dict(zip(missing, islice(numbers_after(last), len(missing)), strict=True))
        rows = [
            {"number": number, "drive_id": drive_id, "unit_id": unit, "made_at": now} for unit, number in fresh.items()
        ]
        connection.execute(insert(poster_codes), rows)
        known.update(fresh)
    return known


def references_after(connection: Connection, number: int) -> list[Reference]:
    """Codes made since: numbers only grow, so whoever has read up to one needs what stands behind it."""
    query = _columns.where(poster_codes.c.number > number).order_by(poster_codes.c.number)
    return [Reference(row.number, row.drive_id, row.unit_id) for row in connection.execute(query)]


def drives_not_yet_open(connection: Connection, now: datetime) -> frozenset[int]:
    """Drafts to come: their posters may hang already."""
    query = select(drives.c.id).where(drives.c.state == DriveState.DRAFT, drives.c.ends_at > now)
    return frozenset(connection.execute(query).scalars())
