"""Lives of a program that sends a broadcast: begun, gone through, fed, sent, watched over, until it is finished.

Run as `python -m tests.crash.broadcast_lives` with one JSON object; prints how many died at which step.
"""

import json
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, select, update

from bot.channels.http import SharedSession
from bot.domain.broadcasts import BroadcastState
from bot.domain.changing import replace
from bot.intake.broadcast_desk import Desk
from bot.storage.database import Database
from bot.storage.dry_run import Tools
from bot.storage.sealing import KeyRing
from bot.storage.tables import attempts, broadcasts, leases, outbox
from scheduler.broadcasting import begin, watch_over
from scheduler.expansion import expand
from scheduler.feeding import feed
from tests.crash.lives import KEY, Fate, MortalDatabase, library, parts_of, run_lives
from tests.facts import LIMITS, PLATFORMS
from tests.scheduler.ground import QUIET

STEP = timedelta(seconds=5)
QUICKER = 200
"""A platform's pause of a minute lasts a third of a second."""


class SlowClock:
    """Stands still while there is something to do, and goes on from life to life."""

    def __init__(self, file: Path, begins: datetime) -> None:
        self._file = file
        self.now = datetime.fromisoformat(file.read_text(encoding="ascii")) if file.exists() else begins

    def __call__(self) -> datetime:
        return self.now

    def go_on(self) -> None:
        self.now += STEP
        beside = self._file.with_suffix(".new")
        beside.write_text(self.now.isoformat(), encoding="ascii")
        beside.replace(self._file)


def desk_at(db: Database) -> Desk:
    """Where a broadcast is written, approved and started."""
    return Desk(db, library(), Tools(PLATFORMS, LIMITS, QUIET, KeyRing([KEY])), "https://example.org", KEY)


def note_phase(db: Database, plan: dict[str, Any]) -> None:
    """A letter for each life: `e` while not everybody has been gone through, `s` when they only wait to be sent."""
    done = db.read_now(lambda c: c.execute(select(broadcasts.c.expanded_at)).scalar_one())
    with Path(plan["phases"]).open("a", encoding="ascii") as file:
        file.write("s" if done else "e")


async def live(plan: dict[str, Any], fate: Fate) -> None:
    """The sweeps of a broadcast, as the timetable runs them. Whoever died before us has lost its lease by now."""
    clock = SlowClock(Path(plan["clock"]), datetime.fromisoformat(plan["now"]))
    with MortalDatabase(plan["database"]) as db:
        Database.write_now(db, lambda c: c.execute(update(leases).values(expires_at=clock.now)))
        note_phase(db, plan)
        db.fate = fate
        session = SharedSession()
        parts = parts_of(db, plan, session, clock.now, clock, lambda: time.monotonic() * QUICKER)
        parts = replace(parts, broadcast_desk=lambda: desk_at(db))
        for channel in parts.channels.values():
            channel.fate = fate  # type: ignore[attr-defined]
        fate.begin()
        while await db.read(_goes_on):
            before = await db.read(_calls)
            await begin(parts)
            await expand(parts)
            fed = await feed(parts)
            await parts.sender.send_due()
            await watch_over(parts)
            if not fed.queued and before == await db.read(_calls):
                clock.go_on()
        await session.close()


def _goes_on(connection: Any) -> bool:
    state, why = connection.execute(select(broadcasts.c.state, broadcasts.c.pause_reason)).one()
    under_way = BroadcastState.SCHEDULED, BroadcastState.RUNNING
    if state not in (*under_way, BroadcastState.FINISHED):
        ends = select(outbox.c.state, outbox.c.reason, func.count()).group_by(outbox.c.state, outbox.c.reason)
        raise AssertionError(f"{state} {why}: {connection.execute(ends).all()}")
    return state in under_way


def _calls(connection: Any) -> int:
    return int(connection.execute(select(func.count()).select_from(attempts)).scalar_one())


if __name__ == "__main__":
    run_lives(json.loads(sys.argv[1]), live)
