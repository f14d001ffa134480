"""The feeding sweep: a few seconds' worth of each running broadcast stands in the outbox, judged when its turn comes.

So a pause or a recall is quick, replies find an empty road, and two broadcasts share an account fairly.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from bot.domain.broadcasts import Broadcast
from bot.domain.deciding import Not, Sending, To, decide
from bot.domain.intents import Ways
from bot.domain.messages import Message
from bot.domain.templates import BadParam
from bot.domain.updates import ChannelKind
from bot.storage.broadcasts import running
from bot.storage.dry_run import sending_of, ways_of
from bot.storage.due_intents import Decided, write_decided
from bot.storage.recipient_facts import Accounts, facts_of, read_accounts
from bot.storage.recipients import (
    QUEUED,
    SKIPPED,
    WAITING,
    Next,
    able_accounts,
    bulk_waiting,
    decide_people,
    decided_row,
    next_people,
)
from bot.storage.sealing import LostKey
from bot.storage.talk_homes import TalkHome, lock_talks
from bot.storage.talks import load_talk
from scheduler.broadcast_rendering import Letter, letter_of
from scheduler.expansion import tools_of
from scheduler.letters import Posted, in_own_words, outbox_rows
from scheduler.parts import Parts

AHEAD = 10
"""Seconds of an account's pace that may stand in its queue."""

PAGE = 40
"""People judged and rendered in one commit, so that it stays within 20 ms on SQLite."""

IN_THE_CHAT_PAGE = 400
"""Of the web chat in one sweep: its commit is the delivery."""


@dataclass(slots=True)
class Fed:
    """What a sweep did."""

    queued: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    accounts: set[int] = field(default_factory=set)


async def feed(parts: Parts) -> Fed:
    """Fill up the queue of every account with the next people of the broadcasts that run."""
    fed = Fed()
    going = await parts.db.read(running)
    if not going:
        return fed
    waiting, able = await parts.db.read(lambda c: (bulk_waiting(c), able_accounts(c)))
    for account, kind in able.items():
        room = _room(parts, kind) - waiting.get(account, 0)
        for broadcast, share in _shares(going, room, parts.clock()):
            await _feed_account(parts, broadcast, account, share, fed)
    if fed.accounts:
        parts.sender.nudge(fed.accounts)
    return fed


def _room(parts: Parts, kind: ChannelKind) -> int:
    """How many messages may stand in an account's queue; none where its channel is off."""
    limits = parts.limits.get(kind)
    if limits is None:
        return 0
    return IN_THE_CHAT_PAGE if kind is ChannelKind.WEB else max(limits.in_flight, limits.per_minute * AHEAD // 60)


def _shares(going: Sequence[Broadcast], room: int, now: datetime) -> list[tuple[Broadcast, int]]:
    """As much for each; who begins changes, so that a remainder does not always fall to the same."""
    if room <= 0:
        return []
    turn = int(now.timestamp()) % len(going)
    order = [*going[turn:], *going[:turn]]
    return [(one, room // len(order) + (place < room % len(order))) for place, one in enumerate(order)]


async def _feed_account(parts: Parts, broadcast: Broadcast, account: int, share: int, fed: Fed) -> None:
    while share > 0:
        most = min(share, PAGE)
        found = await parts.db.write(lambda c, most=most: feed_page(c, parts, broadcast, account, most, fed))  # type: ignore[misc]
        share -= most
        if found < most:
            return


def feed_page(connection: Connection, parts: Parts, broadcast: Broadcast, account: int, most: int, fed: Fed) -> int:
    """Judge and queue the next people at an account, in one transaction; returns how many were looked at."""
    now = parts.clock()
    people = next_people(connection, broadcast.id, account, now, most)
    if not people:
        return 0
    page = _Page(connection, parts, broadcast, now)
    page.take(people)
    page.write(fed)
    return len(people)


class _Page:
    """One page of people whose turn it is."""

    def __init__(self, connection: Connection, parts: Parts, broadcast: Broadcast, now: datetime) -> None:
        self._connection, self._parts, self._now = connection, parts, now
        self._broadcast = broadcast
        self._sending: Sending = sending_of(connection, broadcast, now)
        self._ways: Ways = ways_of(connection, tools_of(parts))
        self._known: Accounts = read_accounts(connection)
        self._letter: Letter = letter_of(connection, parts, broadcast)
        self._rows: list[dict[str, Any]] = []
        self._written = Decided()

    def take(self, people: Sequence[Next]) -> None:
        """Decide each; somebody whose address the intake holds just now is left for the next sweep."""
        waited = {one.contact_id: one.reason for one in people}
        tries = {one.contact_id: one.tries for one in people}
        ids = sorted(waited)
        homes = lock_talks(self._connection, ids)
        found = facts_of(self._connection, ids, self._sending, self._known, self._now, waited)
        for facts in found:
            decided = decide(facts, self._sending, self._now, self._parts.quiet, self._ways)
            self._settle(facts.contact_id, decided, homes, tries[facts.contact_id])
        for gone in set(ids) - {facts.contact_id for facts in found}:
            self._note(gone, SKIPPED, Not("erased"))

    def _settle(self, contact: int, decided: To | Not, homes: Mapping[int, TalkHome], tries: int) -> None:
        if isinstance(decided, Not):
            self._note(contact, SKIPPED, decided)
        elif decided.at > self._now:
            self._note(contact, WAITING, decided)
        elif (home := homes.get(decided.route.address_id)) is not None:
            try:
                self._queue(contact, decided, home, tries)
            except (BadParam, KeyError, LostKey):
                # One faulty row or text must not stop everybody else's message.
                self._note(contact, SKIPPED, Not("fault"))

    def _queue(self, contact: int, decided: To, home: TalkHome, tries: int) -> None:
        parts, route = self._parts, decided.route
        talk = load_talk(home.talk_sealed, parts.ring)
        if route.template is not None:
            messages: tuple[Message, ...] = (self._letter.template(route, home, talk.language),)
        else:
            messages, menu = in_own_words(parts, self._letter.message(home, talk.language), home, talk)
            self._written.talks.append(menu)
        one = self._broadcast
        letter = Posted(
            f"broadcast:{one.id}:{contact}:{tries}", self._sending.purpose, self._sending.lasts_until, one.id
        )
        self._written.outbox += outbox_rows(parts, letter, contact, route, messages, self._now)
        self._note(contact, QUEUED, To(route, self._now))

    def _note(self, contact: int, state: str, decided: To | Not) -> None:
        self._rows.append(decided_row(self._broadcast.id, contact, state, decided, self._now))

    def write(self, fed: Fed) -> None:
        decide_people(self._connection, self._rows)
        write_decided(self._connection, self._written)
        for row in self._rows:
            if row["to_state"] == SKIPPED:
                fed.skipped[row["why"]] += 1
            elif row["to_state"] == QUEUED:
                fed.queued += 1
                fed.accounts.add(row["account"])
