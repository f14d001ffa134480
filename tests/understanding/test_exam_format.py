"""The blind exam keeps its shape: labels known, counts as promised, no sentence twice. It scores nothing."""

import json
import re
import unicodedata
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

EXAM = Path(__file__).parent / "exam"
# The examiner's own copy of the taxonomy: a renamed intent of the program must be noticed here, not followed.
SAFETY = frozenset(
    [
        "eligibility.condition",
        "medication",
        "pregnancy_breastfeeding",
        "after_covid",
        "after_vaccine",
        "menstruation",
        "tattoo_piercing",
    ]
)
ORDINARY = frozenset(
    [
        "eligibility.general",
        "eligibility.age",
        "eligibility.weight_volume",
        "interval",
        "component_donation",
        "procedure_prepare",
        "documents",
        "aftercare",
        "side_effects",
        "pain_safety",
        "tests_results",
        "benefits",
        "leave_work",
        "certificate",
        "lost_certificate",
        "where_when",
        "register",
        "cancel_registration",
        "blood_group",
        "blood_use_cost",
        "talk_to_human",
        "greeting",
    ]
)
OUT_OF_SCOPE = "out_of_scope"
INTENTS = SAFETY | ORDINARY | {OUT_OF_SCOPE}
KINDS = {"clean": 506, "no_diacritics": 253, "teencode": 188, "typo": 188, OUT_OF_SCOPE: 137}
SIGNS = {"faint": 20, "bleeding": 18, "breath": 16, "arm": 16, "infection": 16, "chest": 14, "self_harm": 20}
NOT_URGENT = 150

Row = dict[str, Any]


def questions() -> list[tuple[str, Row]]:
    """Every utterance with an intent, beside the name of its file."""
    files = sorted(EXAM.glob("*.jsonl"))
    return [(file.stem, json.loads(line)) for file in files for line in file.read_text("utf-8").splitlines()]


def urgent(name: str) -> list[Row]:
    """The rows of one of the two urgent files."""
    rows: list[Row] = yaml.safe_load((EXAM / f"urgent_{name}.yaml").read_text("utf-8"))
    return rows


def everything() -> list[Row]:
    return [row for _, row in questions()] + urgent("now") + urgent("not")


def fold(text: str) -> str:
    """Without accents, case and punctuation. Not the program's folding: the exam leans on nothing it examines."""
    bare = unicodedata.normalize("NFD", text.casefold()).replace("đ", "d")
    return " ".join(re.findall(r"\w+", "".join(sign for sign in bare if not unicodedata.combining(sign))))


def test_there_is_one_file_for_each_of_thirty_intents() -> None:
    assert len(INTENTS) == 30
    assert {file.stem for file in EXAM.glob("*.jsonl")} == INTENTS


def test_every_question_has_just_the_promised_keys_and_lies_in_the_file_of_its_intent() -> None:
    for name, row in questions():
        assert set(row) == {"id", "text", "intent", "kind"}, row
        assert row["intent"] == name, row
        assert (row["kind"] == OUT_OF_SCOPE) == (row["intent"] == OUT_OF_SCOPE), row


def test_the_kinds_are_as_many_as_the_readme_says() -> None:
    assert Counter(row["kind"] for _, row in questions()) == KINDS
    assert sum(KINDS.values()) >= 1200


@pytest.mark.parametrize(("intents", "least"), [(SAFETY, 49), (ORDINARY, 36), ({OUT_OF_SCOPE}, 120)])
def test_every_intent_has_rows_enough(intents: frozenset[str], least: int) -> None:
    rows = Counter(row["intent"] for _, row in questions())
    assert {intent: rows[intent] for intent in intents if rows[intent] < least} == {}


def test_every_intent_but_the_last_is_asked_in_every_kind() -> None:
    kinds = Counter((row["intent"], row["kind"]) for _, row in questions())
    asked = [kinds[intent, kind] for intent in SAFETY | ORDINARY for kind in KINDS if kind != OUT_OF_SCOPE]
    assert min(asked) >= 6


def test_the_urgent_rows_are_as_many_as_the_readme_says() -> None:
    now = urgent("now")
    assert Counter(row["sign"] for row in now) == SIGNS
    assert {row["about"] for row in now} == {"donor", "colleague"}
    assert len(urgent("not")) == NOT_URGENT
    assert {row["sign"] for row in urgent("not")} == {*SIGNS, "plain"}


@pytest.mark.parametrize("name", ["now", "not"])
def test_the_urgent_rows_are_written_with_and_without_accents(name: str) -> None:
    kinds = Counter(row["kind"] for row in urgent(name))
    assert set(kinds) == set(KINDS) - {OUT_OF_SCOPE}
    assert min(kinds["clean"], kinds["no_diacritics"]) >= 40


def test_no_id_and_no_sentence_occurs_twice() -> None:
    rows = everything()
    assert [key for key, times in Counter(row["id"] for row in rows).items() if times > 1] == []
    assert [text for text, times in Counter(fold(row["text"]) for row in rows).items() if times > 1] == []


def test_every_text_is_tidy_and_a_row_without_accents_has_none() -> None:
    for row in everything():
        text: str = row["text"]
        assert text == " ".join(unicodedata.normalize("NFC", text).split()), row
        assert text, row
        assert row["kind"] != "no_diacritics" or text.isascii(), row


def test_nobody_can_be_found_by_a_number() -> None:
    long_numbers = [row["id"] for row in everything() if re.search(r"\d(?:[ .-]?\d){8,}", row["text"])]
    assert long_numbers == []
