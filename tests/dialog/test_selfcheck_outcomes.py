"""Many people go through the self-check: what it comes to is what `expect` says of the same facts, worked out apart."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import product

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.dialog.selfcheck_groups import AGO, GROUPS, Group, Item, Kind, bands_for
from bot.domain.donations import Component, Donation, Intervals
from bot.domain.eligibility import Advice, Expectation, Happened, Told, expect
from bot.domain.rules import RuleBook
from bot.domain.selfcheck import latest_ago, rested_from
from bot.domain.terms import Term, Wait
from bot.library.library import Library
from tests.dialog.stage import MAI, MakeStage, Stage

TODAY = date(2026, 11, 22)
ITEMS = [(group, item) for group in GROUPS.values() for item in group.items]


@dataclass
class Answers:
    """What somebody answers, and the same as facts."""

    kg: int = 55
    given: Donation | None = None
    things: list[tuple[Group, Item, date]] = field(default_factory=list)
    private: bool = False

    def expected(self, book: RuleBook) -> Expectation:
        happened = tuple(Happened(item.rule_id, day) for _, item, day in self.things if item.rule_id)
        tired = any(item.kind is Kind.REST for _, item, _ in self.things)
        doctor = self.private or any(item.kind is Kind.DOCTOR for _, item, _ in self.things)
        told = Told(
            born=MAI.birth_date,
            kg=self.kg,
            donations=(self.given,) if self.given else (),
            happened=happened,
            deferred_until=TODAY + timedelta(days=1) if tired else None,
            for_the_doctor=doctor,
        )
        return expect(told, book, TODAY)


def answered(chat: Stage, answers: Answers) -> Stage:
    """By taps, and by typed days where a day is told."""
    assert chat.say("/kiemtra") == ["self-check.begin"]
    chat.say(f"{answers.kg} kg")
    _give(chat, answers.given)
    for group in GROUPS.values():
        if not group.items:
            continue
        things = [(item, day) for of, item, day in answers.things if of is group]
        if not things:
            chat.tap("Không có")
        for item, day in things:
            _tell(chat, item, day)
        if things:
            chat.tap("Không còn")
    chat.tap("Có, hoặc" if answers.private else "Không có")
    return chat


def _give(chat: Stage, given: Donation | None) -> None:
    if given is None:
        chat.tap("Chưa hiến")
        return
    chat.tap("Từ T2")
    pressed(chat, given.component.value)
    chat.say(f"{given.given_on:%d/%m/%Y}")


def _tell(chat: Stage, item: Item, day: date) -> None:
    chat.press(next(c.payload for c in chat.conversation.offered if c.payload.endswith(".yes")))
    while not any(c.payload.endswith(f"-which.{item.name}") for c in chat.conversation.offered):
        chat.tap("Xem thêm")
    pressed(chat, item.name)
    if item.kind is Kind.WHEN:
        chat.say(f"{day:%d/%m/%Y}")


def pressed(chat: Stage, value: str) -> None:
    chat.press(next(c.payload for c in chat.conversation.offered if c.payload.endswith(f".{value}")))


def agrees(chat: Stage, expected: Expectation) -> None:
    """The kind of the result, its day and its bag."""
    (about,) = chat.about
    tomorrow = TODAY + timedelta(days=1)
    kind = "not-today" if expected.not_before == tomorrow else str(expected.advice)
    assert about == f"self-check.{kind}"
    if expected.not_before:
        assert f"{expected.not_before:%d/%m/%Y}" in chat.last.text
    assert (f"{expected.volume_ml} ml" in chat.last.text) == (expected.volume_ml is not None)


@pytest.mark.parametrize(("group", "item"), [pytest.param(g, i, id=i.name) for g, i in ITEMS])
@pytest.mark.parametrize("days", [0, 6, 20, 100, 200, 364])
def test_one_thing_comes_to_what_the_rule_says(
    stage: MakeStage, library: Library, group: Group, item: Item, days: int
) -> None:
    day = TODAY if item.kind is Kind.NOW else TODAY - timedelta(days=days)
    answers = Answers(things=[(group, item, day)])
    agrees(answered(stage(person=MAI), answers), answers.expected(library.rules))


@pytest.mark.parametrize("kg", [42, 44, 45, 49, 50, 90])
@pytest.mark.parametrize("private", [False, True])
def test_weight_comes_to_its_bag(stage: MakeStage, library: Library, kg: int, private: bool) -> None:
    answers = Answers(kg=kg, private=private)
    agrees(answered(stage(person=MAI), answers), answers.expected(library.rules))


@pytest.mark.parametrize(("component", "days"), list(product(Component, [0, 13, 14, 40, 83])))
def test_a_donation_comes_to_its_interval(stage: MakeStage, library: Library, component: Component, days: int) -> None:
    answers = Answers(given=Donation(TODAY - timedelta(days=days), component))
    agrees(answered(stage(person=MAI), answers), answers.expected(library.rules))


THINGS = st.lists(
    st.tuples(st.sampled_from(ITEMS), st.integers(0, 400)), max_size=5, unique_by=lambda one: one[0][1].name
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(things=THINGS, kg=st.integers(42, 120), private=st.booleans(), last=st.none() | st.integers(0, 83))
def test_several_things_add_up_to_the_latest(  # type: ignore[no-untyped-def]
    stage: MakeStage, library: Library, things, kg, private, last
) -> None:
    told = [
        (group, item, TODAY if item.kind is Kind.NOW else TODAY - timedelta(days=days))
        for (group, item), days in things
    ]
    given_on = None if last is None else Donation(TODAY - timedelta(days=last))
    answers = Answers(kg, given_on, told, private)
    chat = answered(stage(person=MAI), answers)
    expected = answers.expected(library.rules)
    agrees(chat, expected)
    doubt = private or 42 <= kg < 45 or any(item.kind is Kind.DOCTOR for _, item, _ in told)
    told_too = "nên kể với bác sĩ" in chat.last.text
    assert told_too == (doubt and expected.advice is Advice.WAIT)


@pytest.mark.parametrize("name", AGO)
@pytest.mark.parametrize("today", [date(2026, 11, 22), date(2028, 2, 29), date(2026, 3, 1), date(2026, 3, 31)])
def test_a_rough_answer_is_never_too_early(name: str, today: date) -> None:
    day = latest_ago(today, AGO[name])
    assert AGO[name].after(day) <= today
    assert day == today or AGO[name].after(day + timedelta(days=1)) > today


def test_rough_answers_fit_the_wait() -> None:
    assert set(bands_for(Wait(days=28))) & set(bands_for(Wait(months=6))) == set()
    assert bands_for(Wait(months=12)) | bands_for(Wait(days=7)) == AGO


def test_the_rest_between_donations_names_a_day(library: Library) -> None:
    assert rested_from(library.rules.intervals, TODAY) == TODAY - timedelta(days=83)
    assert rested_from(Intervals(), TODAY) == TODAY + timedelta(days=1)
    forever = Intervals(((Component.WHOLE_BLOOD, Wait(months=999), Term(date(2000, 1, 1))),))
    assert rested_from(forever, TODAY) == TODAY + timedelta(days=1 - 730)
