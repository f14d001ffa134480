"""Dates and times as people say them."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from bot.library.formats import say_date, say_day, say_time

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
MOMENT = datetime(2026, 12, 5, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "language", "said"),
    [
        (date(2026, 12, 5), "vi", "thứ Bảy 05/12/2026"),
        (date(2026, 12, 6), "vi", "Chủ nhật 06/12/2026"),
        (date(2026, 12, 7), "vi", "thứ Hai 07/12/2026"),
        (date(2026, 12, 5), "en", "Saturday 5 December 2026"),
        (date(2026, 12, 5), "xx", "thứ Bảy 05/12/2026"),
    ],
)
def test_it_says_a_date(day: date, language: str, said: str) -> None:
    assert say_date(day, language) == said


def test_it_says_parts_of_it() -> None:
    assert say_time(MOMENT, ZONE, "vi") == "07:30"
    assert say_day(date(2026, 12, 5), "vi") == "thứ Bảy 05/12"


def test_it_uses_the_local_clock_not_utc() -> None:
    late = datetime(2026, 12, 5, 23, 30, tzinfo=UTC)
    assert say_time(late, ZONE, "vi") == "06:30"
