"""Telegram without a public address: asks for updates, hands them over, and moves on only when they are safe."""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

from bot.channels.base import Account, Misconfigured, Received, SendError
from bot.channels.telegram import Telegram, decode
from bot.channels.wire import mapping
from bot.clock import Clock
from bot.clock import now as wall_clock
from bot.domain.updates import Update

log = logging.getLogger(__name__)

LONG_POLL_SECONDS = 25
FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0

Deliver = Callable[[Sequence[Update]], Awaitable[None]]
Sleep = Callable[[float], Awaitable[None]]


async def poll(
    channel: Telegram,
    account: Account,
    deliver: Deliver,
    *,
    clock: Clock = wall_clock,
    sleep: Sleep = asyncio.sleep,
    seconds: int = LONG_POLL_SECONDS,
) -> None:
    """Poll until cancelled.

    `deliver` returns when the updates are committed. Only then is the offset moved, which tells Telegram to forget
    them; so after a kill they come again, and the intake drops the repeats.
    """
    offset: int | None = None
    failures = 0
    webhook_gone = False
    while True:
        try:
            if not webhook_gone:
                await channel.delete_webhook(account)
                webhook_gone = True
            offset = await _round(channel, account, deliver, offset, clock, seconds)
            failures = 0
        except Exception as error:  # whatever it was, the next round may go well
            failures += 1
            webhook_gone = webhook_gone and not isinstance(error, Misconfigured)
            log.warning("polling of account %s failed (%s), try %d", account.id, type(error).__name__, failures)
            await sleep(pause(failures, error))


async def _round(
    channel: Telegram, account: Account, deliver: Deliver, offset: int | None, clock: Clock, seconds: int
) -> int | None:
    """One long poll, committed; the offset of the next."""
    raws = [mapping(raw) for raw in await channel.get_updates(account, offset, seconds)]
    if not raws:
        return offset
    received = [decode(account, raw, clock()) for raw in raws]
    updates = [update for one in received for update in one.updates]
    if updates:
        await deliver(updates)
    await _answer_presses(channel, account, received)
    numbers = [raw["update_id"] for raw in raws if isinstance(raw.get("update_id"), int)]
    return max(numbers) + 1 if numbers else offset


async def _answer_presses(channel: Telegram, account: Account, received: Sequence[Received]) -> None:
    """A press not answered only keeps its circle turning, and an old one is refused: no reason to stop."""
    for one in received:
        if one.answer:
            with suppress(SendError):
                await channel.answer_press(account, one.answer["callback_query_id"])


def pause(failures: int, error: Exception) -> float:
    """How long to wait: twice as long each time, up to a minute, spread by half; longer if the platform says so."""
    asked = error.retry_after if isinstance(error, SendError) and error.retry_after else 0.0
    backoff = min(LONGEST_PAUSE, FIRST_PAUSE * float(1 << min(failures - 1, 10)))
    return max(asked, backoff * (0.5 + secrets.randbelow(1001) / 2000))
