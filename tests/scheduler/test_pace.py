"""The pace: evenly spaced, never more in any minute than allowed, slower after a complaint."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.pace import Pace


def starts(pace: Pace, looks: list[float], most: int = 8) -> list[float]:
    """When calls start if somebody looks at these moments."""
    made = []
    for now in looks:
        calls = pace.free(now, most)
        pace.take(calls, now)
        made += [now] * calls
    return made


def every(step: float, seconds: float) -> list[float]:
    return [number * step for number in range(int(seconds / step))]


def test_it_spaces_calls_evenly() -> None:
    made = starts(Pace(100), every(0.01, 120))
    gaps = [later - one for one, later in pairwise(made)]
    assert min(gaps) > 0.5
    assert max(gaps) < 0.7


@given(
    per_minute=st.sampled_from([60, 100, 1200, 2400]),
    looks=st.lists(st.floats(0, 200), min_size=50, max_size=400).map(sorted),
)
def test_it_never_exceeds_the_minute(per_minute: int, looks: list[float]) -> None:
    made = starts(Pace(per_minute), looks)
    caught_up = 0.1 * per_minute / 60
    for index, first in enumerate(made):
        in_minute = sum(1 for at in made[index:] if at - first < 60)
        assert in_minute <= per_minute + caught_up + 1


@pytest.mark.parametrize("per_minute", [100, 1200])
def test_it_uses_at_least_98_percent_of_what_is_allowed(per_minute: int) -> None:
    made = starts(Pace(per_minute), every(0.005, 120))
    assert len(made) >= 0.98 * per_minute * 2


def test_it_is_silent_as_long_as_the_platform_asks_and_then_slower() -> None:
    pace = Pace(600)
    pace.slow(5, 0.0)
    assert pace.wait(1.0) == 4.0
    assert pace.free(4.99, 8) == 0
    slow = len(starts(pace, [at for at in every(0.01, 15) if at >= 5]))
    for _ in range(100):
        pace.ease()
    fast = len(starts(pace, [at + 15 for at in every(0.01, 10)]))
    assert slow < 55
    assert fast > 95


def test_it_never_starts_more_than_there_is_room_for() -> None:
    assert Pace(600_000).free(10.0, 3) == 3
    assert Pace(600_000).free(10.0, 0) == 0


def test_it_takes_a_changed_package_from_the_platforms_answers() -> None:
    pace = Pace(100)
    pace.heed(1900, 2000, 0.0)
    assert len(starts(pace, every(0.005, 60))) >= 0.98 * 2000
    pace.heed(10, 40, 60.0)
    assert len(starts(pace, [60 + at for at in every(0.05, 60)])) <= 41


def test_it_waits_for_the_next_minute_when_somebody_else_used_this_one_up() -> None:
    pace = Pace(100)
    for remaining, at in ((5, 50.0), (99, 61.0), (60, 70.0), (0, 80.0)):
        pace.heed(remaining, 100, at)
    assert pace.free(120.9, 1) == 0
    assert pace.free(121.1, 1) == 1


def test_it_looks_again_soon_when_it_does_not_know_when_the_minute_began() -> None:
    pace = Pace(100)
    pace.heed(0, 100, 10.0)
    assert pace.free(14.9, 1) == 0
    assert pace.free(15.1, 1) == 1


def test_answers_without_headers_change_nothing() -> None:
    pace = Pace(100)
    pace.heed(None, None, 0.0)
    assert pace.free(0.0, 1) == 1


@pytest.mark.parametrize(
    ("load", "times"), [(None, 1.0), (0.5, 1.0), (0.8, 1.0), (0.81, 2.3), (0.9, 5.0), (1.0, 8.0), (1.4, 8.0)]
)
def test_it_goes_slower_the_less_is_left_of_the_allowance(load: float | None, times: float) -> None:
    pace, plain = Pace(600), Pace(600)
    pace.lean(load, 0.0, 0.0)
    assert pace.interval / plain.interval == pytest.approx(times)
    for _ in range(200):
        pace.ease()
    assert pace.interval == plain.interval


def test_it_stays_away_as_long_as_an_answer_asks() -> None:
    pace = Pace(600)
    pace.lean(0.2, 180.0, 10.0)
    assert (pace.free(189.0, 8), pace.wait(10.0)) == (0, 180.0)
    assert pace.free(190.1, 8) > 0
