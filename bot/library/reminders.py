"""Reads content/reminders/: one file per reminder, its timing and its words side by side."""

import re
from datetime import time, timedelta
from enum import StrEnum
from typing import Any, TypeVar

from bot.domain.consents import Purpose
from bot.domain.drives import DriveState
from bot.domain.schedule import Anchor, Reminder, Stop
from bot.library.fields import keep, known_keys, strings, words
from bot.library.findings import Finding
from bot.library.lines import Source
from bot.library.schema import Content, Text

_FIELDS = frozenset((
    "id", "anchor", "offset", "at", "lasts", "before", "slots_from", "stop", "consent", "follows", "merge", "asks",
    "kinds", "told", "template", "source", "version", "texts",
))  # fmt: skip
_SPAN = re.compile(r"([+-]?)(\d{1,4}) (minute|hour|day)s?")
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
_CHANGES = frozenset(("moved", DriveState.CANCELLED.value))
AT_ONCE = "at once"
DAYS = (Anchor.DONATION, Anchor.NEXT_DAY, Anchor.SEASON, Anchor.DEFERRAL, Anchor.DEFERRAL_END, Anchor.ASKED)
"""These count from a day, so they want a local time."""

Word = TypeVar("Word", bound=StrEnum)


def take_reminder(content: Content, source: Source) -> None:
    """One reminder. Staff change a timing here; what waits already is planned again."""
    known_keys(source, _FIELDS, "a reminder")
    reminder_id, anchor = source.want(str, "id", default=""), _word(source, Anchor, "anchor")
    _words(content, source)
    if not reminder_id or anchor is None:
        source.note("a reminder needs its id and what it counts from (anchor)")
        return
    if reminder_id in content.reminders:
        source.note(f"{reminder_id} has a file already", "id")
        return
    if not source.want(str, "source", default=""):
        source.note("a reminder says where its timing comes from (source)", "id")
    found = _reminder(source, reminder_id, anchor)
    _check(source, found)
    content.reminders[reminder_id] = found


def reminder_findings(content: Content, folder: str) -> list[Finding]:
    """What is wrong between files: words that are missing, a reminder that follows none."""
    found = []
    for one in content.reminders.values():
        if f"remind.{one.id}" not in content.texts:
            found.append(Finding(f"{folder}/{one.id}.yaml", 1, "error", f"remind.{one.id} is missing under texts"))
        if one.follows is not None and one.follows[0] not in content.reminders:
            reason = f"follows names {one.follows[0]}, which is no reminder"
            found.append(Finding(f"{folder}/{one.id}.yaml", 1, "error", reason))
    return found


def _reminder(source: Source, reminder_id: str, anchor: Anchor) -> Reminder:
    return Reminder(
        id=reminder_id,
        anchor=anchor,
        offset=_span(source, "offset") or timedelta(0),
        at=_clock(source, "at"),
        lasts=_span(source, "lasts"),
        before=_span(source, "before"),
        slots_from=_clock(source, "slots_from"),
        stop=frozenset(_stops(source)),
        consent=_word(source, Purpose, "consent") or Purpose.REGISTRATION,
        follows=_follows(source),
        merge=source.want(str, "merge", default=""),
        asks=bool(source.want(bool, "asks", default=False)),
        kinds=frozenset(strings(source, "kinds")),
        told=bool(source.want(bool, "told", default=False)),
        template=source.want(str, "template", default=""),
    )


def _check(source: Source, one: Reminder) -> None:
    """What could never go out, or would be said when it is of no use."""
    if one.anchor in DAYS and one.at is None:
        source.note(f'{one.anchor} is a day: at says the local time, such as "18:00"', "anchor")
    if one.at is not None and one.offset % timedelta(days=1):
        source.note("an offset of hours goes without at", "offset")
    if one.anchor is Anchor.SLOT and one.offset > timedelta(0):
        source.note("this would go out after the slot has begun", "offset")
    if one.anchor in DAYS and one.lasts is None:
        source.note("lasts says until when it is of use, such as 2 days", "anchor")
    if one.lasts is not None and one.lasts <= timedelta(0):
        source.note("lasts is longer than nothing", "lasts")
    if one.anchor is Anchor.CHANGE and not (one.kinds and one.kinds <= _CHANGES):
        source.note(f"kinds names some of {', '.join(sorted(_CHANGES))}", "kinds")
    if one.consent not in (Purpose.REGISTRATION, Purpose.REMINDER):
        source.note("consent is registration or reminder", "consent")


def _words(content: Content, source: Source) -> None:
    version = source.want(int, "version", default=0)
    if not version:
        source.note("version is missing: write `version: 1`")
    for text_id in source.want(dict, "texts", default={}):
        place = ("texts", text_id)
        keep(content, source, Text(text_id, words(source, place), version, source.path, source.line(place)))


def _span(source: Source, key: str) -> timedelta | None:
    """`-5 days`, `2 hours`, `at once`."""
    said: Any = source.want(str, key)
    if said is None or said == AT_ONCE:
        return None if said is None else timedelta(0)
    found = _SPAN.fullmatch(said.strip())
    if found is None:
        source.note(f'{key} is a time such as "-5 days", "2 hours" or "{AT_ONCE}"', key)
        return None
    sign, count, unit = found.groups()
    return timedelta(**{f"{unit}s": int(count)}) * (-1 if sign == "-" else 1)


def _clock(source: Source, key: str) -> time | None:
    said: Any = source.want(str, key)
    if said is None:
        return None
    found = _CLOCK.fullmatch(said)
    if found is None:
        source.note(f'{key} is a local time such as "18:00", in quotes', key)
        return None
    return time(int(found[1]), int(found[2]))


def _word(source: Source, kind: type[Word], key: str) -> Word | None:
    said = source.want(str, key)
    if said is None:
        return None
    if said not in set(kind):
        source.note(f"{key} is one of {', '.join(kind)}", key)
        return None
    return kind(said)


def _stops(source: Source) -> list[Stop]:
    found = []
    for said in strings(source, "stop"):
        if said in set(Stop):
            found.append(Stop(said))
        else:
            source.note(f"stop names some of {', '.join(Stop)}", "stop")
    return found


def _follows(source: Source) -> tuple[str, timedelta] | None:
    if source.want(dict, "follows") is None:
        return None
    name = source.want(str, "follows", "reminder")
    days = source.want(int, "follows", "days", default=0)
    if name is None or days <= 0:
        source.note("follows wants reminder and days", "follows")
        return None
    return name, timedelta(days=days)
