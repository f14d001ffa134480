"""The real content: `content check` is clean, every answerable intent has a topic, words keep the house rules."""

import re
from datetime import date
from typing import get_args

import pytest

from bot.domain.donations import Donation, next_on
from bot.library import Library, content_root
from bot.library.checks import check
from bot.understanding.answers import Reason
from bot.understanding.folding import fold

HANDLED_BY_THE_DIALOGUE = {"where_when", "register", "cancel_registration", "talk_to_human", "greeting", "out_of_scope"}
NEVER_SAID = ("du dieu kien hien mau roi", "ngung uong thuoc di", "you are eligible", "stop taking")
"""The bot never decides, and never touches a treatment."""


@pytest.fixture(scope="module")
def library() -> Library:
    return Library.load(content_root())


def test_it_has_no_errors() -> None:
    assert [str(finding) for finding in check(content_root()) if finding.level == "error"] == []


def test_it_misses_no_translation() -> None:
    assert [str(finding) for finding in check(content_root()) if finding.level == "warning"] == []


def test_it_carries_the_thirty_intents(library: Library) -> None:
    assert len(library.intent_examples) == 30
    assert {label: len(texts) for label, texts in library.intent_examples.items() if len(texts) < 15} == {}
    assert len(library.intent_examples["out_of_scope"]) >= 40


def test_it_has_no_example_twice(library: Library) -> None:
    examples = [fold(text) for texts in library.intent_examples.values() for text in texts]
    assert sorted({text for text in examples if examples.count(text) > 1}) == []


def test_it_has_a_topic_for_every_answerable_intent(library: Library) -> None:
    assert set(library.topics_by_intent()) == set(library.intent_examples) - HANDLED_BY_THE_DIALOGUE


def test_it_has_at_least_one_way_to_every_topic(library: Library) -> None:
    led_to = {step for steps in library.next_steps().values() for step in steps}
    reached = led_to | set(library.topics_by_intent().values()) | {"topic.about-bot", "topic.unknown", "topic.stale"}
    assert set(library.topics) - reached == set()


def test_it_is_fresh_on_the_day_it_was_reviewed(library: Library) -> None:
    assert library.stale_topics(date(2026, 11, 22)) == ()
    assert "topic.covid-safety" in {topic.id for topic in library.stale_topics(date(2027, 6, 1))}


@pytest.mark.parametrize("language", ["vi", "en"])
def test_it_never_decides(library: Library, language: str) -> None:
    said = {topic.id: fold(topic.text[language]) for topic in library.topics.values()}
    assert {(i, words) for i, text in said.items() for words in NEVER_SAID if fold(words) in text} == set()


def test_it_sends_medical_questions_to_the_doctor_at_the_site(library: Library) -> None:
    deciding = (
        "who-may",
        "age",
        "conditions",
        "interval",
        "medication",
        "tattoo",
        "vaccine",
        "after-covid",
        "pregnancy",
        "menstruation",
    )
    assert [name for name in deciding if "bác sĩ" not in library.text(f"topic.{name}", "vi").lower()] == []


def test_it_says_115_first_where_somebody_is_unwell(library: Library) -> None:
    assert "115" in library.text("topic.side-effects", "vi").splitlines()[0]


def test_it_never_invites_to_an_hiv_test(library: Library) -> None:
    assert "đừng hiến máu chỉ để được xét nghiệm HIV" in library.text("topic.tests-results", "vi")


def test_it_says_the_rule_of_twelve_hours(library: Library) -> None:
    assert re.search(r"12 giờ", library.text("topic.dangerous-work", "vi"))


def test_it_keeps_the_interval_of_the_circular(library: Library) -> None:
    assert next_on(Donation(date(2026, 3, 2)), library.rules.intervals) == date(2026, 5, 25)
    assert "84 ngày" in library.text("topic.interval", "vi")


@pytest.mark.parametrize("step", ["name", "birth-date", "phone"])
def test_it_has_a_second_question_for_every_miss(library: Library, step: str) -> None:
    """A validator that returns a reason without words would break the form."""
    given = {
        "name": ("unreadable", "question", "too-short", "too-long", "digits", "link"),
        "birth-date": (
            "unreadable",
            "question",
            "day-missing",
            "lunar",
            "impossible",
            "future",
            "under-age",
            "over-age",
        ),
        "phone": ("unreadable", "question", "too-short", "too-long", "landline", "foreign", "old-number", "ambiguous"),
    }
    assert {reason for reasons in given.values() for reason in reasons} == set(get_args(Reason))
    assert [reason for reason in given[step] if not library.has(f"registration.{step}.{reason}")] == []
