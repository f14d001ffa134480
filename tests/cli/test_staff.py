"""`giothong staff`: who leaves is shut out at once."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.cli import main
from bot.cli.logins import add_admin
from bot.envfile import write_env_file
from bot.storage.database import Database
from bot.storage.staff import make_login_link, session_staff, use_login_link
from bot.storage.tables import audit
from tests.cli.conftest import KEYS


@pytest.fixture
def house(folder: Path, db: Database, database_url: str) -> Database:
    write_env_file(folder / ".env", {**KEYS, "DATABASE_URL": database_url})
    db.write_now(lambda c: add_admin(c, "lan", "Lan", datetime.now(UTC)))
    return db


def test_it_ends_links_and_sessions_and_lets_in_again(house: Database, capsys: pytest.CaptureFixture[str]) -> None:
    now = datetime.now(UTC)
    session = house.write_now(lambda c: use_login_link(c, make_login_link(c, "lan", now), now)) or ""
    link = house.write_now(lambda c: make_login_link(c, "lan", now))
    assert house.read_now(lambda c: session_staff(c, session, now))
    assert main(["staff", "disable", "--login", "lan"]) == 0
    assert house.read_now(lambda c: session_staff(c, session, now)) is None
    assert main(["login-link", "--login", "lan"]) == 1
    assert main(["staff", "enable", "--login", "lan"]) == 0
    assert house.read_now(lambda c: session_staff(c, session, now)) is None, "an old session stays ended"
    assert house.write_now(lambda c: use_login_link(c, link, now)) is None
    assert main(["login-link", "--login", "lan"]) == 0
    words = house.read_now(lambda c: c.execute(select(audit.c.action)).scalars().all())
    assert {"staff-disabled", "staff-enabled"} <= set(words)
    assert "lan is shut out" in capsys.readouterr().out


def test_it_knows_no_stranger(house: Database, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["staff", "disable", "--login", "nobody"]) == 1
    assert "no staff account nobody" in capsys.readouterr().err
