"""The dates that make us write: the eve and the morning of a drive, and the day of the next donation."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from bot.domain.donations import Component, Donation, Intervals, next_on
from bot.domain.outbox import MessagePurpose
from bot.domain.quiet_hours import QuietHours

EVENING = time(18)
EARLY = time(9)
"""Slots before this local time get no message of their own in the morning: its words join the eve's."""

BEFORE_SLOT = timedelta(hours=2)
LAST_CALL = timedelta(hours=1)
"""An eve's message that stayed behind is of no use later than this before the slot."""

STALE = timedelta(days=14)
"""A "you may give again" that could not go out in two weeks is dropped."""


class Occasion(StrEnum):
    """The date a reminder is for."""

    DRIVE_EVE = "drive-eve"
    DRIVE_MORNING = "drive-morning"
    NEXT_DONATION = "next-donation"

    @property
    def template(self) -> str:
        """The name of the approved template that can say it where our own words may not go."""
        return "reminder" if self is Occasion.NEXT_DONATION else "drive-eve"

    @property
    def purpose(self) -> MessagePurpose:
        return MessagePurpose.REMINDER if self is Occasion.NEXT_DONATION else MessagePurpose.DRIVE


@dataclass(frozen=True, slots=True)
class Planned:
    """One message of one date: when it is due, and when it is of no use any more (aware UTC)."""

    occasion: Occasion
    due_at: datetime
    expires_at: datetime


def plan_for_registration(slot_starts_at: datetime, registered_at: datetime, quiet: QuietHours) -> tuple[Planned, ...]:
    """What a registered person hears before the drive: the eve at 18:00, and two hours before the slot.

    A slot before 09:00 local (or one whose morning would be quiet) has no message in the morning: the eve says it all.
    What lay behind when the person registered is not planned: who registers on the eve after 18:00 has just read the
    same in the confirmation.
    """
    morning, eve = morning_at(slot_starts_at, quiet), _evening_before(slot_starts_at, quiet)
    eve_ends = morning or slot_starts_at - LAST_CALL
    planned = []
    if registered_at <= eve < eve_ends:
        planned.append(Planned(Occasion.DRIVE_EVE, eve, eve_ends))
    if morning is not None and registered_at <= morning:
        planned.append(Planned(Occasion.DRIVE_MORNING, morning, slot_starts_at))
    return tuple(planned)


def morning_at(slot_starts_at: datetime, quiet: QuietHours) -> datetime | None:
    """When the message of the day itself goes out; None when the eve's message carries its words."""
    if slot_starts_at.astimezone(quiet.zone).time() < EARLY:
        return None
    morning = slot_starts_at - BEFORE_SLOT
    return None if quiet.covers(morning, drive_day=True) else morning


def plan_for_donation(donation: Donation, intervals: Intervals, quiet: QuietHours) -> Planned:
    """The one message of the day from which the donor usually may give again, at 18:00 local."""
    day = next_on(donation, intervals)
    due_at = quiet.over_at(_local(day, EVENING, quiet))
    return Planned(Occasion.NEXT_DONATION, due_at, due_at + STALE)


def next_reminder(given_at: datetime, known: date | None, intervals: Intervals, quiet: QuietHours) -> datetime:
    """When "you may give again" will go out: on the day the rows tell, else after whole blood given then."""
    given_on = given_at.astimezone(quiet.zone).date()
    day = known or next_on(Donation(given_on, Component.WHOLE_BLOOD), intervals)
    return quiet.over_at(_local(day, EVENING, quiet))


def intent_key(occasion: Occasion, subject_id: int, moment: datetime | date) -> str:
    """The key under which this message exists at most once: its date, whom it is about, and the slot or the day."""
    if isinstance(moment, datetime):
        return f"{occasion}:{subject_id}:{moment.astimezone(UTC):%Y%m%dT%H%MZ}"
    return f"{occasion}:{subject_id}:{moment:%Y%m%d}"


def _evening_before(slot_starts_at: datetime, quiet: QuietHours) -> datetime:
    day = slot_starts_at.astimezone(quiet.zone).date() - timedelta(days=1)
    return quiet.over_at(_local(day, EVENING, quiet))


def _local(day: date, at: time, quiet: QuietHours) -> datetime:
    return datetime.combine(day, at, quiet.zone).astimezone(UTC)
