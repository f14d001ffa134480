"""`giothong demo` in an empty folder: it makes what it needs, answers, and stops cleanly."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot.envfile import read_env_file, write_env_file
from bot.storage.database import Database
from bot.storage.tables import broadcasts, drives, units
from tests.log_watch import WATCH


@contextmanager
def program(folder: Path, port: int, *words: str) -> Iterator[subprocess.Popen[str]]:
    """The program in a process of its own; killed if the test ends early."""
    env = {**os.environ, "PORT": str(port), "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        [sys.executable, "-m", "bot", *words],
        cwd=folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        WATCH.text(process.communicate()[1], "the program")


def line_of(process: subprocess.Popen[str], beginning: str) -> str:
    assert process.stdout is not None
    for line in process.stdout:
        if line.strip().startswith(beginning):
            return line.strip().removeprefix(beginning).strip()
    raise AssertionError(process.stderr.read() if process.stderr else "")


def status_of(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_it_starts_in_an_empty_folder_answers_and_stops_cleanly(folder: Path, free_port: int) -> None:
    with program(folder, free_port, "demo") as process:
        chat, console = line_of(process, "Chat:"), line_of(process, "Console:")
        assert chat == f"http://127.0.0.1:{free_port}/chat"
        assert [status_of(f"http://127.0.0.1:{free_port}/{page}") for page in ("healthz", "readyz", "chat")] == [
            200
        ] * 3
        assert status_of(console) == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0
    keys = folder / "data" / "keys.env"
    assert keys.stat().st_mode & 0o777 == 0o600
    with Database(f"sqlite:///{folder / 'data' / 'giothong.db'}") as db:
        assert len(db.read_now(lambda c: c.execute(drives.select()).all())) == 2
        assert len(db.read_now(lambda c: c.execute(units.select()).all())) == 37
        drafts = db.read_now(lambda c: c.execute(broadcasts.select()).all())
        assert [(row.code, row.state, row.created_by) for row in drafts] == [("tin-mua-dong", "draft", "mai")]


def test_it_starts_a_second_time_with_the_same_keys_and_rows(folder: Path, free_port: int) -> None:
    found = []
    for _ in range(2):
        with program(folder, free_port, "demo") as process:
            line_of(process, "Chat:")
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=20) == 0
        with Database(f"sqlite:///{folder / 'data' / 'giothong.db'}") as db:
            rows = db.read_now(lambda c: c.execute(units.select()).all())
        found.append((read_env_file(folder / "data" / "keys.env"), rows))
    assert found[0] == found[1]


def test_it_says_that_the_port_is_taken_before_it_makes_anything(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with program(folder, port, "demo") as process:
            _, told = process.communicate(timeout=30)
            assert process.returncode == 1
    assert told.startswith(f"Port {port} on 127.0.0.1 is taken")
    assert "Traceback" not in told
    assert not (folder / "data" / "giothong.db").exists()


def test_it_does_not_open_a_database_whose_keys_are_gone(folder: Path, free_port: int) -> None:
    (folder / "data").mkdir()
    (folder / "data" / "giothong.db").write_bytes(b"")
    with program(folder, free_port, "demo") as process:
        _, told = process.communicate(timeout=30)
        assert process.returncode == 2
    assert "keys that are gone" in told


@pytest.mark.parametrize("role", ["web", "sender,scheduler"])
def test_it_serves_single_roles(installed: Path, free_port: int, role: str) -> None:
    """Several processes share one database; a process without pages listens nowhere."""
    with program(installed, free_port, "serve", "--role", role) as process:
        line_of(process, "Giọt Hồng serves")
        if "web" in role:
            assert status_of(f"http://127.0.0.1:{free_port}/healthz") == 200
        else:
            with pytest.raises(urllib.error.URLError):
                status_of(f"http://127.0.0.1:{free_port}/healthz")
        process.send_signal(signal.SIGTERM)
        began = time.monotonic()
        assert process.wait(timeout=20) == 0
        assert time.monotonic() - began < 15


def test_it_serves_a_loaded_account_only_with_its_secrets(installed: Path, free_port: int) -> None:
    file = installed / "channels.yaml"
    file.write_text(
        'channels:\n  - {kind: telegram, code: bot-hai, bot_id: "424242", secrets_env: BOT_HAI}\n', encoding="utf-8"
    )
    with program(installed, free_port, "load", "channels.yaml") as process:
        told, _ = process.communicate(timeout=30)
        assert "Restart `giothong serve`" in told
    with program(installed, free_port, "serve") as process:
        assert line_of(process, "Giọt Hồng serves").endswith("channels: web).")
    with (installed / ".env").open("a", encoding="utf-8") as env:
        env.write("BOT_HAI_TOKEN=424242:abcdefghijklmn\nBOT_HAI_SECRET=hush\n")
    with program(installed, free_port, "serve") as process:
        assert "channels: bot-hai, web)" in line_of(process, "Giọt Hồng serves")
        assert status_of(f"http://127.0.0.1:{free_port}/healthz") == 200


def test_it_leaves_a_keys_file_that_lacks_a_key_alone(folder: Path, free_port: int) -> None:
    write_env_file(folder / "data" / "keys.env", {"SECRET_KEY": "s" * 40})
    with program(folder, free_port, "demo") as process:
        _, told = process.communicate(timeout=30)
        assert process.returncode == 2
    assert "lacks ENCRYPTION_KEYS" in told
