"""The peer of the reminders: APScheduler with one job per reminder in its SQLAlchemy job store."""

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from apscheduler.events import EVENT_JOB_EXECUTED
from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.background import BackgroundScheduler

from bot.storage.database import database_url


def remind(_who: int) -> None:
    """What a job does here: nothing. The peer is measured without judging, rendering or an outbox."""


def measure(url: str, jobs: int) -> dict[str, Any]:
    """Jobs added and jobs fired a second, on a database of the same kind, in a table of its own."""
    scheduler = BackgroundScheduler(
        jobstores={"default": SQLAlchemyJobStore(url=str_url(url), tablename="peer_jobs")},
        job_defaults={"misfire_grace_time": None, "max_instances": jobs},
        timezone=UTC,
    )
    fired, done = 0, threading.Event()

    def one(_event: object) -> None:
        nonlocal fired
        fired += 1
        if fired == jobs:
            done.set()

    scheduler.add_listener(one, EVENT_JOB_EXECUTED)
    scheduler.start(paused=True)
    due = datetime.now(UTC) + timedelta(seconds=1)
    began = time.perf_counter()
    for number in range(jobs):
        scheduler.add_job(remind, "date", run_date=due, args=(number,), id=f"peer-{number}")
    added = jobs / (time.perf_counter() - began)
    time.sleep(max(0.0, (due - datetime.now(UTC)).total_seconds()))
    began = time.perf_counter()
    scheduler.resume()
    done.wait(300)
    fires = fired / (time.perf_counter() - began)
    scheduler.shutdown()
    return {
        "name": "APScheduler, one SQLAlchemy job per reminder",
        "jobs": jobs,
        "fired": fired,
        "added_per_second": round(added),
        "fired_per_second": round(fires),
    }


def str_url(url: str) -> str:
    """SQLite: a file of its own beside ours, so that nobody waits for the other's lock."""
    own = database_url(url)
    if own.get_backend_name() == "sqlite" and own.database:
        own = own.set(database=f"{own.database}.peer")
    return own.render_as_string(hide_password=False)
