"""What a load file says: entries of units, staff, campaigns, drives and channels, and the faults found in it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

SECTIONS = ("units", "staff", "campaigns", "drives", "channels", "templates")


@dataclass(frozen=True, slots=True)
class Relative:
    """A day counted from the day of loading, with or without a time: `in 13 days at 07:30`."""

    days: int
    at: time | None = None

    def day(self, now: datetime, zone: ZoneInfo) -> date:
        return now.astimezone(zone).date() + timedelta(days=self.days)

    def moment(self, now: datetime, zone: ZoneInfo) -> datetime:
        return datetime.combine(self.day(now, zone), self.at or time(), zone)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a section.

    Args:
        key: its code (a staff member's login).
        line: where it begins in the file.
        values: the fields that stand there, converted; an absent field is not in it.
        lines: the line of each field.
    """

    key: str
    line: int
    values: Mapping[str, Any]
    lines: Mapping[str, int]

    def fault(self, name: str, reason: str) -> "Fault":
        return Fault(self.lines.get(name, self.line), name, reason)


@dataclass(frozen=True, slots=True)
class LoadFile:
    """A whole file without faults of its own; whether it fits the database is seen when it is loaded."""

    name: str
    units: tuple[Entry, ...] = ()
    staff: tuple[Entry, ...] = ()
    campaigns: tuple[Entry, ...] = ()
    drives: tuple[Entry, ...] = ()
    channels: tuple[Entry, ...] = ()
    templates: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing to correct."""

    line: int
    field: str
    reason: str


class BadLoad(Exception):
    """The file cannot be loaded and nothing was changed; each fault with file, line and field."""

    def __init__(self, name: str, faults: Iterable[Fault]) -> None:
        self.name = name
        self.faults = tuple(sorted(set(faults)))
        super().__init__("\n".join(f"{name}:{fault.line}: {fault.field}: {fault.reason}" for fault in self.faults))


@dataclass(slots=True)
class Tally:
    """How many entries of one section were new, changed, and as they were."""

    added: int = 0
    changed: int = 0
    same: int = 0

    def count(self, word: str) -> None:
        setattr(self, word, getattr(self, word) + 1)

    def __str__(self) -> str:
        return f"{self.added} added, {self.changed} changed, {self.same} as they were"


@dataclass(slots=True)
class Loaded:
    """What loading did, by section."""

    tallies: dict[str, Tally] = field(default_factory=dict)

    def of(self, section: str) -> Tally:
        return self.tallies.setdefault(section, Tally())

    @property
    def changed_anything(self) -> bool:
        return any(tally.added or tally.changed for tally in self.tallies.values())


def circles(parents: Mapping[str, str | None], starts: Sequence[str]) -> list[str]:
    """Those of `starts` that are their own ancestor."""
    return [code for code in starts if _returns(code, parents)]


def _returns(code: str, parents: Mapping[str, str | None]) -> bool:
    passed: set[str] = set()
    above = parents.get(code)
    while above is not None and above not in passed:
        if above == code:
            return True
        passed.add(above)
        above = parents.get(above)
    return False
