"""The web floor, served on loopback."""

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from bot.storage.database import Database
from tests.web.house import House, open_house

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@pytest.fixture
async def house(db: Database, tmp_path: Path) -> AsyncIterator[House]:
    """On both databases."""
    async with open_house(db, tmp_path) as opened:
        yield opened


@pytest.fixture
def small_db(sqlite_template: Path, tmp_path: Path) -> Iterator[Database]:
    """On SQLite alone, where storage makes no difference."""
    shutil.copy(sqlite_template, tmp_path / "small.db")
    with Database(f"sqlite:///{tmp_path / 'small.db'}") as database:
        yield database


@pytest.fixture
async def small_house(small_db: Database, tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(small_db, tmp_path) as opened:
        yield opened


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Browser tests that did not run are said loudly, not only as an "s"."""
    if CHROMIUM is None:
        terminalreporter.section("browser tests did NOT run", red=True, bold=True)
        terminalreporter.line("No Chromium was found (chromium, chromium-browser, google-chrome): install one.")
