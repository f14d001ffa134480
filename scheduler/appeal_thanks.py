"""An appeal whose need is met: those who were asked in vain are told so, and thanked, once."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Connection

from bot.dialog.broadcast_words import Frame, thanks_message
from bot.domain.appeals import THANKS_LAST
from bot.domain.broadcasts import Broadcast
from bot.domain.deciding import Not, To, decide_thanks
from bot.domain.outbox import MessagePurpose
from bot.storage.appeals import at_drive, note_thanked, note_thanks, reached, unthanked
from bot.storage.broadcast_surroundings import surroundings_of
from bot.storage.dry_run import sending_of, ways_of
from bot.storage.due_intents import Decided, write_decided
from bot.storage.recipient_facts import facts_of, read_accounts
from bot.storage.sealing import LostKey
from bot.storage.talk_homes import TalkHome, lock_talks
from bot.storage.talks import load_talk
from scheduler.expansion import tools_of
from scheduler.letters import Posted, in_own_words, outbox_rows
from scheduler.parts import Parts

PAGE = 40
"""People rendered in one commit, so that it stays within 20 ms on SQLite."""

QUEUED, COMES, HEARD_NOTHING = "queued", "comes", "heard-nothing"


async def thank(parts: Parts, broadcast: Broadcast, closed_at: datetime) -> bool:
    """A page after another; True once everybody has been decided. In quiet hours nobody is, until the morning."""
    until = closed_at + THANKS_LAST
    now, behind, left = parts.clock(), 0, 0
    if parts.quiet.covers(now) and now < until:
        return False
    while True:
        page = partial(_page, parts=parts, broadcast=broadcast, until=until, behind=behind)
        ids, decided, accounts = await parts.db.write(page)
        parts.sender.nudge(accounts)
        left += len(ids) - decided
        if len(ids) < PAGE:
            break
        behind = ids[-1]
    if not left:
        await parts.db.write(lambda c: note_thanked(c, broadcast.id, parts.clock()))
    return not left


def _page(
    connection: Connection, parts: Parts, broadcast: Broadcast, until: datetime, behind: int
) -> tuple[list[int], int, set[int]]:
    """Who was looked at, how many of them are decided, and the accounts that have something to send."""
    now, ids = parts.clock(), unthanked(connection, broadcast.id, behind, PAGE)
    come = at_drive(connection, broadcast.draft.drive_id, ids)
    heard, under_way = reached(connection, broadcast.id, ids)
    deaf = frozenset(ids) - come - heard - under_way
    note_thanks(connection, broadcast.id, COMES, sorted(come))
    note_thanks(connection, broadcast.id, HEARD_NOTHING, sorted(deaf))
    left = [one for one in ids if one in heard and one not in come]
    decided, accounts = _Page(connection, parts, broadcast, until, now).decide(left)
    return ids, len(come) + len(deaf) + decided, accounts


class _Page:
    """One page of people who were asked in vain."""

    def __init__(
        self, connection: Connection, parts: Parts, broadcast: Broadcast, until: datetime, now: datetime
    ) -> None:
        self._connection, self._parts, self._broadcast = connection, parts, broadcast
        self._until, self._now = until, now
        self._frame = Frame(surroundings_of(connection, broadcast.draft).unit)
        self._written, self._words = Decided(), dict[str, list[int]]()

    def decide(self, ids: Sequence[int]) -> tuple[int, set[int]]:
        """Whoever sleeps by day, or whose address the intake holds just now, is left for a later sweep."""
        connection, parts, now = self._connection, self._parts, self._now
        homes = lock_talks(connection, list(ids))
        sending, ways = sending_of(connection, self._broadcast, now), ways_of(connection, tools_of(parts))
        found = facts_of(connection, ids, sending, read_accounts(connection), now)
        for facts in found:
            what = decide_thanks(facts, self._until, now, parts.quiet, ways)
            if isinstance(what, Not):
                self._note(what.reason, facts.contact_id)
            elif what.at <= now and (home := homes.get(what.route.address_id)) is not None:
                self._queue(facts.contact_id, what, home)
        for gone in set(ids) - {facts.contact_id for facts in found}:
            self._note("erased", gone)
        return self._write()

    def _queue(self, contact: int, what: To, home: TalkHome) -> None:
        try:
            talk = load_talk(home.talk_sealed, self._parts.ring)
        except LostKey:
            self._note("fault", contact)
            return
        said = thanks_message(self._parts.words, self._frame, talk.language)
        messages, menu = in_own_words(self._parts, said, home, talk)
        posted = Posted(f"thanks:{self._broadcast.id}:{contact}", MessagePurpose.URGENT, self._until, None)
        self._written.talks.append(menu)
        self._written.outbox += outbox_rows(self._parts, posted, contact, what.route, messages, self._now)
        self._note(QUEUED, contact)

    def _note(self, word: str, contact: int) -> None:
        self._words.setdefault(word, []).append(contact)

    def _write(self) -> tuple[int, set[int]]:
        write_decided(self._connection, self._written)
        for word, people in self._words.items():
            note_thanks(self._connection, self._broadcast.id, word, people)
        rows: list[dict[str, Any]] = self._written.outbox
        return sum(map(len, self._words.values())), {row["account_id"] for row in rows}
