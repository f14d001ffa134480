"""Donations and the time until the next one."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from bot.domain.terms import Term, Wait, first_day


class Component(StrEnum):
    """What was given."""

    WHOLE_BLOOD = "whole_blood"
    PLATELETS = "platelets"
    PLASMA = "plasma"


class Source(StrEnum):
    """Who says that it was given; only what a person tells of themselves is not verified."""

    SITE = "site"
    RESULTS = "results"
    LIST = "list"
    TOLD = "told"

    @property
    def verified(self) -> bool:
        """An old list of a union is no blood bank's word either."""
        return self in (Source.SITE, Source.RESULTS)


class ReasonGroup(StrEnum):
    """Why a site put somebody off, as coarse as reports need it; read by the health role and the donor only."""

    HAEMOGLOBIN = "haemoglobin"
    BLOOD_PRESSURE = "blood-pressure"
    WEIGHT = "weight"
    ILLNESS = "illness"
    MEDICINE = "medicine"
    VACCINE = "vaccine"
    INTERVAL = "interval"
    REST = "rest"
    RISK = "risk"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Donation:
    """One recorded donation; `ml` is the volume in millilitres where it is known."""

    given_on: date
    component: Component = Component.WHOLE_BLOOD
    ml: int | None = None
    verified: bool = True


@dataclass(frozen=True, slots=True)
class Intervals:
    """The wait until the next donation, by the component given last, in every version (content/rules/intervals.yaml)."""

    versions: tuple[tuple[Component, Wait, Term], ...] = ()

    def of(self, component: Component) -> tuple[tuple[Wait, Term], ...]:
        return tuple((wait, term) for given, wait, term in self.versions if given is component)

    def since(self, day: date) -> date:
        """Since when the versions of a day stand."""
        return max((term.since for _, _, term in self.versions if term.holds(day)), default=date.min)


def next_on(donation: Donation, intervals: Intervals) -> date:
    """First day on which this donor usually may give again, if the doctor at the site agrees.

    Source: Thông tư 26/2013/TT-BYT, Điều 6 (12 weeks after whole blood, 2 after plasma or platelets).
    """
    return first_day(donation.given_on, intervals.of(donation.component))
