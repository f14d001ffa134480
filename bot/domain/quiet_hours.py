"""When nobody wants a message: quiet hours on the local clock, and the moment they end."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

BEGIN = time(21)
END = time(7)

DRIVE_DAY_END = time(5)
"""On the day of the drive its own messages may go from here on: people leave home early."""


def is_quiet(now: datetime, zone: ZoneInfo, begin: time = BEGIN, end: time = END) -> bool:
    """Whether the local time lies in the stretch from `begin` (inside) to `end` (outside), over midnight or not."""
    at = now.astimezone(zone).time()
    return begin <= at < end if begin <= end else at >= begin or at < end


def next_allowed(now: datetime, zone: ZoneInfo, begin: time = BEGIN, end: time = END) -> datetime:
    """This moment, or the end of the quiet stretch it lies in."""
    if not is_quiet(now, zone, begin, end):
        return now
    local = now.astimezone(zone)
    day = local.date() if local.time() < end else local.date() + timedelta(days=1)
    return datetime.combine(day, end, zone).astimezone(now.tzinfo)


@dataclass(frozen=True, slots=True)
class QuietHours:
    """The quiet hours of an organisation (QUIET_HOURS, TIMEZONE)."""

    zone: ZoneInfo
    begin: time = BEGIN
    end: time = END

    def covers(self, moment: datetime, *, drive_day: bool = False) -> bool:
        """Whether it is quiet then; `drive_day`: the message is about a drive of that very day."""
        return is_quiet(moment, self.zone, *self._stretch(drive_day))

    def over_at(self, moment: datetime, *, drive_day: bool = False) -> datetime:
        """The first moment from then on that is not quiet."""
        return next_allowed(moment, self.zone, *self._stretch(drive_day))

    def same_day(self, one: datetime, other: datetime) -> bool:
        """Whether two moments share a local date."""
        return one.astimezone(self.zone).date() == other.astimezone(self.zone).date()

    def _stretch(self, drive_day: bool) -> tuple[time, time]:
        """On a drive's day the morning begins at five; a stretch inside the day stays as it is."""
        over_midnight = self.begin > self.end
        return self.begin, min(self.end, DRIVE_DAY_END) if drive_day and over_midnight else self.end
