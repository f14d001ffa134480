"""Urgent words: every report is heard, ordinary questions are left alone."""

from pathlib import Path

import pytest
import yaml

from bot.library import Library
from bot.understanding.folding import fold
from bot.understanding.urgent import Urgent

HERE = Path(__file__).parent
MESSAGES: dict[str, list[str]] = yaml.safe_load((HERE / "urgent.yaml").read_text(encoding="utf-8"))
QUESTIONS: dict[str, dict[str, list[str]]] = yaml.safe_load((HERE / "utterances.yaml").read_text(encoding="utf-8"))
REPORTS = [*MESSAGES["tuned"], *MESSAGES["held_out"]]
UNWELL = "side_effects"
"""Mild complaints stand between the two; they go to a human either way."""


@pytest.fixture(scope="module")
def urgent(library: Library) -> Urgent:
    return Urgent.build(library.urgent_phrases)


def test_it_has_a_lexicon_of_its_own(library: Library) -> None:
    assert len({fold(phrase) for phrase in library.urgent_phrases}) >= 100


@pytest.mark.parametrize("text", REPORTS)
def test_it_hears_a_report(urgent: Urgent, text: str) -> None:
    assert urgent.matches(text)


@pytest.mark.parametrize("text", REPORTS)
def test_it_hears_a_report_without_accents_and_in_capitals(urgent: Urgent, text: str) -> None:
    assert urgent.matches(fold(text).upper())


@pytest.mark.parametrize("text", MESSAGES["ordinary"])
def test_it_leaves_an_ordinary_message_alone(urgent: Urgent, text: str) -> None:
    assert not urgent.matches(text)


def test_it_raises_no_alarm_on_ordinary_questions(urgent: Urgent) -> None:
    asked = [t for by in QUESTIONS.values() for intent, texts in by.items() if intent != UNWELL for t in texts]
    assert len(asked) > 250
    assert [text for text in asked if urgent.matches(text)] == []


def test_it_raises_no_alarm_on_the_examples_of_intents(urgent: Urgent, library: Library) -> None:
    asked = [t for intent, texts in library.intent_examples.items() if intent != UNWELL for t in texts]
    assert [text for text in asked if urgent.matches(text)] == []


def test_it_hears_every_phrase_of_the_lexicon(urgent: Urgent, library: Library) -> None:
    assert [p for p in library.urgent_phrases if not urgent.matches(p) or not urgent.matches(fold(p))] == []


@pytest.mark.parametrize("text", ["", "😀", "\x00", "máu " * 25_000, "tay " * 25_000])
def test_it_survives_odd_messages(urgent: Urgent, text: str) -> None:
    assert not urgent.matches(text)
