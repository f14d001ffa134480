"""The nightly copy of the embedded database, and what alarms and metrics hear of it."""

import shutil
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.domain.alarms import CopiesFigures
from bot.intake.spool_files import copy_waiting
from bot.storage.copies import PARTIAL, CopyFailed, make_copy
from bot.storage.database import Database
from bot.storage.restoring import ASIDE
from bot.storage.sealing import KeyRing

NIGHT = (time(2), time(5))
"""Local time in which a copy disturbs nobody."""

AT_LATEST = timedelta(hours=26)
"""A machine that is off at night makes its copy when it is on."""

SUFFIX = ".backup"
NAMES = f"giothong-*{SUFFIX}"
ANY_NAME = "*"
"""PostgreSQL's own dumps are called as the operator likes."""


class NightlyCopies:
    """The folder of the copies, and when making one last failed.

    Args:
        data: where the spools lie.
        keep: how long copies are kept.
    """

    def __init__(self, folder: Path, data: Path, keep: timedelta, db: Database, ring: KeyRing) -> None:
        self.folder, self.keep = folder, keep
        self.failed_at: datetime | None = None
        self.names = NAMES if db.is_sqlite else ANY_NAME
        self._data, self._db, self._ring = data, db, ring
        self._stop = threading.Event()

    def state(self, now: datetime) -> CopiesFigures:
        """How the copies stand; for the alarms and /metrics."""
        return copies_state(self.folder, now, self.failed_at, self.names)

    def make(self, clock: Callable[[], datetime], zone: ZoneInfo) -> Path:
        """One copy more. It blocks: call it in a thread.

        Raises:
            CopyFailed: and the moment is kept for the alarm.
        """
        if not self.folder.is_dir():
            # Never made here: behind a disk that is not mounted it would fill the wrong one.
            raise CopyFailed(f"BACKUP_DIR={self.folder} is no folder: make it, or mount the disk it lies on.")
        to = self.folder / f"giothong-{clock().astimezone(zone):%Y%m%d-%H%M}{SUFFIX}"
        make_copy(Path(self._db.url.database or ""), to, self._ring, clock, self._spools, self._stop.is_set)
        return to

    def let_go(self, now: datetime) -> int:
        """Delete copies, and databases that a restore put aside, when their time is over; returns how many."""
        before = now - self.keep
        old = [copy for copy, at in _found(self.folder, NAMES) if at < before]
        halves = [half for half, at in _found(self.folder, NAMES + PARTIAL) if at < now - AT_LATEST]
        for file in (*old, *halves):
            file.unlink(missing_ok=True)
        aside = [folder for folder, at in _found(self._data, f"{ASIDE}*") if at < before]
        for folder in aside:
            shutil.rmtree(folder, ignore_errors=True)
        return len(old) + len(aside)

    def stop(self) -> None:
        """Give up the copy under way."""
        self._stop.set()

    def _spools(self, to: Path) -> Counter[bytes]:
        return copy_waiting(self._data, to)


def copies_state(folder: Path, now: datetime, failed_at: datetime | None = None, names: str = NAMES) -> CopiesFigures:
    """When the newest good copy in a folder was made. A copy has its name only once all of it is on the disk."""
    return CopiesFigures(newest_copy(folder, now, names), failed_at)


def newest_copy(folder: Path, now: datetime, names: str = NAMES) -> datetime | None:
    """A file from the future (the clock was put back) counts as one of now."""
    whole = (at for file, at in _found(folder, names) if file.suffix != PARTIAL and file.is_file())
    newest = max(whole, default=None)
    return None if newest is None else min(newest, now)


def is_due(newest: datetime | None, now: datetime, zone: ZoneInfo) -> bool:
    """Whether a copy should be made now: once a night, or as soon as the last one is too old."""
    if newest is None or now - newest > AT_LATEST:
        return True
    local = now.astimezone(zone)
    tonight = local.replace(hour=NIGHT[0].hour, minute=0, second=0, microsecond=0)
    return NIGHT[0] <= local.time() < NIGHT[1] and newest < tonight


def _found(folder: Path, names: str) -> Iterator[tuple[Path, datetime]]:
    for file in sorted(folder.glob(names)):
        try:
            yield file, datetime.fromtimestamp(file.stat().st_mtime, UTC)
        except FileNotFoundError:
            continue
