"""The expansion sweep: a running broadcast's segment becomes rows, one a person, page by page; a kill loses nothing."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Connection

from bot.dialog.broadcast_words import links_in, own_text
from bot.domain.broadcasts import Broadcast
from bot.domain.deciding import decide
from bot.domain.segments import SegmentFault
from bot.storage.broadcast_sweeps import hold_back
from bot.storage.broadcasts import running
from bot.storage.counted_links import keep_links
from bot.storage.dry_run import PAGE, Tools, people_of, sending_of, ways_of
from bot.storage.recipient_facts import facts_of, page_of_people, read_accounts
from bot.storage.recipients import cursor_of, note_expanded, recipient_row, write_recipients
from scheduler.parts import Parts

ROWS = 200
"""People in one commit, so that it stays within 20 ms on SQLite."""

LANGUAGES = ("vi", "en")


@dataclass(frozen=True, slots=True)
class _Page:
    """People who have been decided.

    Args:
        came_from: the last person before them.
        goes_to: the last of them, with a row or gone meanwhile.
        is_last: nobody is behind them.
    """

    came_from: int
    goes_to: int
    is_last: bool
    rows: Sequence[dict[str, Any]]


async def expand(parts: Parts) -> int:
    """Go through the people of every running broadcast that is not done yet; returns how many were decided."""
    decided = 0
    for broadcast in await parts.db.read(running):
        if broadcast.expanded_at is None and broadcast.draft.need is None:  # appeals ask in waves (`appeals.py`)
            decided += await _expand(parts, broadcast)
    return decided


async def _expand(parts: Parts, broadcast: Broadcast) -> int:
    """While a page is being written, the next one is decided already."""
    await parts.db.write(lambda c: keep_links(c, broadcast.id, links_of(parts, broadcast)))
    behind = await parts.db.read(lambda c: cursor_of(c, broadcast.id))
    decided, tools = 0, tools_of(parts)
    coming = _begin(parts, broadcast, tools, behind)
    try:
        while True:
            page = await coming
            if not page.is_last:
                coming = _begin(parts, broadcast, tools, page.goes_to)
            if not await _write(parts, broadcast, page):
                return decided
            decided += len(page.rows)
            if page.is_last:
                await parts.db.write(lambda c: note_expanded(c, broadcast.id, parts.clock()))
                return decided
    except SegmentFault as fault:
        why = str(fault.word)
        await parts.db.write(lambda c: hold_back(c, broadcast.id, why, parts.clock()))
        return decided
    finally:
        coming.cancel()
        await asyncio.gather(coming, return_exceptions=True)


def _begin(parts: Parts, broadcast: Broadcast, tools: Tools, behind: int) -> asyncio.Task[_Page]:
    now = parts.clock()
    return asyncio.create_task(parts.db.read(lambda c: _decide(c, broadcast, tools, behind, now)))


def tools_of(parts: Parts) -> Tools:
    """By what this process decides: the channels that are on here."""
    on = {kind: platform for kind, platform in parts.platforms.items() if kind in parts.limits}
    return Tools(on, parts.limits, parts.quiet, parts.ring, parts.cap)


def _decide(connection: Connection, broadcast: Broadcast, tools: Tools, behind: int, now: datetime) -> _Page:
    sending = sending_of(connection, broadcast, now)
    which, ways = people_of(connection, broadcast, tools, now), ways_of(connection, tools)
    ids = page_of_people(connection, which, sending, behind, PAGE)
    found = facts_of(connection, ids, sending, read_accounts(connection), now)
    rows = [
        recipient_row(broadcast.id, facts.contact_id, decide(facts, sending, now, tools.quiet, ways), now)
        for facts in found
    ]
    return _Page(behind, ids[-1] if ids else behind, len(ids) < PAGE, rows)


async def _write(parts: Parts, broadcast: Broadcast, page: _Page) -> bool:
    """In commits of few rows; whoever is slower stops, and what is written already is not written twice."""
    at = page.came_from
    for first in range(0, max(1, len(page.rows)), ROWS):
        rows = page.rows[first : first + ROWS]
        goes_to = page.goes_to if first + ROWS >= len(page.rows) else rows[-1]["contact_id"]
        work = partial(write_recipients, broadcast_id=broadcast.id, rows=rows, came_from=at, goes_to=goes_to)
        if not await parts.db.write(work):
            return False
        at = goes_to
    return True


def links_of(parts: Parts, broadcast: Broadcast) -> list[str]:
    texts = (own_text(parts.words, broadcast.draft, language) for language in LANGUAGES)
    return list(dict.fromkeys(link for text in texts for link in links_in(text)))
