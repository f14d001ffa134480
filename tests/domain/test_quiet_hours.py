"""Quiet hours, on the local clock of Vietnam (UTC+7) and on others."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.quiet_hours import QuietHours, is_quiet, next_allowed

HERE = ZoneInfo("Asia/Ho_Chi_Minh")
NIGHT = QuietHours(HERE)


def local(clock: str, day: int = 4) -> datetime:
    return datetime.combine(date(2026, 12, day), time.fromisoformat(clock), HERE).astimezone(UTC)


@pytest.mark.parametrize(
    ("clock", "begin", "end", "quiet"),
    [
        pytest.param("20:59:59", "21:00", "07:00", False, id="is loud before nine"),
        pytest.param("21:00", "21:00", "07:00", True, id="is quiet from nine"),
        pytest.param("00:00", "21:00", "07:00", True, id="is quiet at midnight"),
        pytest.param("06:59:59", "21:00", "07:00", True, id="is quiet just before seven"),
        pytest.param("07:00", "21:00", "07:00", False, id="is loud from seven"),
        pytest.param("12:30", "12:00", "13:30", True, id="knows a stretch inside the day"),
        pytest.param("11:59", "12:00", "13:30", False, id="is loud before a stretch inside the day"),
        pytest.param("03:00", "07:00", "07:00", False, id="has no quiet hours when both ends are one"),
    ],
)
def test_it(clock: str, begin: str, end: str, quiet: bool) -> None:
    assert is_quiet(local(clock), HERE, time.fromisoformat(begin), time.fromisoformat(end)) is quiet


@pytest.mark.parametrize(
    ("now", "drive_day", "expected"),
    [
        pytest.param(local("12:00"), False, local("12:00"), id="does not move a moment of the day"),
        pytest.param(local("22:00"), False, local("07:00", 5), id="moves the evening to the next morning"),
        pytest.param(local("03:00"), False, local("07:00"), id="moves the night to this morning"),
        pytest.param(local("03:00"), True, local("05:00"), id="lets the drive's own day begin at five"),
        pytest.param(local("05:30"), True, local("05:30"), id="lets the drive's messages go after five"),
        pytest.param(local("22:00"), True, local("05:00", 5), id="keeps the drive's evening quiet"),
    ],
)
def test_it_ends(now: datetime, drive_day: bool, expected: datetime) -> None:
    assert NIGHT.over_at(now, drive_day=drive_day) == expected


SPAN = (datetime(2025, 1, 1), datetime(2027, 1, 1))  # noqa: DTZ001 - hypothesis adds the zone
moments = st.datetimes(*SPAN, timezones=st.just(UTC))


@given(
    moment=moments,
    begin=st.times().map(lambda t: t.replace(second=0, microsecond=0)),
    end=st.times().map(lambda t: t.replace(second=0, microsecond=0)),
    zone=st.sampled_from([HERE, ZoneInfo("UTC"), ZoneInfo("America/Lima"), ZoneInfo("Asia/Kathmandu")]),
)
def test_it_always_finds_an_end_within_a_day(moment: datetime, begin: time, end: time, zone: ZoneInfo) -> None:
    allowed = next_allowed(moment, zone, begin, end)
    assert moment <= allowed <= moment + timedelta(days=1)
    assert not is_quiet(allowed, zone, begin, end)
