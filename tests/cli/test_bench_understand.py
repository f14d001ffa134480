"""`giothong bench understand`: one JSON object with k of n, on our own exam and on a set that is given."""

import json
from pathlib import Path

import pytest

from bot.cli.main import main

ROWS = [
    {"id": "1", "text": "hiến máu xong nên ăn gì", "intent": "aftercare", "kind": "clean"},
    {"id": "2", "text": "giá vàng hôm nay bao nhiêu", "intent": "out_of_scope", "kind": "out_of_scope"},
    {"id": "3", "text": "em xăm rồi có hiến máu được không", "intent": "medication", "kind": "typo"},
]


def test_it_counts_a_set_that_is_given(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "mine.jsonl"
    file.write_text("\n".join(json.dumps(row) for row in ROWS), encoding="utf-8")
    assert main(["bench", "understand", str(file)]) == 0
    told = json.loads(capsys.readouterr().out)["mine.jsonl"]
    assert told["right"] == {"clean": "1 of 1 (100.0 %)", "typo": "0 of 1 (0.0 %)"}
    assert told["out_of_scope_answered"].startswith("0 of 1")
    assert told["safety_confidently_wrong"].startswith("1 of 1")
    assert told["confusions"] == [["medication", "tattoo_piercing", 1]]


def test_our_own_exam_teaches_the_reader_nothing_and_is_mostly_passed(capsys: pytest.CaptureFixture[str]) -> None:
    """The figures stand in docs/why.md; here only that nothing has broken."""
    assert main(["bench", "understand"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["exam"]["among_the_examples"] == 0
    assert all(int(share.split()[0]) / int(share.split()[2]) > 0.8 for share in told["exam"]["right"].values())
    heard = told["exam: urgent"]["heard"].split()
    assert int(heard[0]) / int(heard[2]) > 0.85


def test_it_says_that_a_file_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "understand", "nowhere.jsonl"]) == 2
    assert "nowhere.jsonl is not there" in capsys.readouterr().err
