"""The sweep of leftovers: every place of a drive that is over gets its outcome."""

from bot.storage.leftovers import any_leftovers, settle_leftovers
from scheduler.parts import Parts

PAGE = 100


async def settle_rest(parts: Parts) -> int:
    """Page after page; returns how many places were settled."""
    now, total, done = parts.clock(), 0, PAGE
    if not await parts.db.read(lambda connection: any_leftovers(connection, now)):
        return 0
    while done == PAGE:
        done = await parts.db.write(lambda connection: settle_leftovers(connection, now, PAGE))
        total += done
    return total
