"""A folder to run the program in, as a person would: nothing from this machine's environment comes along."""

import logging
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.cli import main
from bot.envfile import read_env_file, write_env_file
from bot.storage.database import Database

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "content" / "sample" / "lai-chau.yaml"
KEYS = {"SECRET_KEY": "s" * 40, "ENCRYPTION_KEYS": "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s="}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty current folder; logging is put back afterwards."""
    for name in read_env_file(ROOT / ".env.example"):
        monkeypatch.delenv(name, raising=False)
    place = tmp_path / "here"
    place.mkdir()
    monkeypatch.chdir(place)
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield place
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def installed(folder: Path, database_url: str) -> Path:
    """The folder with a `.env` for an empty, migrated database of each engine."""
    write_env_file(folder / ".env", {**KEYS, "DATABASE_URL": database_url})
    return folder


@pytest.fixture
def loaded(installed: Path) -> Path:
    """The same with the sample organisation."""
    assert main(["load", str(SAMPLE)]) == 0
    return installed


@pytest.fixture
def opened(installed: Path, database_url: str) -> Iterator[Database]:
    """The folder's database, beside the program."""
    with Database(database_url) as db:
        yield db


@pytest.fixture
def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
