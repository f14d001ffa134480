"""The sweep of held places: one that nobody took in time is free again."""

import logging

from bot.storage.held_places import any_expired, release_expired
from scheduler.parts import Parts

log = logging.getLogger(__name__)

PAGE = 200


async def free_held(parts: Parts) -> int:
    """Page after page; returns how many places were over."""
    now, total, done = parts.clock(), 0, PAGE
    if not await parts.db.read(lambda connection: any_expired(connection, now)):
        return 0
    while done == PAGE:
        done = await parts.db.write(lambda connection: release_expired(connection, now, PAGE))
        total += done
    log.info("%d held places were free again", total)
    return total
