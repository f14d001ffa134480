"""Polls one Telegram bot from one process at a time, under a lease, and brings what came to the intake."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from functools import partial

from bot.channels.base import Account, Received
from bot.channels.telegram import Telegram
from bot.channels.telegram_polling import Polled, poll
from bot.clock import Clock
from bot.domain.updates import ChannelKind
from bot.intake import Intake, NotTaken
from bot.storage.database import Database, DatabaseAway
from bot.storage.leases import LASTS, RENEW_EVERY, release, renew, take
from bot.web.metrics import Metrics

log = logging.getLogger(__name__)

KIND = ChannelKind.TELEGRAM


def lease_name(account_id: int) -> str:
    return f"polling:{account_id}"


async def poll_alone(
    db: Database,
    owner: str,
    clock: Clock,
    account_id: int,
    polling: Callable[[], Awaitable[None]],
    *,
    every: float = RENEW_EVERY.total_seconds(),
) -> None:
    """Run `polling` whenever the lease is ours, until cancelled; then give the lease back.

    Telegram refuses the second of two that poll one bot. Two that overlap for a moment do no harm: each moves the
    offset only behind its own commit, and repeats are dropped.

    Args:
        every: seconds between two looks at the lease.
    """
    name = lease_name(account_id)
    while True:
        epoch = await _take(db, name, owner, clock)
        if epoch is None:
            await asyncio.sleep(every)
            continue
        try:
            await _hold(db, name, epoch, clock, polling, every)
        finally:
            await _give_back(db, name, epoch, clock)
        log.warning("The polling of account %d has another owner now", account_id)


async def _take(db: Database, name: str, owner: str, clock: Clock) -> int | None:
    with suppress(DatabaseAway):
        return await db.write(lambda c: take(c, name, owner, clock()))
    return None


async def _give_back(db: Database, name: str, epoch: int, clock: Clock) -> None:
    with suppress(DatabaseAway):
        await db.write(lambda c: release(c, name, epoch, clock()))


async def _hold(
    db: Database, name: str, epoch: int, clock: Clock, polling: Callable[[], Awaitable[None]], every: float
) -> None:
    """Poll until the lease is lost, or could not be renewed for as long as it lasts."""
    task = asyncio.ensure_future(polling())
    until = time.monotonic() + LASTS.total_seconds()
    try:
        while not (await asyncio.wait({task}, timeout=every))[0]:
            try:
                if not await db.write(lambda c: renew(c, name, epoch, clock())):
                    return
                until = time.monotonic() + LASTS.total_seconds()
            except DatabaseAway:
                if time.monotonic() > until:
                    return
        task.result()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def poll_as_owner(
    telegram: Telegram, account: Account, intake: Intake, metrics: Metrics, db: Database, owner: str, clock: Clock
) -> None:
    """Poll one bot until cancelled."""
    polling = partial(poll, telegram, account, partial(deliver, intake, metrics), clock=clock)
    await poll_alone(db, owner, clock, account.id, polling)


async def deliver(intake: Intake, metrics: Metrics, polled: Sequence[Polled]) -> None:
    """Commit what came. If that fails for another reason than the database, one update must not stop all others.

    Raises:
        NotTaken: the database does not answer; Telegram keeps the updates.
    """
    try:
        await _take_all(intake, metrics, polled)
    except NotTaken:
        raise
    except Exception as error:
        log.error("Polled updates could not be taken together: %s", type(error).__name__)
        for one in polled:
            await _take_or_keep_aside(intake, metrics, one)


async def _take_or_keep_aside(intake: Intake, metrics: Metrics, one: Polled) -> None:
    try:
        await _take_all(intake, metrics, [one])
    except NotTaken:
        raise
    except Exception as error:
        log.error("A polled update was kept aside: %s", type(error).__name__)
        faulty = ((f"{KIND}: not answered, {type(error).__name__}", one.raw),)
        await _take_all(intake, metrics, [Polled(one.raw, Received(faulty=faulty))])


async def _take_all(intake: Intake, metrics: Metrics, polled: Sequence[Polled]) -> None:
    received = [one.received for one in polled]
    together = Received(
        updates=tuple(update for one in received for update in one.updates),
        left_alone=tuple(kind for one in received for kind in one.left_alone),
        faulty=tuple(fault for one in received for fault in one.faulty),
    )
    metrics.count(KIND, await intake.take(None, together))
    metrics.kept_aside[KIND] += len(together.faulty)
    metrics.left_alone[KIND] += len(together.left_alone)
