"""`giothong tick --at`: everything due up to a moment, judged as if it were now, once."""

from collections import Counter
from datetime import datetime
from typing import Any

from bot.domain.outbox import OutboxState
from bot.storage.leases import LASTS
from bot.storage.moving import with_successors
from bot.storage.outbox import count_states, open_and_due
from scheduler.due import judge_due
from scheduler.parts import Parts
from scheduler.planning import plan

ENDS = (OutboxState.SENT, OutboxState.FAILED, OutboxState.UNKNOWN, OutboxState.MOVED)


async def tick(parts: Parts, at: datetime, patience: float = LASTS.total_seconds() + 1) -> dict[str, Any]:
    """Plan, judge everything due up to `at`, and send unless a running sender does; calling it again changes nothing.

    Args:
        patience: seconds to wait for a running sender to send what is due, or for the lease of a dead one to run out.

    Returns:
        counts: planned, queued, sent, failed, unknown, moved, waiting; and skipped, by reason.
    """
    planned = await plan(parts)
    judged = await judge_due(parts, at)
    due = await parts.db.read(lambda c: open_and_due(c, parts.clock()))
    await parts.sender.send_due(patience)
    queued = sorted({row for row, _ in due} | set(judged.rows))
    ids = await parts.db.read(lambda c: with_successors(c, queued))
    states: Counter[str] = Counter()
    skipped = Counter(judged.skipped)
    for state, reason, count in await parts.db.read(lambda c: count_states(c, ids)):
        if state == OutboxState.SKIPPED:
            skipped[reason] += count
        else:
            states[state] += count
    unsent = states[OutboxState.WAITING] + states[OutboxState.SENDING]
    return {
        "planned": planned,
        "queued": judged.queued,
        **{state.value: states[state] for state in ENDS},
        "skipped": dict(skipped),
        "waiting": judged.waiting + unsent,
    }
