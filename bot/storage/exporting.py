"""Exports: rows of people and messages in plain words, read in pages so that any size fits in memory."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from bot.domain.tree import below
from bot.storage.audit import note
from bot.storage.catalogue import all_units
from bot.storage.export_kinds import Cells, Export, Reading
from bot.storage.tables import drives

PAGE = 500

Read = Callable[[Callable[[Connection], Any]], Any]


class NothingSuch(Exception):
    """The drive, unit or login asked for is not there."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows: of one drive, of one unit and all below it, or all."""

    drive: str = ""
    unit: str = ""


def rows(read: Read, export: Export, wanted: Wanted, how: Reading) -> Iterator[Cells]:
    """The rows of an export, oldest first.

    Args:
        read: runs one reading function (`db.read_now`); called once a page, so no reader lives long.

    Raises:
        NothingSuch: no drive or unit has this code.
    """
    query = read(lambda connection: _narrowed(connection, export, wanted)).order_by(export.by).limit(PAGE)
    return (export.values(row, how) for page in _pages(read, query, export) for row in page)


def _pages(read: Read, query: Select[Any], export: Export) -> Iterator[Sequence[Row[Any]]]:
    page = read(partial(_execute, query))
    while page:
        yield page
        page = read(partial(_execute, query.where(export.by > page[-1].id)))


def _execute(query: Select[Any], connection: Connection) -> Sequence[Row[Any]]:
    return connection.execute(query).all()


def record_export(connection: Connection, kind: str, wanted: Wanted, who: str, now: datetime) -> None:
    """An export is noted before the first row leaves."""
    subject = " ".join(f"{name}:{code}" for name, code in (("drive", wanted.drive), ("unit", wanted.unit)) if code)
    note(connection, now, who, f"export {kind}", subject)


def _narrowed(connection: Connection, export: Export, wanted: Wanted) -> Select[Any]:
    query = export.query
    if wanted.drive:
        drive_id = connection.execute(select(drives.c.id).where(drives.c.code == wanted.drive)).scalar_one_or_none()
        if drive_id is None:
            raise NothingSuch(f"no drive has the code {wanted.drive}")
        query = query.where(export.of_drive(drive_id))
    if wanted.unit:
        tree = all_units(connection)
        top = next((unit.id for unit in tree if unit.code == wanted.unit), None)
        if top is None:
            raise NothingSuch(f"no unit has the code {wanted.unit}")
        query = query.where(export.of_units(below(tree, top)))
    return query
