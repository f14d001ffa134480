"""A message that one way refused goes the next lawful one, in the commit that records the refusal."""

import logging
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from bot.domain.intents import FORM_LIVE, other_ways
from bot.domain.reach import RoutePlan
from bot.domain.templates import BadParam
from bot.storage.due_facts import DueIntent
from bot.storage.due_intents import Decided, intents_again, write_decided
from bot.storage.moving import Refused, mark_moved, refused_intents
from bot.storage.sealing import LostKey
from scheduler.due import Judged, Page, write_route
from scheduler.parts import Parts

log = logging.getLogger(__name__)


def move(connection: Connection, parts: Parts, outbox_ids: Sequence[int], now: datetime) -> frozenset[int]:
    """Write the next way's messages for those that were refused, and mark these moved. Where there is no other way
    they stay as they are. The caller holds their people.

    Returns:
        the accounts whose lanes have work.
    """
    refused = {one.intent_id: one for one in refused_intents(connection, outbox_ids)}
    if not refused:
        return frozenset()
    judged, decided = Judged(), Decided()
    moved: list[int] = []
    page = Page(connection, parts, now, now)
    for intent in intents_again(connection, sorted(refused), now, parts.schedule()):
        one = refused[intent.id]
        if _write_next(page, intent, one, judged, decided):
            moved.extend(one.rows)
    mark_moved(connection, moved)
    write_decided(connection, decided)
    return frozenset(judged.accounts)


def _write_next(page: Page, intent: DueIntent, one: Refused, judged: Judged, decided: Decided) -> bool:
    """For the best way that was not tried yet and takes it; False when there is none."""
    if intent.facts is None:
        return False
    moment = max(page.now, one.judged_at or page.now)
    page.at = moment
    for plan in other_ways(intent.facts, one.tried, moment, page.ways):
        written = Decided()
        try:
            write_route(intent, plan, page, judged, written)
        except BadParam as error:
            log.warning("Intent %d does not fit the template of %s: %s", intent.id, plan.kind, error)
            continue
        except (LostKey, KeyError) as error:
            log.error("Intent %d cannot be rendered: %s", intent.id, type(error).__name__)
            return False
        _let_wait(intent, plan, moment, written)
        decided.outbox.extend(written.outbox)
        decided.talks.extend(written.talks)
        return True
    return False


def _let_wait(intent: DueIntent, plan: RoutePlan, moment: datetime, written: Decided) -> None:
    """The platform's night is waited out. So is a form at the new address, whose menu stays what a number means."""
    touched = intent.homes[plan.address_id].form_touched_at
    form_ends = moment if touched is None else min(touched, moment) + FORM_LIVE
    until = max(plan.opens_at, form_ends)
    if until >= intent.row.expires_at:
        until = plan.opens_at
    if form_ends > moment:
        written.talks.clear()
    if until > moment:
        for row in written.outbox:
            row["due_at"] = until
