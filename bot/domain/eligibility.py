"""What somebody can expect who would like to give: never a verdict, for only the staff at the site decide."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from bot.domain.donations import Donation, next_on
from bot.domain.rules import RuleBook


class Advice(StrEnum):
    """What is said; the strictest that applies."""

    MAY_COME = "may-come"
    WAIT = "wait"
    ASK_DOCTOR = "ask-doctor"


@dataclass(frozen=True, slots=True)
class Happened:
    """Something after which people wait: the id of its rule, and the day from which the wait counts."""

    rule_id: str
    on: date


@dataclass(frozen=True, slots=True)
class Told:
    """What somebody tells of themselves; everything may be left out. Nothing of it is kept.

    Args:
        deferred_until: what the staff of a site decided earlier; it counts as they said it.
        for_the_doctor: something that only a doctor can weigh.
    """

    born: date | None = field(default=None, repr=False)
    kg: float | None = field(default=None, repr=False)
    donations: tuple[Donation, ...] = field(default=(), repr=False)
    happened: tuple[Happened, ...] = field(default=(), repr=False)
    deferred_until: date | None = field(default=None, repr=False)
    for_the_doctor: bool = field(default=False, repr=False)


@dataclass(frozen=True, slots=True)
class Expectation:
    """What to expect on a day.

    Args:
        not_before: the first day to come, with `Advice.WAIT`.
        because: the ids of what decides: rules, `interval`, `age`, `past-age`, `weight`, `deferral`, `doctor`.
        volume_ml: the bag that a donor of this weight usually fills.
        rules_version: under which rules.
    """

    advice: Advice
    rules_version: str
    not_before: date | None = None
    because: tuple[str, ...] = ()
    volume_ml: int | None = None


def expect(told: Told, book: RuleBook, on: date) -> Expectation:
    """What somebody who tells this can expect on a day: the latest of all waits, then what only a doctor weighs.

    Raises:
        NoRules: the day is before our first rules.
    """
    rules = book.on(on)
    waits = sorted((day, why) for day, why in _waits(told, book, rules.limits.youngest) if day > on)
    volume = rules.limits.volume(told.kg) if told.kg is not None else None
    if waits:
        latest = waits[-1][0]
        why = tuple(dict.fromkeys(why for _, why in reversed(waits)))
        return Expectation(Advice.WAIT, rules.version, latest, why, volume)
    doubts = tuple(_doubts(told, rules.limits.oldest, rules.limits.heavy_enough, on))
    return Expectation(Advice.ASK_DOCTOR if doubts else Advice.MAY_COME, rules.version, None, doubts, volume)


def last_given(donations: Sequence[Donation]) -> Donation | None:
    """The donation that the interval counts from: with mixed components, by the one given last."""
    return max(donations, key=lambda one: one.given_on, default=None)


def of_age_on(born: date, years: int) -> date:
    """The day on which somebody reaches an age; born on 29 February, on 1 March of a common year."""
    try:
        return born.replace(year=born.year + years)
    except ValueError:
        return date(born.year + years, 3, 1)


def _waits(told: Told, book: RuleBook, youngest: int) -> Iterator[tuple[date, str]]:
    """(first day, because of) of everything that ends by itself."""
    if told.born is not None:
        yield of_age_on(told.born, youngest), "age"
    if (last := last_given(told.donations)) is not None:
        yield next_on(last, book.intervals), "interval"
    if told.deferred_until is not None:
        yield told.deferred_until, "deferral"
    for one in told.happened:
        yield book.after(one.rule_id, one.on), one.rule_id


def _doubts(told: Told, oldest: int, heavy_enough: float, on: date) -> Iterator[str]:
    """What no day changes, so that the site must say."""
    if told.born is not None and on >= of_age_on(told.born, oldest + 1):
        yield "past-age"
    if told.kg is not None and told.kg < heavy_enough:
        yield "weight"
    if told.for_the_doctor:
        yield "doctor"
