"""Donor rules as dated values: what holds on a day, so that an old decision can be replayed under the rules of its day."""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from bot.domain.donations import Intervals
from bot.domain.terms import Term, Wait, first_day


class Counted(StrEnum):
    """The day from which a wait is counted."""

    RECOVERY = "recovery"
    EVENT = "event"
    LAST_DOSE = "last-dose"
    STOPPING = "stopping"


class NoRules(LookupError):
    """No rule of ours is as old as that day."""


@dataclass(frozen=True, slots=True)
class DeferralRule:
    """After this, usually not before so long (`content/rules/deferrals.yaml`).

    Args:
        id: stays the same when the wait changes; versions differ by their term.
        said: folded words by which people name it.
        about: the intents of a question that it answers.
        source: where it stands.
    """

    id: str
    wait: Wait
    counted: Counted
    term: Term
    said: tuple[str, ...] = field(repr=False, default=())
    about: tuple[str, ...] = ()
    source: tuple[str, ...] = field(repr=False, default=())


@dataclass(frozen=True, slots=True)
class Volume:
    """From this weight on, a donor usually gives so much."""

    from_kg: float
    ml: int


@dataclass(frozen=True, slots=True)
class Limits:
    """Ages in whole years, weights in kg, volumes in ml (`content/rules/limits.yaml`).

    Args:
        least_kg: by sex as the rule names it, `female` and `male`.
        volumes: the bags that sites use within the rule's own limit, by weight.
    """

    youngest: int
    oldest: int
    least_kg: tuple[tuple[str, float], ...]
    volumes: tuple[Volume, ...]
    term: Term

    @property
    def lightest(self) -> float:
        """Below this nobody usually gives."""
        return min(kg for _, kg in self.least_kg)

    @property
    def heavy_enough(self) -> float:
        """From this on, weight keeps nobody away."""
        return max(kg for _, kg in self.least_kg)

    def volume(self, kg: float) -> int | None:
        """The bag that somebody of this weight usually fills, in ml; None below every limit."""
        return max((one.ml for one in self.volumes if kg >= one.from_kg), default=None)


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds on one day. `version` names the set, for what is kept of a self-check."""

    version: str
    limits: Limits
    deferrals: tuple[DeferralRule, ...]


@dataclass(frozen=True, slots=True)
class RuleBook:
    """Every version that we know, old ones among them."""

    intervals: Intervals
    limits: tuple[Limits, ...]
    deferrals: tuple[DeferralRule, ...]

    def on(self, day: date) -> Rules:
        """The rules of a day.

        Raises:
            NoRules: it is before the first of them.
        """
        limits = next((one for one in self.limits if one.term.holds(day)), None)
        if limits is None:
            raise NoRules(f"no rules are known for {day}")
        standing = tuple(rule for rule in self.deferrals if rule.term.holds(day))
        since = max(limits.term.since, *(rule.term.since for rule in standing), self.intervals.since(day))
        return Rules(f"rules-{since}", limits, standing)

    def after(self, rule_id: str, counted_from: date) -> date:
        """The first day after such an event on which somebody usually may come."""
        return first_day(counted_from, ((rule.wait, rule.term) for rule in self.deferrals if rule.id == rule_id))


NO_RULES = RuleBook(Intervals(), (), ())
"""Where nothing is known: nothing is worked out for anybody."""
