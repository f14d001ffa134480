"""From when somebody who put off giving again may be asked."""

from datetime import date

import pytest

from bot.domain.campaigns import Campaign
from bot.domain.postponing import months_after, next_season, not_before

SUMMER = Campaign("campaign.summer", (6, 1), (7, 31))
WINTER = Campaign("campaign.winter", (12, 1), (1, 31))


@pytest.mark.parametrize(
    ("day", "months", "after"),
    [
        (date(2026, 11, 22), 1, date(2026, 12, 22)),
        (date(2026, 12, 31), 1, date(2027, 1, 31)),
        (date(2027, 1, 31), 1, date(2027, 2, 28)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2026, 8, 31), 6, date(2027, 2, 28)),
    ],
)
def test_a_month_later_is_a_day_that_exists(day: date, months: int, after: date) -> None:
    assert months_after(day, months) == after


@pytest.mark.parametrize(
    ("day", "begins"),
    [
        pytest.param(date(2026, 8, 1), date(2026, 12, 1), id="the winter after the summer"),
        pytest.param(date(2026, 11, 22), date(2027, 6, 1), id="what begins next week is no other season"),
        pytest.param(date(2026, 12, 20), date(2027, 6, 1), id="over the new year"),
    ],
)
def test_the_next_season_is_not_just_about_to_begin(day: date, begins: date) -> None:
    assert next_season((SUMMER, WINTER), day) == begins


def test_without_campaigns_it_is_half_a_year() -> None:
    assert next_season((), date(2026, 11, 22)) == date(2027, 5, 22)


def test_nobody_is_asked_before_they_may_give() -> None:
    wished = date(2026, 12, 22)
    assert not_before(wished, None, date(2027, 2, 1)) == date(2027, 2, 1)
    assert not_before(wished, date(2026, 12, 1), None) == wished
