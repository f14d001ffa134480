"""Column types both databases understand alike."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, TypeDecorator
from sqlalchemy.types import TypeEngine

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


class Moment(TypeDecorator[datetime]):
    """An aware moment. PostgreSQL keeps a timestamptz; SQLite keeps whole microseconds since 1970, which sort and
    compare exactly and cost no parsing. A naive datetime is refused: it would be wrong by seven hours here."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(BigInteger() if dialect.name == "sqlite" else DateTime(timezone=True))

    # Whole processors instead of `process_bind_param`: they run for every value of every row, and a layer less counts.

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], Any]:
        return to_microseconds if dialect.name == "sqlite" else _aware

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None]:
        return from_microseconds if dialect.name == "sqlite" else _utc

    def literal_processor(self, dialect: Dialect) -> Callable[[datetime], str]:
        return (lambda at: str(to_microseconds(at))) if dialect.name == "sqlite" else (lambda at: f"'{_aware(at)}'")


def _aware(value: datetime | None) -> datetime | None:
    if value is not None and value.tzinfo is None:
        raise ValueError("a moment needs its time zone")
    return value


def _utc(value: datetime | None) -> datetime | None:
    return None if value is None else value.astimezone(UTC)


@lru_cache(maxsize=256)  # the rows of one batch share a handful of moments
def to_microseconds(value: datetime | None) -> int | None:
    """Whole microseconds since 1970, as SQLite keeps a moment."""
    aware = _aware(value)
    return None if aware is None else (aware - EPOCH) // MICROSECOND


def from_microseconds(value: int | None) -> datetime | None:
    return None if value is None else EPOCH + timedelta(microseconds=value)
