"""What is sealed under which key: every value is opened once, so that a damaged one is found too."""

from collections import Counter
from dataclasses import dataclass, field

from bot.storage.database import Database
from bot.storage.sealed_columns import SEALED, SealedColumn, SealedValue, pages
from bot.storage.sealing import KeyRing, LostKey, key_id_of

NAMED = 20
READ_PAGE = 1000


@dataclass(slots=True)
class Count:
    """The values of one column.

    Args:
        by_key: how many under the key with this id, among them those that do not open.
        old: how many open, but not under the newest key.
        lost: how many no key opens.
        named: the rows of the first of these.
    """

    where: SealedColumn
    by_key: Counter[bytes] = field(default_factory=Counter)
    old: int = 0
    lost: int = 0
    named: list[str] = field(default_factory=list)


def census(db: Database, ring: KeyRing) -> list[Count]:
    """Count every column; reads in pages and writes nothing."""
    return [_count(db, ring, where) for where in SEALED]


def _count(db: Database, ring: KeyRing, where: SealedColumn) -> Count:
    count = Count(where)
    for page in pages(db, where, size=READ_PAGE):
        for value in page:
            _look_at(count, ring, value)
    return count


def _look_at(count: Count, ring: KeyRing, value: SealedValue) -> None:
    key = key_id_of(value.sealed)
    count.by_key[key] += 1
    if not _opens(ring, value.sealed, count.where.label):
        count.lost += 1
        if len(count.named) < NAMED:
            count.named.append(_row_name(count.where, value))
    elif key != ring.newest:
        count.old += 1


def _opens(ring: KeyRing, sealed: bytes, label: str) -> bool:
    try:
        ring.open(sealed, label)
    except LostKey:
        return False
    return True


def _row_name(where: SealedColumn, value: SealedValue) -> str:
    keys = (f"{key.name} {part}" for key, part in zip(where.keys, value.row, strict=True))
    return f"{where.table.name} {', '.join(keys)}"
