"""The sweeps of a broadcast's life: begun at its time, its people gone through, fed to the lanes, braked, finished."""

import logging
from functools import partial

from bot.domain.brakes import brake
from bot.domain.broadcasts import Broadcast, BroadcastState, Refused
from bot.intake.broadcast_desk import Desk, start
from bot.storage.broadcast_queue import hold, recall, strays
from bot.storage.broadcast_samples import sample_of
from bot.storage.broadcast_sweeps import SYSTEM, call_off_start, finish, hold_back
from bot.storage.broadcasts import due_to_start, running
from scheduler.parts import Parts

log = logging.getLogger(__name__)


async def begin(parts: Parts) -> int:
    """Start what is due, with every check of a start by hand; what may not start waits for a person, and says why."""
    if parts.broadcast_desk is None:
        return 0
    desk, now, begun = parts.broadcast_desk(), parts.clock(), 0
    for broadcast in await parts.db.read(lambda c: due_to_start(c, now)):
        begun += await _begin(parts, desk, broadcast)
    return begun


async def _begin(parts: Parts, desk: Desk, broadcast: Broadcast) -> bool:
    now = parts.clock()
    try:
        await start(desk, SYSTEM, broadcast, now)
    except Refused as refused:
        log.warning("Broadcast %d may not start: %s", broadcast.id, refused.why)
        why = refused.why.value
        await parts.db.write(lambda c: call_off_start(c, broadcast.id, why, now))
        return False
    return True


async def watch_over(parts: Parts) -> int:
    """Brake what goes wrong, finish what is done; returns how many still ran."""
    going = await parts.db.read(running)
    for broadcast in going:
        await _watch(parts, broadcast)
    for one, state in await parts.db.read(strays):
        await _stop_again(parts, one, state)
    return len(going)


async def _stop_again(parts: Parts, one: int, state: BroadcastState) -> None:
    """What a pause holds or a recall ends, also where it came back after that."""
    if state is BroadcastState.PAUSED:
        await parts.db.write(lambda c: hold(c, one))
        return
    while await parts.db.write(lambda c: recall(c, one, parts.clock())):
        pass


async def _watch(parts: Parts, broadcast: Broadcast) -> None:
    now, one = parts.clock(), broadcast.id
    why = brake(await parts.db.read(partial(sample_of, broadcast=broadcast)))
    if not why:
        await parts.db.write(lambda c: finish(c, one, now))
    elif await parts.db.write(lambda c: hold_back(c, one, why, now)):
        log.error("Broadcast %d is held back: %s", one, why)
