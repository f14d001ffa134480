"""The expansion sweep: a running broadcast's segment becomes rows, one a person, page by page; a kill loses nothing."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from bot.dialog.broadcast_words import links_in, own_text
from bot.domain.broadcasts import Broadcast
from bot.domain.deciding import decide
from bot.domain.segments import SegmentFault
from bot.storage.broadcasts import hold_back, running
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
    """People who have been decided; `after` is the last of them, None when there was nobody left."""

    came_from: int
    after: int | None
    rows: Sequence[dict[str, Any]]


async def expand(parts: Parts) -> int:
    """Go through the people of every running broadcast that is not done yet; returns how many were decided."""
    decided = 0
    for broadcast in await parts.db.read(running):
        if broadcast.expanded_at is None and broadcast.draft.need is None:  # appeals ask in waves (`appeals.py`)
            decided += await _expand(parts, broadcast)
    return decided


async def _expand(parts: Parts, broadcast: Broadcast) -> int:
    await parts.db.write(lambda c: keep_links(c, broadcast.id, links_of(parts, broadcast)))
    decided, tools = 0, tools_of(parts)
    while True:
        now = parts.clock()
        try:
            page = await parts.db.read(lambda c, now=now: _decide(c, broadcast, tools, now))  # type: ignore[misc]
        except SegmentFault as fault:
            await parts.db.write(lambda c, why=str(fault.word): hold_back(c, broadcast.id, why, parts.clock()))  # type: ignore[misc]
            return decided
        if not await _write(parts, broadcast, page):
            return decided
        decided += len(page.rows)
        if page.after is None:
            await parts.db.write(lambda c: note_expanded(c, broadcast.id, parts.clock()))
            return decided
        await asyncio.sleep(0)


def tools_of(parts: Parts) -> Tools:
    """By what this process decides: the channels that are on here."""
    on = {kind: platform for kind, platform in parts.platforms.items() if kind in parts.limits}
    return Tools(on, parts.limits, parts.quiet, parts.ring, parts.cap)


def _decide(connection: Connection, broadcast: Broadcast, tools: Tools, now: datetime) -> _Page:
    came_from, sending = cursor_of(connection, broadcast.id), sending_of(connection, broadcast, now)
    which, ways = people_of(connection, broadcast, tools, now), ways_of(connection, tools)
    ids = page_of_people(connection, which, sending, came_from, PAGE)
    found = facts_of(connection, ids, sending, read_accounts(connection), now)
    rows = [
        recipient_row(broadcast.id, facts.contact_id, decide(facts, sending, now, tools.quiet, ways), now)
        for facts in found
    ]
    return _Page(came_from, ids[-1] if len(ids) == PAGE else None, rows)


async def _write(parts: Parts, broadcast: Broadcast, page: _Page) -> bool:
    """In commits of few rows; whoever is slower stops, and what is written already is not written twice."""
    at = page.came_from
    for first in range(0, len(page.rows), ROWS):
        rows = page.rows[first : first + ROWS]
        goes_to = rows[-1]["contact_id"]
        if not await parts.db.write(
            lambda c, rows=rows, at=at, goes_to=goes_to: write_recipients(c, broadcast.id, rows, at, goes_to)  # type: ignore[misc]
        ):
            return False
        at = goes_to
    return True


def links_of(parts: Parts, broadcast: Broadcast) -> list[str]:
    texts = (own_text(parts.words, broadcast.draft, language) for language in LANGUAGES)
    return list(dict.fromkeys(link for text in texts for link in links_in(text)))
