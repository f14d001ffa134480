"""The content while the program runs: a changed folder becomes a new edition, a broken one changes nothing and is told."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from bot.library.findings import ContentFaults, Finding
from bot.library.library import Library
from bot.understanding.intents import IntentReader
from bot.understanding.scrubbing import Scrubber

log = logging.getLogger(__name__)

EVERY = 3.0
"""Seconds between two looks."""

Mark = tuple[tuple[str, int, int], ...]


@dataclass(frozen=True, slots=True)
class Edition:
    """One state of the content with what was learnt from it."""

    library: Library
    reader: IntentReader = field(repr=False)
    scrubber: Scrubber = field(repr=False)

    @classmethod
    def of(cls, library: Library) -> "Edition":
        """About a second of work: in a thread while others wait."""
        return cls(library, library.reader(), library.scrubber())


@dataclass(frozen=True, slots=True)
class ContentState:
    """Since when the content in use is in use; `faults` are of newer files that could not be taken."""

    since: datetime
    faults: tuple[Finding, ...] = ()


class ContentWatch:
    """Looks at the folder every few seconds. A change is read once the files have been quiet for a whole look, so
    nobody reads a folder that is just being copied.

    Args:
        read: makes an edition of a folder; runs in a thread.
        take: puts an edition to use.
    """

    def __init__(
        self,
        root: Path,
        read: Callable[[Path], Edition],
        take: Callable[[Edition], None],
        clock: Callable[[], datetime],
    ) -> None:
        self._root, self._read, self._take, self._clock = root, read, take, clock
        self._tried = self._seen = mark_of(root)
        self.state = ContentState(clock())

    async def run(self) -> None:
        while True:
            await asyncio.sleep(EVERY)
            await self.look()

    async def look(self) -> None:
        """One look; a quiet change is tried."""
        mark = await asyncio.to_thread(mark_of, self._root)
        quiet, self._seen = mark == self._seen, mark
        if quiet and mark != self._tried:
            self._tried = mark
            await self._renew()

    async def _renew(self) -> None:
        try:
            edition = await asyncio.to_thread(self._read, self._root)
        except ContentFaults as faults:
            self._refuse(faults.findings)
        except Exception as error:  # whatever is wrong with the files, what runs goes on
            self._refuse((Finding(self._root.name, 1, "error", f"it cannot be read ({type(error).__name__})"),))
        else:
            self._take(edition)
            self.state = ContentState(self._clock())
            log.info("The content has changed: %d topics are in use from now on", len(edition.library.topics))

    def _refuse(self, faults: tuple[Finding, ...]) -> None:
        self.state = ContentState(self.state.since, faults)
        log.error("The content has %d errors, the last good version stays in use: %s", len(faults), faults[0])


def mark_of(root: Path) -> Mark:
    """Names, times and sizes of the files: differs after any change."""
    found = []
    for file in sorted(root.rglob("*.yaml")):
        try:
            told = file.stat()
        except OSError:  # taken away between the listing and the look
            continue
        found.append((str(file), told.st_mtime_ns, told.st_size))
    return tuple(found)
