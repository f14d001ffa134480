"""Whom a broadcast is for, as an expression: `unit:abc eligible:2026-12-05 not registered:lc-1`. Pure.

A space is and; `or`, `not` and parentheses as everybody knows them; `và`, `hoặc`, `không` mean the same.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from bot.domain.updates import ChannelKind

LONGEST = 500
DEEPEST = 20
LANGUAGES = ("vi", "en")
CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
TAG = re.compile(r"[a-z0-9][a-z0-9-]{0,29}")


class Fault(StrEnum):
    """What is wrong with an expression; the id of a sentence (`segment.fault.<word>`)."""

    EMPTY = "empty"
    TOO_LONG = "too-long"
    TOO_DEEP = "too-deep"
    UNKNOWN_WORD = "unknown-word"
    NO_VALUE = "no-value"
    BAD_CODE = "bad-code"
    BAD_DATE = "bad-date"
    BAD_CHANNEL = "bad-channel"
    BAD_LANGUAGE = "bad-language"
    BAD_TAG = "bad-tag"
    BAD_REACH = "bad-reach"
    NOT_CLOSED = "not-closed"
    NOT_OPENED = "not-opened"
    NOTHING_THERE = "nothing-there"
    NO_SUCH_UNIT = "no-such-unit"
    NO_SUCH_DRIVE = "no-such-drive"


class SegmentFault(Exception):
    """The expression cannot be read, or it names what is not there.

    Args:
        word: what is wrong.
        what: the piece of the expression that it is about.
        at: where that begins, from 0.
    """

    def __init__(self, word: Fault, what: str = "", at: int = 0) -> None:
        super().__init__(f"{word} at {at + 1}: {what}" if what else str(word))
        self.word, self.what, self.at = word, what, at


@dataclass(frozen=True, slots=True)
class All:
    """Everybody."""

    def __str__(self) -> str:
        return "all"


@dataclass(frozen=True, slots=True)
class OfUnit:
    """Of this unit and those below it."""

    code: str

    def __str__(self) -> str:
        return f"unit:{self.code}"


@dataclass(frozen=True, slots=True)
class OnChannel:
    """They have an address there."""

    channel: ChannelKind

    def __str__(self) -> str:
        return f"channel:{self.channel.value}"


@dataclass(frozen=True, slots=True)
class RegisteredFor:
    """They hold a place at this drive, or held it when it took place."""

    code: str

    def __str__(self) -> str:
        return f"registered:{self.code}"


@dataclass(frozen=True, slots=True)
class EligibleOn:
    """Nothing that we know of keeps them from giving on this day; who never gave is among them."""

    day: date

    def __str__(self) -> str:
        return f"eligible:{self.day.isoformat()}"


@dataclass(frozen=True, slots=True)
class DonatedBefore:
    """They have given, last before this day."""

    day: date

    def __str__(self) -> str:
        return f"donated-before:{self.day.isoformat()}"


@dataclass(frozen=True, slots=True)
class DonatedAfter:
    """They have given after this day."""

    day: date

    def __str__(self) -> str:
        return f"donated-after:{self.day.isoformat()}"


@dataclass(frozen=True, slots=True)
class NeverDonated:
    """We know of no donation."""

    def __str__(self) -> str:
        return "donated:never"


@dataclass(frozen=True, slots=True)
class Speaks:
    """They read this language."""

    language: str

    def __str__(self) -> str:
        return f"language:{self.language}"


@dataclass(frozen=True, slots=True)
class Tagged:
    """Staff have put this word on them."""

    tag: str

    def __str__(self) -> str:
        return f"tag:{self.tag}"


@dataclass(frozen=True, slots=True)
class ReachableNow:
    """They can be written to in free words at this moment."""

    def __str__(self) -> str:
        return "reachable:now"


@dataclass(frozen=True, slots=True)
class ReachableByTemplate:
    """Not in free words at this moment, but in words that a platform has approved."""

    def __str__(self) -> str:
        return "reachable:template"


@dataclass(frozen=True, slots=True)
class Not:
    part: "Segment"

    def __str__(self) -> str:
        return f"not {_inside(self.part)}"


@dataclass(frozen=True, slots=True)
class And:
    """Two parts or more."""

    parts: "tuple[Segment, ...]"

    def __str__(self) -> str:
        return " ".join(_inside(part) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Or:
    """Two parts or more."""

    parts: "tuple[Segment, ...]"

    def __str__(self) -> str:
        return " or ".join(f"({part})" if isinstance(part, Or) else str(part) for part in self.parts)


Term = (
    All
    | OfUnit
    | OnChannel
    | RegisteredFor
    | EligibleOn
    | DonatedBefore
    | DonatedAfter
    | NeverDonated
    | Speaks
    | Tagged
    | ReachableNow
    | ReachableByTemplate
)
Segment = Term | Not | And | Or
"""`str` of one is its canonical expression, which `parse` reads as the same tree."""


def _inside(part: Segment) -> str:
    return f"({part})" if isinstance(part, And | Or) else str(part)


def parse(expression: str) -> Segment:
    """Read an expression.

    Raises:
        SegmentFault: it cannot be read; it says where and what would be right.
    """
    text = unicodedata.normalize("NFC", expression)
    if len(text) > LONGEST:
        raise SegmentFault(Fault.TOO_LONG, str(len(text)), LONGEST)
    reader = _Reader([(match.group(), match.start()) for match in _TOKEN.finditer(text)], len(text))
    if not reader.words:
        raise SegmentFault(Fault.EMPTY)
    found = reader.either(0)
    if reader.next() is not None:
        raise SegmentFault(Fault.NOT_OPENED, ")", reader.place())
    return found


_TOKEN = re.compile(r"[()]|[^\s()]+")
_AND, _OR, _NOT = ("and", "và"), ("or", "hoặc"), ("not", "không")


class _Reader:
    """The words of an expression, and how far they are read."""

    def __init__(self, words: list[tuple[str, int]], length: int) -> None:
        self.words, self._length, self._at = words, length, 0

    def next(self) -> str | None:
        return self.words[self._at][0].lower() if self._at < len(self.words) else None

    def place(self) -> int:
        return self.words[self._at][1] if self._at < len(self.words) else self._length

    def either(self, depth: int) -> Segment:
        parts = [self._together(depth)]
        while self.next() in _OR:
            self._at += 1
            parts.append(self._together(depth))
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _together(self, depth: int) -> Segment:
        parts = [self._one(depth)]
        while (word := self.next()) is not None and word != ")" and word not in _OR:
            if word in _AND:
                self._at += 1
            parts.append(self._one(depth))
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _one(self, depth: int) -> Segment:
        word, place = self.next(), self.place()
        if depth >= DEEPEST:
            raise SegmentFault(Fault.TOO_DEEP, word or "", place)
        if word is None or word == ")" or word in _AND or word in _OR:
            raise SegmentFault(Fault.NOTHING_THERE, word or "", place)
        self._at += 1
        if word in _NOT:
            return Not(self._one(depth + 1))
        if word != "(":
            return _term(self.words[self._at - 1][0], place)
        found = self.either(depth + 1)
        if self.next() != ")":
            raise SegmentFault(Fault.NOT_CLOSED, "(", place)
        self._at += 1
        return found


def _term(word: str, at: int) -> Term:
    name, colon, value = word.partition(":")
    name = name.lower()
    if name in ("all", "tất-cả") and not colon:
        return All()
    if name not in _NAMES:
        raise SegmentFault(Fault.UNKNOWN_WORD, word, at)
    if not value:
        raise SegmentFault(Fault.NO_VALUE, word, at)
    match name:
        case "unit" | "registered":
            if not CODE.fullmatch(value):
                raise SegmentFault(Fault.BAD_CODE, value, at)
            return OfUnit(value) if name == "unit" else RegisteredFor(value)
        case "eligible":
            return EligibleOn(_day(value, at))
        case "donated-before":
            return DonatedBefore(_day(value, at))
        case "donated-after":
            return DonatedAfter(_day(value, at))
        case _:
            return _word_of(name, value.lower(), at)


def _word_of(name: str, value: str, at: int) -> Term:
    match name, value:
        case "channel", kind if kind in set(ChannelKind):
            return OnChannel(ChannelKind(kind))
        case "language", language if language in LANGUAGES:
            return Speaks(language)
        case "tag", tag if TAG.fullmatch(tag):
            return Tagged(tag)
        case "donated", "never":
            return NeverDonated()
        case "reachable", "now":
            return ReachableNow()
        case "reachable", "template":
            return ReachableByTemplate()
        case _:
            raise SegmentFault(_NAMES[name], value, at)


_NAMES = {
    "unit": Fault.BAD_CODE,
    "registered": Fault.BAD_CODE,
    "eligible": Fault.BAD_DATE,
    "donated-before": Fault.BAD_DATE,
    "donated-after": Fault.BAD_DATE,
    "donated": Fault.BAD_DATE,
    "channel": Fault.BAD_CHANNEL,
    "language": Fault.BAD_LANGUAGE,
    "tag": Fault.BAD_TAG,
    "reachable": Fault.BAD_REACH,
}


_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def _day(value: str, at: int) -> date:
    try:
        if _DAY.fullmatch(value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise SegmentFault(Fault.BAD_DATE, value, at)
