"""One entry for the calendar of a phone (iCalendar, RFC 5545)."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from icalendar import Alarm, Calendar, Event

PRODUCT = "-//Giot Hong//VI"
BEFORE = timedelta(hours=12)
"""So long before it the phone reminds: the evening before."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One appointment.

    Args:
        uid: stays the same when it moves, so that the phone changes its entry instead of keeping two.
        revision: grows with every change of the drive.
    """

    uid: str
    starts_at: datetime
    ends_at: datetime
    title: str
    place: str
    link: str
    revision: int = 0
    called_off: bool = False


def calendar_file(entry: Entry, made_at: datetime) -> bytes:
    """A calendar with this one entry and a reminder the evening before; one that is called off takes the entry away."""
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "CANCEL" if entry.called_off else "PUBLISH")
    calendar.add_component(_event(entry, made_at))
    body: bytes = calendar.to_ical()
    return body


def _event(entry: Entry, made_at: datetime) -> Event:
    event = Event()
    event.add("uid", entry.uid)
    event.add("sequence", entry.revision)
    event.add("dtstamp", made_at.astimezone(UTC))
    event.add("dtstart", entry.starts_at.astimezone(UTC))
    event.add("dtend", entry.ends_at.astimezone(UTC))
    event.add("summary", entry.title)
    event.add("location", entry.place)
    event.add("url", entry.link)
    event.add("status", "CANCELLED" if entry.called_off else "CONFIRMED")
    if not entry.called_off:
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", entry.title)
        alarm.add("trigger", -BEFORE)
        event.add_component(alarm)
    return event
