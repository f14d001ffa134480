"""How long somebody waited while an office was open: nights, noons and week-ends do not count."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

OPEN = ((time(7, 30), time(11, 30)), (time(13, 30), time(17, 0)))
"""Usual hours of a union office, local time, Monday to Friday."""

FRIDAY = 4
LOOKS_BACK = timedelta(days=31)
"""Longer waits than that are long enough for everybody."""


def office_time(since: datetime, until: datetime, zone: ZoneInfo) -> timedelta:
    """Time between two moments that lies in office hours."""
    since = max(since, until - LOOKS_BACK)
    total, day, last = timedelta(), since.astimezone(zone).date(), until.astimezone(zone).date()
    while day <= last:
        if day.weekday() <= FRIDAY:
            total += sum((_shared(day, *hours, zone, since, until) for hours in OPEN), timedelta())
        day += timedelta(days=1)
    return total


def _shared(day: date, opens: time, closes: time, zone: ZoneInfo, since: datetime, until: datetime) -> timedelta:
    begin = max(datetime.combine(day, opens, zone).astimezone(UTC), since)
    end = min(datetime.combine(day, closes, zone).astimezone(UTC), until)
    return max(end - begin, timedelta())
