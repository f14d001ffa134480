"""The sweep of what was answered in confidence: a quarter of an hour later our own words about it are gone too."""

from functools import partial

from bot.storage.fleeting import due_fleeting, empty_fleeting
from bot.storage.housekeeping import PAGE
from scheduler.parts import Parts


async def empty_answers(parts: Parts) -> int:
    """Page after page; returns how many messages lost their words. Nothing is logged: a count of one is somebody."""
    total, full = 0, True
    while full:
        now = parts.clock()
        due = await parts.db.read(partial(due_fleeting, now=now))
        if due:
            total += await parts.db.write(partial(empty_fleeting, ring=parts.ring, due=due, now=now))
        full = len(due) == PAGE
    if total:
        await parts.db.empty_log()
    return total
