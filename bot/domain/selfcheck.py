"""What a self-check has come to so far: the latest day, whether a doctor should weigh something, the likely bag. No answers."""

from dataclasses import dataclass, field
from datetime import date, timedelta

from bot.domain.donations import Component, Donation, Intervals, next_on
from bot.domain.eligibility import Advice, Expectation, Told
from bot.domain.terms import Wait

LONGEST_INTERVAL = 730
"""Days; no rest between two donations is longer."""


@dataclass(frozen=True, slots=True)
class Running:
    """The outcome so far.

    Args:
        until: the first day that everything told so far leaves open.
        for_the_doctor: something that no day changes was told.
        ml: the bag that a donor of this weight usually fills.
    """

    until: date | None = field(default=None, repr=False)
    for_the_doctor: bool = field(default=False, repr=False)
    ml: int | None = field(default=None, repr=False)

    def with_one(self, one: Expectation) -> "Running":
        """One more thing was told: the latest day counts, and a doubt stays."""
        return Running(
            max((day for day in (self.until, one.not_before) if day), default=None),
            self.for_the_doctor or one.advice is Advice.ASK_DOCTOR,
            one.volume_ml or self.ml,
        )

    def as_told(self) -> Told:
        """What `expect` makes the whole of."""
        return Told(deferred_until=self.until, for_the_doctor=self.for_the_doctor)


def rested_from(intervals: Intervals, today: date) -> date:
    """The earliest day of a whole-blood donation whose rest is not over today; tomorrow, where none is asked for."""
    day = today + timedelta(days=1)
    for _ in range(LONGEST_INTERVAL):
        if next_on(Donation(day - timedelta(days=1), Component.WHOLE_BLOOD), intervals) <= today:
            break
        day -= timedelta(days=1)
    return day


def latest_ago(today: date, passed: Wait) -> date:
    """The latest day from which so much has certainly passed: who tells "three to six months" is let come on the day
    that is right for three, never earlier."""
    day = today - timedelta(days=passed.days + 32 * passed.months)
    while day < today and passed.after(day + timedelta(days=1)) <= today:
        day += timedelta(days=1)
    return day
