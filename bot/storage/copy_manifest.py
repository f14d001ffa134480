"""What a copy says of itself: by which program, when, how many rows, which keys it needs. Ids of keys, never keys."""

import importlib.metadata
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import orjson

from bot.storage.sealed_columns import SEALED

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Manifest:
    """The first thing in a copy.

    Args:
        made_at: everything committed before this moment is in it.
        rows: how many in each table.
        keys: ids of the keys that its values and spooled calls are sealed under, in hexadecimal.
        calls: how many webhook calls waited in the spools.
    """

    made_at: datetime
    program: str
    revision: str
    rows: Mapping[str, int]
    keys: tuple[str, ...]
    calls: int = 0
    format: int = FORMAT

    def to_json(self) -> bytes:
        return orjson.dumps(asdict(self))

    @classmethod
    def from_json(cls, raw: bytes) -> "Manifest":
        """Raises ValueError or KeyError where it is not ours."""
        body = orjson.loads(raw)
        body["made_at"] = datetime.fromisoformat(body["made_at"])
        body["keys"] = tuple(body["keys"])
        return cls(**{name: body[name] for name in cls.__slots__})


def manifest_of(database: Path, made_at: datetime, spooled: Mapping[bytes, int]) -> Manifest:
    """Look through a database file that nobody else has open."""
    connection = sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)
    try:
        return Manifest(
            made_at=made_at,
            program=importlib.metadata.version("giot-hong"),
            revision=connection.execute("SELECT version_num FROM alembic_version").fetchone()[0],
            rows=count_rows(connection),
            keys=tuple(sorted({*_keys(connection), *(key.hex() for key in spooled)})),
            calls=sum(spooled.values()),
        )
    finally:
        connection.close()


def count_rows(connection: sqlite3.Connection) -> dict[str, int]:
    """How many rows each table has."""
    names = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
    tables = [name for (name,) in connection.execute(names)]
    return {name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in tables}  # noqa: S608


def _keys(connection: sqlite3.Connection) -> Iterable[str]:
    for where in SEALED:
        table, column = where.table.name, where.column.name
        query = f"SELECT DISTINCT hex(substr({column}, 2, 4)) FROM {table} WHERE {column} IS NOT NULL"  # noqa: S608
        yield from (key.lower() for (key,) in connection.execute(query))
