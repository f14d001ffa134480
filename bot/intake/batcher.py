"""The batcher: updates that wait at the same moment are handled together; one person's, one after another."""

import asyncio
import logging
import math
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from bot.clock import Clock
from bot.dialog.talk import Catalogue
from bot.dialog.turns import Turn
from bot.domain.updates import Update
from bot.intake.catalogues import Catalogues
from bot.intake.handling import Committed, Handled, handle_batch, keep_update_aside
from bot.intake.joining import Apart
from bot.intake.tools import Tools
from bot.storage.database import INTAKE_FIRST, Database, DatabaseAway

log = logging.getLogger(__name__)

MOST = 64
"""Updates in one batch: enough to share a commit, few enough to keep a write under 20 ms or so."""


PATIENCE = 1.5
"""Seconds an update may wait for its commit before its call goes to the spool (Zalo gives 2 s in all)."""

WATCH_EVERY = 0.1


@dataclass(slots=True, eq=False)
class Waiting:
    """One update in the queue and the promise of its turn (None for a repeat); by `until` it is given up."""

    update: Update
    turn: "asyncio.Future[Turn | None]"
    until: float


@dataclass(slots=True)
class Figures:
    """What the intake counted since it began."""

    updates: int = 0
    repeats: int = 0
    faults: int = 0
    batches: int = 0
    respond_ns: deque[int] = field(default_factory=lambda: deque(maxlen=20_000))


class Batcher:
    """Takes updates from a queue into batches of distinct addresses, each handled and committed in one write.

    On PostgreSQL two batches run at once when there is enough to do; an address is never in two of them.
    """

    def __init__(
        self, db: Database, catalogues: Catalogues, tools: Tools, clock: Clock, on_commit: Callable[[Committed], None]
    ) -> None:
        self._db = db
        self._catalogues = catalogues
        self._tools = tools
        self._clock = clock
        self._on_commit = on_commit
        self._queue: deque[Waiting] = deque()
        self._promised: deque[Waiting] = deque()
        self._wake = asyncio.Event()
        self._busy: set[tuple[int, str]] = set()
        self._running: set[asyncio.Task[None]] = set()
        self._most_running = 1 if db.is_sqlite else 2
        self.figures = Figures()

    def put(self, updates: Iterable[Update], patience: float = PATIENCE) -> list[Waiting]:
        """Queue updates; each comes back with the promise of its turn, given up after `patience` seconds."""
        loop = asyncio.get_running_loop()
        until = loop.time() + patience
        waiting = [Waiting(update, loop.create_future(), until) for update in updates]
        self._queue.extend(waiting)
        if patience != math.inf:
            self._promised.extend(waiting)
        self._wake.set()
        return waiting

    def withdraw(self, waiting: Iterable[Waiting]) -> None:
        """Take updates out of the queue that will reach us another way (the spool)."""
        gone = {id(one) for one in waiting}
        self._queue = deque(one for one in self._queue if id(one) not in gone)
        for one in waiting:
            if not one.turn.cancel() and not one.turn.cancelled():
                one.turn.exception()  # it is known that it failed: that is why we are here

    async def run(self) -> None:
        """Form batches until cancelled; batches under way are finished first."""
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                while self._may_begin() and (batch := self._next_batch()):
                    task = asyncio.create_task(self._handle(batch))
                    self._running.add(task)
                    task.add_done_callback(self._finished)
        finally:
            if self._running:
                await asyncio.wait(self._running)

    async def watch(self) -> None:
        """Give up, for ever, what has waited too long. One look at the oldest instead of a timer for each call."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(WATCH_EVERY)
            while self._promised and (self._promised[0].turn.done() or self._promised[0].until <= loop.time()):
                one = self._promised.popleft()
                if not one.turn.done():
                    one.turn.set_exception(TimeoutError("the commit takes too long"))

    def _may_begin(self) -> bool:
        """A second batch beside the first only when a full one waits: two half-empty ones cost a third more of the
        processor, and with it a tenth or more of all updates a second."""
        if not self._running:
            return True
        return len(self._running) < self._most_running and len(self._queue) >= MOST

    def _finished(self, task: "asyncio.Task[None]") -> None:
        self._running.discard(task)
        self._wake.set()

    def _next_batch(self) -> list[Waiting]:
        """Distinct addresses, the earliest update of each, in ascending order of address (the order of the locks)."""
        chosen: dict[tuple[int, str], Waiting] = {}
        rest: deque[Waiting] = deque()
        while self._queue and len(chosen) < MOST:
            one = self._queue.popleft()
            key = one.update.address_key
            if one.turn.done():
                continue
            if key in self._busy:
                rest.append(one)
            elif (earlier := chosen.get(key)) is None:
                chosen[key] = one
            elif one.update.sent_at < earlier.update.sent_at:
                chosen[key] = one
                rest.append(earlier)
            else:
                rest.append(one)
        rest.extend(self._queue)
        self._queue = rest
        self._busy.update(chosen)
        return [chosen[key] for key in sorted(chosen)]

    async def _handle(self, batch: Sequence[Waiting]) -> None:
        try:
            now = self._clock()
            catalogue = await self._catalogues.current(now)
            await self._commit(batch, catalogue, now)
        except DatabaseAway as away:
            _fail(batch, away)
        except Exception as error:
            log.exception("a batch of %d updates failed", len(batch))
            _fail(batch, error)
        finally:
            self._busy.difference_update(one.update.address_key for one in batch)

    async def _commit(
        self, batch: Sequence[Waiting], catalogue: Catalogue, now: datetime, hold: frozenset[int] = frozenset()
    ) -> None:
        """Commit a batch; a fault in the data splits it by halves until the faulty update stands alone."""
        updates = [one.update for one in batch]
        work = partial(handle_batch, batch=updates, catalogue=catalogue, now=now, tools=self._tools, hold=hold)
        try:
            handled = await self._db.write(work, priority=INTAKE_FIRST)
        except DatabaseAway:
            raise
        except Apart as apart:
            others = [one for place, one in enumerate(batch) if place != apart.place]
            if others:
                await self._commit(others, catalogue, now)
            await self._commit([batch[apart.place]], catalogue, now, apart.locks)
            return
        except Exception as error:
            if len(batch) == 1:
                await self._keep_aside(batch[0], error, catalogue, now)
                return
            log.warning("a batch of %d updates met a data error (%s): halving it", len(batch), type(error).__name__)
            half = len(batch) // 2
            await self._commit(batch[:half], catalogue, now)
            await self._commit(batch[half:], catalogue, now)
            return
        self._done(batch, handled)

    async def _keep_aside(self, one: Waiting, error: Exception, catalogue: Catalogue, now: datetime) -> None:
        fault = f"{type(error).__name__} in the batch"
        log.error("an update of account %d was kept aside: %s", one.update.account_id, fault)
        work = partial(
            keep_update_aside, update=one.update, fault=fault, catalogue=catalogue, now=now, tools=self._tools
        )
        self._done([one], await self._db.write(work, priority=INTAKE_FIRST))

    def _done(self, batch: Sequence[Waiting], handled: Handled) -> None:
        figures = self.figures
        figures.batches += 1
        figures.updates += len(batch) - handled.repeats
        figures.repeats += handled.repeats
        figures.faults += handled.faults
        figures.respond_ns.extend(handled.respond_ns)
        for one, turn in zip(batch, handled.turns, strict=True):
            if not one.turn.done():
                one.turn.set_result(turn)
        self._on_commit(handled.committed)


def _fail(batch: Iterable[Waiting], error: Exception) -> None:
    for one in batch:
        if not one.turn.done():
            one.turn.set_exception(error)
