"""When people sleep, where it is not at night: presets that take the place of the organisation's quiet hours."""

from datetime import datetime, time, timedelta

from bot.domain.quiet_hours import QuietHours

USUAL = ""
NIGHTS = "nights"
RHYTHMS = (USUAL, NIGHTS)
"""What `contacts.rhythm` may hold."""

NIGHTS_BEGIN, NIGHTS_END = time(6), time(16)
"""A night shift ends about six; its people sleep from about seven to three in the afternoon, with an hour on each side."""

STILL_USEFUL = timedelta(hours=2)
"""News of a drive of the same day serves whoever has this long until their slot."""


def quiet_for(rhythm: str, quiet: QuietHours) -> QuietHours:
    """The quiet hours of one person; a preset that we do not know (any more) changes nothing."""
    if rhythm != NIGHTS:
        return quiet
    return QuietHours(quiet.zone, NIGHTS_BEGIN, NIGHTS_END)


def news_of_today_at(moment: datetime, slot_starts_at: datetime, quiet: QuietHours) -> datetime:
    """When news of a drive of the same day goes out: as soon as it is not quiet, else as late as it is still of use.

    Whoever sleeps by day would else hear of a cancelled drive in the afternoon after it. What comes later than that goes
    at once.
    """
    allowed = quiet.over_at(moment, drive_day=True)
    return min(allowed, max(moment, slot_starts_at - STILL_USEFUL))
