"""How days, hours, phones and long names are said. Cached: the same few drives are spoken of all day."""

from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel.dates import format_date

from bot.dialog.talk import Words
from bot.domain.drives import is_pass_time
from bot.understanding.folding import fold

LABEL = 20
"""Longest label of a choice, in characters: Messenger cuts quick replies there."""

_LONG = {"vi": "EEEE, dd/MM/yyyy", "en": "EEEE, d MMMM yyyy"}
_SHORT = {"vi": "EEEEEE dd/MM", "en": "EEE d MMM"}
_PLAIN = {"vi": "dd/MM/yyyy", "en": "d MMMM yyyy"}


def slot_time(words: Words, at: datetime, zone: ZoneInfo, language: str) -> str:
    """07:30; of a pass, that any time before the end is right."""
    if not is_pass_time(at):
        return clock(at, zone)
    return words.text("slot.any-time", language, {"ends": clock(at, zone)})


def own_words(text_id: str, channel: str) -> str:
    """The id of a text's own words on one channel, where it has some."""
    return f"{text_id}@{channel}"


@lru_cache(maxsize=4096)
def local_day(at: datetime, zone: ZoneInfo) -> date:
    """The local date of a moment."""
    return at.astimezone(zone).date()


@lru_cache(maxsize=4096)
def long_day(at: datetime, zone: ZoneInfo, language: str) -> str:
    """Thứ Bảy, 05/12/2026"""
    return str(format_date(local_day(at, zone), _LONG[language], locale=language))


@lru_cache(maxsize=4096)
def short_day(at: datetime, zone: ZoneInfo, language: str) -> str:
    """T7 05/12"""
    return str(format_date(local_day(at, zone), _SHORT[language], locale=language))


@lru_cache(maxsize=4096)
def plain_date(day: date, language: str) -> str:
    """05/12/2026"""
    return str(format_date(day, _PLAIN[language], locale=language))


@lru_cache(maxsize=4096)
def clock(at: datetime, zone: ZoneInfo) -> str:
    """07:30"""
    return f"{at.astimezone(zone):%H:%M}"


def spoken_phone(phone: str) -> str:
    """+84912345678 as people write it: 0912 345 678."""
    if not phone.startswith("+84") or len(phone) != 12:
        return phone
    return f"0{phone[3:6]} {phone[6:9]} {phone[9:]}"


def initials(name: str) -> str:
    """Lò Thị Mai → L.T.M.: enough to know oneself by."""
    return "".join(f"{part[0].upper()}." for part in name.split())


def last_digits(phone: str) -> str:
    """…678"""
    return f"…{phone[-3:]}"


@lru_cache(maxsize=4096)
def shortened(text: str, most: int = LABEL) -> str:
    """The text, cut between words and ended with … when it is too long for a label."""
    if len(text) <= most:
        return text
    head = text[: most - 1]
    cut = head.rfind(" ")
    return f"{(head[:cut] if cut > most // 2 else head).rstrip(' ,.-')}…"


_KINDS = ("cong doan co so", "cdcs", "cong doan", "cd", "lien doan lao dong", "ldld", "cong ty", "cty")
"""What so many names of units begin with that a short label is better without it (compared folded)."""


@lru_cache(maxsize=4096)
def unit_label(name: str) -> str:
    """The telling part of a unit's name, short enough for a label: "CĐCS Công ty Chè Than Uyên" → "Chè Than Uyên"."""
    short = name
    while len(short) > LABEL and (rest := _without_kind(short)):
        short = rest
    return shortened(short)


def _without_kind(name: str) -> str:
    parts = name.split()
    for kind in _KINDS:
        size = kind.count(" ") + 1
        if len(parts) > size and fold(" ".join(parts[:size])) == kind:
            return " ".join(parts[size:])
    return ""
