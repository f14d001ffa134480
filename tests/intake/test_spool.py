"""The spool keeps calls in order, encrypted, and forgets only what was never answered."""

import errno
from pathlib import Path

import pytest

from bot.channels.base import WebhookRequest
from bot.domain.updates import ChannelKind
from bot.intake.spool import Spool
from bot.storage.sealing import KeyRing


def call(number: int) -> WebhookRequest:
    body = f'{{"number": {number}, "text": "Lò Văn Thử"}}'.encode()
    return WebhookRequest(ChannelKind.ZALO, {"x-zevent-signature": "mac=00"}, body, "7")


def test_it_gives_calls_back_in_order_over_pages(tmp_path: Path, ring: KeyRing) -> None:
    spool = Spool(tmp_path / "spool", ring)
    spool.append([call(1), call(2)])
    spool.append([call(3)])
    first, position = spool.read(2)
    spool.replayed(len(first), position)
    assert spool.calls == 1
    second, position = spool.read(2)
    spool.replayed(len(second), position)
    assert [*first, *second] == [call(1), call(2), call(3)]
    assert spool.read(2)[0] == []
    assert spool.is_empty


def test_it_remembers_after_a_restart(tmp_path: Path, ring: KeyRing) -> None:
    Spool(tmp_path / "spool", ring).append([call(1)])
    again = Spool(tmp_path / "spool", ring)
    assert again.calls == 1
    assert again.read(9)[0] == [call(1)]


@pytest.mark.parametrize("cut", [1, 3, 5, 40])
def test_it_drops_a_record_that_a_kill_cut_off(tmp_path: Path, ring: KeyRing, cut: int) -> None:
    path = tmp_path / "spool"
    spool = Spool(path, ring)
    spool.append([call(1)])
    whole = path.read_bytes()
    spool.append([call(2)])
    path.write_bytes(path.read_bytes()[: len(whole) + cut])
    again = Spool(path, ring)
    again.append([call(3)])
    assert again.read(9)[0] == [call(1), call(3)]


def test_it_goes_on_where_the_replay_was_when_it_is_killed(tmp_path: Path, ring: KeyRing) -> None:
    spool = Spool(tmp_path / "spool", ring)
    spool.append([call(1), call(2), call(3)])
    _, position = spool.read(2)
    spool.replayed(2, position)
    again = Spool(tmp_path / "spool", ring)
    assert again.calls == 1
    assert again.read(9)[0] == [call(3)]
    again.clear()
    assert Spool(tmp_path / "spool", ring).is_empty


def test_it_replays_everything_when_the_mark_makes_no_sense(tmp_path: Path, ring: KeyRing) -> None:
    Spool(tmp_path / "spool", ring).append([call(1)])
    (tmp_path / "spool.done").write_text("99999")
    assert Spool(tmp_path / "spool", ring).read(9)[0] == [call(1)]


def test_it_shows_no_words_in_the_file(tmp_path: Path, ring: KeyRing) -> None:
    Spool(tmp_path / "spool", ring).append([call(1)])
    assert "Thử".encode() not in (tmp_path / "spool").read_bytes()


def test_it_is_empty_after_clearing(tmp_path: Path, ring: KeyRing) -> None:
    spool = Spool(tmp_path / "spool", ring)
    spool.append([call(1)])
    spool.clear()
    assert spool.is_empty
    assert spool.read(9)[0] == []


def test_it_says_when_the_disk_is_full_and_keeps_what_was_there(ring: KeyRing, tmp_path: Path) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("no /dev/full on this machine")
    spool = Spool(tmp_path / "spool", ring)
    spool.append([call(1)])
    (tmp_path / "link").symlink_to(full)
    broken = Spool.__new__(Spool)
    broken._path, broken._ring, broken.calls = tmp_path / "link", ring, 0
    with pytest.raises(OSError) as caught:  # noqa: PT011
        broken.append([call(2)])
    assert caught.value.errno in (errno.ENOSPC, errno.EINVAL)
    assert spool.read(9)[0] == [call(1)]
