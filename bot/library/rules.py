"""Reads content/rules/: every version of every donor rule, with its source and the days on which it holds."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from typing import Any

from bot.domain.donations import Component, Intervals
from bot.domain.rules import Counted, DeferralRule, Limits, RuleBook, Volume
from bot.domain.terms import Term, Wait
from bot.library.findings import Finding
from bot.library.lines import Place, Source
from bot.library.platforms import CONFIDENCE, Fact
from bot.understanding.folding import fold

_DATED = frozenset(("valid_from", "until", "source", "confidence", "checked_on"))
_INTERVAL = _DATED | {"days"}
_LIMIT = _DATED | {"age", "least_kg", "volumes"}
_DEFERRAL = _DATED | {"id", "wait", "counted_from", "name", "said", "about"}


@dataclass(slots=True)
class RuleFacts:
    """All that the folder says. `names` says each deferral's rule as people know it, by id and language."""

    intervals: list[tuple[Component, Wait, Term]] = field(default_factory=list)
    limits: list[Limits] = field(default_factory=list)
    deferrals: list[DeferralRule] = field(default_factory=list)
    names: dict[str, Mapping[str, str]] = field(default_factory=dict)
    facts: list[Fact] = field(default_factory=list)

    def book(self) -> RuleBook:
        return RuleBook(Intervals(tuple(self.intervals)), tuple(self.limits), tuple(self.deferrals))


def take_rules(found: RuleFacts, source: Source, file: str) -> None:
    """One file; what is wrong with it is noted with its line."""
    match file:
        case "intervals.yaml":
            for entry in _entries(source, "versions", _INTERVAL):
                found.intervals.extend(_interval(entry, found))
            _together(source, "intervals", [term for component, _, term in found.intervals if component is FIRST])
        case "limits.yaml":
            found.limits.extend(_limits(entry, found) for entry in _entries(source, "versions", _LIMIT))
            _together(source, "limits", [one.term for one in found.limits])
        case "deferrals.yaml":
            found.deferrals.extend(_deferral(entry, found) for entry in _entries(source, "rules", _DEFERRAL))
            for rule_id in {rule.id for rule in found.deferrals}:
                _together(source, rule_id, [rule.term for rule in found.deferrals if rule.id == rule_id])
        case _:
            source.note("rules are intervals.yaml, limits.yaml and deferrals.yaml")


FIRST = Component.WHOLE_BLOOD


@dataclass(frozen=True, slots=True)
class _Entry:
    """One mapping in a list of a file."""

    source: Source
    place: Place
    values: Mapping[str, Any]

    def want(self, kind: type | tuple[type, ...], *keys: str, default: Any = None) -> Any:
        """The value at these keys if it is of this kind; a finding if it is missing without a default, or another."""
        value: Any = self.values
        for key in keys:
            value = value.get(key) if isinstance(value, Mapping) else None
        if isinstance(value, kind) and not isinstance(value, bool):
            return value
        if value is not None or default is None:
            self.note(f"{'.'.join(keys)} is {'missing' if value is None else 'not what belongs here'}", *keys)
        return default

    def note(self, reason: str, *keys: str) -> None:
        self.source.note(reason, *self.place, *keys)

    def strings(self, *keys: str) -> tuple[str, ...]:
        return tuple(one for one in self.want(list, *keys, default=[]) if isinstance(one, str))


def _entries(source: Source, name: str, known: frozenset[str]) -> Iterator[_Entry]:
    for number, values in enumerate(source.want(list, name, default=[])):
        entry = _Entry(source, (name, number), values if isinstance(values, dict) else {})
        for key in sorted(set(entry.values) - known):
            entry.note(f"{key} is not a field here; write some of {', '.join(sorted(known))}", key)
        if entry.values:
            yield entry
        else:
            entry.note("write a mapping of fields")


def _term(entry: _Entry, found: RuleFacts, name: str) -> Term:
    """The days for which it holds; and its source and last look are noted."""
    since = entry.want(date, "valid_from") or date.min
    until = entry.want(date, "until", default=date.max)
    if until <= since:
        entry.note("until is the first day on which it no longer holds: after valid_from", "until")
    if not entry.strings("source"):
        entry.note("a rule needs its source", "source")
    if entry.want(str, "confidence", default="") not in CONFIDENCE:
        entry.note(f"confidence is one of {', '.join(CONFIDENCE)}", "confidence")
    checked_on = entry.want(date, "checked_on")
    if checked_on and until == date.max:
        found.facts.append(Fact(entry.source.path, entry.source.line(entry.place), name, checked_on))
    return Term(since, until)


def _interval(entry: _Entry, found: RuleFacts) -> Iterator[tuple[Component, Wait, Term]]:
    term = _term(entry, found, "intervals")
    for name in sorted(set(entry.want(dict, "days", default={})) - set(Component)):
        entry.note(f"{name} is not one of {', '.join(Component)}", "days", name)
    for component in Component:
        days = entry.want(int, "days", component.value) or 0
        if days <= 0:
            entry.note(f"{component} needs a number of days above 0", "days")
        yield component, Wait(days=days), term


def _limits(entry: _Entry, found: RuleFacts) -> Limits:
    least = [(sex, float(entry.want((int, float), "least_kg", sex) or 0)) for sex in ("female", "male")]
    youngest, oldest = entry.want(int, "age", "youngest") or 0, entry.want(int, "age", "oldest") or 0
    if not 0 < youngest < oldest:
        entry.note("age needs youngest and oldest, in years", "age")
    return Limits(youngest, oldest, tuple(least), tuple(_volumes(entry)), _term(entry, found, "limits"))


def _volumes(entry: _Entry) -> Iterator[Volume]:
    for one in entry.want(list, "volumes", default=[]):
        values = one if isinstance(one, dict) else {}
        kg, ml = values.get("from_kg"), values.get("ml")
        if isinstance(kg, int | float) and isinstance(ml, int):
            yield Volume(float(kg), ml)
        else:
            entry.note("write each volume as {from_kg: 45, ml: 350}", "volumes")


def _deferral(entry: _Entry, found: RuleFacts) -> DeferralRule:
    rule_id = entry.want(str, "id") or ""
    term = _term(entry, found, f"deferrals.{rule_id}")
    name = {lang: entry.want(str, "name", lang) or "" for lang in ("vi", "en")}
    if rule_id not in found.names or term.until == date.max:
        found.names[rule_id] = name
    said = entry.strings("said")
    for words in said:
        if fold(words) != words:
            entry.note(f"{words} should be folded: {fold(words)}", "said")
    return DeferralRule(
        rule_id, _wait(entry), _counted(entry), term, said, entry.strings("about"), entry.strings("source")
    )


def _wait(entry: _Entry) -> Wait:
    wait = entry.want(dict, "wait", default={})
    months, days = wait.get("months", 0), wait.get("days", 0)
    if set(wait) - {"months", "days"} or not all(isinstance(one, int) and one >= 0 for one in (months, days)):
        entry.note("write wait as {months: 6} or {days: 28}", "wait")
        return Wait()
    if not months + days:
        entry.note("wait is missing: write {months: 6} or {days: 28}", "wait")
    return Wait(months, days)


def _counted(entry: _Entry) -> Counted:
    word = entry.want(str, "counted_from") or ""
    if word not in set(Counted):
        entry.note(f"counted_from is one of {', '.join(Counted)}", "counted_from")
        return Counted.EVENT
    return Counted(word)


def missing_rules(found: RuleFacts, folder: str) -> Iterator[Finding]:
    """Without an interval and a limit nobody can be told anything."""
    for name, rows in (("intervals.yaml", found.intervals), ("limits.yaml", found.limits)):
        if not rows:
            yield Finding(f"{folder}/{name}", 1, "error", "no version of it was found")


def _together(source: Source, name: str, terms: list[Term]) -> None:
    """Of one rule, one version at a time."""
    for earlier, later in pairwise(sorted(terms, key=lambda term: term.since)):
        if later.since < earlier.until:
            finding = Finding(
                source.path, 1, "error", f"two versions of {name} hold on {later.since}: give one `until`"
            )
            source.findings.append(finding)
