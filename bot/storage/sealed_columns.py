"""Every column that holds sealed values, with the label they are bound to; and how to walk through one."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Table, select, tuple_

from bot.storage.database import Database
from bot.storage.tables import (
    accounts,
    addresses,
    contacts,
    deferrals,
    donors,
    house_keys,
    joins,
    kept_aside,
    listed_donors,
    outbox,
    pressure_reports,
    seen,
)

PAGE = 200


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """`label` is what `KeyRing.seal` gets for values of this column."""

    column: Column[Any]
    label: str

    @property
    def table(self) -> Table:
        return self.column.table

    @property
    def keys(self) -> tuple[Column[Any], ...]:
        return tuple(self.table.primary_key.columns)


@dataclass(frozen=True, slots=True)
class SealedValue:
    """One value and the primary key of its row."""

    row: tuple[Any, ...]
    sealed: bytes


SEALED = (
    SealedColumn(house_keys.c.value_sealed, "house_keys.value"),
    SealedColumn(accounts.c.tokens_sealed, "accounts.tokens"),
    SealedColumn(contacts.c.name_sealed, "contacts.name"),
    SealedColumn(contacts.c.birth_date_sealed, "contacts.birth_date"),
    SealedColumn(contacts.c.phone_sealed, "contacts.phone"),
    SealedColumn(donors.c.blood_group_sealed, "donors.blood_group"),
    SealedColumn(donors.c.shown_name_sealed, "donors.shown_name"),
    SealedColumn(deferrals.c.reason_group_sealed, "deferrals.reason_group"),
    SealedColumn(listed_donors.c.name_sealed, "listed_donors.name"),
    SealedColumn(listed_donors.c.birth_date_sealed, "listed_donors.birth_date"),
    SealedColumn(listed_donors.c.phone_sealed, "listed_donors.phone"),
    SealedColumn(listed_donors.c.blood_group_sealed, "listed_donors.blood_group"),
    SealedColumn(addresses.c.talk_sealed, "addresses.talk"),
    SealedColumn(pressure_reports.c.words_sealed, "pressure_reports.words"),
    SealedColumn(kept_aside.c.body_sealed, "kept_aside.body"),
    SealedColumn(seen.c.text_sealed, "seen.text"),
    SealedColumn(outbox.c.body_sealed, "outbox.body"),
    SealedColumn(joins.c.moved_sealed, "joins.moved"),
)


def pages(
    db: Database, where: SealedColumn, condition: ColumnElement[bool] | None = None, size: int = PAGE
) -> Iterator[list[SealedValue]]:
    """The values of a column in the order of the primary key, each page read on its own."""
    behind: tuple[Any, ...] | None = None
    while True:
        found = db.read_now(lambda connection, last=behind: _page(connection, where, condition, last, size))  # type: ignore[misc]
        if found:
            yield found
        if len(found) < size:
            return
        behind = found[-1].row


def is_row(keys: tuple[Column[Any], ...], values: list[tuple[Any, ...]]) -> ColumnElement[bool]:
    """Whether a row has one of these primary keys."""
    return keys[0].in_([value[0] for value in values]) if len(keys) == 1 else tuple_(*keys).in_(values)


def _page(
    connection: Connection,
    where: SealedColumn,
    condition: ColumnElement[bool] | None,
    behind: tuple[Any, ...] | None,
    size: int,
) -> list[SealedValue]:
    query = select(*where.keys, where.column).where(where.column.is_not(None)).order_by(*where.keys).limit(size)
    if condition is not None:
        query = query.where(condition)
    if behind is not None:
        query = query.where(_is_behind(where.keys, behind))
    return [SealedValue(tuple(row[:-1]), bytes(row[-1])) for row in connection.execute(query)]


def _is_behind(keys: tuple[Column[Any], ...], behind: tuple[Any, ...]) -> ColumnElement[bool]:
    return keys[0] > behind[0] if len(keys) == 1 else tuple_(*keys) > behind
