"""The due sweep: every due intent is judged again and skipped, made to wait, or rendered into the outbox."""

import logging
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from bot.channels.fit import fit, offered
from bot.domain.changing import replace
from bot.domain.intents import (
    Giving,
    Heard,
    IntentFacts,
    Judgement,
    Queue,
    Skip,
    WaitUntil,
    Ways,
    judge_intent,
    way_name,
)
from bot.domain.messages import Message
from bot.domain.outbox import PRIORITIES, MessagePurpose
from bot.domain.reach import RoutePlan
from bot.domain.templates import BadParam
from bot.storage.approved_templates import approved_templates
from bot.storage.due_facts import DueIntent
from bot.storage.due_intents import Cursor, Decided, anything_due, claim_due, write_decided
from bot.storage.ids import new_id
from bot.storage.sealing import LostKey
from bot.storage.talks import dump_talk, load_talk
from scheduler.parts import Parts
from scheduler.places import Places
from scheduler.rendering import render, render_template
from scheduler.rendering_giving import BLOOD

log = logging.getLogger(__name__)

PAGE = 40
"""Intents judged and rendered in one commit, so that it stays within 20 ms on SQLite."""

HINT = "channels.answer-with-number"
"""Text id of the line under a numbered menu."""

MERGED = "merged"
"""The reason of a reminder whose words another one said on the same evening."""

Row = dict[str, Any]


@dataclass(slots=True)
class Judged:
    """What a sweep did. `rows` are the ids of the new outbox rows, `accounts` whose lanes have work."""

    queued: int = 0
    waiting: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    rows: list[int] = field(default_factory=list)
    accounts: set[int] = field(default_factory=set)

    def add(self, page: "Judged") -> None:
        self.queued += page.queued
        self.waiting += page.waiting
        self.skipped.update(page.skipped)
        self.rows.extend(page.rows)
        self.accounts |= page.accounts


async def judge_due(parts: Parts, at: datetime | None = None) -> Judged:
    """Judge everything that is due, page by page, and wake the lanes that got work.

    Args:
        at: judge as if it were this moment (`tick --at`). Then waiting is not written down: what must wait at that
            moment may well be due earlier, by the real clock.
    """
    judged, moment = Judged(), at or parts.clock()
    if not await parts.db.read(lambda c: anything_due(c, moment)):
        return judged
    page, cursor = await _page(parts, moment, None, pretend=at is not None)
    judged.add(page)
    while cursor is not None:
        page, cursor = await _page(parts, moment, cursor, pretend=at is not None)
        judged.add(page)
    if judged.accounts:
        parts.sender.nudge(judged.accounts)
    return judged


async def _page(parts: Parts, at: datetime, after: Cursor | None, *, pretend: bool) -> tuple[Judged, Cursor | None]:
    return await parts.db.write(lambda c: judge_page(c, parts, at, after, pretend=pretend))


def judge_page(
    connection: Connection, parts: Parts, at: datetime, after: Cursor | None = None, *, pretend: bool = False
) -> tuple[Judged, Cursor | None]:
    """One page in one transaction; returns what it did and where the next one begins."""
    page = Page(connection, parts, at, parts.clock())
    intents, cursor = claim_due(connection, at, PAGE, parts.schedule(), after)
    judged, decided = Judged(), Decided()
    for intent in intents:
        judgement = page.judge(intent)
        if isinstance(judgement, Queue):
            judgement = _enqueue(intent, judgement, page, judged, decided)
        if isinstance(judgement, Queue):
            page.note_sent(intent)
        _decide(intent, judgement, at, judged, decided)
    if pretend:
        decided.waiting.clear()
    write_decided(connection, decided)
    return judged, cursor


@dataclass(slots=True)
class Page:
    """What one page of a sweep works with: the ways, and what it has queued for whom so far."""

    connection: Connection
    parts: Parts
    at: datetime
    now: datetime
    ways: Ways = field(init=False)
    places: Places = field(init=False)
    _sent: set[tuple[int, str]] = field(default_factory=set)
    _reminded: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.ways = ways_of(self.connection, self.parts)
        self.places = Places(self.connection, self.parts.quiet, self.now)

    def judge(self, intent: DueIntent) -> Judgement:
        """As it stands in the rows, and beside what this page has queued for the same person already."""
        if intent.facts is None:
            return Skip("no-such-reminder")
        judgement = judge_intent(self._with_blood_facts(intent.facts, intent), self.at, self.parts.quiet, self.ways)
        reminder = intent.facts.reminder
        if not isinstance(judgement, Queue) or reminder.purpose is not MessagePurpose.REMINDER:
            return judgement
        if reminder.merge and (intent.contact_id, reminder.merge) in self._sent:
            return Skip(MERGED)
        if intent.contact_id in self._reminded:
            beside = replace(intent.facts, heard=Heard(self.at, 1))
            return judge_intent(beside, self.at, self.parts.quiet, self.ways)
        return judgement

    def note_sent(self, intent: DueIntent) -> None:
        if intent.facts is not None and intent.facts.reminder.purpose is MessagePurpose.REMINDER:
            self._reminded.add(intent.contact_id)
            self._sent.add((intent.contact_id, intent.facts.reminder.merge))

    def _with_blood_facts(self, facts: IntentFacts, intent: DueIntent) -> IntentFacts:
        code = intent.row.given_at_code
        if not isinstance(facts.subject, Giving) or not code or not self.parts.words.has(f"{BLOOD}{code}"):
            return facts
        return replace(facts, subject=replace(facts.subject, has_facts=True))


def ways_of(connection: Connection, parts: Parts) -> Ways:
    """The platforms of the channels that are on, the templates as they stand, and the cap."""
    on = {kind: platform for kind, platform in parts.platforms.items() if kind in parts.limits}
    return Ways(on, approved_templates(connection), parts.schedule(), parts.cap)


def _decide(intent: DueIntent, judgement: Judgement, at: datetime, judged: Judged, decided: Decided) -> None:
    match judgement:
        case Queue():
            judged.queued += 1
            decided.queued.append({"row": intent.id, "to_state": "queued", "why": "", "at": at})
        case Skip(reason):
            judged.skipped[reason] += 1
            decided.skipped.append({"row": intent.id, "to_state": "skipped", "why": reason, "at": at})
        case WaitUntil(moment, reason, ends):
            judged.waiting += 1
            decided.waiting.append({"row": intent.id, "until": moment, "why": reason, "ends": ends})


def _enqueue(intent: DueIntent, queue: Queue, page: Page, judged: Judged, decided: Decided) -> Queue | Skip:
    """Render for the best route that takes it; an approved template may be too narrow for these words."""
    for route in (queue.route, *queue.others):
        if route.opens_at > page.at:
            continue
        try:
            write_route(intent, route, page, judged, decided)
        except BadParam as error:
            log.warning("Intent %d does not fit the template of %s: %s", intent.id, route.kind, error)
            continue
        except (LostKey, KeyError) as error:
            # One faulty row or text must not stop everybody else's reminders.
            log.error("Intent %d cannot be rendered: %s", intent.id, type(error).__name__)
            return Skip("fault")
        return queue
    return Skip("fault")


def write_route(intent: DueIntent, route: RoutePlan, page: Page, judged: Judged, decided: Decided) -> None:
    """Outbox rows for this route. A menu replaces what the conversation offered, in the same commit; an approved
    template has none."""
    parts, home = page.parts, intent.homes[route.address_id]
    talk = load_talk(home.talk_sealed, parts.ring)
    if route.template is not None:
        messages: tuple[Message, ...] = (render_template(intent, route, parts, talk.language),)
    else:
        message = render(intent, home, page.places, parts, talk.language)
        messages = fit((message,), parts.limits[route.channel], parts.words.text(HINT, talk.language))
        menu = dump_talk(replace(talk, offered=offered((message,))), parts.ring)
        decided.talks.append({"row": home.id, "talk": menu})
    for part, one in enumerate(messages):
        body = parts.ring.seal_json(one.to_json(), "outbox.body")
        decided.outbox.append(_outbox_row(intent, route, part, body, page))
        judged.rows.append(decided.outbox[-1]["id"])
    judged.accounts.add(route.account_id)


def _outbox_row(intent: DueIntent, route: RoutePlan, part: int, body: bytes, page: Page) -> Row:
    purpose = MessagePurpose(intent.row.purpose)
    return {
        "id": new_id(),
        "key": f"intent:{intent.id}:{way_name(route)}:{part}",
        "account_id": route.account_id,
        "address_id": route.address_id,
        "contact_id": intent.contact_id,
        "intent_id": intent.id,
        "purpose": purpose.value,
        "priority": PRIORITIES[purpose],
        "part": part,
        "body_sealed": body,
        "state": "waiting",
        "created_at": page.now,
        "due_at": page.now,
        "judged_at": page.at,
        "expires_at": intent.row.expires_at,
        "route": route.kind.value,
        "price_vnd": route.price_vnd,
    }
