"""Dates and times as people say them, through Babel."""

from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time, get_day_names

_DATES = {"vi": "dd/MM/y", "en": "d MMMM y"}
_SHORT_DATES = {"vi": "dd/MM", "en": "d MMM"}


def _known(language: str) -> str:
    return language if language in _DATES else "vi"


@lru_cache(maxsize=1024)
def _weekday(day: date, language: str) -> str:
    """Babel says "Thứ Bảy" and "Chủ Nhật"; in a sentence people write "thứ Bảy" and "Chủ nhật"."""
    name = str(get_day_names("wide", locale=language)[day.weekday()])
    if language != "vi":
        return name
    return f"{name[0].lower()}{name[1:]}" if day.weekday() != 6 else name.capitalize()


@lru_cache(maxsize=1024)
def say_date(day: date, language: str) -> str:
    """ "thứ Bảy 05/12/2026", "Saturday 5 December 2026"."""
    language = _known(language)
    return f"{_weekday(day, language)} {format_date(day, _DATES[language], locale=language)}"


@lru_cache(maxsize=1024)
def say_day(day: date, language: str) -> str:
    """Without the year, for a button: "thứ Bảy 05/12", "Saturday 5 Dec"."""
    language = _known(language)
    return f"{_weekday(day, language)} {format_date(day, _SHORT_DATES[language], locale=language)}"


@lru_cache(maxsize=1024)
def say_time(moment: datetime, zone: ZoneInfo, language: str) -> str:
    """ "07:30", on the clock of the zone."""
    return format_time(moment.astimezone(zone), "HH:mm", locale=_known(language))
