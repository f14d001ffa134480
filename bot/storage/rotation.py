"""Seals everything anew under the newest key, beside running servers: small pages, and no change of theirs is lost."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, LargeBinary, bindparam, func, select, update

from bot.storage.database import Database
from bot.storage.sealed_columns import SEALED, SealedColumn, SealedValue, is_row, pages
from bot.storage.sealing import KeyRing, LostKey

PAGE = 100
"""Rows in one transaction: 5 ms of the writer for 200 of them here, but 30 on a machine that is busy."""

PASSES = 5
"""A row that a server changed or held meanwhile is taken again in the next pass."""

REST = 1.0
"""Rest after each page for as long as it took to write, so that the intake of another process gets its turn."""


@dataclass(frozen=True, slots=True)
class _Change:
    row: tuple[Any, ...]
    old: bytes
    new: bytes


def rotate(db: Database, ring: KeyRing, rest: Callable[[float], None] = time.sleep) -> dict[str, int]:
    """Seal every value anew that is not under the newest key; what no key opens stays as it is.

    It keeps nothing in mind: killed at any moment and begun again, it goes on with what is left.

    Args:
        rest: how to wait for so many seconds.

    Returns:
        how many values of each column were sealed anew.
    """
    return {where.label: _rotate_column(db, ring, where, rest) for where in SEALED}


def _rotate_column(db: Database, ring: KeyRing, where: SealedColumn, rest: Callable[[float], None]) -> int:
    total = 0
    for _ in range(PASSES):
        missed = 0
        for page in pages(db, where, _is_old(where, ring), PAGE):
            changes = _sealed_anew(ring, where, page)
            began = time.perf_counter()
            done = _swap(db, where, changes) if changes else 0
            rest((time.perf_counter() - began) * REST)
            total += done
            missed += len(changes) - done
        if not missed:
            break
    return total


def _is_old(where: SealedColumn, ring: KeyRing) -> Any:
    return func.substr(where.column, 2, len(ring.newest), type_=LargeBinary) != ring.newest


def _sealed_anew(ring: KeyRing, where: SealedColumn, page: list[SealedValue]) -> list[_Change]:
    changes = []
    for value in page:
        try:
            plain = ring.open(value.sealed, where.label)
        except LostKey:
            continue
        changes.append(_Change(value.row, value.sealed, ring.seal(plain, where.label)))
    return changes


def _swap(db: Database, where: SealedColumn, changes: list[_Change]) -> int:
    """Write a page: only where the value is still the one that was read. Returns how many were written."""
    return db.write_now(lambda connection: _write(connection, where, changes))


def _write(connection: Connection, where: SealedColumn, changes: list[_Change]) -> int:
    free = _free_rows(connection, where, [change.row for change in changes])
    changes = [change for change in changes if change.row in free]
    if not changes:
        return 0
    names = [f"key_{number}" for number in range(len(where.keys))]
    same_row = [key == bindparam(name) for key, name in zip(where.keys, names, strict=True)]
    statement = (
        update(where.table).where(*same_row, where.column == bindparam("old")).values({where.column: bindparam("new")})
    )
    values = [{**dict(zip(names, change.row, strict=True)), "old": change.old, "new": change.new} for change in changes]
    return connection.execute(statement, values).rowcount


def _free_rows(connection: Connection, where: SealedColumn, rows: list[tuple[Any, ...]]) -> set[tuple[Any, ...]]:
    """On PostgreSQL, lock those rows that nobody holds now: waiting for one could end in a deadlock with the intake."""
    if connection.dialect.name == "sqlite":
        return set(rows)
    query = select(*where.keys).where(is_row(where.keys, rows))
    return {tuple(row) for row in connection.execute(query.with_for_update(skip_locked=True, key_share=True))}
