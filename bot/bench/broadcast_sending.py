"""A broadcast on one OA at its permitted pace: how much of the pace is used, how soon people are answered, a pause."""

import asyncio
import contextlib
import secrets
import statistics
import time
from functools import partial
from pathlib import Path
from typing import Any

from bot import clock
from bot.bench import ground
from bot.bench.broadcast_ground import one_broadcast
from bot.bench.one_oa import AT_ANY_HOUR, LIMITS, PLATFORMS, Ground, enqueue, one_oa, people, states_of
from bot.domain.broadcasts import Broadcast
from bot.domain.updates import ChannelKind
from bot.library.library import Library
from bot.library.reading import content_root
from bot.storage.broadcasts import broadcast_at, pause
from scheduler.expansion import expand
from scheduler.feeding import feed
from scheduler.parts import Parts
from scheduler.sender import Sender

REPLIES_A_MINUTE = 20
PAGE = 200
STILL = 6.0
"""Seconds in which no call comes once it is paused."""


async def at_the_pace(minutes: float, where: str, folder: Path) -> dict[str, Any]:
    """More recipients than the minutes allow, replies beside them, a pause at the end."""
    async with one_oa(where, folder, LIMITS.per_minute) as g:
        await _fill(g, int(LIMITS.per_minute * (minutes + 1)))
        asking = await g.db.write(lambda c: people(c, g.account, 1_000_000, max(1, int(REPLIES_A_MINUTE * minutes))))
        sender = g.sender(LIMITS.per_minute)
        parts, broadcast = _parts(g, sender), await _started(g)
        await expand(parts)
        tasks = [asyncio.create_task(sender.run()), asyncio.create_task(_feed(parts))]
        began = time.time()
        asked = await _ask(g, sender, asking)
        await asyncio.sleep(max(0.0, began + minutes * 60 - time.time()))
        figures, elapsed = await g.figures(), time.time() - began
        paused = await _pause(g, broadcast)
        for task in reversed(tasks):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        states, after = await g.db.read(states_of), await g.figures()
    return {
        "seconds": round(elapsed, 1),
        "calls_taken": figures["taken"],
        "share_of_permitted": round(figures["taken"] / (LIMITS.per_minute / 60 * elapsed), 3),
        "throttled": figures["throttled"],
        **_waits(asked, figures["came"], began + elapsed),
        "pause": paused,
        "states": states,
        "ledger_balances": set(states) <= {"sent", "waiting"}
        and states.get("sent") == after["taken"]
        and after["most_to_one"] == 1,
    }


async def _fill(g: Ground, count: int) -> None:
    for first in range(0, count, PAGE):
        await g.db.write(
            partial(people, account=g.account, first=first, count=min(PAGE, count - first), purpose="news")
        )


async def _started(g: Ground) -> Broadcast:
    def write(connection: Any) -> str:
        ground.furnish(connection, clock.now(), 10)
        return one_broadcast(connection, code="bench", state="running")

    code = await g.db.write(write)
    found = await g.db.read(lambda c: broadcast_at(c, code))
    assert found is not None  # noqa: S101  (written a line above)
    return found


def _parts(g: Ground, sender: Sender) -> Parts:
    words, limits = Library.load(content_root()), {ChannelKind.ZALO: LIMITS}
    intervals = words.rules.intervals
    return Parts(g.db, g.ring, words, intervals, limits, PLATFORMS, AT_ANY_HOUR, clock.now, sender, words.forms)


async def _feed(parts: Parts) -> None:
    """As the timetable does."""
    while True:
        await feed(parts)
        await asyncio.sleep(1.0)


async def _ask(g: Ground, sender: Sender, asking: list[int]) -> dict[str, float]:
    """Somebody writes every three seconds or so; the words of their replies, and when each was written."""
    asked: dict[str, float] = {}
    for person in asking:
        await asyncio.sleep(60 / REPLIES_A_MINUTE * (0.5 + secrets.randbelow(1000) / 1000))
        texts = await g.db.write(partial(enqueue, g=g, ids=[person], purpose="reply", priority=0))
        asked[texts[0]] = time.time()
        sender.nudge()
    return asked


async def _pause(g: Ground, broadcast: Broadcast) -> dict[str, Any]:
    """Seconds from the press until the last call came."""
    pressed = time.time()
    await g.db.write(lambda c: pause(c, "bench", broadcast, clock.now()))
    written = time.time()
    await asyncio.sleep(STILL)
    came = max((await g.figures())["came"].values(), default=pressed)
    return {"written_after_s": round(written - pressed, 3), "last_call_after_s": round(max(0.0, came - pressed), 3)}


def _waits(asked: dict[str, float], came: dict[str, float], until: float) -> dict[str, Any]:
    waits = sorted(came.get(words, until) - at for words, at in asked.items() if at < until - 5)
    return {
        "replies": len(waits),
        "reply_p50_s": round(statistics.median(waits), 2) if waits else None,
        "reply_p95_s": round(waits[min(len(waits) - 1, int(len(waits) * 0.95))], 2) if waits else None,
    }
