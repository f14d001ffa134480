"""Outbox → platforms, the only caller of `send`: one lane for each account whose lease this process holds."""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from bot.channels.base import Account, Channel
from bot.clock import Clock
from bot.domain.changing import replace
from bot.domain.platforms import Platforms
from bot.domain.quiet_hours import QuietHours
from bot.domain.updates import ChannelKind
from bot.storage.database import Database, DatabaseAway
from bot.storage.leases import RENEW_EVERY, release, renew, take
from bot.storage.outbox import open_and_due
from bot.storage.recovery import recover
from bot.storage.sealing import KeyRing
from scheduler.claiming import Move, Rules, lane_name
from scheduler.lane import Lane, Tools

log = logging.getLogger(__name__)

DRAIN = 9.0
"""Seconds that calls under way get to end when the program stops; less than is left of any lease."""

LOOK_AGAIN = 0.2
DEFAULT_QUIET = QuietHours(ZoneInfo("Asia/Ho_Chi_Minh"))


@dataclass(frozen=True, slots=True)
class _Kept:
    """What a look at the leases brought: new ones with their epochs, and those that went to somebody else."""

    taken: tuple[tuple[int, int], ...]
    lost: tuple[int, ...]


class Sender:
    """Keeps the leases and runs the lanes.

    Args:
        accounts: those of channels that are on; the web chat needs no lane, its commit is its delivery.
        platforms: when which route is open.
        owner: this process, by a name no other process ever has.
        quiet: when only answers go out.
        seconds: a clock that only grows, for the pace.
    """

    def __init__(
        self,
        db: Database,
        ring: KeyRing,
        channels: Mapping[ChannelKind, Channel],
        accounts: Iterable[Account],
        platforms: Platforms,
        clock: Clock,
        owner: str,
        quiet: QuietHours = DEFAULT_QUIET,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self.owner = owner
        self.counts: Counter[tuple[str, str]] = Counter()
        self._channels = channels
        with_lane = (a for a in accounts if a.kind in channels and a.kind is not ChannelKind.WEB)
        self._accounts = {account.id: account for account in sorted(with_lane, key=lambda a: a.id)}
        self._tools = Tools(db, ring, Rules(quiet, platforms), clock, self.counts, seconds, self._moved)
        self._has_moved = False
        self._lanes: dict[int, tuple[Lane, asyncio.Task[None]]] = {}

    @property
    def lanes(self) -> frozenset[int]:
        """Accounts whose lane runs here."""
        return frozenset(account for account, (_, task) in self._lanes.items() if not task.done())

    @property
    def epochs(self) -> dict[int, int]:
        """The epoch of each lane that runs here, by account."""
        return {account: self._lanes[account][0].epoch for account in sorted(self.lanes)}

    def nudge(self, account_ids: Iterable[int] | None = None) -> None:
        """These accounts (or all) may have something to send."""
        for account_id in self._lanes if account_ids is None else account_ids:
            if account_id in self._lanes:
                self._lanes[account_id][0].nudge()

    def let_move(self, move: Move) -> None:
        """Before it runs: what one way refuses goes another."""
        self._tools = replace(self._tools, rules=replace(self._tools.rules, move=move))

    def _moved(self, accounts: Iterable[int]) -> None:
        moved = frozenset(accounts)
        self._has_moved |= bool(moved)
        self.nudge(moved)

    async def run(self) -> None:
        """Send until cancelled; then calls under way end, their outcomes are recorded and the leases given back."""
        try:
            while True:
                await self._keep_leases()
                await asyncio.sleep(RENEW_EVERY.total_seconds())
        finally:
            await self._stop()

    async def send_due(self, patience: float = 0.0) -> None:
        """Send what is due now and return: for `tick`. Accounts of a running sender are left to it.

        Args:
            patience: seconds to wait for a lease that another process still holds while its account has work: it
                sends, or its lease runs out and we do.
        """
        until = self._tools.seconds() + patience
        while True:
            busy = await self._tools.db.read(self._with_work)
            taken = await self._tools.db.write(partial(self._take, wanted=busy))
            lanes = [self._lane(account_id, epoch) for account_id, epoch in taken]
            try:
                await asyncio.gather(*(lane.run(until_idle=True) for lane in lanes))
            finally:
                await self._release([(lane.account.id, lane.epoch) for lane in lanes])
            if self._has_moved:
                self._has_moved = False
                continue
            if len(taken) == len(busy) or self._tools.seconds() >= until:
                return
            await asyncio.sleep(LOOK_AGAIN)

    def _with_work(self, connection: Connection) -> list[int]:
        busy = {account_id for _, account_id in open_and_due(connection, self._tools.clock())}
        return [account_id for account_id in self._accounts if account_id in busy]

    async def _keep_leases(self) -> None:
        """Renew the leases of lanes that run, take those that are free, start their lanes."""
        running = {account_id: self._lanes[account_id][0].epoch for account_id in self.lanes}
        missing = [account_id for account_id in self._accounts if account_id not in running]
        try:
            kept = await self._tools.db.write(lambda c: self._keep(c, running, missing))
        except DatabaseAway:
            log.warning("The leases of the lanes could not be renewed: the database does not answer")
            return
        for account_id in kept.lost:
            self._lanes[account_id][0].stop()
        for account_id, epoch in kept.taken:
            lane = self._lane(account_id, epoch)
            task = asyncio.create_task(lane.run(), name=lane_name(account_id))
            task.add_done_callback(_tell)
            self._lanes[account_id] = (lane, task)

    def _keep(self, connection: Connection, running: Mapping[int, int], missing: Iterable[int]) -> _Kept:
        now = self._tools.clock()
        lost = tuple(
            account_id
            for account_id, epoch in sorted(running.items())
            if not renew(connection, lane_name(account_id), epoch, now)
        )
        return _Kept(self._take(connection, missing), lost)

    def _take(self, connection: Connection, wanted: Iterable[int]) -> tuple[tuple[int, int], ...]:
        """Take free leases; what an earlier owner had under way may have arrived."""
        now, taken = self._tools.clock(), []
        for account_id in wanted:
            epoch = take(connection, lane_name(account_id), self.owner, now)
            if epoch is None:
                continue
            taken.append((account_id, epoch))
            if unknown := recover(connection, account_id, now):
                log.warning("%d calls of account %d were interrupted: their fate is unknown", unknown, account_id)
        return tuple(taken)

    def _lane(self, account_id: int, epoch: int) -> Lane:
        account = self._accounts[account_id]
        return Lane(account, self._channels[account.kind], epoch, self._tools)

    async def _stop(self) -> None:
        for lane, _ in self._lanes.values():
            lane.stop()
        tasks = [task for _, task in self._lanes.values() if not task.done()]
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=DRAIN)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await self._release([(account_id, lane.epoch) for account_id, (lane, _) in self._lanes.items()])
        self._lanes.clear()

    async def _release(self, held: Iterable[tuple[int, int]]) -> None:
        leases = list(held)
        if not leases:
            return
        try:
            await self._tools.db.write(lambda c: _release_all(c, leases, self._tools.clock()))
        except DatabaseAway:
            log.warning("The leases could not be given back: the next owner waits until they run out")


def _release_all(connection: Connection, held: Iterable[tuple[int, int]], now: datetime) -> None:
    for account_id, epoch in held:
        release(connection, lane_name(account_id), epoch, now)


def _tell(task: asyncio.Task[None]) -> None:
    """A lane that ended by a fault is started again at the next look at the leases."""
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("A lane ended: %s (%s)", type(error).__name__, task.get_name())
