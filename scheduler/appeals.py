"""The appeals sweep: candidates are gathered, waves go out until enough people have promised, and then it ends."""

from datetime import datetime, timedelta

from sqlalchemy import Connection

from bot.domain.appeals import Closing, Need, is_covered, next_wave_at, wave_size
from bot.domain.broadcasts import Broadcast
from bot.domain.deciding import To, decide
from bot.domain.segments import SegmentFault
from bot.storage.appeal_candidates import count_candidates, drop_candidates, gather, next_candidates, own_turnout
from bot.storage.appeals import (
    Appeal,
    appeal_of,
    begin_wave,
    close,
    is_under_way,
    lock_wave,
    look_again_at,
    note_asked,
    note_gathered,
    open_appeal,
    places_left,
    standing_of,
)
from bot.storage.broadcast_queue import recall
from bot.storage.broadcast_sweeps import hold_back
from bot.storage.broadcasts import running
from bot.storage.counted_links import keep_links
from bot.storage.dry_run import people_of, sending_of, ways_of
from bot.storage.recipient_facts import facts_of, page_of_people, read_accounts
from bot.storage.recipients import add_recipients, note_expanded, recipient_row
from scheduler.appeal_thanks import thank
from scheduler.expansion import links_of, tools_of
from scheduler.parts import Parts

GATHER_PAGE = 200
WAVE_PAGE = 100
"""People in one commit, so that it stays within 20 ms on SQLite."""

FULL_AGAIN = timedelta(minutes=5)
"""How soon a drive without a free place is looked at again."""


async def ask(parts: Parts) -> int:
    """Take every running appeal a step further; returns how many people were looked at."""
    asked = 0
    for broadcast in await parts.db.read(running):
        if broadcast.draft.need is not None and broadcast.expanded_at is None:
            asked += await _further(parts, broadcast, broadcast.draft.need)
    return asked


async def _further(parts: Parts, broadcast: Broadcast, need: Need) -> int:
    appeal = await parts.db.read(lambda c: appeal_of(c, broadcast.id))
    if appeal is None:
        appeal = await parts.db.write(lambda c: open_appeal(c, broadcast.id))
    if appeal.closed_at is not None:
        await _end(parts, broadcast, appeal, appeal.closed_at)
        return 0
    if why := await parts.db.read(lambda c: _closing(c, broadcast, need, parts.clock())):
        await parts.db.write(lambda c: close(c, broadcast.id, why, parts.clock()))
        return 0
    if appeal.gathered_at is None:
        await _gather(parts, broadcast, need, appeal)
        return 0
    if not appeal.still_to_ask and appeal.next_wave_at is not None and appeal.next_wave_at <= parts.clock():
        await parts.db.write(lambda c: _begin(c, parts, broadcast, need, appeal))
    return await _fill_up(parts, broadcast)


def _closing(connection: Connection, broadcast: Broadcast, need: Need, now: datetime) -> Closing | None:
    """Whether it has asked enough people, or asking is of no use any more."""
    sending = sending_of(connection, broadcast, now)
    if not sending.takes_people or (sending.lasts_until is not None and sending.lasts_until <= now):
        return Closing.OVER
    covered = is_covered(need, standing_of(connection, broadcast), own_turnout(connection, now))
    return Closing.MET if covered else None


async def _end(parts: Parts, broadcast: Broadcast, appeal: Appeal, closed_at: datetime) -> None:
    """What has not gone out stays here; those who were asked in vain are thanked; then the broadcast may be finished."""
    while await parts.db.write(lambda c: recall(c, broadcast.id, parts.clock(), appeal.close_reason)):
        pass
    if appeal.thanked_at is not None or await thank(parts, broadcast, closed_at):
        await parts.db.write(lambda c: note_expanded(c, broadcast.id, parts.clock()))


# --- who may be asked -------------------------------------------------------------------------------------------------


async def _gather(parts: Parts, broadcast: Broadcast, need: Need, appeal: Appeal) -> None:
    await parts.db.write(lambda c: keep_links(c, broadcast.id, links_of(parts, broadcast)))
    going: Appeal | None = appeal
    while going is not None:
        page = going
        try:
            going = await parts.db.write(lambda c: _gather_page(c, parts, broadcast, need, page))  # noqa: B023
        except SegmentFault as fault:
            why = str(fault.word)
            await parts.db.write(lambda c: hold_back(c, broadcast.id, why, parts.clock()))  # noqa: B023
            return


def _gather_page(
    connection: Connection, parts: Parts, broadcast: Broadcast, need: Need, appeal: Appeal
) -> Appeal | None:
    """The next people, each at their place in the row; None when they were the last, or somebody else is at it."""
    now, tools = parts.clock(), tools_of(parts)
    sending = sending_of(connection, broadcast, now)
    which = people_of(connection, broadcast, tools, now)
    ids = page_of_people(connection, which, sending, appeal.cursor, GATHER_PAGE)
    done = len(ids) < GATHER_PAGE
    if not note_gathered(connection, appeal, ids[-1] if ids else appeal.cursor, now if done else None):
        return None
    if ids:
        today = now.astimezone(parts.quiet.zone).date()
        gather(connection, broadcast.id, ids, need.groups, parts.ring, today)
    return None if done else appeal_of(connection, broadcast.id)


# --- a wave -----------------------------------------------------------------------------------------------------------


def _begin(connection: Connection, parts: Parts, broadcast: Broadcast, need: Need, appeal: Appeal) -> None:
    """As many as the need still takes; nobody while the last wave is on its way, nobody is left to ask, or there is no place
    for anybody."""
    now = parts.clock()
    at = next_wave_at(need, now)
    if (appeal.wave and is_under_way(connection, appeal)) or not count_candidates(connection, broadcast.id):
        look_again_at(connection, appeal, at)
    elif not places_left(connection, broadcast.draft.drive_id, now):
        look_again_at(connection, appeal, now + FULL_AGAIN)
    else:
        size = wave_size(need, standing_of(connection, broadcast), own_turnout(connection, now))
        begin_wave(connection, appeal, size, at)


async def _fill_up(parts: Parts, broadcast: Broadcast) -> int:
    """Ask those of the wave who are still to be asked; returns how many were looked at."""
    asked = page = await parts.db.write(lambda c: _fill(c, parts, broadcast))
    while page:
        page = await parts.db.write(lambda c: _fill(c, parts, broadcast))
        asked += page
    return asked


def _fill(connection: Connection, parts: Parts, broadcast: Broadcast) -> int:
    """Decide a page of candidates; returns how many, 0 when the wave is full or nobody is left."""
    appeal = lock_wave(connection, broadcast.id)
    if appeal is None:
        return 0
    now, tools = parts.clock(), tools_of(parts)
    ids = next_candidates(connection, broadcast.id, min(appeal.still_to_ask, WAVE_PAGE))
    sending, ways = sending_of(connection, broadcast, now), ways_of(connection, tools)
    found = facts_of(connection, sorted(ids), sending, read_accounts(connection), now)
    decided = [(one.contact_id, decide(one, sending, now, tools.quiet, ways)) for one in found]
    add_recipients(connection, [recipient_row(broadcast.id, one, what, now, appeal.wave) for one, what in decided])
    drop_candidates(connection, broadcast.id, ids)
    reached = sum(isinstance(what, To) for _, what in decided)
    note_asked(connection, appeal, appeal.still_to_ask - reached if ids else 0)
    return len(ids)
