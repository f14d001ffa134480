"""Broadcasts between their rows and their values; a change is guarded by what was read."""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Row, select, update

from bot.domain.appeals import Need
from bot.domain.broadcasts import Broadcast, BroadcastState, Draft, Refusal, Refused
from bot.domain.outbox import MessagePurpose
from bot.storage.tables import broadcasts


def as_broadcast(row: Row[Any]) -> Broadcast:
    return Broadcast(
        id=row.id,
        code=row.code,
        draft=Draft(
            purpose=MessagePurpose(row.purpose),
            unit_id=row.unit_id,
            segment=row.segment,
            topic=row.topic,
            words=tuple(sorted(json.loads(row.words).items())) if row.words else (),
            image_id=row.image_id,
            drive_id=row.drive_id,
            template=row.template,
            held_out=row.held_out,
            need=None if row.need is None else Need(row.need, row.needed_by, tuple(row.needed_groups.split())),
        ),
        state=BroadcastState(row.state),
        revision=row.revision,
        created_by=row.created_by,
        approved_by=row.approved_by,
        ledger=row.ledger,
        starts_at=row.starts_at,
        started_at=row.started_at,
        expanded_at=row.expanded_at,
        paused_at=row.paused_at,
        pause_reason=row.pause_reason,
        finished_at=row.finished_at,
    )


def columns_of(draft: Draft) -> dict[str, Any]:
    words = json.dumps(dict(draft.words), ensure_ascii=False, sort_keys=True) if draft.words else ""
    return {
        "purpose": draft.purpose.value,
        "unit_id": draft.unit_id,
        "segment": draft.segment,
        "topic": draft.topic,
        "words": words,
        "image_id": draft.image_id,
        "drive_id": draft.drive_id,
        "template": draft.template,
        "held_out": draft.held_out,
        "need": draft.need.bags if draft.need else None,
        "needed_by": draft.need.by if draft.need else None,
        "needed_groups": " ".join(draft.need.groups) if draft.need else "",
    }


def change_row(connection: Connection, broadcast: Broadcast, values: Mapping[str, Any]) -> None:
    """Only if the row stands as it was read: of two people who press at once, one does it.

    Raises:
        Refused: somebody was quicker; the state is the one it has now.
    """
    mine = broadcasts.c.id == broadcast.id
    as_it_was = broadcasts.c.state == broadcast.state.value, broadcasts.c.revision == broadcast.revision
    if connection.execute(update(broadcasts).where(mine, *as_it_was).values(values)).rowcount == 1:
        return
    state = connection.execute(select(broadcasts.c.state).where(mine)).scalar()
    if state == broadcast.state.value:
        raise Refused(Refusal.CHANGED_SINCE)
    raise Refused(Refusal.WRONG_STATE, state or "")
