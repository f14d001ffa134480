"""One person and one broadcast: by which way and when, or why not. The same rule for the dry run and the sending."""

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from hashlib import blake2b

from bot.domain.broadcasts import CONSENTS
from bot.domain.consents import Purpose
from bot.domain.intents import CAP, CAP_PERIOD, FORM_LIVE, FORM_WAIT, QUIET_WAIT, Heard, Ways
from bot.domain.outbox import MessagePurpose
from bot.domain.quiet_hours import QuietHours
from bot.domain.reach import NO_ADDRESS, PersonRoutes, RoutePlan, reach_of
from bot.domain.reminders import local_moment
from bot.domain.rhythms import quiet_for
from bot.domain.windows import NIGHT

HELD_OUT = "held-out"
NO_CONSENT = "no-consent"
REGISTERED = "registered-already"
NOT_REGISTERED = "not-registered"
DRIVE_CLOSED = "drive-closed"
ASKED_LATELY = "appealed-lately"
NEWS_TODAY = "news-today"
TOO_LATE = "too-late"
NOT_FREE = "not-free"

ONE_APPEAL_IN = timedelta(days=90)
"""Nobody is asked for an urgent donation more often than once a quarter."""

NEWS_HOUR = time(9)
"""When news that had to wait for another day goes out."""


@dataclass(frozen=True, slots=True)
class Sending:
    """What a broadcast is, as far as one person's decision goes.

    Args:
        takes_people: its drive takes registrations (for its own registrants: takes place) and is not over; True where
            there is none.
        held_out: per cent of the people who are left out.
        lasts_until: a message that cannot go before is not sent any more.
    """

    id: int
    purpose: MessagePurpose
    drive_id: int | None = None
    takes_people: bool = True
    template: str = ""
    held_out: int = 0
    lasts_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """What is looked at of one person.

    Args:
        routes: the address of the consent first.
        at_drive: they hold a place at the broadcast's drive.
        heard: what they were sent lately that no drive of theirs needed.
        appealed_at: when they were last asked for an urgent donation.
        form_touched_at: when they last wrote in a form; `waited_for` why this was postponed last.
    """

    contact_id: int
    routes: PersonRoutes
    consents: frozenset[Purpose]
    rhythm: str = ""
    at_drive: bool = False
    heard: Heard = field(default_factory=Heard)
    appealed_at: datetime | None = None
    form_touched_at: datetime | None = None
    waited_for: str = ""


@dataclass(frozen=True, slots=True)
class To:
    """This way, from this moment on. `reason`: what it waits for, "" when nothing."""

    route: RoutePlan
    at: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Not:
    """Not to this person; the word stands in the row."""

    reason: str


def decide(facts: PersonFacts, sending: Sending, now: datetime, quiet: QuietHours, ways: Ways) -> To | Not:
    """The way and the moment, or the reason.

    Reaching somebody is judged at the moment it would go: a window may be shut by then.
    """
    if reason := _unwanted(facts, sending, now):
        return Not(reason)
    at, why = _moment(facts, sending, now, quiet, ways.cap)
    if sending.lasts_until is not None and at >= sending.lasts_until:
        return Not(why or (TOO_LATE if sending.drive_id is None else DRIVE_CLOSED))
    reach = reach_of(facts.routes, sending.purpose, at, ways.platforms, ways.templates.get(sending.template, ()))
    if not reach.routes:
        return Not(reach.reason)
    best = reach.routes[0]
    if best.opens_at > at:
        at, why = best.opens_at, NIGHT
        if sending.lasts_until is not None and at >= sending.lasts_until:
            return Not(NIGHT)
    return To(best, at, why)


def decide_thanks(facts: PersonFacts, until: datetime, now: datetime, quiet: QuietHours, ways: Ways) -> To | Not:
    """Whether somebody who was asked in vain is told that the need is met: in free words that cost nothing, or not at all.

    Args:
        until: what cannot go before is not said any more.
    """
    if Purpose.URGENT not in facts.consents:
        return Not(NO_CONSENT)
    at = quiet_for(facts.rhythm, quiet).over_at(now)
    reach = reach_of(facts.routes, MessagePurpose.URGENT, at, ways.platforms, ())
    free = [route for route in reach.routes if route.price_vnd == 0]
    if not free:
        return Not(reach.reason or NOT_FREE)
    moment = max(at, free[0].opens_at)
    return To(free[0], moment) if moment < until else Not(TOO_LATE)


def is_held_out(broadcast_id: int, contact_id: int, share: int) -> bool:
    """A fair lot that falls the same way each time it is asked."""
    if share <= 0:
        return False
    digest = blake2b(f"{broadcast_id}:{contact_id}".encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big") % 100 < share


def _unwanted(facts: PersonFacts, sending: Sending, now: datetime) -> str:
    if CONSENTS[sending.purpose] not in facts.consents:
        return NO_CONSENT
    if not sending.takes_people:
        return DRIVE_CLOSED
    if sending.purpose is MessagePurpose.DRIVE and not facts.at_drive:
        return NOT_REGISTERED
    if sending.purpose is not MessagePurpose.DRIVE and sending.drive_id is not None and facts.at_drive:
        return REGISTERED
    appealed = facts.appealed_at if sending.purpose is MessagePurpose.URGENT else None
    if appealed is not None and now - appealed < ONE_APPEAL_IN:
        return ASKED_LATELY
    # What people need for their own drive is nobody's to hold back.
    if sending.purpose is MessagePurpose.NEWS and is_held_out(sending.id, facts.contact_id, sending.held_out):
        return HELD_OUT
    return "" if facts.routes.homes else NO_ADDRESS


def _moment(facts: PersonFacts, sending: Sending, now: datetime, quiet: QuietHours, cap: int) -> tuple[datetime, str]:
    """When it may go at the soonest, and what it waits for."""
    own = quiet_for(facts.rhythm, quiet)
    at, why = now, ""
    if sending.purpose is MessagePurpose.NEWS and facts.heard.last_at is not None:
        at, why = _after_others(facts.heard, now, quiet, cap)
    if own.covers(at):
        at, why = own.over_at(at), why or QUIET_WAIT
    touched = facts.form_touched_at
    if touched is not None and facts.waited_for != FORM_WAIT:
        ends = min(touched, now) + FORM_LIVE
        if ends > at:
            at, why = own.over_at(ends), FORM_WAIT
    return at, why


def _after_others(heard: Heard, now: datetime, quiet: QuietHours, cap: int) -> tuple[datetime, str]:
    """One such message a day, and so many in a month."""
    if heard.last_at is None:
        return now, ""
    if heard.count >= cap:
        return max(now, heard.last_at + CAP_PERIOD), CAP
    if not quiet.same_day(heard.last_at, now):
        return now, ""
    tomorrow = now.astimezone(quiet.zone).date() + timedelta(days=1)
    return quiet.over_at(local_moment(tomorrow, NEWS_HOUR, quiet)), NEWS_TODAY
