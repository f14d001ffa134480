"""What a process knows of itself."""

from datetime import datetime, timedelta
from pathlib import Path

from bot.domain.alarms import CopiesFigures
from bot.lookout import Lookout


def test_it_tells_since_when_the_spool_is_in_use(tmp_path: Path, now: datetime) -> None:
    calls = [0]
    look = Lookout("here", now, tmp_path / "spool", lambda: calls[0], lambda: 0.25)
    assert look(now).spool_since is None
    calls[0] = 3
    (tmp_path / "spool").write_bytes(b"12345")
    assert look(now).spool_since == now
    later = look(now + timedelta(minutes=2))
    assert (later.spool_since, later.spool_bytes, later.loop_lag) == (now, 5, 0.25)
    calls[0] = 0
    assert look(now + timedelta(minutes=3)).spool_since is None
    calls[0] = 1
    assert look(now + timedelta(minutes=4)).spool_since == now + timedelta(minutes=4)


def test_it_knows_its_disk_and_its_copies(tmp_path: Path, now: datetime) -> None:
    copies = CopiesFigures(now, None)
    own = Lookout("here", now, tmp_path / "spool", lambda: 0, lambda: 0.0, lambda _now: copies)(now)
    assert own.copies == copies
    assert own.disk_free is not None
    assert 0 <= own.disk_free <= 1
    assert own.name == "here"


def test_it_goes_on_without_its_folder(tmp_path: Path, now: datetime) -> None:
    own = Lookout("here", now, tmp_path / "gone" / "spool", lambda: 0, lambda: 0.0)(now)
    assert (own.spool_bytes, own.disk_free, own.copies) == (0, None, None)
