"""Whom an appeal asks first, how many at a time, and when it has asked enough."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.appeals import (
    ASK_FOR,
    BLOOD_GROUPS,
    LEAST_WAVE,
    UNTIL_KNOWN,
    Need,
    Order,
    Standing,
    Turnout,
    is_covered,
    kinship,
    next_wave_at,
    order_of,
    place_of,
    serving,
    turnout_of,
    wave_size,
)

NOW = datetime(2026, 12, 5, 3, 0, tzinfo=UTC)
TODAY = date(2026, 12, 5)
NEED = Need(10, NOW + timedelta(hours=8))


def antigens(group: str) -> frozenset[str]:
    """What stands on the red cells: why the table is as it is."""
    return frozenset(group.removesuffix("+").removesuffix("-").replace("O", "")) | ({"D"} if "+" in group else set())


@pytest.mark.parametrize("patient", BLOOD_GROUPS)
def test_donors_bring_nothing_that_the_patient_does_not_have(patient: str) -> None:
    fitting = {donor for donor in BLOOD_GROUPS if antigens(donor) <= antigens(patient)}
    assert set(ASK_FOR[patient]) == fitting == serving((patient,))


@pytest.mark.parametrize(
    ("group", "needed", "kin"),
    [
        ("A+", ("A+",), 0),
        ("O-", ("A+",), 1),
        ("B+", ("A+",), None),
        ("", ("A+",), None),
        ("", (), 0),
        ("AB-", (), 0),
        ("O+", ("A+", "O+"), 0),
    ],
)
def test_the_same_group_comes_before_one_that_serves(group: str, needed: tuple[str, ...], kin: int | None) -> None:
    assert kinship(group, needed) == kin


@pytest.mark.parametrize(
    ("standby", "last", "lately", "order"),
    [
        (True, TODAY - timedelta(days=90), 4, Order.STANDBY),
        (False, TODAY - timedelta(days=365), 0, Order.LAPSED),
        (False, TODAY - timedelta(days=364), 1, Order.OTHERS),
        (False, None, 0, Order.OTHERS),
        (False, TODAY - timedelta(days=90), 2, Order.FREQUENT),
    ],
)
def test_the_reserve_list_first_and_the_faithful_last(
    standby: bool, last: date | None, lately: int, order: Order
) -> None:
    assert order_of(standby, last, lately, TODAY) is order


def test_places_follow_the_order_then_the_group_then_a_lot() -> None:
    row = [place_of(order, kin, 1, one) for order in Order for kin in (0, 1) for one in (7,)]
    assert row == sorted(row)
    assert len({place_of(Order.LAPSED, 0, 1, one) for one in range(200)}) == 200
    first_of = [min(range(50), key=lambda one, b=b: place_of(Order.LAPSED, 0, b, one)) for b in range(40)]  # type: ignore[misc]
    assert len(set(first_of)) > 15, "the same person comes first in every appeal"


def test_our_own_turnout_counts_from_a_hundred_places_and_grows_surer() -> None:
    assert turnout_of(99, 99) == UNTIL_KNOWN
    some, many = turnout_of(100, 70), turnout_of(10_000, 7000)
    assert some.usual == many.usual == 0.7
    assert some.cautious == pytest.approx(0.604, abs=0.001)  # Wilson, computed by hand
    assert some.cautious < many.cautious < 0.7
    assert turnout_of(500, 0).usual > 0, "nobody divides by nothing"


def test_the_first_wave_for_ten_bags_asks_seventy() -> None:
    # 10 bags / 0.75 who come = 14 places; two of ten say yes.
    assert wave_size(NEED, Standing(), UNTIL_KNOWN) == 70


def test_the_next_wave_goes_by_what_this_appeal_has_seen() -> None:
    eager = Standing(asked=70, agreed=6, pledged=6)
    assert wave_size(NEED, eager, UNTIL_KNOWN) == 80  # 5.5 bags short: 8 places, and one of ten says yes
    assert wave_size(NEED, Standing(asked=70, agreed=13, pledged=13), UNTIL_KNOWN) == 6  # places are almost enough


def test_it_is_covered_when_the_cautious_share_of_places_is_enough() -> None:
    assert not is_covered(NEED, Standing(pledged=17), UNTIL_KNOWN)
    assert is_covered(NEED, Standing(pledged=18), UNTIL_KNOWN)
    assert is_covered(NEED, Standing(pledged=2, given=9), UNTIL_KNOWN)
    assert is_covered(NEED, Standing(given=10), UNTIL_KNOWN)


@given(
    st.integers(1, 500), st.integers(0, 5000), st.floats(0, 1), st.integers(0, 300),
    st.floats(0.05, 1), st.floats(0.05, 1),
)  # fmt: skip
def test_a_wave_is_never_empty_and_never_grows_with_what_is_promised(
    bags: int, asked: int, share: float, given: int, one: float, other: float
) -> None:
    need, turnout = Need(bags, NOW), Turnout(min(one, other), max(one, other))
    agreed = int(asked * share)
    before = wave_size(need, Standing(asked, agreed, agreed, given), turnout)
    after = wave_size(need, Standing(asked, agreed, agreed + 1, given), turnout)
    assert LEAST_WAVE <= after <= before


def test_waves_follow_each_other_faster_the_less_time_is_left() -> None:
    waits = [next_wave_at(Need(1, NOW + timedelta(hours=left)), NOW) - NOW for left in (0, 1, 2, 48)]
    assert waits == [timedelta(minutes=each) for each in (10, 15, 30, 45)]
