"""The sweep behind erasures: page after page until nothing of them is left, then the database's log is cut."""

import asyncio
import logging

from bot.storage.forgetting import anything_to_forget, forget_erased
from scheduler.parts import Parts

log = logging.getLogger(__name__)

CUTS = 5
CUT_AGAIN_AFTER = 0.2
"""How often, and after how many seconds, the log is tried again when readers are in the way."""


async def forget(parts: Parts) -> dict[str, int]:
    """Do what erasures left; returns how many rows. Those whose goodbye is still on its way wait for a later run."""
    total = 0
    if await parts.db.read(anything_to_forget):
        while done := await parts.db.write(lambda connection: forget_erased(connection, parts.ring, parts.clock())):
            total += done
    if total:
        log.info("Wiped %d rows behind erasures", total)
        await _cut_log(parts)
    return {"erased": total}


async def _cut_log(parts: Parts) -> None:
    """If readers are always in the way, the hourly tidying and the log's own turn do it later."""
    for _ in range(CUTS):
        if await parts.db.empty_log():
            return
        await asyncio.sleep(CUT_AGAIN_AFTER)
