"""The tidying sweeps: what is over is ended, and what need not be kept is wiped. One small page after another."""

import logging
from collections.abc import Callable
from datetime import timedelta
from functools import partial

from sqlalchemy import Connection

from bot.domain.conversations import ABANDONED
from bot.storage.broadcast_images import drop_unused
from bot.storage.comments import drop_comments
from bot.storage.expiry import (
    drop_audit,
    drop_intents,
    drop_messages,
    drop_proofs,
    drop_recipients,
    drop_requests,
    drop_withdrawn,
    forget_pressure,
)
from bot.storage.housekeeping import (
    PAGE,
    drop_kept_aside,
    drop_keys,
    drop_seen,
    empty_bodies,
    forget_forms,
    forget_words,
    full_bodies,
)
from bot.storage.join_codes import drop_codes
from bot.storage.joins import drop_joins
from bot.storage.listed_donors import drop_unclaimed
from bot.storage.outbox import expire
from bot.storage.platform_events import drop_events
from bot.storage.questions import drop_unanswered
from bot.storage.retention import (
    AT_ONCE,
    idle_addresses,
    let_go,
    old_people,
    old_registrations,
    part_idle,
    strip_old,
    unlink_messages,
)
from bot.storage.used_links import drop_used_links
from scheduler.parts import Parts

log = logging.getLogger(__name__)

REPEATS = timedelta(days=8)
"""No platform repeats a webhook call after that (Messenger: 36 hours; Telegram: about a day)."""


async def expire_messages(parts: Parts) -> int:
    """End waiting messages whose time is over, also those of channels that are off."""
    return await _pages(parts, lambda c: expire(c, parts.clock(), PAGE))


async def tidy(parts: Parts) -> dict[str, int]:
    """Everything whose time of keeping is over; returns how many rows of each."""
    counts = await _tidy_words(parts) | await _tidy_people(parts) | await _tidy_records(parts)
    told = ", ".join(f"{what} {count}" for what, count in counts.items() if count)
    if told:
        log.info("Let go because its time was over: %s", told)
        await parts.db.empty_log()
    return counts


async def _tidy_words(parts: Parts) -> dict[str, int]:
    now = parts.clock()
    old = now - parts.retention.words
    return {
        "forms": await _pages(parts, lambda c: forget_forms(c, parts.ring, now - ABANDONED)),
        "seen": await _pages(parts, lambda c: drop_seen(c, min(old, now - REPEATS))),
        "words": await _pages(parts, lambda c: forget_words(c, old)),
        "kept_aside": await _pages(parts, lambda c: drop_kept_aside(c, old)),
        "bodies": await _empty_bodies(parts),
        "questions": await _pages(parts, lambda c: drop_unanswered(c, old)),
        "pressure": await _pages(parts, lambda c: forget_pressure(c, parts.retention, now)),
        "listed": await _pages(parts, lambda c: drop_unclaimed(c, now)),
    }


async def _tidy_people(parts: Parts) -> dict[str, int]:
    """People first: what is left of their registrations goes with them."""
    return {
        "people": await _let_people_go(parts),
        "registrations": await _strip_registrations(parts),
        "addresses": await _part_idle_addresses(parts),
    }


async def _tidy_records(parts: Parts) -> dict[str, int]:
    now, keep = parts.clock(), parts.retention
    return {
        "keys": await _pages(parts, lambda c: drop_keys(c, now)),
        "links": await _pages(parts, lambda c: drop_used_links(c, now)),
        "codes": await _pages(parts, lambda c: drop_codes(c, now)),
        "joins": await _pages(parts, lambda c: drop_joins(c, now)),
        "proofs": await _pages(parts, lambda c: drop_proofs(c, now - keep.proofs)),
        "consents": await _pages(parts, lambda c: drop_withdrawn(c, now - keep.proofs)),
        "requests": await _pages(parts, lambda c: drop_requests(c, now - keep.proofs)),
        "audit": await _pages(parts, lambda c: drop_audit(c, now - keep.proofs)),
        "messages": await _pages(parts, lambda c: drop_messages(c, now - keep.figures)),
        "recipients": await _pages(parts, lambda c: drop_recipients(c, now - keep.figures)),
        "pictures": await _pages(parts, lambda c: drop_unused(c, now, PAGE)),
        "comments": await _pages(parts, lambda c: drop_comments(c, now, PAGE)),
        "events": await _pages(parts, lambda c: drop_events(c, now - keep.figures, PAGE)),
        "intents": await _pages(parts, lambda c: drop_intents(c, now - keep.figures)),
    }


async def _pages(parts: Parts, work: Callable[[Connection], int]) -> int:
    total = done = await parts.db.write(work)
    while done == PAGE:
        done = await parts.db.write(work)
        total += done
    return total


async def _empty_bodies(parts: Parts) -> int:
    before = parts.clock() - parts.retention.words
    total, last, full = 0, 0, True
    while full:
        ids = await parts.db.read(partial(full_bodies, ring=parts.ring, before=before, behind=last))
        if ids:
            total += await parts.db.write(partial(empty_bodies, ring=parts.ring, ids=ids))
            last = ids[-1]
        full = len(ids) == PAGE
    return total


async def _let_people_go(parts: Parts) -> int:
    total, last, full = 0, 0, True
    while full:
        ids = await parts.db.read(partial(old_people, keep=parts.retention, now=parts.clock(), behind=last))
        for one in ids:
            total += await _let_one_go(parts, one)
        last, full = (ids[-1] if ids else last), len(ids) == PAGE
    return total


async def _let_one_go(parts: Parts, contact_id: int) -> bool:
    """A transaction for each: the locks of two people at once could make a circle with the intake's."""
    await _pages(parts, partial(unlink_messages, contact_id=contact_id))
    work = partial(let_go, ring=parts.ring, contact_id=contact_id, keep=parts.retention, now=parts.clock())
    return await parts.db.write(work)


async def _strip_registrations(parts: Parts) -> int:
    total, full = 0, True
    while full:
        now = parts.clock()
        ids = await parts.db.read(partial(old_registrations, keep=parts.retention, now=now))
        total += await parts.db.write(partial(strip_old, ids=ids, now=now)) if ids else 0
        full = len(ids) == PAGE
    return total


async def _part_idle_addresses(parts: Parts) -> int:
    total, full = 0, True
    while full:
        now = parts.clock()
        ids = await parts.db.read(partial(idle_addresses, keep=parts.retention, now=now))
        parted = 0
        for start in range(0, len(ids), AT_ONCE):
            some = ids[start : start + AT_ONCE]
            parted += await parts.db.write(partial(part_idle, ids=some, keep=parts.retention, now=now))
        total, full = total + parted, len(ids) == PAGE and parted > 0
    return total
