"""Rows of a database that a copy replaces, read as they are and written into the copy page by page."""

import sqlite3
from collections.abc import Iterator
from itertools import islice
from typing import Any

from sqlalchemy import Table

from bot.storage.columns import from_microseconds
from bot.storage.database import Database

PAGE = 200

Values = dict[str, Any]


def tables_in(old: sqlite3.Connection) -> set[str]:
    return {name for (name,) in old.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def rows_of(old: sqlite3.Connection, table: Table) -> Iterator[Values]:
    """The rows of a table, in our own types; columns that an older schema lacks are left out."""
    cursor = old.execute(f"SELECT * FROM {table.name}")  # noqa: S608
    names = [column[0] for column in cursor.description]
    moments = {name for name in names if name.endswith("_at")}
    for row in cursor:
        values = dict(zip(names, row, strict=True))
        yield {name: from_microseconds(value) if name in moments else value for name, value in values.items()}


def pages(rows: Iterator[Values]) -> Iterator[list[Values]]:
    while page := list(islice(rows, PAGE)):
        yield page


def run(db: Database, statement: Any, rows: list[Values]) -> int:
    return db.write_now(lambda connection: connection.execute(statement, rows).rowcount)
