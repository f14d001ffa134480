"""The simulation of appeals: what can be worked out by hand, and the comparison that it is for."""

import json
from datetime import timedelta

import pytest

from bot.bench.appeal import BEGINS, LASTS, Day, Person, at_once, in_waves, measure
from bot.cli.main import main
from bot.domain.appeals import Need

NEED = Need(5, BEGINS + LASTS)
SOON = timedelta(minutes=10)


def crowd(count: int, *, agrees: bool = True, after: timedelta = SOON) -> list[Person]:
    return [Person(place, agrees, after, 0.0) for place in range(count)]


def test_where_everybody_says_yes_one_wave_is_enough() -> None:
    # 5 bags / 0.75 = 7 places, counted on two of ten: 35 are asked, and all of them come within ten minutes.
    assert in_waves(NEED, crowd(200), 0.9) == Day(asked=35, thanked=0, places=35, units=35, covered_after=SOON)
    blast = at_once(NEED, crowd(200), 0.9)
    assert (blast.asked, blast.units, blast.covered_after) == (200, 200, SOON)


def test_where_nobody_does_everybody_is_asked_in_the_end_and_nobody_is_told_that_it_was_enough() -> None:
    day = in_waves(NEED, crowd(200, agrees=False), 0.9)
    assert (day.asked, day.thanked, day.units, day.covered_after) == (200, 0, 0, None)
    assert at_once(NEED, crowd(200, agrees=False), 0.9).covered_after is None


def test_who_answers_when_it_is_over_does_not_count() -> None:
    assert in_waves(NEED, crowd(50, after=LASTS), 0.9).units == 0
    assert at_once(NEED, crowd(50, after=LASTS), 0.9).units == 0


def test_waves_take_fewer_messages_for_the_blood_that_is_needed() -> None:
    found = measure(600, 8, 40, 905)
    waves, blast = found["waves"], found["blast"]
    assert found == measure(600, 8, 40, 905), "the same seed is the same luck"
    assert waves["messages_per_unit_needed"] < blast["messages_per_unit_needed"] / 2
    assert waves["units_beyond_need_per_day"] < blast["units_beyond_need_per_day"] / 5
    assert blast["asked_per_day"] == 600


def test_it_prints_one_json_object(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "appeal", "--people", "50", "--bags", "2", "--runs", "3"]) == 0
    assert json.loads(capsys.readouterr().out)["bench"] == "appeal"
    assert main(["bench", "appeal", "--bags", "0"]) == 2
