"""The planning sweep: registrations, donations and deferrals that are new or were changed become intents."""

from collections.abc import Callable
from datetime import datetime
from functools import partial

from sqlalchemy import Connection

from bot.storage.intents import (
    PAGE,
    Plan,
    PlannedPage,
    anything_to_plan,
    plan_deferrals,
    plan_donations,
    plan_registrations,
    plan_wishes,
)
from bot.storage.replanning import forget_plans, planned_by, set_planned_by
from scheduler.parts import Parts

Planner = Callable[[Connection, datetime, Plan], PlannedPage]
PLANNERS: tuple[Planner, ...] = (plan_registrations, plan_donations, plan_deferrals, plan_wishes)


async def plan(parts: Parts) -> int:
    """Plan everything that waits for it, page by page; returns how many intents were planned."""
    if not await parts.db.read(anything_to_plan):
        return 0
    now, by, planned = parts.clock(), plan_of(parts), 0
    for planner in PLANNERS:
        page = PlannedPage(PAGE, 0)
        while page.subjects == PAGE:
            page = await parts.db.write(lambda c, planner=planner: planner(c, now, by))  # type: ignore[misc]
            planned += page.intents
    return planned


def plan_of(parts: Parts) -> Plan:
    """By what is planned at this moment: staff may change the content while we run."""
    return Plan(parts.schedule(), parts.intervals, parts.quiet)


async def replan(parts: Parts) -> int:
    """Where a timing was changed since the last plan was made, what waits is planned again. Killed in the middle it begins
    again: the mark is set when all is done."""
    mark = parts.schedule().fingerprint
    if await parts.db.read(planned_by) == mark:
        return 0
    total = 0
    page: tuple[int, int | None] = (0, 0)
    while page[1] is not None:
        page = await parts.db.write(partial(forget_plans, behind=page[1]))
        total += page[0]
    await parts.db.write(lambda c: set_planned_by(c, mark))
    return total
