"""Waits in their own units, the time for which a rule holds, and the first day that they leave open."""

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True, slots=True)
class Wait:
    """A time in the rule's own unit: six months are not 180 days."""

    months: int = 0
    days: int = 0

    def after(self, day: date) -> date:
        """The first day that is no longer within it; from the 31st, a shorter month ends at its last day."""
        months = day.month - 1 + self.months
        year, month = day.year + months // 12, months % 12 + 1
        return date(year, month, min(day.day, monthrange(year, month)[1])) + timedelta(days=self.days)


@dataclass(frozen=True, slots=True)
class Term:
    """From when until when something holds; `until` is the first day on which it no longer does."""

    since: date
    until: date = date.max

    def holds(self, day: date) -> bool:
        return self.since <= day < self.until


def first_day(counted_from: date, versions: Iterable[tuple[Wait, Term]]) -> date:
    """The first day on which the version that holds on that day lets somebody come.

    A wait that is made longer also holds for those who are waiting, and one that is made shorter ends at once. Before
    the first version its wait counts: nothing older is known.

    >>> first_day(date(2026, 3, 2), [(Wait(days=84), Term(date(2013, 11, 15)))])
    datetime.date(2026, 5, 25)
    """
    free_from = date.min
    for wait, term in sorted(versions, key=lambda one: one[1].since):
        day = max(wait.after(counted_from), free_from)
        if day < term.until:
            return day
        free_from = term.until
    return max(counted_from, free_from)
