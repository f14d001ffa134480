"""The planning sweep: registrations and donations that are new or were changed become intents."""

from bot.storage.intents import PAGE, PlannedPage, anything_to_plan, plan_donations, plan_registrations
from scheduler.parts import Parts


async def plan(parts: Parts) -> int:
    """Plan everything that waits for it, page by page; returns how many intents are new or waiting again."""
    if not await parts.db.read(anything_to_plan):
        return 0
    now, planned = parts.clock(), 0
    page = PlannedPage(PAGE, 0)
    while page.subjects == PAGE:
        page = await parts.db.write(lambda c: plan_registrations(c, now, parts.quiet))
        planned += page.intents
    page = PlannedPage(PAGE, 0)
    while page.subjects == PAGE:
        page = await parts.db.write(lambda c: plan_donations(c, now, parts.intervals, parts.quiet))
        planned += page.intents
    return planned
