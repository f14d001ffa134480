"""A figure read from rows and kept for a while, so that no scrape costs more than it should."""

import asyncio
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from sqlalchemy import Connection

from bot.storage.database import Database, DatabaseAway

Value = TypeVar("Value")

AT_LEAST = 5.0
SHARE = 50
"""A reading is kept this many times as long as it took: counting never takes more than a fiftieth of a reader."""


class Kept(Generic[Value]):
    """The newest reading. A slow one goes on in the background while the one before is shown."""

    def __init__(self, work: Callable[[Connection], Value]) -> None:
        self._work = work
        self._value: Value | None = None
        self._again_at = 0.0
        self._reading: asyncio.Task[None] | None = None
        self.takes = 0.0

    async def value(self, db: Database, patience: float) -> Value | None:
        """What we know; None when nothing was read within `patience` seconds yet.

        Raises:
            DatabaseAway: the database does not answer.
        """
        if self._reading is None and time.monotonic() >= self._again_at:
            self._reading = asyncio.create_task(self._read(db))
        reading = self._reading
        if reading is not None:
            await asyncio.wait({reading}, timeout=patience)
            if reading.done():
                self._reading = None if self._reading is reading else self._reading
                reading.result()
        return self._value

    async def close(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)

    async def _read(self, db: Database) -> None:
        began = time.monotonic()
        try:
            self._value = await db.read(self._work)
        except DatabaseAway:
            self._value = None
            raise
        self.takes = time.monotonic() - began
        self._again_at = time.monotonic() + max(AT_LEAST, SHARE * self.takes)
