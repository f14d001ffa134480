"""An urgent call for blood: whom it asks first, how many at a time, and when it has asked enough. Pure."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import IntEnum, StrEnum
from hashlib import blake2b

BLOOD_GROUPS = ("A+", "A-", "B+", "B-", "AB+", "AB-", "O+", "O-")

ASK_FOR: Mapping[str, tuple[str, ...]] = {
    "O-": ("O-",),
    "O+": ("O+", "O-"),
    "A-": ("A-", "O-"),
    "A+": ("A+", "A-", "O+", "O-"),
    "B-": ("B-", "O-"),
    "B+": ("B+", "B-", "O+", "O-"),
    "AB-": ("AB-", "A-", "B-", "O-"),
    "AB+": BLOOD_GROUPS,
}
"""A patient's group → the groups whose donors may be asked: red cells and whole blood, for planning an appeal only; the
hospital cross-matches (facts/blood-donation.md, section 5 [16])."""

MOST_BAGS = 500
LEAST_WAVE = 5
"""Asking fewer at a time costs an hour and brings nobody."""

LAPSED_AFTER = timedelta(days=365)
FREQUENT_FROM = 2
"""So many donations within a year: somebody whom we ask last, because they come anyway and cannot come always."""

WAVE_EVERY = timedelta(minutes=45)
WAVE_AT_LEAST_EVERY = timedelta(minutes=10)
WAVES_IN_TIME = 4
"""So many waves should fit into the time that is left, each with time to answer."""

YES_BEFORE, ASKED_BEFORE = 2, 10
"""What is taken of the share of those asked who say yes until this appeal has its own figures: two of ten (our own
assumption, which the first wave corrects)."""

ENOUGH_KNOWN = 100
"""Places of earlier drives from which on our own share counts."""

THANKS_LAST = timedelta(days=1)
"""Being told later that nobody is needed any more would only puzzle."""


class Closing(StrEnum):
    """Why an appeal asks nobody any more; stands as the reason beside those who were still to be asked."""

    MET = "need-met"
    OVER = "need-over"
    RECALLED = "recalled"


class Order(IntEnum):
    """Who is asked before whom."""

    STANDBY = 0
    LAPSED = 1
    OTHERS = 2
    FREQUENT = 3


@dataclass(frozen=True, slots=True)
class Need:
    """What is needed.

    Args:
        bags: units of blood.
        by: the moment until which they are of use (aware UTC).
        groups: of the patients; () where any group serves.
    """

    bags: int
    by: datetime
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Turnout:
    """Of those who hold a place, the share who end up giving: what may be relied on, and what is usual."""

    cautious: float
    usual: float


UNTIL_KNOWN = Turnout(0.57, 0.75)
"""57 to 93 units per 100 registered, and the middle of it (the drives in facts/campaign-and-reporting.md, section 7, and
the range that issue 8 gives)."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How an appeal stands.

    Args:
        asked: people whose message is on its way or has gone out.
        agreed: of them, those who took a place.
        pledged: places that count for the need and are still ahead, whoever took them.
        given: bags that were given already.
    """

    asked: int = 0
    agreed: int = 0
    pledged: int = 0
    given: int = 0


def serving(needed: tuple[str, ...]) -> frozenset[str]:
    """The groups whose donors may be asked."""
    return frozenset(giver for group in needed for giver in ASK_FOR[group])


def kinship(group: str, needed: tuple[str, ...]) -> int | None:
    """0: the same group, asked first, as hospitals do; 1: one that serves too; None: not to be asked.

    Who has told no group is asked only where any serves.
    """
    if not needed or group in needed:
        return 0
    return 1 if group in serving(needed) else None


def order_of(standby: bool, last_given: date | None, lately: int, today: date) -> Order:
    """The reserve list, then those who have not come for a year, then others, last those who come often.

    Args:
        lately: donations within a year.
    """
    if standby:
        return Order.STANDBY
    if lately >= FREQUENT_FROM:
        return Order.FREQUENT
    if last_given is not None and today - last_given >= LAPSED_AFTER:
        return Order.LAPSED
    return Order.OTHERS


def place_of(order: Order, kin: int, broadcast_id: int, contact_id: int) -> int:
    """Where somebody stands in the row: by order, the same group before others, and then by a fair lot."""
    lot = blake2b(f"{broadcast_id}:{contact_id}:place".encode(), digest_size=4).digest()
    return ((order * 2 + kin) << 32) | int.from_bytes(lot, "big")


def turnout_of(registered: int, units: int) -> Turnout:
    """From our own drives, as soon as there are enough of them.

    The cautious share is the lower end of Wilson's interval (95 %): the more is known, the nearer it comes to the usual.
    """
    if registered < ENOUGH_KNOWN:
        return UNTIL_KNOWN
    share, z = min(units / registered, 1.0), 1.96
    middle = share + z * z / (2 * registered)
    spread = z * math.sqrt(share * (1 - share) / registered + z * z / (4 * registered * registered))
    return Turnout(max(0.05, (middle - spread) / (1 + z * z / registered)), max(0.05, share))


def is_covered(need: Need, standing: Standing, turnout: Turnout) -> bool:
    """Whether what was promised is enough, counted cautiously."""
    return standing.given + standing.pledged * turnout.cautious >= need.bags


def wave_size(need: Need, standing: Standing, turnout: Turnout) -> int:
    """How many to ask next, so that as many say yes as the rest of the need takes."""
    missing = need.bags - standing.given - standing.pledged * turnout.usual
    places = max(1, math.ceil(missing / turnout.usual))
    says_yes = (standing.agreed + YES_BEFORE) / (standing.asked + ASKED_BEFORE)
    return max(LEAST_WAVE, math.ceil(places / says_yes))


def next_wave_at(need: Need, now: datetime) -> datetime:
    """When the next may be asked: people need time to answer, and there is not always much of it."""
    share = (need.by - now) / WAVES_IN_TIME
    return now + max(WAVE_AT_LEAST_EVERY, min(WAVE_EVERY, share))
