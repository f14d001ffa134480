"""Donations and the time until the next one."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum


class Component(StrEnum):
    """What was given."""

    WHOLE_BLOOD = "whole_blood"
    PLATELETS = "platelets"
    PLASMA = "plasma"


@dataclass(frozen=True, slots=True)
class Donation:
    """One recorded donation; `ml` is the volume in millilitres where it is known."""

    given_on: date
    component: Component = Component.WHOLE_BLOOD
    ml: int | None = None
    verified: bool = True


@dataclass(frozen=True, slots=True)
class Intervals:
    """Days until the next donation, by the component given last (content/rules/intervals.yaml)."""

    days: tuple[tuple[Component, int], ...]

    def after(self, component: Component) -> timedelta:
        return timedelta(days=dict(self.days)[component])


def next_on(donation: Donation, intervals: Intervals) -> date:
    """First day on which this donor usually may give again, if the doctor at the site agrees.

    Source: Thông tư 26/2013/TT-BYT, Điều 6 (12 weeks after whole blood, 2 after plasma or platelets).
    """
    return donation.given_on + intervals.after(donation.component)
