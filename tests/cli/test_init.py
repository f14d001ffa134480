"""`giothong init`: a few questions, answered from a keyboard or a pipe, make an installation that serves."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.cli import main
from bot.envfile import read_env_file
from bot.settings import load_settings
from bot.storage.database import Database
from bot.storage.tables import staff

Answer = Callable[..., tuple[int, str, str]]


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Answer:
    """Answers piped in, one a line; gives the exit code and what was printed."""

    def give(*lines: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in lines)))
        code = main(["init"])
        told = capsys.readouterr()
        return code, told.out, told.err

    return give


def test_it_makes_an_installation_from_nothing_but_defaults(folder: Path, answer: Answer) -> None:
    code, out, _ = answer()
    assert code == 0
    assert "http://127.0.0.1:8080/console/login/" in out
    file = folder / ".env"
    assert file.stat().st_mode & 0o777 == 0o600
    settings = load_settings(read_env_file(file))
    assert (settings.telegram, settings.public_url) == (None, "")
    with Database(settings.database_url) as db:
        rows = db.read_now(lambda c: c.execute(select(staff.c.login, staff.c.role)).all())
    assert rows == [("admin", "admin")]


def test_it_asks_for_the_credentials_of_chosen_channels_only(folder: Path, answer: Answer) -> None:
    code, out, _ = answer(
        "https://hien-mau.example", "telegram, zalo", "123456:ABCDEFGHIJKLMN", "", "", "", "", "", "hoa", "Hoa"
    )
    assert code == 0
    settings = load_settings(read_env_file(folder / ".env"))
    assert settings.telegram is not None
    assert settings.telegram.webhook_secret
    assert settings.zalo is None
    assert "zalo stays off" in out
    assert "MESSENGER" not in out
    assert "https://hien-mau.example/console/login/" in out


def test_it_overwrites_nothing(folder: Path, answer: Answer) -> None:
    (folder / ".env").write_text("PORT=1\n", encoding="utf-8")
    code, _, err = answer()
    assert code == 2
    assert "nothing was changed" in err
    assert (folder / ".env").read_text(encoding="utf-8") == "PORT=1\n"


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        pytest.param(["hien-mau.example"], "PUBLIC_URL is not right", id="address without https"),
        pytest.param(["", "telepathy"], "There is no channel telepathy", id="unknown channel"),
        pytest.param(["", "telegram", "no token"], "TELEGRAM_BOT_TOKEN is not right", id="token"),
        pytest.param(["", "", "Thuỷ Nguyễn"], "letters without accents", id="login"),
    ],
)
def test_it_writes_nothing_after_a_wrong_answer(folder: Path, answer: Answer, lines: list[str], says: str) -> None:
    code, _, err = answer(*lines)
    assert code == 2
    assert says in err
    assert list(folder.iterdir()) == []


def test_it_leaves_no_half_installation_when_the_database_is_away(
    folder: Path, answer: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    code, _, err = answer()
    assert code == 1
    assert "the database does not answer" in err
    assert not (folder / ".env").exists()
