"""One account's way out: at most N calls in flight, at the platform's pace, one person's messages in order."""

import asyncio
import logging
import random
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from bot.channels.base import (
    Account,
    Channel,
    ContactGone,
    Misconfigured,
    OutsideWindow,
    Receipt,
    Rejected,
    SendError,
    Throttled,
    Unavailable,
    Unpaid,
)
from bot.clock import Clock
from bot.domain.changing import replace
from bot.domain.messages import Manner, Message
from bot.domain.outbox import Outcome, after
from bot.domain.platforms import RouteKind
from bot.storage.database import Database, DatabaseAway
from bot.storage.leases import LostLease
from bot.storage.outbox import Candidate, Finished, has_due
from bot.storage.recovery import take_back
from bot.storage.sealing import KeyRing, LostKey
from scheduler.chat_pace import ChatPace
from scheduler.claiming import Claim, Rules, advance, record
from scheduler.pace import Pace

log = logging.getLogger(__name__)

POLL = 0.2
"""Seconds between two looks at the outbox when nobody nudges: other processes write there too."""

MOST_GATHERING = 0.02
"""Seconds that a full lane at most lets ended calls wait for the others: one commit for four costs as much as for one."""

TROUBLE_PAUSE = 1.0
"""Seconds of rest after the database was away or a turn failed, and after a complaint without a time."""

OUTCOMES: tuple[tuple[type[SendError], Outcome], ...] = (
    (Throttled, Outcome.THROTTLED),
    (Unavailable, Outcome.UNAVAILABLE),
    (ContactGone, Outcome.CONTACT_GONE),
    (OutsideWindow, Outcome.OUTSIDE_WINDOW),
    (Rejected, Outcome.REJECTED),
    (Unpaid, Outcome.UNPAID),
    (Misconfigured, Outcome.MISCONFIGURED),
)
"""Anything else may have arrived."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What all lanes share. `seconds` is a clock that only grows; `counts` counts outcomes by channel; `wake` tells
    the lanes of other accounts that messages moved there."""

    db: Database
    ring: KeyRing
    rules: Rules
    clock: Clock
    counts: Counter[tuple[str, str]]
    seconds: Callable[[], float]
    wake: Callable[[Iterable[int]], None]


@dataclass(frozen=True, slots=True)
class _End:
    """How one call ended."""

    outcome: Outcome
    code: str = ""
    retry_after: float | None = None
    receipt: Receipt | None = None


class Lane:
    """The lane of one account, under one epoch of its lease."""

    def __init__(self, account: Account, channel: Channel, epoch: int, tools: Tools) -> None:
        self.account = account
        self.epoch = epoch
        self._channel, self._tools = channel, tools
        self._pace = Pace(channel.limits.per_minute)
        self._chats = ChatPace(channel.limits.chat_per_minute, channel.limits.chat_burst)
        self._calls: dict[int, asyncio.Task[None]] = {}
        self._ended: list[Finished] = []
        self._wake = asyncio.Event()
        self._stopping = False
        self._look = True
        self._unsure = False
        self._last_commit = 0.0

    def nudge(self) -> None:
        """There may be something to send."""
        self._look = True
        self._wake.set()

    def stop(self) -> None:
        """Begin nothing more; `run` returns when the calls under way have ended and are recorded."""
        self._stopping = True
        self._wake.set()

    async def run(self, *, until_idle: bool = False) -> None:
        """Send until stopped, or until nothing is due and nothing under way."""
        try:
            while not self._stopping:
                self._wake.clear()
                try:
                    worked = await self._turn()
                except DatabaseAway as error:
                    if until_idle:
                        raise
                    await self._trouble(error)
                    continue
                if worked:
                    continue
                if until_idle and not self._calls and not await self._anything_due():
                    return
                await self._rest()
        except LostLease:
            log.warning("The lane of account %d has another owner now", self.account.id)
        finally:
            await self._drain()

    async def _turn(self) -> bool:
        """One transaction and the calls it begins; False when there was nothing to do."""
        tools = self._tools
        await self._gather()
        room = self._channel.limits.in_flight - len(self._calls)
        most = self._pace.free(tools.seconds(), room)
        if most and not self._ended and not self._look:
            self._look = await self._anything_due(self._chats.resting(tools.seconds()))
        if not self._ended and not (most and self._look):
            return False
        recorded, began = len(self._ended), tools.seconds()
        claim = await self._advance(most)
        self._last_commit = tools.seconds() - began
        self._look = claim.more
        self._pace.take(len(claim.calls), tools.seconds())
        self._chats.take((one.address_id for one in claim.calls), tools.seconds())
        started_at = tools.clock()
        tools.wake(claim.moved)
        for one in claim.calls:
            self._calls[one.id] = asyncio.create_task(self._call(one, started_at))
        return bool(recorded or claim.found)

    async def _gather(self) -> None:
        """While every place is taken, let calls end together: for no longer than a commit takes, which they share."""
        if self._calls and len(self._calls) + len(self._ended) >= self._channel.limits.in_flight and self._ended:
            await asyncio.wait(list(self._calls.values()), timeout=min(self._last_commit, MOST_GATHERING))

    async def _anything_due(self, resting: Sequence[int] = ()) -> bool:
        return await self._tools.db.read(lambda c: has_due(c, self.account.id, self._tools.clock(), resting))

    async def _advance(self, most: int) -> Claim:
        """Outcomes stay ours until their commit is certain."""
        tools, ended = self._tools, tuple(self._ended)
        self._ended.clear()
        known = {*self._calls, *(one.outbox_id for one in ended)}
        try:
            if self._unsure:
                # A commit of unclear fate: what it began and we never called is certainly not sent.
                await tools.db.write(lambda c: take_back(c, self.account.id, self.epoch, known, tools.clock()))
                self._unsure = False
            work = partial(
                advance,
                account_id=self.account.id,
                epoch=self.epoch,
                ended=ended,
                most=most,
                now=tools.clock(),
                rules=tools.rules,
                resting=self._chats.resting(tools.seconds()),
            )
            return await tools.db.write(work)
        except BaseException:
            self._ended[:0] = ended
            self._unsure = True
            raise

    async def _call(self, one: Candidate, started_at: datetime) -> None:
        """Exactly one call to the platform; whatever happens becomes an outcome."""
        end = _End(Outcome.UNCERTAIN)
        try:
            message = _message(one, self._tools.ring)
            end = _End(Outcome.SENT, receipt=await self._channel.send(self.account, one.user_id, message, one.key))
        except SendError as error:
            outcome = next((word for kind, word in OUTCOMES if isinstance(error, kind)), Outcome.UNCERTAIN)
            end = _End(outcome, error.code, error.retry_after)
        except LostKey:
            end = _End(Outcome.REJECTED, "lost-key")
        except Exception as error:
            end = _End(Outcome.UNCERTAIN, type(error).__name__)
            log.error("A call of account %d failed in our own code: %s", self.account.id, end.code)
        finally:
            self._calls.pop(one.id, None)
        self._keep_pace(end)
        self._record(one, started_at, end)

    def _keep_pace(self, end: _End) -> None:
        now = self._tools.seconds()
        if end.outcome is Outcome.THROTTLED:
            self._pace.slow(end.retry_after or TROUBLE_PAUSE, now)
        elif end.receipt is not None:
            self._pace.ease()
            self._pace.heed(end.receipt.remaining, end.receipt.limit, now)
            self._pace.lean(end.receipt.load, end.receipt.rest, now)

    def _record(self, one: Candidate, started_at: datetime, end: _End) -> None:
        """Keep the outcome for the next transaction."""
        now, number = self._tools.clock(), one.attempts + 1
        decision = after(
            end.outcome,
            number,
            now,
            expires_at=one.expires_at,
            retry_after=end.retry_after,
            jitter=random.random(),  # noqa: S311 - spreads retries, no secret
            answers=one.purpose.answers,
        )
        self._ended.append(
            Finished(
                one.id,
                one.address_id,
                one.account_id,
                number,
                started_at,
                now,
                end.outcome,
                decision,
                end.code,
                end.receipt.platform_id if end.receipt else None,
                end.receipt.charged if end.receipt else None,
                self._full_price(one),
            )
        )
        self._tools.counts[self.account.kind.value, end.outcome.value] += 1
        if decision.pauses:
            log.error("Account %d is paused: %s %s", self.account.id, end.outcome, end.code)
        self._wake.set()

    def _full_price(self, one: Candidate) -> int | None:
        platform = self._tools.rules.platforms.get(one.channel)
        window = platform.windows.get(one.route) if platform is not None else None
        return window.price_vnd if window is not None else None

    async def _rest(self) -> None:
        """Until a call ends, somebody nudges, the pace allows the next call, or it is time to look again."""
        wait = self._pace.wait(self._tools.seconds()) or POLL
        try:
            async with asyncio.timeout(min(wait, POLL)):
                await self._wake.wait()
        except TimeoutError:
            pass

    async def _trouble(self, error: Exception) -> None:
        log.warning("The lane of account %d waits: %s", self.account.id, error)
        self._look = True
        try:
            async with asyncio.timeout(TROUBLE_PAUSE):
                while not self._stopping:
                    self._wake.clear()
                    await self._wake.wait()
        except TimeoutError:
            pass

    async def _drain(self) -> None:
        """Let the calls under way end and record them; a second cancellation leaves them unknown."""
        try:
            while self._calls:
                await asyncio.wait(list(self._calls.values()))
        finally:
            for task in self._calls.values():
                task.cancel()
            ended = tuple(self._ended)
            if ended:
                self._ended.clear()
                tools = self._tools
                tools.wake(await tools.db.write(lambda c: record(c, ended, tools.rules, tools.clock())))


def _message(one: Candidate, ring: KeyRing) -> Message:
    """What the row holds, in the manner of the route that was judged just now: only staff's own words go as a person's."""
    message = Message.from_json(ring.open_json(one.body_sealed, "outbox.body"))
    if one.route is RouteKind.HUMAN_AGENT:
        return replace(message, manner=Manner.PERSON)
    return message if one.purpose.answers else replace(message, manner=Manner.NOTICE)
