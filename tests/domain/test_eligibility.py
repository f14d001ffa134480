"""What somebody can expect: tables over the real rules, an old date replayed, and never a verdict."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.changing import replace
from bot.domain.donations import Component, Donation, Intervals, next_on
from bot.domain.eligibility import Advice, Happened, Told, expect, of_age_on
from bot.domain.rules import NoRules, RuleBook
from bot.domain.terms import Term, Wait, first_day
from tests.facts import RULES

TODAY = date(2026, 11, 23)
ADULT = date(1990, 5, 12)
DAYS = st.dates(date(2014, 1, 1), date(2026, 11, 23))


@pytest.mark.parametrize(
    ("told", "advice", "not_before", "because"),
    [
        pytest.param(Told(), Advice.MAY_COME, None, (), id="nothing told, nothing in the way"),
        pytest.param(Told(born=ADULT, kg=52), Advice.MAY_COME, None, (), id="an ordinary adult"),
        pytest.param(
            Told(donations=(Donation(date(2026, 9, 2)),)), Advice.WAIT, date(2026, 11, 25), ("interval",), id="84 days"
        ),
        pytest.param(Told(donations=(Donation(date(2026, 8, 31)),)), Advice.MAY_COME, None, (), id="84 days are over"),
        pytest.param(
            Told(donations=(Donation(date(2026, 9, 2)), Donation(date(2026, 11, 20), Component.PLATELETS))),
            Advice.WAIT,
            date(2026, 12, 4),
            ("interval",),
            id="mixed components count by the last one",
        ),
        pytest.param(
            Told(happened=(Happened("tattoo", date(2026, 8, 31)),)),
            Advice.WAIT,
            date(2027, 2, 28),
            ("tattoo",),
            id="six months from the 31st end with February",
        ),
        pytest.param(
            Told(happened=(Happened("flu", date(2026, 11, 20)), Happened("surgery", date(2026, 3, 1)))),
            Advice.WAIT,
            date(2027, 3, 1),
            ("surgery", "flu"),
            id="the latest of several waits, and all that cause one",
        ),
        pytest.param(
            Told(born=date(2008, 12, 1)), Advice.WAIT, date(2026, 12, 1), ("age",), id="eighteen in a few days"
        ),
        pytest.param(Told(born=date(1965, 11, 23)), Advice.ASK_DOCTOR, None, ("past-age",), id="61 today"),
        pytest.param(Told(born=date(1965, 11, 24)), Advice.MAY_COME, None, (), id="60 until tomorrow"),
        pytest.param(Told(kg=43), Advice.ASK_DOCTOR, None, ("weight",), id="between the two limits the site says"),
        pytest.param(Told(for_the_doctor=True), Advice.ASK_DOCTOR, None, ("doctor",), id="something for the doctor"),
        pytest.param(
            Told(deferred_until=date(2026, 12, 24), for_the_doctor=True),
            Advice.WAIT,
            date(2026, 12, 24),
            ("deferral",),
            id="what a site said counts, and a wait comes before a doubt",
        ),
    ],
)
def test_it_expects(told: Told, advice: Advice, not_before: date | None, because: tuple[str, ...]) -> None:
    found = expect(told, RULES, TODAY)
    assert (found.advice, found.not_before, found.because) == (advice, not_before, because)


@pytest.mark.parametrize(
    ("kg", "ml"), [(41.9, None), (42, 250), (44.9, 250), (45, 350), (49, 350), (50, 450), (90, 450)]
)
def test_it_knows_the_likely_bag(kg: float, ml: int | None) -> None:
    assert expect(Told(kg=kg), RULES, TODAY).volume_ml == ml
    if ml is not None:
        assert ml <= min(9 * kg, 500)  # Thông tư 26/2013/TT-BYT, Điều 4


def test_it_replays_an_old_day_under_the_rules_of_that_day() -> None:
    ill = Told(happened=(Happened("covid", date(2021, 9, 1)),))
    assert expect(ill, RULES, date(2021, 9, 20)).not_before == date(2021, 9, 29)
    later = Told(happened=(Happened("covid", date(2022, 3, 1)),))
    assert expect(later, RULES, date(2022, 3, 5)).not_before == date(2022, 3, 11)
    assert expect(ill, RULES, date(2021, 9, 20)).rules_version != expect(later, RULES, TODAY).rules_version


def test_it_says_that_it_knows_no_rules_so_old() -> None:
    with pytest.raises(NoRules, match="2010-01-01"):
        expect(Told(), RULES, date(2010, 1, 1))


def test_it_frees_who_waits_when_a_wait_is_made_shorter_and_keeps_them_when_it_is_made_longer() -> None:
    old, new = Term(date(2020, 1, 1), date(2026, 6, 1)), Term(date(2026, 6, 1))
    shorter = [(Wait(days=28), old), (Wait(days=10), new)]
    assert first_day(date(2026, 5, 20), shorter) == date(2026, 6, 1)
    longer = [(Wait(days=10), old), (Wait(days=28), new)]
    assert first_day(date(2026, 5, 25), longer) == date(2026, 6, 22)
    assert first_day(date(2026, 5, 15), longer) == date(2026, 5, 25)


def test_it_lets_everybody_come_when_a_rule_was_dropped() -> None:
    dropped = [(Wait(days=365), Term(date(2020, 1, 1), date(2026, 6, 1)))]
    assert first_day(date(2026, 5, 1), dropped) == date(2026, 6, 1)
    assert first_day(date(2026, 7, 1), dropped) == date(2026, 7, 1)
    assert first_day(date(2026, 7, 1), ()) == date(2026, 7, 1)


def test_it_keeps_the_interval_of_every_component() -> None:
    given_on = date(2026, 3, 2)
    assert {one: (next_on(Donation(given_on, one), RULES.intervals) - given_on).days for one in Component} == {
        Component.WHOLE_BLOOD: 84,
        Component.PLATELETS: 14,
        Component.PLASMA: 14,
    }


@given(st.lists(st.tuples(st.sampled_from([rule.id for rule in RULES.deferrals]), DAYS), max_size=5), DAYS)
def test_it_never_lets_anybody_come_before_the_latest_wait(happened: list[tuple[str, date]], on: date) -> None:
    told = Told(happened=tuple(Happened(rule_id, day) for rule_id, day in happened))
    found = expect(told, RULES, on)
    days = [RULES.after(one.rule_id, one.on) for one in told.happened]
    assert found.not_before == max((day for day in days if day > on), default=None)
    fewer = expect(replace(told, happened=told.happened[1:]), RULES, on)
    assert (fewer.not_before or date.min) <= (found.not_before or date.min)


@given(st.dates(date(1900, 1, 1), date(2026, 12, 31)))
def test_it_counts_an_age_as_people_do(born: date) -> None:
    day = of_age_on(born, 18)
    assert day - timedelta(days=1) < date(born.year + 18, born.month, min(born.day, 28)) + timedelta(days=4)
    assert (day.month, day.day) in ((born.month, born.day), (3, 1))


def test_it_has_no_verdict_even_without_rules_of_deferral() -> None:
    bare = RuleBook(Intervals(), RULES.limits, ())
    assert {advice.value for advice in Advice} == {"may-come", "wait", "ask-doctor"}
    assert expect(Told(donations=(Donation(TODAY),)), bare, TODAY).advice is Advice.MAY_COME
