"""The sweep that makes the nightly copy, in a thread, and lets old ones go."""

import asyncio
import logging

from bot.storage.copies import CopyFailed, CopyStopped
from scheduler.copies import is_due, newest_copy
from scheduler.parts import Parts

log = logging.getLogger(__name__)


async def copy_nightly(parts: Parts) -> int:
    """Look whether a copy is due and make it; returns how many were made.

    On PostgreSQL its own tools make the copies (docs/operations.md); only the age of the newest is watched.
    """
    copies = parts.copies
    if copies is None or not parts.db.is_sqlite:
        return 0
    try:
        newest = await asyncio.to_thread(newest_copy, copies.folder, parts.clock())
        due = is_due(newest, parts.clock(), parts.quiet.zone)
        if due:
            made = await asyncio.to_thread(copies.make, parts.clock, parts.quiet.zone)
            log.info("A copy was made: %s", made.name)
        await asyncio.to_thread(copies.let_go, parts.clock())
        return int(due)
    except asyncio.CancelledError:
        copies.stop()  # its thread would hold up the end of the program
        raise
    except CopyStopped:
        return 0
    except (CopyFailed, OSError) as error:
        copies.failed_at = parts.clock()
        log.error("The nightly copy failed: %s", error)
        return 0
