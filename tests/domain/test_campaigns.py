"""Which campaign is on, and which comes next."""

from datetime import date

import pytest

from bot.domain.campaigns import Campaign, Season, coming, on

SUMMER = Campaign("summer", (6, 1), (7, 31), announced={2022: (date(2022, 6, 5), date(2022, 7, 30))})
HONOUR = Campaign("honour", (6, 14), (6, 14), fixed=True)
WINTER = Campaign("winter", (12, 1), (1, 31))
ALL = (SUMMER, HONOUR, WINTER)


@pytest.mark.parametrize(
    ("day", "names"),
    [
        pytest.param(date(2026, 6, 14), ["honour", "summer"], id="the shorter one first"),
        pytest.param(date(2026, 6, 1), ["summer"], id="its first day"),
        pytest.param(date(2026, 7, 31), ["summer"], id="its last day"),
        pytest.param(date(2026, 8, 1), [], id="the day after"),
        pytest.param(date(2022, 6, 1), [], id="not yet, where the days of the year are announced"),
        pytest.param(date(2022, 7, 30), ["summer"], id="announced, the last day"),
        pytest.param(date(2026, 12, 31), ["winter"], id="before the new year"),
        pytest.param(date(2027, 1, 31), ["winter"], id="after the new year"),
    ],
)
def test_it_is_on(day: date, names: list[str]) -> None:
    assert [season.campaign_id for season in on(ALL, day)] == names


@pytest.mark.parametrize(
    ("day", "seasons"),
    [
        pytest.param(date(2026, 5, 31), [("summer", 2026), ("honour", 2026), ("winter", 2026)], id="the soonest first"),
        pytest.param(date(2026, 6, 14), [("winter", 2026), ("summer", 2027), ("honour", 2027)], id="what is on comes next year"),
        pytest.param(date(2027, 1, 5), [("summer", 2027), ("honour", 2027), ("winter", 2027)], id="in the new year"),
    ],
)  # fmt: skip
def test_it_comes_next(day: date, seasons: list[tuple[str, int]]) -> None:
    assert [(season.campaign_id, season.starts.year) for season in coming(ALL, day)] == seasons


def test_it_says_whether_the_days_are_certain() -> None:
    assert SUMMER.season(2022) == Season("summer", date(2022, 6, 5), date(2022, 7, 30), sure=True)
    assert not SUMMER.season(2026).sure
    assert HONOUR.season(2026).sure
    assert WINTER.season(2026).ends == date(2027, 1, 31)
