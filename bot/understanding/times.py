"""When something happened, as people say it: 2/3, hôm qua, tuần trước, được 3 tháng, nửa năm rồi."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from bot.domain.terms import Wait
from bot.understanding.folding import fold, marked

_NUMBERS = {
    "mot": 1, "hai": 2, "ba": 3, "bon": 4, "tu": 4, "nam": 5, "sau": 6, "bay": 7, "tam": 8, "chin": 9, "muoi": 10,
}  # fmt: skip
_NUMBER = rf"(?:\d{{1,3}}|{'|'.join(_NUMBERS)})"
_DATE = re.compile(r"(?<![\d/.-])(\d{1,2})\s?[/.-]\s?(\d{1,2})(?:\s?[/.-]\s?(\d{4}|\d{2}))?(?![\d/.-])")
_SPOKEN_DATE = re.compile(r"\b(?:ngay|mung|mong|hom) (\d{1,2}) (?:thang|thg|th|t) ?(\d{1,2})(?: (?:nam )?(\d{4}))?\b")
_AGO = re.compile(rf"\b({_NUMBER}) ?(ngay|hom|tuan|thang|thg|nam)\b( ruoi)?")
_HALF_YEAR = re.compile(r"\bnua nam\b")
_DAYS_AGO = {"hom nay": 0, "sang nay": 0, "chieu nay": 0, "hom qua": 1, "toi qua": 1, "hom kia": 2, "bua kia": 2}
_LAST = ("tuan truoc", "tuan roi", "thang truoc", "thang roi", "nam ngoai", "nam truoc")
_AHEAD = frozenset(("doi", "cho", "sau", "du", "can", "phai", "nghi", "trong", "nua", "toi", "mat", "moi", "cach"))
"""Words before a number that make it a wait or a rate: "phải đợi 6 tháng", "cách 3 tháng"."""

_SINCE = frozenset(("duoc", "hon", "gan", "khoang", "tam", "dau", "qua", "tron"))
"""Words before a number that make it the past: "được 2 tháng"."""

_PASSED = re.compile(r" (?:truoc|roi|nay|qua|thi|co|hien)\b")
_RATE = re.compile(r"\b(?:may|bao nhieu|mot|1|2|hai) lan\b|\bmoi nam\b")


@dataclass(frozen=True, slots=True)
class Since:
    """A day in the past; `about` when only a time that has passed was told."""

    day: date
    about: bool = False


def read_since(text: str, today: date) -> Since | None:
    """The one moment in the past that a text tells; None when it tells none, several, or one that lies ahead.

    >>> read_since("em xăm được 2 tháng rồi", date(2026, 11, 23))
    Since(day=datetime.date(2026, 9, 23), about=True)
    """
    if len(text) > 500:
        return None
    found = {one.day: one for one in (*_dates(text, today), *_passed(fold(text), text, today))}
    if len(found) != 1:
        return None
    (one,) = found.values()
    return one if one.day <= today else None


def _dates(text: str, today: date) -> Iterator[Since]:
    for match in (*_DATE.finditer(text), *_SPOKEN_DATE.finditer(fold(text))):
        day, month, year = int(match[1]), int(match[2]), match[3]
        if (found := _day(day, month, year, today)) is not None:
            yield Since(found)


def _day(day: int, month: int, year: str | None, today: date) -> date | None:
    """Without a year the latest such day that is not ahead."""
    try:
        if year is not None:
            return date(int(year) if len(year) == 4 else today.year // 100 * 100 + int(year), month, day)
        found = date(today.year, month, day)
        return found if found <= today else date(today.year - 1, month, day)
    except ValueError:
        return None


def _passed(said: str, text: str, today: date) -> Iterator[Since]:
    for words, days in _DAYS_AGO.items():
        if re.search(rf"\b{words}\b", said):
            yield Since(today - timedelta(days=days))
    for words in _LAST:
        if re.search(rf"\b{words}\b", said) and not re.search(rf"\b{_NUMBER} ?{words}\b", said):
            yield Since(_latest(words, today), about=True)
    if _HALF_YEAR.search(said):
        yield Since(_before(today, Wait(months=6)), about=True)
    if _RATE.search(said):
        return
    for match in _AGO.finditer(said):
        if _is_past(said[: match.start()].split(), said[match.end() :]) and not _names_a_month(match, text):
            yield Since(_before(today, _wait(match)), about=True)


def _latest(words: str, today: date) -> date:
    """The last day that it can mean: who told so little is not let come too early."""
    if words.startswith("tuan"):
        return today - timedelta(days=today.isoweekday())
    if words.startswith("thang"):
        return today.replace(day=1) - timedelta(days=1)
    return date(today.year - 1, 12, 31)


def _is_past(before: list[str], behind: str) -> bool:
    last = before[-1] if before else ""
    if last in _AHEAD and not (last == "moi" and _PASSED.match(behind)):
        return False
    return last in _SINCE or bool(_PASSED.match(behind)) or (not behind and "moi" in before[-4:])


def _names_a_month(match: re.Match[str], text: str) -> bool:
    """ "năm" is a year and the number five; with a mark-less "nam" before a unit only its accent tells."""
    return match[1] == "nam" and "năm" not in marked(text)


def _wait(match: re.Match[str]) -> Wait:
    number = int(match[1]) if match[1].isdigit() else _NUMBERS[match[1]]
    half = match[3] is not None
    match match[2]:
        case "nam":
            return Wait(months=12 * number + 6 * half)
        case "thang" | "thg":
            return Wait(months=number, days=15 * half)
        case "tuan":
            return Wait(days=7 * number)
    return Wait(days=number)


def _before(today: date, wait: Wait) -> date:
    """The day from which exactly so much has passed; never earlier than a wait of that length allows."""
    day = today - timedelta(days=wait.days + 31 * wait.months)
    while wait.after(day) < today:
        day += timedelta(days=1)
    return day
