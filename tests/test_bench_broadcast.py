"""The benchmark of broadcasts, small: everybody has a row, what was sent is what the platform took."""

import json

import pytest

from bot.cli.main import main


def test_everybody_has_a_row_and_the_sending_balances(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "broadcast", "--people", "2500", "--minutes", "0.1"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["bench"], found["rows_match"], found["expansion"]["recipients"]) == ("broadcast", True, 2500)
    assert found["dry_run"]["intended"] == found["preview_counts_ms"]["all"]["people"] == 2500
    assert found["preview_counts_ms"]["unit:bench-7"]["people"] == 2500 // 40 + (1 if 2500 % 40 > 7 else 0)
    assert found["expansion"]["intake_beside"]["updates"] > 0
    assert found["sending"]["calls_taken"] > 0
    assert set(found["sending"]["pause"]) == {"written_after_s", "last_call_after_s"}


def test_nonsense_is_wrong_usage() -> None:
    assert main(["bench", "broadcast", "--people", "0"]) == 2
    assert main(["bench", "broadcast", "--minutes", "-1"]) == 2
