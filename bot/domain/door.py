"""At the door of a site: which step may follow which, what was typed or scanned, until when somebody is put off."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from bot.domain.registrations import RegistrationState
from bot.domain.tickets import read_ticket

OPENS_BEFORE = timedelta(hours=3)
"""Helpers may begin that long before the first slot."""

STAYS_OPEN = timedelta(days=7)
"""What was forgotten can be written that long; then the sweep ends what is open (`scheduler/outcomes.py`)."""

LONGEST_DEFERRAL = timedelta(days=5 * 366)
TAIL_AT_LEAST = 3
_LINK = re.compile(r"/t/([^/?#\s]+)")


class Step(StrEnum):
    """What a helper presses."""

    ARRIVED = "arrived"
    DONATED = "donated"
    DEFERRED = "deferred"
    LEFT = "left"


_BEFORE = {
    Step.ARRIVED: frozenset(
        {
            RegistrationState.BOOKED,
            RegistrationState.HELD,
            RegistrationState.CANCELLED,
            RegistrationState.ABSENT,
        }
    ),
    Step.DONATED: frozenset({RegistrationState.ARRIVED}),
    Step.DEFERRED: frozenset({RegistrationState.ARRIVED}),
    Step.LEFT: frozenset({RegistrationState.ARRIVED}),
}


def may_follow(step: Step, state: RegistrationState) -> bool:
    """Whoever cancelled or was written down as absent may come all the same."""
    return state in _BEFORE[step]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Who is looked for: by ticket, by the last digits of the phone, by words of the name; several may fit."""

    ticket: str = ""
    digits: str = ""
    words: str = ""


def read_wanted(typed: str) -> Wanted:
    """What a helper typed, or a scanner from the QR code of the ticket's page."""
    link = _LINK.search(typed)
    text = link.group(1) if link else typed.strip()
    digits = re.sub(r"[\s.+-]", "", text)
    is_number = digits.isdecimal() and digits.isascii() and len(digits) >= TAIL_AT_LEAST
    return Wanted(read_ticket(text.replace(" ", "")), digits if is_number else "", "" if link or is_number else text)


def is_open(starts_at: datetime, ends_at: datetime, reported_at: datetime | None, now: datetime) -> bool:
    """From shortly before the first slot until the report is signed, a week later at the latest."""
    return reported_at is None and starts_at - OPENS_BEFORE <= now <= ends_at + STAYS_OPEN


def day_at_site(starts_at: datetime, ends_at: datetime, zone: ZoneInfo, now: datetime) -> date:
    """The day that a donation or a deferral belongs to: today, but within the days of the drive."""
    first, last = starts_at.astimezone(zone).date(), ends_at.astimezone(zone).date()
    return min(max(now.astimezone(zone).date(), first), last)


def same_day(one: datetime, other: datetime, zone: ZoneInfo) -> bool:
    """A slip can be taken back on the day it was made."""
    return one.astimezone(zone).date() == other.astimezone(zone).date()


def is_deferral(until: date, decided_on: date) -> bool:
    """The first day to come again lies ahead, and not absurdly far."""
    return decided_on < until <= decided_on + LONGEST_DEFERRAL
