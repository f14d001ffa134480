"""From when somebody who put off giving again may be asked: next month, or next season."""

from calendar import monthrange
from collections.abc import Iterable
from datetime import date, timedelta

from bot.domain.campaigns import Campaign, coming

SEASON_AWAY = timedelta(days=30)
"""A campaign that begins sooner is hardly another season."""

WITHOUT_SEASONS = 6
"""Months until we ask again where the content names no campaign."""


def months_after(day: date, months: int = 1) -> date:
    """The same day of a later month, or its last one.

    >>> months_after(date(2026, 1, 31)), months_after(date(2026, 11, 22))
    (datetime.date(2026, 2, 28), datetime.date(2026, 12, 22))
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def next_season(campaigns: Iterable[Campaign], day: date) -> date:
    """The first day of the next season that is not just about to begin."""
    starts = (season.starts for season in coming(campaigns, day + SEASON_AWAY))
    return next(starts, months_after(day, WITHOUT_SEASONS))


def not_before(wished: date, *known: date | None) -> date:
    """The wish, or a day from which giving is possible at all, whichever is later."""
    return max((wished, *(day for day in known if day is not None)))
