"""An intent is one message because of one date. When it is due it is judged again: still true, wanted, allowed?"""

from collections.abc import Container, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.consents import Purpose
from bot.domain.drives import DriveState
from bot.domain.platforms import Platforms, RouteKind
from bot.domain.quiet_hours import QuietHours
from bot.domain.reach import PersonRoutes, RoutePlan, reach_of
from bot.domain.registrations import RegistrationState
from bot.domain.reminders import Occasion
from bot.domain.templates import Templates
from bot.domain.windows import NIGHT

FORM_LIVE = timedelta(minutes=30)
"""A form touched this recently is not interrupted, and no message waits longer for it."""

FORM_WAIT = "form-live"
QUIET_WAIT = "quiet-hours"


@dataclass(frozen=True, slots=True)
class Booking:
    """The registration an intent is about, as it stands now. `key` is the intent's key for today's slot."""

    key: str
    state: RegistrationState
    drive_state: DriveState
    slot_starts_at: datetime


@dataclass(frozen=True, slots=True)
class Interval:
    """The donation an intent is about: has the donor given again since, or been put off by staff until a moment?"""

    given_again: bool = False
    deferred: bool = False


@dataclass(frozen=True, slots=True)
class Ways:
    """What is the same for every judgement: the platforms that are on, and what they have approved."""

    platforms: Platforms
    templates: Templates


@dataclass(frozen=True, slots=True)
class IntentFacts:
    """Everything the judgement may look at.

    Args:
        person: all that leads to them.
        form_touched_at: when they last wrote in a form, at the address of the consent.
        waited_for: why it was made to wait at an earlier judgement; a form is waited for once.
        consents: purposes with a consent that stands.
        withdrawn: purposes whose consent was taken back and not given again.
    """

    key: str
    occasion: Occasion
    expires_at: datetime
    subject: Booking | Interval
    person: PersonRoutes
    form_touched_at: datetime | None = None
    waited_for: str = ""
    consents: frozenset[Purpose] = frozenset()
    withdrawn: frozenset[Purpose] = frozenset()


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
    """Judge it again at this moment."""

    moment: datetime
    reason: str


Judgement = Queue | Skip | WaitUntil


def judge_intent(facts: IntentFacts, now: datetime, quiet: QuietHours, ways: Ways) -> Judgement:
    """What becomes of a due intent."""
    if now >= facts.expires_at:
        return Skip("expired")
    if reason := _untrue(facts) or unwanted(facts.occasion, facts.consents, facts.withdrawn):
        return Skip(reason)
    if not facts.person.homes:
        return Skip("no-address")
    if wait := _wait(facts, now, quiet):
        return wait if wait.moment < facts.expires_at else Skip(wait.reason)
    occasion = facts.occasion
    reach = reach_of(facts.person, occasion.purpose, now, ways.platforms, ways.templates.get(occasion.template, ()))
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
    if now >= facts.expires_at or _untrue(facts) or unwanted(facts.occasion, facts.consents, facts.withdrawn):
        return
    occasion = facts.occasion
    templates = ways.templates.get(occasion.template, ())
    for plan in reach_of(facts.person, occasion.purpose, now, ways.platforms, templates).routes:
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
        case Booking(drive_state=DriveState.DRAFT | DriveState.CANCELLED as state):
            return f"drive-{state}"
        case Booking(key=key) if key != facts.key:
            return "slot-moved"
        case Interval(given_again=True):
            return "given-again"
        case Interval(deferred=True):
            return "deferred"
    return ""


def unwanted(occasion: Occasion, standing: Container[Purpose], withdrawn: Container[Purpose]) -> str:
    """Why this person does not want it; the reminder after the interval needs its own consent, the drive's messages
    belong to the registration's."""
    if occasion is Occasion.NEXT_DONATION:
        return "" if Purpose.REMINDER in standing else "no-consent"
    return "consent-withdrawn" if Purpose.REGISTRATION in withdrawn else ""


def _wait(facts: IntentFacts, now: datetime, quiet: QuietHours) -> WaitUntil | None:
    """Quiet hours first; then a form in progress, except in the last hours before the drive."""
    drive_day = isinstance(facts.subject, Booking) and quiet.same_day(now, facts.subject.slot_starts_at)
    if quiet.covers(now, drive_day=drive_day):
        return WaitUntil(_quiet_over(facts, now, quiet, drive_day=drive_day), QUIET_WAIT)
    touched = facts.form_touched_at
    if drive_day or touched is None or facts.waited_for == FORM_WAIT:
        return None
    until = min(touched, now) + FORM_LIVE
    return WaitUntil(until, FORM_WAIT) if until > now else None


def _quiet_over(facts: IntentFacts, now: datetime, quiet: QuietHours, *, drive_day: bool) -> datetime:
    """On the night before a drive its day begins earlier than others."""
    over = quiet.over_at(now, drive_day=drive_day)
    if isinstance(facts.subject, Booking) and quiet.same_day(over, facts.subject.slot_starts_at):
        return quiet.over_at(now, drive_day=True)
    return over
