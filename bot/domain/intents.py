"""An intent is one message because of one date. When it is due it is judged again: still true, wanted, allowed?"""

from collections.abc import Container, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import assert_never

from bot.domain.consents import Purpose
from bot.domain.drives import DriveState
from bot.domain.outbox import MessagePurpose
from bot.domain.platforms import Platforms, RouteKind
from bot.domain.quiet_hours import QuietHours
from bot.domain.reach import PersonRoutes, RoutePlan, reach_of
from bot.domain.registrations import RegistrationState
from bot.domain.reminders import local_moment
from bot.domain.rhythms import news_of_today_at, quiet_for
from bot.domain.schedule import NO_SCHEDULE, Anchor, Reminder, Schedule, Stop
from bot.domain.templates import Templates
from bot.domain.windows import NIGHT

FORM_LIVE = timedelta(minutes=30)
"""A form touched this recently is not interrupted, and no message waits longer for it."""

FORM_WAIT = "form-live"
QUIET_WAIT = "quiet-hours"
ASKED_LATER = "asked-later"
FOLLOWS = "follows-another"
CAP = "cap"

CAP_PERIOD = timedelta(days=30)
"""The time in which MESSAGE_CAP counts."""


@dataclass(frozen=True, slots=True)
class Booking:
    """The registration an intent is about, as it stands now. `key` is the intent's key for today's slot, or for the newest
    change of its drive."""

    key: str
    state: RegistrationState
    drive_state: DriveState
    slot_starts_at: datetime


@dataclass(frozen=True, slots=True)
class Giving:
    """The donation or deferral an intent is about, and what its person has done since.

    Args:
        deferred: a site has put them off until a day that is ahead.
        registered: they hold a place at a drive to come.
        decided_anew: a later word of a site has taken this deferral's place.
        ask_again_on: they asked to be left alone until this day.
        first: what became of the message that this one follows: "" (there is none), waiting, queued, skipped.
        first_at: when that was decided.
        has_facts: the blood bank has confirmed what the blood did.
    """

    given_again: bool = False
    deferred: bool = False
    registered: bool = False
    decided_anew: bool = False
    ask_again_on: date | None = None
    first: str = ""
    first_at: datetime | None = None
    has_facts: bool = False

    def stops(self, stop: Stop) -> bool:
        match stop:
            case Stop.GIVEN_AGAIN:
                return self.given_again
            case Stop.DEFERRED:
                return self.deferred
            case Stop.REGISTERED:
                return self.registered
            case Stop.DECIDED_ANEW:
                return self.decided_anew
            case Stop.FIRST_UNSENT:
                return self.first not in ("waiting", "queued")
            case Stop.NO_FACTS:
                return not self.has_facts
        assert_never(stop)


@dataclass(frozen=True, slots=True)
class Heard:
    """What this person was sent lately that no drive of theirs needed: the newest, and how many in `CAP_PERIOD`."""

    last_at: datetime | None = None
    count: int = 0


@dataclass(frozen=True, slots=True)
class Ways:
    """What is the same for every judgement: the platforms that are on, what they have approved, the reminders, and the
    most messages of `CAP_PERIOD` that no drive needs."""

    platforms: Platforms
    templates: Templates
    schedule: Schedule = NO_SCHEDULE
    cap: int = 4


@dataclass(frozen=True, slots=True)
class IntentFacts:
    """Everything the judgement may look at.

    Args:
        person: all that leads to them.
        form_touched_at: when they last wrote in a form, at the address of the consent.
        waited_for: why it was made to wait at an earlier judgement; a form is waited for once.
        consents: purposes with a consent that stands.
        withdrawn: purposes whose consent was taken back and not given again.
        rhythm: when they sleep, where it is not at night (`rhythms.py`).
    """

    key: str
    reminder: Reminder
    expires_at: datetime
    subject: Booking | Giving
    person: PersonRoutes
    form_touched_at: datetime | None = None
    waited_for: str = ""
    consents: frozenset[Purpose] = frozenset()
    withdrawn: frozenset[Purpose] = frozenset()
    heard: Heard = Heard()
    rhythm: str = ""


@dataclass(frozen=True, slots=True)
class Queue:
    """Render it into the outbox for this route; the others follow, best first, should it be refused."""

    route: RoutePlan
    others: tuple[RoutePlan, ...] = ()


@dataclass(frozen=True, slots=True)
class Skip:
    """It ends here; the reason stays with the row."""

    reason: str


@dataclass(frozen=True, slots=True)
class WaitUntil:
    """Judge it again at this moment. `expires_at`: the person put it off, so it ends later too."""

    moment: datetime
    reason: str
    expires_at: datetime | None = None


Judgement = Queue | Skip | WaitUntil


def judge_intent(facts: IntentFacts, now: datetime, quiet: QuietHours, ways: Ways) -> Judgement:
    """What becomes of a due intent."""
    if now >= facts.expires_at:
        return Skip("expired")
    reminder = facts.reminder
    if reason := _untrue(facts) or unwanted(reminder, facts.consents, facts.withdrawn):
        return Skip(reason)
    if not facts.person.homes:
        return Skip("no-address")
    if put_off := _put_off(facts, now, quiet):
        return put_off
    if wait := _wait(facts, now, quiet) or _too_much(facts, now, quiet, ways.cap):
        return wait if wait.moment < facts.expires_at else Skip(wait.reason)
    reach = reach_of(facts.person, reminder.purpose, now, ways.platforms, ways.templates.get(reminder.template, ()))
    if not reach.routes:
        return Skip(reach.reason)
    best, *others = reach.routes
    if best.opens_at > now:
        return WaitUntil(best.opens_at, NIGHT) if best.opens_at < facts.expires_at else Skip(NIGHT)
    return Queue(best, tuple(others))


def other_ways(facts: IntentFacts, tried: Container[str], now: datetime, ways: Ways) -> Iterator[RoutePlan]:
    """Where a message may go that certainly was not sent the ways it was tried, best first; it is judged once more.

    Args:
        tried: `way_name` of each.
    """
    reminder = facts.reminder
    if now >= facts.expires_at or _untrue(facts) or unwanted(reminder, facts.consents, facts.withdrawn):
        return
    templates = ways.templates.get(reminder.template, ())
    for plan in reach_of(facts.person, reminder.purpose, now, ways.platforms, templates).routes:
        if way_name(plan) not in tried and plan.opens_at < facts.expires_at:
            yield plan


def way_name(plan: RoutePlan) -> str:
    """The word for a way in the outbox key: one intent goes each way once."""
    return str(plan.address_id) if plan.kind is RouteKind.TEXT else plan.kind.value


def _untrue(facts: IntentFacts) -> str:
    """Why the message would say something that is no longer so; "" when it still is.

    A drive that is closed takes no more registrations, but it takes place: its people are reminded.
    """
    match facts.subject:
        case Booking(state=state) if state is not RegistrationState.BOOKED:
            return f"registration-{state}"
        case Booking(drive_state=state) if _is_off(state) and state.value not in facts.reminder.kinds:
            return f"drive-{state}"
        case Booking(drive_state=state) if facts.reminder.kinds == {"cancelled"} and not _is_off(state):
            return "drive-takes-place"
        case Booking(key=key) if key != facts.key:
            return "drive-changed-again" if facts.reminder.anchor is Anchor.CHANGE else "slot-moved"
        case Giving() as giving:
            return next((stop.value for stop in Stop if stop in facts.reminder.stop and giving.stops(stop)), "")
    return ""


def _is_off(state: DriveState) -> bool:
    return state in (DriveState.DRAFT, DriveState.PROPOSED, DriveState.CANCELLED)


def unwanted(reminder: Reminder, standing: Container[Purpose], withdrawn: Container[Purpose]) -> str:
    """Why this person does not want it: what reminds of giving needs its own consent, the rest belongs to the
    registration's."""
    if reminder.consent is Purpose.REGISTRATION:
        return "consent-withdrawn" if Purpose.REGISTRATION in withdrawn else ""
    return "" if reminder.consent in standing else "no-consent"


def _put_off(facts: IntentFacts, now: datetime, quiet: QuietHours) -> WaitUntil | None:
    """They asked to be asked later, or what it follows went out too lately; it ends as much later as it waits."""
    giving, reminder = facts.subject, facts.reminder
    if not isinstance(giving, Giving) or not reminder.asks:
        return None
    lasts = reminder.lasts or timedelta(days=1)
    if giving.ask_again_on is not None and giving.ask_again_on > now.astimezone(quiet.zone).date():
        at = quiet.over_at(local_moment(giving.ask_again_on, reminder.at or time(0), quiet))
        return WaitUntil(at, ASKED_LATER, at + lasts)
    if reminder.follows is None or giving.first == "":
        return None
    since = now if giving.first == "waiting" or giving.first_at is None else giving.first_at
    at = quiet.over_at(since + reminder.follows[1])
    return WaitUntil(at, FOLLOWS, at + lasts) if at > now else None


def _too_much(facts: IntentFacts, now: datetime, quiet: QuietHours, cap: int) -> WaitUntil | None:
    """One such message a day, and so many in a month; what a drive needs does not count."""
    heard = facts.heard
    if facts.reminder.purpose is not MessagePurpose.REMINDER or heard.last_at is None:
        return None
    if heard.count >= cap:
        return WaitUntil(heard.last_at + CAP_PERIOD, CAP)
    if not quiet.same_day(heard.last_at, now):
        return None
    tomorrow = now.astimezone(quiet.zone).date() + timedelta(days=1)
    return WaitUntil(quiet.over_at(local_moment(tomorrow, facts.reminder.at or time(18), quiet)), CAP)


def _wait(facts: IntentFacts, now: datetime, quiet: QuietHours) -> WaitUntil | None:
    """Quiet hours first; then a form in progress, except in the last hours before the drive."""
    quiet = quiet_for(facts.rhythm, quiet)
    drive_day = isinstance(facts.subject, Booking) and quiet.same_day(now, facts.subject.slot_starts_at)
    if quiet.covers(now, drive_day=drive_day):
        until = _quiet_over(facts, now, quiet, drive_day=drive_day)
        if until > now:
            return WaitUntil(until, QUIET_WAIT)
    touched = facts.form_touched_at
    if drive_day or touched is None or facts.waited_for == FORM_WAIT:
        return None
    until = min(touched, now) + FORM_LIVE
    return WaitUntil(until, FORM_WAIT) if until > now else None


def _quiet_over(facts: IntentFacts, now: datetime, quiet: QuietHours, *, drive_day: bool) -> datetime:
    """On the night before a drive its day begins earlier than others; who sleeps by day is told while it is of use."""
    over = quiet.over_at(now, drive_day=drive_day)
    if not isinstance(facts.subject, Booking) or not quiet.same_day(over, facts.subject.slot_starts_at):
        return over
    if facts.rhythm:
        return news_of_today_at(now, facts.subject.slot_starts_at, quiet)
    return quiet.over_at(now, drive_day=True)
