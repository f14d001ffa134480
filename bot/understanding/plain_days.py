"""Days as lists and spreadsheets have them: 5/12/2026, 05-12-26, 2026-12-05, ngày 5 tháng 12 năm 2026, 46361."""

import re
from datetime import date, timedelta

from bot.understanding.folding import fold

EXCEL_FIRST = date(1899, 12, 30)
"""Day 0 of a spreadsheet's calendar, as it counts from March 1900 on."""

SERIALS = range(10_000, 80_000)
"""Numbers that are days of 1927 to 2119, never a volume or a year."""

LAST_OF_THIS_CENTURY = 40
"""A year of two digits up to this one is of this century."""

_SPOKEN = re.compile(r"\b(?:ngay|thang|nam)\b")
_ISO = re.compile(r"(\d{4}) (\d{1,2}) (\d{1,2})(?: 0?0 00(?: 00)?(?: 0+)?)?")
_DAY = re.compile(r"(\d{1,2}) (\d{1,2}) (\d{4}|\d{2})(?: 0?0 00(?: 00)?)?")
_SERIAL = re.compile(r"(\d{5})(?: 0)?")


def read_plain_day(text: str) -> date | None:
    """The day, the day of the month first; None for what is none.

    >>> read_plain_day("05/12/26")
    datetime.date(2026, 12, 5)
    """
    said = " ".join(_SPOKEN.sub(" ", fold(text[:60])).split())
    if _SERIAL.fullmatch(said):
        return read_serial(said)
    if (iso := _ISO.fullmatch(said)) is not None:
        return _date(int(iso[1]), int(iso[2]), int(iso[3]))
    if (day := _DAY.fullmatch(said)) is not None:
        return _date(_year(day[3]), int(day[2]), int(day[1]))
    return None


def read_serial(text: str) -> date | None:
    """The day that a spreadsheet counts by this number.

    >>> read_serial("30000")
    datetime.date(1982, 2, 18)
    """
    serial = _SERIAL.fullmatch(fold(text[:60]))
    return EXCEL_FIRST + timedelta(days=int(serial[1])) if serial and int(serial[1]) in SERIALS else None


def _year(typed: str) -> int:
    if len(typed) == 4:
        return int(typed)
    return int(typed) + (2000 if int(typed) <= LAST_OF_THIS_CENTURY else 1900)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
