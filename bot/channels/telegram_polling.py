"""Telegram without a public address: asks for updates, hands them over, and moves on only when they are safe."""

import asyncio
import json
import logging
import secrets
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.channels.base import Account, Misconfigured, Received, SendError, Unavailable
from bot.channels.telegram import Telegram
from bot.channels.telegram_updates import decode
from bot.channels.wire import mapping
from bot.clock import Clock
from bot.clock import now as wall_clock

log = logging.getLogger(__name__)

LONG_POLL_SECONDS = 25
FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0


@dataclass(frozen=True, slots=True)
class Polled:
    """One update as it came, and what it held."""

    raw: bytes
    received: Received


Deliver = Callable[[Sequence[Polled]], Awaitable[None]]
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

    `deliver` returns when the updates are committed, or kept aside. Only then is the offset moved, which tells
    Telegram to forget them; so after a kill they come again, and the intake drops the repeats.
    """
    offset: int | None = None
    failures = 0
    webhook_gone = False
    while True:
        try:
            if not webhook_gone:
                await _take_webhook_away(channel, account)
                webhook_gone = True
            offset = await _round(channel, account, deliver, offset, clock, seconds)
            failures = 0
        except Exception as error:  # whatever it was, the next round may go well
            failures += 1
            webhook_gone = webhook_gone and not isinstance(error, Misconfigured)
            log.warning("Polling of account %s failed (%s), try %d", account.id, _reason(error), failures)
            await sleep(pause(failures, error))


async def _take_webhook_away(channel: Telegram, account: Account) -> None:
    """Telegram gives a bot with a webhook nothing to poll. Whoever polls by mistake can read what happened."""
    if host := await channel.delete_webhook(account):
        log.warning(
            "Account %s had a webhook at %s. TELEGRAM_MODE is polling, so it was taken away; to have it back set the "
            "mode to webhook and run giothong channels set-webhook",
            account.id,
            host,
        )


def _reason(error: Exception) -> str:
    """Our own sentence; of any other error only its kind, because its words may be a person's."""
    return f"{type(error).__name__}: {error}" if isinstance(error, SendError) else type(error).__name__


async def _round(
    channel: Telegram, account: Account, deliver: Deliver, offset: int | None, clock: Clock, seconds: int
) -> int | None:
    """One long poll, committed; the offset of the next."""
    raws = await channel.get_updates(account, offset, seconds)
    if not raws:
        return offset
    polled = [_polled(account, raw, clock()) for raw in raws]
    await deliver(polled)
    await _answer_presses(channel, account, [one.received for one in polled])
    numbers = [number for raw in raws if isinstance(number := mapping(raw).get("update_id"), int)]
    if not numbers:
        raise Unavailable("Telegram's updates have no numbers, so they cannot be acknowledged")
    return max(numbers) + 1


def _polled(account: Account, raw: Any, now: datetime) -> Polled:
    """What cannot be decoded is kept aside, as behind a webhook: the next offset makes Telegram forget it."""
    body = _bytes_of(raw)
    if not isinstance(raw, dict):
        return Polled(body, Received(faulty=(("telegram: the update is not a JSON object", body),)))
    try:
        return Polled(body, decode(account, raw, now))
    except Exception as error:
        log.error("An update of account %s could not be decoded: %s", account.id, type(error).__name__)
        return Polled(body, Received(faulty=((f"telegram: not decoded, {type(error).__name__}", body),)))


def _bytes_of(raw: Any) -> bytes:
    """The library has parsed the answer already. The standard library writes half an emoji too, orjson does not."""
    return json.dumps(raw).encode()


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
