"""The program of the year in one process: its real parts under virtual time; it can be killed and started again."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from contextlib import AsyncExitStack
from contextvars import ContextVar
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from bot import clock as wall
from bot.bootstrap import Rooms, open_rooms, sweep_parts
from bot.bootstrap.way_out import quiet_hours
from bot.channels.base import Account, Receipt, Received, WebhookRequest
from bot.channels.zalo import Zalo
from bot.domain.messages import Message
from bot.domain.updates import ChannelKind, Update
from bot.intake import Committed, Intake
from bot.library import Library, content_root
from bot.settings import Settings
from bot.storage.database import ORDINARY, Database, Result, Work
from bot.web.consents import Consents
from scheduler.jobs import TIMETABLE, run
from scheduler.sender import Sender
from tests.platforms.server import Webhook
from tests.year.virtual import VirtualClock, VirtualLoop
from tests.year.wire import Wire

SELDOM = {"plan": 4, "due": 4, "forget": 30, "alarms": 60, "tidy": 6 * 86400, "names": 86400}
"""Seconds between two runs of the sweeps whose own pace would fill the year with empty looks."""

NEVER = frozenset(("copies",))
"""It would copy the same small file each night."""


KEY: ContextVar[str] = ContextVar("key", default="")
"""The outbox key of the call that is being made, for the ledger."""


class OneThread(Database):
    """The database of one process of the year: work is done at once, and after the kill nothing is."""

    dead = False

    def __init__(self, url: str) -> None:
        super().__init__(url)
        # A killed process loses nothing that the system has; only the loss of power would.
        event.listen(self.engine, "connect", lambda raw, _record: raw.execute("PRAGMA synchronous=OFF"))

    async def write(self, work: Work[Result], *, priority: int = ORDINARY) -> Result:
        await self._turn()
        return self.write_now(work)

    async def read(self, work: Work[Result]) -> Result:
        await self._turn()
        return self.read_now(work)

    async def empty_log(self) -> bool:
        await self._turn()
        return self._cut_log()

    async def _turn(self) -> None:
        """Others may go first, as they may while a thread works."""
        await asyncio.sleep(0)
        if self.dead:
            raise asyncio.CancelledError


class House:
    """One process: rooms, intake, sender, sweeps."""

    def __init__(self, settings: Settings, folder: Path, clock: VirtualClock, loop: VirtualLoop) -> None:
        self.settings, self.clock = settings, clock
        self._folder, self._loop = folder, loop
        self._stack = AsyncExitStack()
        self._tasks: set[asyncio.Task[Any]] = set()

    rooms: Rooms
    intake: Intake
    sender: Sender
    consents: Consents
    db: OneThread

    async def open(self) -> None:
        self.rooms = rooms = await self._stack.enter_async_context(open_rooms(self.settings))
        assert isinstance(rooms.db, OneThread)
        self.db = rooms.db
        by_kind = rooms.channels.by_kind
        zalo = by_kind[ChannelKind.ZALO]
        assert isinstance(zalo, Zalo)
        zalo._clock = self.clock
        zalo.send = _with_key(zalo.send)  # type: ignore[method-assign]
        self.sender = Sender(
            rooms.db, rooms.ring, by_kind, rooms.accounts, rooms.library.platforms, self.clock, f"house-{id(self)}",
            quiet_hours(self.settings), seconds=self._loop.time,
        )  # fmt: skip
        self.intake = Intake(
            rooms.db, rooms.ring, rooms.catalogues, {kind: channel.limits for kind, channel in by_kind.items()},
            self._receive, self._folder / "spool.bin", self.clock, self._committed,
        )  # fmt: skip
        self.consents = Consents(rooms.tokens.oauth, rooms.accounts, rooms.tokens.keep)
        self.parts = sweep_parts(rooms, self.sender)
        with _tasks_into(self._tasks):
            await self.intake.start()
        self._begin(self.sender.run())
        self._begin(self._sweep())

    async def kill(self) -> None:
        """The process is gone at this moment: nothing is recorded, given back or drained."""
        self.db.dead = True
        mine = [task for task in asyncio.all_tasks() if task in self._tasks or _belongs(task)]
        while mine := [task for task in mine if not task.done()]:
            for task in mine:
                task.cancel()
            await asyncio.wait(mine, timeout=0.001)
        self._tasks.clear()
        with contextlib.suppress(asyncio.CancelledError):
            await self._stack.aclose()

    async def close(self) -> None:
        """The orderly end."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.intake.close()
        await self._stack.aclose()

    async def take(self, hook: Webhook) -> bool:
        """A platform's call; False when the process died before its 200."""
        request = hook.request(self.clock())
        task = self._begin(self.intake.take(request, self._receive(request)))
        await asyncio.wait([task])
        return not task.cancelled() and task.exception() is None

    async def submit(self, update: Update) -> bool:
        """The page's form, as its handler hands it in."""
        task = self._begin(self.intake.take(None, Received((update,))))
        await asyncio.wait([task])
        return not task.cancelled() and task.exception() is None

    def _receive(self, request: WebhookRequest) -> Received:
        return self.rooms.channels.by_kind[request.kind].receive(request)

    def _committed(self, committed: Committed) -> None:
        if committed.accounts:
            self.sender.nudge(committed.accounts)

    def _begin(self, work: Any) -> asyncio.Task[Any]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _sweep(self) -> None:
        """The timetable; APScheduler would live by the real clock."""
        last: dict[str, float] = {}
        while True:
            for name, sweep, seconds in TIMETABLE:
                if name in NEVER or self._loop.time() - last.get(name, -1e9) < SELDOM.get(name, seconds):
                    continue
                await run(name, sweep, self.parts)
                last[name] = self._loop.time()
            await asyncio.sleep(2)


def _with_key(send: Any) -> Any:
    async def sending(account: Account, user_id: str, message: Message, key: str) -> Receipt:
        KEY.set(key)
        return await send(account, user_id, message, key)

    return sending


def _belongs(task: asyncio.Task[Any]) -> bool:
    """Tasks that the parts began themselves: lanes, calls, batches."""
    code = getattr(task.get_coro(), "cr_code", None)
    return code is not None and any(part in code.co_filename for part in ("/scheduler/", "/bot/intake/"))


@contextlib.contextmanager
def _tasks_into(kept: set[asyncio.Task[Any]]) -> Any:
    before = asyncio.all_tasks()
    yield
    kept.update(asyncio.all_tasks() - before)


def under_virtual_time(patch: pytest.MonkeyPatch, clock: Callable[[], datetime], wire: Wire) -> None:
    """What bootstrap would take from the real world."""
    patch.setattr(wall, "now", clock)
    patch.setattr("bot.bootstrap.rooms.Database", OneThread)
    patch.setattr("bot.channels.http.new_session", lambda: wire)
    # The content is read and the reader trained once, not after each of the year's restarts.
    library = Library.load(content_root())
    reader = library.reader()
    patch.setattr(Library, "load", lambda _root: library)
    patch.setattr(Library, "reader", lambda _library: reader)
    # Nobody else writes to this outbox, so a nudge tells of everything; and the lease is renewed just in time.
    patch.setattr("scheduler.lane.POLL", 5.0)
    patch.setattr("scheduler.sender.RENEW_EVERY", timedelta(seconds=14))


class Faults(logging.Handler):
    """Keeps what the program calls an error."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(str(record.msg))
