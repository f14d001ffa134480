"""`giothong keys`, and every command that starts with a key too few."""

import base64
from pathlib import Path

import pytest
from sqlalchemy import update

from bot.channels.base import WebhookRequest
from bot.cli import main
from bot.domain.updates import ChannelKind
from bot.intake.spool import Spool
from bot.storage.database import Database
from bot.storage.key_store import open_ring
from bot.storage.sealing import KeyRing
from bot.storage.tables import accounts
from tests.cli.conftest import KEYS

OLD = b"k" * 32
NEW = b"n" * 32
LABEL = "accounts.tokens"


def keys(*ours: bytes) -> str:
    return ",".join(base64.urlsafe_b64encode(key).decode() for key in ours)


@pytest.fixture
def house(loaded: Path, opened: Database, capsys: pytest.CaptureFixture[str]) -> Path:
    """Loaded, with sealed tokens of an account and the index key, all under the old key."""
    ring = open_ring(opened, [OLD])
    values = {"id": 1, "kind": "zalo", "code": "oa", "external_id": "9", "tokens_sealed": ring.seal(b"x", LABEL)}
    opened.write_now(lambda c: c.execute(accounts.insert().values(values)))
    capsys.readouterr()
    return loaded


def said(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().out.splitlines()


def test_it_counts_and_rotates(
    house: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ENCRYPTION_KEYS", keys(NEW, OLD))
    assert main(["keys", "check"]) == 0
    assert f"{LABEL}: newest 0, older-1 1" in said(capsys)
    assert main(["keys", "rotate"]) == 0
    first, second = said(capsys)
    assert first == "Sealed anew: house_keys.value 1, accounts.tokens 1"
    assert "take them out of ENCRYPTION_KEYS and restart" in second
    assert main(["keys", "rotate"]) == 0
    assert said(capsys)[0] == "Sealed anew: nothing"
    monkeypatch.setenv("ENCRYPTION_KEYS", keys(NEW))
    assert main(["keys", "check"]) == 0
    assert f"{LABEL}: newest 1" in said(capsys)


def test_it_waits_for_calls_under_the_old_key(
    house: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    spool = Spool(house / "data" / "spool-8080.bin", KeyRing([OLD]))
    spool.append([WebhookRequest(ChannelKind.TELEGRAM, {}, b"{}", "1")] * 2)
    monkeypatch.setenv("ENCRYPTION_KEYS", keys(NEW, OLD))
    assert main(["keys", "rotate"]) == 0
    lines = said(capsys)
    assert (
        "data/spool-8080.bin holds 2 calls under older keys: a running server replays them; look again afterwards."
        in lines
    )
    assert not any("take them out" in line for line in lines)
    assert main(["keys", "check"]) == 0
    assert "data/spool-8080.bin: newest 0, older-1 2" in said(capsys)
    spool.clear()
    assert main(["keys", "rotate"]) == 0
    assert "take them out" in said(capsys)[-1]


def test_it_names_what_no_key_opens(
    house: Path, opened: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    strange = KeyRing([b"s" * 32])
    opened.write_now(lambda c: c.execute(update(accounts).values(tokens_sealed=strange.seal(b"x", LABEL))))
    capsys.readouterr()
    for command in ("check", "rotate"):
        assert main(["keys", command]) == 1
        lines = said(capsys)
        assert f"{LABEL}: 1 values that no key of ENCRYPTION_KEYS opens:" in lines
        assert "  accounts id 1" in lines
    monkeypatch.setenv("ENCRYPTION_KEYS", keys(OLD, b"s" * 32))
    assert main(["keys", "check"]) == 0


@pytest.mark.parametrize(
    "words", [["serve"], ["demo"], ["export", "donors"], ["keys", "rotate"], ["channels", "check"],
              ["tick", "--at", "2026-12-04T17:00+07:00"]], ids=lambda words: words[0]
)  # fmt: skip
def test_it_ends_with_a_sentence_when_the_key_is_gone(
    house: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: list[str], free_port: int
) -> None:
    monkeypatch.setenv("ENCRYPTION_KEYS", keys(NEW))
    monkeypatch.setenv("SECRET_KEY", KEYS["SECRET_KEY"])
    monkeypatch.setenv("PORT", str(free_port))
    assert main(words) == 2
    error = capsys.readouterr().err
    assert "ENCRYPTION_KEYS does not hold the key this database was written under: put the old key back" in error
    assert len(error.strip().splitlines()) == 1


def test_it_counts_although_the_index_key_is_lost(
    house: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ENCRYPTION_KEYS", keys(NEW))
    assert main(["keys", "check"]) == 1
    assert "  house_keys name index" in said(capsys)
