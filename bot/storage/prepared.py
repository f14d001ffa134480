"""Statements for many rows, compiled once: on SQLite the rows go to the driver as tuples, without a detour."""

from collections.abc import Callable, Sequence
from functools import cached_property
from operator import itemgetter
from typing import Any

import orjson
from sqlalchemy import Connection, Executable, Select
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql.compiler import SQLCompiler

Row = dict[str, Any]


class Prepared:
    """One INSERT (or upsert) for rows that all have the same keys.

    SQLAlchemy prepares every value of every row in Python; for the two widest tables of the intake that was an eighth
    of all its time on SQLite. On PostgreSQL its multi-row INSERT is the faster way and stays.
    """

    def __init__(self, for_sqlite: Any, for_postgresql: Executable, columns: Sequence[str]) -> None:
        self._sqlite = for_sqlite.values(dict.fromkeys(columns))
        self._postgresql = for_postgresql
        self._columns = columns

    def run(self, connection: Connection, rows: Sequence[Row]) -> int:
        """Write the rows in one statement; how many were written, where the statement or SQLite tells."""
        if connection.dialect.name != "sqlite":
            done = connection.execute(self._postgresql, list(rows))
            return len(done.all()) if done.returns_rows else done.rowcount
        sql, pick, moments = self._compiled
        values = []
        for row in rows:
            one = list(pick(row))
            for place, convert in moments:
                one[place] = convert(one[place])
            values.append(tuple(one))
        return connection.exec_driver_sql(sql, values).rowcount

    @cached_property
    def _compiled(self) -> tuple[str, Callable[[Row], tuple[Any, ...]], list[tuple[int, Any]]]:
        """The text for the driver, how to pick a row's values in its order, and the values that want converting."""
        compiled: SQLCompiler = self._sqlite.compile(dialect=sqlite.dialect(paramstyle="qmark"))
        names = list(compiled.positiontup or ())
        processors = compiled._bind_processors
        moments = [(place, processors[name]) for place, name in enumerate(names) if name in processors]
        pick: Callable[[Row], tuple[Any, ...]] = itemgetter(*names)
        return str(compiled), pick, moments


class Lookup:
    """One SELECT by ids of its first column.

    On SQLite the rows come from the driver as they are, and only the columns that want it are converted: for the
    widest look-up of the intake, SQLAlchemy's own way took twice as long as SQLite and the driver together.
    """

    def __init__(self, selected: Select[Any], for_others: Executable) -> None:
        """`for_others` is what other databases run; its parameter is `ids`."""
        self._selected = selected
        self._for_others = for_others

    def run(self, connection: Connection, ids: Sequence[int]) -> Sequence[Sequence[Any]]:
        """The rows of these ids, values in the order of the columns."""
        if connection.dialect.name != "sqlite":
            return connection.execute(self._for_others, {"ids": list(ids)}).all()
        sql, converted = self._compiled
        rows = []
        for raw in connection.exec_driver_sql(sql, (orjson.dumps(ids).decode(),)):
            row = list(raw)
            for place, convert in converted:
                if row[place] is not None:
                    row[place] = convert(row[place])
            rows.append(row)
        return rows

    @cached_property
    def _compiled(self) -> tuple[str, list[tuple[int, Callable[[Any], Any]]]]:
        """The text for the driver (the ids are one JSON array), and the places of values that want converting."""
        dialect = sqlite.dialect(paramstyle="qmark")
        columns = list(self._selected.selected_columns)
        # Only our own constants are written out in it; the ids stay a parameter.
        selected = self._selected.compile(dialect=dialect, compile_kwargs={"literal_binds": True})
        sql = f"{selected} WHERE {columns[0]} IN (SELECT value FROM json_each(?))"  # noqa: S608
        processors = [column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns]
        return sql, [(place, convert) for place, convert in enumerate(processors) if convert is not None]
