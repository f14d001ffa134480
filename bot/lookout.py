"""What this process knows of itself: its spool, its loop, its disk, its copies. For alarms and metrics."""

import contextlib
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from bot.domain.alarms import CopiesFigures, OwnFigures


def no_copies(_now: datetime) -> CopiesFigures | None:
    """Where no folder for copies is set."""
    return None


class Lookout:
    """Called with the moment, it looks. It may block on a slow disk: call it in a thread.

    Args:
        name: the machine and the port, the same over a restart.
        spool: the file of this process.
        spool_calls: how many calls wait in it.
        loop_lag: seconds by which the event loop woke late lately.
        copies: how the nightly copies stand.
    """

    def __init__(
        self,
        name: str,
        started_at: datetime,
        spool: Path,
        spool_calls: Callable[[], int],
        loop_lag: Callable[[], float],
        copies: Callable[[datetime], CopiesFigures | None] = no_copies,
    ) -> None:
        self.name = name
        self._started_at = started_at
        self._spool, self._spool_calls = spool, spool_calls
        self._loop_lag = loop_lag
        self._copies = copies
        self._spool_since: datetime | None = None

    def __call__(self, now: datetime) -> OwnFigures:
        if not self._spool_calls():
            self._spool_since = None
        elif self._spool_since is None:
            self._spool_since = now
        return OwnFigures(
            name=self.name,
            started_at=self._started_at,
            spool_since=self._spool_since,
            spool_bytes=_size(self._spool),
            loop_lag=self._loop_lag(),
            disk_free=_disk_free(self._spool.parent),
            copies=self._copies(now),
        )


def _size(file: Path) -> int:
    with contextlib.suppress(OSError):
        return file.stat().st_size
    return 0


def _disk_free(folder: Path) -> float | None:
    with contextlib.suppress(OSError):
        usage = shutil.disk_usage(folder)
        return usage.free / usage.total if usage.total else None
    return None
