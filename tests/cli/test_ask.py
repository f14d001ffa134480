"""`giothong ask`: one JSON object a question, in the order they came, without database or settings."""

import json
from pathlib import Path

import pytest

from bot.cli import main
from bot.library.library import Library
from bot.library.reading import content_root


def answers(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_it_answers_one_question_with_a_label_of_the_taxonomy(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ask", "hiến máu xong bao lâu thì được hiến lại?"]) == 0
    (answer,) = answers(capsys)
    assert list(answer) == ["id", "intent", "confidence", "topic", "answered"]
    assert answer["intent"] in {*Library.load(content_root()).intent_examples, "out_of_scope"}
    assert 0.0 <= float(str(answer["confidence"])) <= 1.0


def test_it_says_out_of_scope_for_what_it_does_not_know(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ask", "zxqv wkjh prtg"]) == 0
    (answer,) = answers(capsys)
    assert (answer["intent"], answer["answered"]) == ("out_of_scope", False)


def test_it_answers_a_file_in_its_order_with_its_ids(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = [{"id": 7, "text": "xin chào"}, {"id": "q-2", "text": "đăng ký hiến máu"}, {"id": "ba", "text": ""}]
    (folder / "q.jsonl").write_text("\n".join(json.dumps(line) for line in lines) + "\n\n", encoding="utf-8")
    assert main(["ask", "--jsonl", "q.jsonl"]) == 0
    assert [answer["id"] for answer in answers(capsys)] == [7, "q-2", "ba"]


@pytest.mark.parametrize("line", ['{"id": 1}', "[1]", "words", '{"text": "x"}'])
def test_it_names_the_line_it_cannot_read(folder: Path, line: str, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "q.jsonl").write_text('{"id": 1, "text": "xin chào"}\n' + line + "\n", encoding="utf-8")
    assert main(["ask", "--jsonl", "q.jsonl"]) == 2
    assert "q.jsonl:2: write a JSON object with id and text" in capsys.readouterr().err
