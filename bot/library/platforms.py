"""Reads content/platforms/: each number with its source, how sure it is, and the day somebody last looked."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields
from datetime import date, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.domain.outbox import MessagePurpose
from bot.domain.platforms import Limits, Platform, RouteKind, Window
from bot.domain.updates import ChannelKind
from bot.library.findings import Finding
from bot.library.lines import Place, Source

OLD_AFTER = timedelta(days=180)
"""A fact nobody has looked at for so long is told by `content check`."""

CONFIDENCE = ("high", "medium", "low")
_TOP = ("channel", "zone", "limits", "routes")
_FACT = ("value", "source", "confidence", "checked_on")
_LIMITS: dict[str, type] = {name: bool if name in ("joined", "fleeting", "buttons_alone") else int for name in (
    field.name for field in fields(Limits)
)}  # fmt: skip
_NEEDED = ("text", "choices", "label")
_WINDOW: dict[str, type] = {"free_hours": int, "open_hours": int, "price_vnd": int, "night": str, "purposes": list}


@dataclass(frozen=True, slots=True)
class Fact:
    """Where a number stands and when it was last looked at."""

    path: str
    line: int
    name: str
    checked_on: date


@dataclass(slots=True)
class PlatformFacts:
    """All that the folder says."""

    platforms: dict[ChannelKind, Platform] = field(default_factory=dict)
    facts: list[Fact] = field(default_factory=list)


def take_platform(found: PlatformFacts, source: Source) -> None:
    """One file; what is wrong with it is noted with its line."""
    kind = source.want(str, "channel", default="")
    if kind not in set(ChannelKind):
        source.note(f"channel is one of {', '.join(ChannelKind)}", "channel")
        return
    for key in source.values:
        if key not in _TOP:
            source.note(f"{key} is not a field of a platform; write one of {', '.join(_TOP)}", key)
    seen: list[date] = []
    limits = dict(_facts(source, found, seen, ("limits",), _LIMITS))
    for name in _NEEDED:
        if name not in limits:
            source.note(f"limits.{name} is missing", "limits")
    windows = {route: _window(source, found, seen, route) for route in _routes(source)}
    zone = _zone(source)
    if not source.findings and zone is not None:
        found.platforms[ChannelKind(kind)] = Platform(
            ChannelKind(kind), Limits(**limits), windows, zone, min(seen, default=date.min)
        )


def outdated(facts: Iterable[Fact], today: date) -> Iterator[Finding]:
    """Warnings for what nobody has looked at for half a year."""
    for fact in facts:
        if today - fact.checked_on > OLD_AFTER:
            reason = f"{fact.name} was last checked on {fact.checked_on}: look whether it still holds"
            yield Finding(fact.path, fact.line, "warning", reason)


def missing(found: PlatformFacts, folder: str) -> Iterator[Finding]:
    """Every channel needs its file once there is one."""
    if found.platforms:
        for kind in ChannelKind:
            if kind not in found.platforms:
                yield Finding(f"{folder}/{kind}.yaml", 1, "error", "is missing, or faulty: the channel needs its facts")


def _routes(source: Source) -> Iterator[RouteKind]:
    for name in source.want(dict, "routes", default={}):
        if name in set(RouteKind):
            yield RouteKind(name)
        else:
            source.note(f"{name} is no route; write one of {', '.join(RouteKind)}", "routes", name)


def _window(source: Source, found: PlatformFacts, seen: list[date], route: RouteKind) -> Window:
    place = ("routes", route.value)
    values = dict(_facts(source, found, seen, place, _WINDOW))
    return Window(
        free_for=_hours(values.get("free_hours")),
        open_for=_hours(values.get("open_hours")),
        price_vnd=values.get("price_vnd", 0),
        night=_night(source, values.get("night"), (*place, "night")),
        purposes=_purposes(source, values.get("purposes", ()), (*place, "purposes")),
    )


def _hours(value: int | None) -> timedelta | None:
    return None if value is None else timedelta(hours=value)


def _facts(
    source: Source, found: PlatformFacts, seen: list[date], place: tuple[str, ...], known: dict[str, type]
) -> Iterator[tuple[str, Any]]:
    """(name, value) of every fact at a place that is complete."""
    for name in source.want(dict, *place, default={}):
        here = (*place, name)
        if name not in known:
            source.note(f"{name} is not known here; write one of {', '.join(known)}", *here)
            continue
        day = _told_when(source, here)
        value = _value(source, here, known[name])
        if day is not None and value is not None:
            seen.append(day)
            found.facts.append(Fact(source.path, source.line(here), ".".join(here), day))
            yield name, value


def _value(source: Source, here: tuple[str, ...], kind: type) -> Any:
    value = source.want(kind, *here, "value")
    if kind is int and (isinstance(value, bool) or (value is not None and value < 0)):
        source.note(f"{'.'.join(here)} should be a number that is not negative", *here)
        return None
    if value is None:
        source.note(f"{'.'.join(here)} needs its value", *here)
    return value


def _told_when(source: Source, here: tuple[str, ...]) -> date | None:
    """The day of the last look, once source and confidence stand beside it."""
    name = ".".join(here)
    for key in source.want(dict, *here, default={}):
        if key not in _FACT:
            source.note(f"{key} is not known here; write {', '.join(_FACT)}", *here, key)
    if not source.want(str, *here, "source", default="").strip():
        source.note(f"{name} needs its source", *here)
    if source.want(str, *here, "confidence", default="") not in CONFIDENCE:
        source.note(f"{name} needs its confidence: {', '.join(CONFIDENCE)}", *here)
    day: date | None = source.want(date, *here, "checked_on")
    if day is None:
        source.note(f"{name} needs checked_on: a date such as 2026-11-22", *here)
    return day


def _night(source: Source, value: str | None, here: Place) -> tuple[time, time] | None:
    if value is None:
        return None
    begin, _, end = value.partition("-")
    try:
        return time.fromisoformat(begin), time.fromisoformat(end)
    except ValueError:
        source.note('night is a stretch such as "22:00-06:00"', *here)
        return None


def _purposes(source: Source, values: Iterable[Any], here: Place) -> frozenset[MessagePurpose]:
    wrong = [value for value in values if value not in set(MessagePurpose)]
    if wrong:
        source.note(f"purposes are some of {', '.join(MessagePurpose)}", *here)
    return frozenset(MessagePurpose(value) for value in values if value not in wrong)


def _zone(source: Source) -> ZoneInfo | None:
    try:
        return ZoneInfo(source.want(str, "zone", default=""))
    except (ZoneInfoNotFoundError, ValueError):
        source.note("zone is missing: write one such as Asia/Ho_Chi_Minh", "zone")
        return None
