"""The tidying sweeps: what is over is ended, and what need not be kept is wiped. One small page after another."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import Connection

from bot.storage.housekeeping import (
    PAGE,
    drop_kept_aside,
    drop_keys,
    drop_seen,
    empty_bodies,
    forget_forms,
    forget_words,
)
from bot.storage.outbox import expire
from scheduler.parts import Parts

REPEATS = timedelta(days=8)
"""No platform repeats a webhook call after that (Messenger: 36 hours; Telegram: about a day)."""

ABANDONED = timedelta(days=30)
"""A half-finished form survives days and restarts, and then it is forgotten."""


async def expire_messages(parts: Parts) -> int:
    """End waiting messages whose time is over, also those of channels that are off."""
    return await _pages(parts, lambda c: expire(c, parts.clock(), PAGE))


async def tidy(parts: Parts) -> dict[str, int]:
    """Everything whose time of keeping is over; returns how many rows of each."""
    now = parts.clock()
    old = now - parts.retention.words
    return {
        "keys": await _pages(parts, lambda c: drop_keys(c, now)),
        "forms": await _pages(parts, lambda c: forget_forms(c, parts.ring, now - ABANDONED)),
        "seen": await _pages(parts, lambda c: drop_seen(c, min(old, now - REPEATS))),
        "words": await _pages(parts, lambda c: forget_words(c, old)),
        "kept_aside": await _pages(parts, lambda c: drop_kept_aside(c, old)),
        "bodies": await _empty_bodies(parts, old),
    }


async def _pages(parts: Parts, work: Callable[[Connection], int]) -> int:
    total = done = await parts.db.write(work)
    while done == PAGE:
        done = await parts.db.write(work)
        total += done
    return total


async def _empty_bodies(parts: Parts, before: datetime) -> int:
    total, last, emptied = 0, 0, PAGE
    while emptied == PAGE:
        last, emptied = await parts.db.write(partial(empty_bodies, ring=parts.ring, before=before, behind=last))
        total += emptied
    return total
