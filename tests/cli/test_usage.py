"""Exit codes and the one line an error becomes: 0 done, 1 problems found, 2 wrong usage or configuration."""

import subprocess
import sys
from pathlib import Path

import pytest

from bot.cli import main
from bot.envfile import write_env_file
from tests.cli.conftest import KEYS


def code_of(*words: str) -> int:
    try:
        return main(words)
    except SystemExit as left:
        return int(left.code or 0)


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        pytest.param([], 2, "COMMAND", id="no command"),
        pytest.param(["dance"], 2, "invalid choice", id="unknown command"),
        pytest.param(["serve", "--role", "web,cook"], 2, "write some of web,sender,scheduler", id="unknown role"),
        pytest.param(["load"], 2, "FILE.yaml", id="load without a file"),
        pytest.param(["load", "nowhere.yaml"], 1, "nowhere.yaml: No such file", id="load of no file"),
        pytest.param(["tick", "--at", "tomorrow"], 2, "2026-12-04T17:00+07:00", id="tick at no moment"),
        pytest.param(["tick", "--at", "2026-12-04T17:00"], 2, "time zone", id="tick without a zone"),
        pytest.param(["ask"], 2, "write one question", id="ask nothing"),
        pytest.param(["ask", "a", "--jsonl", "b"], 2, "write one question", id="ask twice"),
        pytest.param(["export", "secrets"], 2, "invalid choice", id="export of something else"),
        pytest.param(["export", "donors", "--format", "xlsx"], 2, "add -o FILE.xlsx", id="spreadsheet on a screen"),
        pytest.param(["bench", "intake", "--people", "0"], 2, "above 0", id="bench without people"),
        pytest.param(["channels"], 2, "check|set-webhook", id="channels alone"),
        pytest.param(["migrate"], 2, "SECRET_KEY is missing", id="no settings"),
        pytest.param(["serve"], 2, "there is no .env in this folder", id="wrong folder"),
    ],
)
def test_it_says_what_to_do_and_ends_with_the_right_code(
    words: list[str], code: int, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert code_of(*words) == code
    told = capsys.readouterr()
    assert told.out == ""
    assert says in told.err
    assert "Traceback" not in told.err


def test_it_tells_all_faults_of_the_settings_at_once(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_env_file(folder / ".env", {"PORT": "eighty", "LOG_LEVEL": "loud", "QUIET_HOURS": "night"})
    assert main(["serve"]) == 2
    told = capsys.readouterr().err
    assert [line.split()[1] for line in told.splitlines()[1:]] == [
        "QUIET_HOURS", "PORT", "SECRET_KEY", "ENCRYPTION_KEYS", "LOG_LEVEL",
    ]  # fmt: skip


def test_it_makes_no_database_in_a_wrong_folder(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_env_file(folder / ".env", KEYS)
    assert main(["export", "donors"]) == 2
    assert "There is no database data/giothong.db here" in capsys.readouterr().err
    assert not (folder / "data").exists()


def test_it_shows_a_traceback_only_with_debug(folder: Path) -> None:
    with pytest.raises(FileNotFoundError):
        main(["--debug", "load", "nowhere.yaml"])
    with pytest.raises(FileNotFoundError):
        main(["load", "nowhere.yaml", "--debug"])


def test_it_asks_for_help_without_importing_the_house() -> None:
    code = "import sys, bot.cli as c\ntry: c.main(['--help'])\nexcept SystemExit: pass\nprint(sorted(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2]
    )
    for heavy in ("'sqlalchemy'", "'aiohttp'", "'asyncio'", "'yaml'", "'alembic'"):
        assert heavy not in done.stdout
    assert "export" in done.stdout
