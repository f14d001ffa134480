"""The wall clock: the only place that asks what time it is. Everywhere else `now` is an argument."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def now() -> datetime:
    """This moment, aware UTC."""
    return datetime.now(UTC)
