"""What all parts of loading share: the connection, the moment, the ids of codes, and the upsert."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, Table, insert, update

from bot.domain.loads import Entry, Fault, Relative


@dataclass(slots=True)
class Desk:
    """What loading works on: the connection, the moment, and the ids of all codes, old and new."""

    connection: Connection
    now: datetime
    zone: ZoneInfo
    environment: Mapping[str, str] = field(repr=False)
    units: dict[str, int] = field(default_factory=dict)
    campaigns: dict[str, int] = field(default_factory=dict)

    def values(self, entry: Entry, columns: Mapping[str, str], row: Row[Any] | None) -> dict[str, Any]:
        """The entry's fields under their columns' names. A relative day counts only while the row is new: loading the
        same file tomorrow must change nothing."""
        found: dict[str, Any] = {}
        for name, column in columns.items():
            value = entry.values.get(name)
            if isinstance(value, Relative):
                value = None if row is not None else value.day(self.now, self.zone)
            if value is not None:
                found[column] = value
        return found

    def unknown(self, entry: Entry, name: str, known: Mapping[str, int]) -> Iterator[Fault]:
        code = entry.values.get(name)
        if code is not None and code not in known:
            yield entry.fault(name, f"{code} stands neither in this file nor in the database")


def upsert(connection: Connection, table: Table, row: Row[Any] | None, row_id: int, values: Mapping[str, Any]) -> str:
    """Insert, or update what differs; says `added`, `changed` or `same`."""
    if row is None:
        connection.execute(insert(table).values(id=row_id, **values))
        return "added"
    different = {column: value for column, value in values.items() if row._mapping[column] != value}
    if not different:
        return "same"
    connection.execute(update(table).where(table.c.id == row.id).values(**different))
    return "changed"
