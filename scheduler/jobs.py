"""The timetable on one screen: a handful of fixed sweeps. Dates are rows, so a missed run loses nothing."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.clock import now as wall_clock
from bot.storage.database import DatabaseAway
from scheduler.alarms import watch
from scheduler.appeals import ask
from scheduler.broadcasting import begin, watch_over
from scheduler.comment_replies import answer_comments
from scheduler.copy_sweep import copy_nightly
from scheduler.corrections import correct
from scheduler.due import judge_due
from scheduler.expansion import expand
from scheduler.feeding import feed
from scheduler.fleeting import empty_answers
from scheduler.forgetting import forget
from scheduler.held_places import free_held
from scheduler.housekeeping import expire_messages, tidy
from scheduler.leftovers import settle_rest
from scheduler.names import fill_names
from scheduler.parts import Parts
from scheduler.planning import plan, replan
from scheduler.posting import post_due
from scheduler.probing import probe
from scheduler.token_sweep import refresh_tokens

log = logging.getLogger(__name__)

Sweep = Callable[[Parts], Awaitable[object]]

TIMETABLE: tuple[tuple[str, Sweep, int], ...] = (
    # what, sweep, every so many seconds
    ("plan", plan, 2),
    ("replan", replan, 30),
    ("due", judge_due, 2),
    ("begin", begin, 5),
    ("expand", expand, 2),
    ("appeals", ask, 5),
    ("feed", feed, 1),
    ("watch-over", watch_over, 5),
    ("alarms", watch, 5),
    ("forget", forget, 2),
    ("held", free_held, 30),
    ("expire", expire_messages, 60),
    ("fleeting", empty_answers, 60),
    ("names", fill_names, 60),
    ("tokens", refresh_tokens, 60),
    ("probe", probe, 60),
    ("correct", correct, 30),
    ("posts", post_due, 5),
    ("comments", answer_comments, 5),
    ("leftovers", settle_rest, 600),
    ("tidy", tidy, 3600),
    ("copies", copy_nightly, 3600),
)


class Timetable:
    """Runs the sweeps on the running event loop. Several processes may: a sweep claims its rows."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._scheduler = AsyncIOScheduler(
            timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        )

    def start(self) -> None:
        """Every sweep runs at once, then by the timetable."""
        for name, sweep, seconds in TIMETABLE:
            self._scheduler.add_job(
                run, "interval", (name, sweep, self._parts), seconds=seconds, id=name, next_run_time=wall_clock()
            )
        self._scheduler.start()

    def stop(self) -> None:
        """Nothing more begins; a write under way ends in its thread."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)


async def run(name: str, sweep: Sweep, parts: Parts) -> None:
    """One run of a sweep; whatever goes wrong, the next one comes."""
    try:
        done = await sweep(parts)
        if isinstance(done, Mapping):  # what retention let go, by kind
            parts.dropped.update(done)
    except asyncio.CancelledError:
        log.debug("The sweep %s was cut short: the program stops", name)  # APScheduler would call it an error
    except DatabaseAway:
        log.warning("The sweep %s waits for the next run: the database does not answer", name)
    except Exception as error:
        log.error("The sweep %s failed: %s", name, type(error).__name__)
