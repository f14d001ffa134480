"""When somebody with a rhythm of their own is written to."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from bot.domain.quiet_hours import QuietHours
from bot.domain.rhythms import NIGHTS, USUAL, news_of_today_at, quiet_for

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
HOUSE = QuietHours(ZONE)


def at(hour: int, minute: int = 0, day: int = 5) -> datetime:
    return datetime(2026, 12, day, hour, minute, tzinfo=ZONE).astimezone(UTC)


@pytest.mark.parametrize(
    ("rhythm", "hour", "quiet"),
    [
        pytest.param(USUAL, 6, True, id="the house sleeps until seven"),
        pytest.param(USUAL, 18, False, id="and reads in the evening"),
        pytest.param(USUAL, 22, True, id="and sleeps again"),
        pytest.param(NIGHTS, 5, False, id="a night shift is awake at five"),
        pytest.param(NIGHTS, 6, True, id="and on the way to bed at six"),
        pytest.param(NIGHTS, 15, True, id="and just awake at three"),
        pytest.param(NIGHTS, 16, False, id="it reads from four on"),
        pytest.param(NIGHTS, 22, False, id="it is at work at ten"),
        pytest.param("no-such-preset", 22, True, id="an unknown preset changes nothing"),
    ],
)
def test_it_knows_when_a_person_sleeps(rhythm: str, hour: int, quiet: bool) -> None:
    assert quiet_for(rhythm, HOUSE).covers(at(hour)) is quiet


def test_it_keeps_the_zone_of_the_house() -> None:
    assert quiet_for(NIGHTS, HOUSE).zone is ZONE


@pytest.mark.parametrize(
    ("rhythm", "known", "slot", "goes"),
    [
        pytest.param(USUAL, at(4), at(8), at(5), id="from five on a drive's day"),
        pytest.param(USUAL, at(9), at(14), at(9), id="at once by day"),
        pytest.param(NIGHTS, at(7), at(10), at(8), id="as late as still useful to who sleeps"),
        pytest.param(NIGHTS, at(9), at(10), at(9), id="at once when it is late already"),
        pytest.param(NIGHTS, at(7), at(18, 30), at(16), id="after the sleep where that is in time"),
    ],
)
def test_news_of_today_reaches_who_sleeps_by_day(rhythm: str, known: datetime, slot: datetime, goes: datetime) -> None:
    assert news_of_today_at(known, slot, quiet_for(rhythm, HOUSE)) == goes
