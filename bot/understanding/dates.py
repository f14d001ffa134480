"""Birth dates as people type them: 12/5/90, 12-5-1990, 12051990, ngày 12 tháng 5 năm 1990."""

import re
from datetime import date

from bot.understanding.folding import fold
from bot.understanding.misses import Miss, Reason
from bot.understanding.questions import looks_like_question

YOUNGEST, OLDEST = 18, 60
"""Donors' age in whole years. Source: Thông tư 26/2013/TT-BYT, Điều 4."""

_MONTHS = {
    name: number
    for number, names in enumerate(
        ("january jan", "february feb", "march mar", "april apr", "may", "june jun", "july jul", "august aug",
         "september sep sept", "october oct", "november nov", "december dec"), 1,
    )
    for name in names.split()
}  # fmt: skip
_ENGLISH = re.compile(rf"\b({'|'.join(_MONTHS)})\b")
_LUNAR = re.compile(r"\b(?:am lich|lich am|al|am|lunar)\b")
_SPOKEN = re.compile(r"\b(?:ngay|mung|mong|hom|sinh|nam|thang|thg|th|t|month|day|year|ns)\b\.?")
_ISO = re.compile(r"\b(\d{4}) (\d{1,2}) (\d{1,2})\b")
_PARTS = re.compile(r"(?<!\d)(\d{1,2}) (\d{1,2}) (\d{4}|\d{2})(?!\d)")
_SOLID = re.compile(r"(?<!\d)(\d{2})(\d{2})(\d{4}|\d{2})(?!\d)")
_MONTH_YEAR = re.compile(r"(?<!\d)(?:\d{1,2} )?(?:19|20)\d{2}(?!\d)")


def read_birth_date(text: str, today: date) -> date | Miss:
    """The birth date, if its owner is of a donor's age today.

    >>> read_birth_date("ngày 12 tháng 5 năm 90", date(2026, 11, 22))
    datetime.date(1990, 5, 12)
    """
    said = fold(text[:200])
    if not any(character.isdigit() for character in said):
        return Miss("question" if looks_like_question(text) else "unreadable")
    if _LUNAR.search(said):
        return Miss("lunar")
    line = " ".join(_SPOKEN.sub(" ", _english_to_numbers(said)).split())
    found = _day_month_year(line)
    if found is None:
        return Miss(_why_not(text, line))
    return _of_age(*found, today)


def _english_to_numbers(said: str) -> str:
    """ "may 12 1990" and "12 may 1990" as day, month, year in numbers."""
    said = re.sub(r"\b(\d{1,2})(?:st|nd|rd|th)\b", r"\1", said)
    month = _ENGLISH.search(said)
    if month is None:
        return said
    rest = f"{said[: month.start()]} {said[month.end() :]}".split()
    numbers = [word for word in rest if word.isdigit()]
    if len(numbers) != 2:
        return " ".join([str(_MONTHS[month.group()]), *numbers])
    return f"{numbers[0]} {_MONTHS[month.group()]} {numbers[1]}"


def _day_month_year(line: str) -> tuple[int, int, str] | None:
    if iso := _ISO.search(line):
        return int(iso.group(3)), int(iso.group(2)), iso.group(1)
    found = _PARTS.search(line) or _SOLID.search(line)
    return (int(found.group(1)), int(found.group(2)), found.group(3)) if found else None


def _why_not(text: str, line: str) -> Reason:
    if looks_like_question(text):
        return "question"
    return "day-missing" if _MONTH_YEAR.search(line) or re.fullmatch(r"\d{2}", line) else "unreadable"


def _of_age(day: int, month: int, year_typed: str, today: date) -> date | Miss:
    try:
        born = date(_full_year(year_typed, today), month, day)
    except ValueError:
        return Miss("impossible")
    if born > today:
        return Miss("future")
    age = whole_years(born, today)
    if age > 120:
        return Miss("impossible")
    if age < YOUNGEST:
        return Miss("under-age")
    return Miss("over-age") if age > OLDEST else born


def _full_year(typed: str, today: date) -> int:
    """Two digits mean the latest such year that is not in the future."""
    if len(typed) == 4:
        return int(typed)
    year = today.year // 100 * 100 + int(typed)
    return year if year <= today.year else year - 100


def whole_years(born: date, today: date) -> int:
    """Age in whole years."""
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))
