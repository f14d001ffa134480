"""Planning: which messages follow from a registration, a change of its drive, a donation, a deferral, and when."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from bot.domain.donations import Component, Donation, Intervals, next_on
from bot.domain.quiet_hours import QuietHours
from bot.domain.schedule import Anchor, Reminder, Schedule

EVENING = time(18)
"""The hour for which a forecast of a day is made."""

NEXT_DONATION = "next-donation"
DRIVE_EVE = "drive-eve"


@dataclass(frozen=True, slots=True)
class Planned:
    """One message of one date: when it is due, and when it is of no use any more (aware UTC)."""

    reminder: Reminder
    due_at: datetime
    expires_at: datetime

    @property
    def occasion(self) -> str:
        return self.reminder.id


@dataclass(frozen=True, slots=True)
class Change:
    """What became of a drive: `moved` or `cancelled`, when, and when it would have begun."""

    id: int
    kind: str
    at: datetime
    was_starts_at: datetime


def plan_for_registration(
    slot_starts_at: datetime, registered_at: datetime, schedule: Schedule, quiet: QuietHours
) -> tuple[Planned, ...]:
    """What a registered person hears before the drive, in order of time; each ends where the next begins.

    What lay behind when the person registered is not planned: who registers on the eve has just read the same in the
    confirmation.
    """
    due = sorted(
        ((at, one) for one in schedule.of(Anchor.SLOT) if (at := due_before(one, slot_starts_at, quiet)) is not None),
        key=lambda found: found[0],
    )
    planned = []
    for number, (at, one) in enumerate(due):
        following = due[number + 1][0] if number + 1 < len(due) else slot_starts_at
        ends = min(following, slot_starts_at - (one.before or timedelta(0)))
        if one.lasts is not None:
            ends = min(ends, at + one.lasts)
        if registered_at <= at < ends:
            planned.append(Planned(one, at, ends))
    return tuple(planned)


def due_before(reminder: Reminder, slot_starts_at: datetime, quiet: QuietHours) -> datetime | None:
    """When a slot's reminder goes out; None when the one before it says its words: the slot is too early, or that moment
    would be quiet."""
    if reminder.slots_from is not None and slot_starts_at.astimezone(quiet.zone).time() < reminder.slots_from:
        return None
    if reminder.at is not None:
        day = slot_starts_at.astimezone(quiet.zone).date() + timedelta(days=reminder.offset.days)
        return quiet.over_at(local_moment(day, reminder.at, quiet))
    at = slot_starts_at + reminder.offset
    return None if quiet.covers(at, drive_day=quiet.same_day(at, slot_starts_at)) else at


def stands_alone(schedule: Schedule, slot_starts_at: datetime, quiet: QuietHours) -> bool:
    """Whether nothing is sent on the drive's day itself, so that the eve says all."""
    day = [one for one in schedule.of(Anchor.SLOT) if one.at is None]
    return all(due_before(one, slot_starts_at, quiet) is None for one in day)


def plan_for_change(
    change: Change, slot_starts_at: datetime, schedule: Schedule, quiet: QuietHours
) -> tuple[Planned, ...]:
    """Who holds a place is told at once, within lawful hours (judged when it is due)."""
    ends = max(slot_starts_at, change.was_starts_at)
    found = (one for one in schedule.of(Anchor.CHANGE) if change.kind in one.kinds)
    return tuple(Planned(one, change.at + one.offset, ends) for one in found if change.at + one.offset < ends)


def plan_for_donation(
    donation: Donation, recorded_at: datetime, intervals: Intervals, schedule: Schedule, quiet: QuietHours
) -> tuple[Planned, ...]:
    """What follows a donation: thanks, how do you feel, what it did; and when giving again is possible.

    What is long past when it is recorded is not planned: old lists are imported too.
    """
    planned = list(_after(schedule, Anchor.DONATION, donation.given_on, recorded_at, quiet, verified=donation.verified))
    asked = list(
        _after(schedule, Anchor.NEXT_DAY, next_on(donation, intervals), recorded_at, quiet, verified=donation.verified)
    )
    last = max((one.due_at for one in asked), default=None)
    if last is not None and (season := schedule.season_after(last.astimezone(quiet.zone).date())) is not None:
        asked += _after(schedule, Anchor.SEASON, season, recorded_at, quiet, verified=donation.verified)
    return (*planned, *asked)


def plan_for_deferral(
    decided_on: date, until: date | None, recorded_at: datetime, schedule: Schedule, quiet: QuietHours
) -> tuple[Planned, ...]:
    """What somebody hears who could not give: the same evening, and when they may come again."""
    planned = [*_after(schedule, Anchor.DEFERRAL, decided_on, recorded_at, quiet)]
    if until is not None:
        planned += _after(schedule, Anchor.DEFERRAL_END, until, recorded_at, quiet)
    return tuple(planned)


def plan_for_asked(day: date, now: datetime, schedule: Schedule, quiet: QuietHours) -> tuple[Planned, ...]:
    """What somebody asked to hear on a day, of whom nothing else is known to count from."""
    return tuple(_after(schedule, Anchor.ASKED, day, now, quiet))


def _after(
    schedule: Schedule, anchor: Anchor, day: date, recorded_at: datetime, quiet: QuietHours, *, verified: bool = True
) -> Iterator[Planned]:
    """What was recorded late is said on the next such evening, while it is of use."""
    for one in schedule.of(anchor):
        if not (verified or one.told):
            continue
        at = one.at or time(0)
        due = local_moment(day + timedelta(days=one.offset.days), at, quiet)
        ends = due + (one.lasts or timedelta(days=1))
        if due < recorded_at:
            evening = local_moment(recorded_at.astimezone(quiet.zone).date(), at, quiet)
            due = evening if evening >= recorded_at else evening + timedelta(days=1)
        due = quiet.over_at(due)
        if due < ends:
            yield Planned(one, due, ends)


def next_reminder(
    given_at: datetime, known: date | None, intervals: Intervals, schedule: Schedule, quiet: QuietHours
) -> datetime | None:
    """When "you may give again" will go out: by the day the rows tell, else after whole blood given then. None: never."""
    reminder = schedule.get(NEXT_DONATION)
    if reminder is None:
        return None
    given_on = given_at.astimezone(quiet.zone).date()
    day = known or next_on(Donation(given_on, Component.WHOLE_BLOOD), intervals)
    return quiet.over_at(local_moment(day + timedelta(days=reminder.offset.days), reminder.at or time(0), quiet))


def intent_key(occasion: str, subject_id: int, moment: datetime | date | int) -> str:
    """The key under which this message exists at most once: its date, whom it is about, and the slot, day or change."""
    if isinstance(moment, datetime):
        return f"{occasion}:{subject_id}:{moment.astimezone(UTC):%Y%m%dT%H%MZ}"
    if isinstance(moment, date):
        return f"{occasion}:{subject_id}:{moment:%Y%m%d}"
    return f"{occasion}:{subject_id}:{moment}"


def local_moment(day: date, at: time, quiet: QuietHours) -> datetime:
    """A local time of a day as an aware UTC moment."""
    return datetime.combine(day, at, quiet.zone).astimezone(UTC)
