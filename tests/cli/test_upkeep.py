"""migrate, load, login-link, tick: on both databases, from the command line to the rows."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, func, select, text

from bot.cli import main
from bot.envfile import write_env_file
from bot.storage import schema
from bot.storage.database import Database
from bot.storage.staff import use_login_link
from bot.storage.tables import drives, slots, staff_keys, units
from tests.cli.conftest import KEYS, SAMPLE


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database(request: pytest.FixtureRequest, folder: Path) -> Iterator[str]:
    """A database into which nothing was ever migrated."""
    if request.param == "sqlite":
        yield "sqlite:///data/giothong.db"
        return
    server: str = request.getfixturevalue("postgres")
    engine = create_engine(server.replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("CREATE DATABASE never_migrated"))
        yield server.replace("/postgres?", "/never_migrated?")
        connection.execute(text("DROP DATABASE never_migrated WITH (FORCE)"))
    engine.dispose()


def count(db: Database, table: object) -> int:
    return int(db.read_now(lambda c: c.execute(select(func.count()).select_from(table)).scalar_one()))  # type: ignore[arg-type]


def test_it_migrates_from_empty_and_then_has_nothing_to_do(
    folder: Path, empty_database: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write_env_file(folder / ".env", {**KEYS, "DATABASE_URL": empty_database})
    assert main(["migrate"]) == 0
    assert main(["migrate"]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first.endswith("now.")
    assert second.endswith("already.")
    with Database(empty_database) as db:
        schema.check_schema(db)


def test_it_knows_the_newest_migration_without_alembic() -> None:
    config = Config()
    config.set_main_option("script_location", str(schema.HERE))
    assert schema._head() == ScriptDirectory.from_config(config).get_current_head()


def test_it_refuses_to_serve_on_a_schema_that_is_not_its_own(
    folder: Path, empty_database: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write_env_file(folder / ".env", {**KEYS, "DATABASE_URL": empty_database})
    with Database(empty_database) as db:
        db.ping()
        assert main(["serve"]) == 2
        assert "The database is empty: run `giothong migrate` first." in capsys.readouterr().err
        schema.migrate(db)
        db.write_now(lambda c: c.execute(text("UPDATE alembic_version SET version_num = '9999'")))
    for command in (["serve"], ["migrate"], ["export", "donors"]):
        assert main(command) == 2
        assert "it is newer" in capsys.readouterr().err


def test_it_loads_a_file_and_twice_is_the_same_as_once(
    installed: Path, opened: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["load", str(SAMPLE)]) == 0
    assert "drives: 2 added" in capsys.readouterr().out
    before = [count(opened, table) for table in (units, drives, slots)]
    assert main(["load", str(SAMPLE)]) == 0
    assert "drives: 0 added, 0 changed, 2 as they were" in capsys.readouterr().out
    assert [count(opened, table) for table in (units, drives, slots)] == before


def test_it_tells_file_line_and_field_and_changes_nothing(
    installed: Path, opened: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    file = installed / "bad.yaml"
    file.write_text(
        "units:\n"
        "  - {code: good, name: Tốt, level: province}\n"
        "  - {code: bad, name: Hỏng, level: upper, parent: nowhere}\n"
        "drives:\n"
        "  - {code: d, name: D, unit: zz, place: P, starts: 2026-12-05T07:30+07:00,\n"
        "     ends: 2026-12-05T09:30+07:00, slot_minutes: 30, slot_capacity: 20}\n",
        encoding="utf-8",
    )
    assert main(["load", "bad.yaml"]) == 1
    assert capsys.readouterr().err.splitlines() == [
        "bad.yaml:3: parent: nowhere stands neither in this file nor in the database",
        "bad.yaml:5: unit: zz stands neither in this file nor in the database",
    ]
    assert count(opened, units) == 0


def test_it_prints_a_link_that_opens_the_console_once(
    loaded: Path, opened: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert main(["login-link", "--login", "mai"]) == 0
    address, _, secret = capsys.readouterr().out.strip().rpartition("/")
    assert address == "http://127.0.0.1:8080/console/login"
    now = datetime.now(UTC)
    assert opened.write_now(lambda c: use_login_link(c, secret, now))
    assert opened.write_now(lambda c: use_login_link(c, secret, now)) is None


def test_it_prints_no_link_for_a_stranger(loaded: Path, opened: Database, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["login-link", "--login", "nobody"]) == 1
    assert "no active staff account nobody" in capsys.readouterr().err
    assert count(opened, staff_keys) == 0


def test_it_ticks_and_prints_one_json_line(loaded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert main(["tick", "--at", "2026-12-04T17:00+07:00"]) == 0
    counts = json.loads(capsys.readouterr().out)
    assert {"planned", "sent", "skipped", "moved", "waiting"} <= set(counts)
