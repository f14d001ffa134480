"""Messages that certainly were not sent one way, and go another: found, locked, marked."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select, update

from bot.domain.outbox import NOT_SENT
from bot.storage.tables import addresses, intents, outbox


@dataclass(frozen=True, slots=True)
class Refused:
    """An intent none of whose messages arrived.

    Args:
        rows: those that go another way now.
        tried: the ways it went before, as they stand in the keys.
        judged_at: the latest moment that it was judged for.
    """

    intent_id: int
    rows: tuple[int, ...]
    tried: frozenset[str]
    judged_at: datetime | None


def hold_people(connection: Connection, outbox_ids: Sequence[int], *, wait: bool) -> frozenset[int]:
    """Lock every address of the people these messages are for, in the intake's order; call it before touching rows of
    the outbox, or else do not `wait`.

    Returns:
        the messages whose people are locked.
    """
    if connection.dialect.name == "sqlite" or not outbox_ids:
        return frozenset(outbox_ids)
    of_message = (
        select(outbox.c.id, intents.c.contact_id)
        .outerjoin(intents, intents.c.id == outbox.c.intent_id)
        .where(outbox.c.id.in_(outbox_ids))
    )
    people = {row.id: row.contact_id for row in connection.execute(of_message)}
    theirs = select(addresses.c.id, addresses.c.contact_id).where(
        addresses.c.contact_id.in_({*people.values()} - {None})
    )
    locked = set(
        connection.execute(theirs.order_by(addresses.c.id).with_for_update(key_share=True, skip_locked=not wait)).all()
    )
    missing = {row.contact_id for row in connection.execute(theirs) if row not in locked}
    return frozenset(identity for identity, contact in people.items() if contact not in missing)


def refused_intents(connection: Connection, outbox_ids: Sequence[int]) -> list[Refused]:
    """Intents of messages that were just refused, unless any of their messages arrived or may have arrived."""
    these = select(outbox.c.intent_id).where(outbox.c.id.in_(outbox_ids), outbox.c.state.in_(("failed", "skipped")))
    statement = (
        select(outbox.c.id, outbox.c.intent_id, outbox.c.key, outbox.c.state, outbox.c.judged_at)
        .join(intents, intents.c.id == outbox.c.intent_id)
        .where(outbox.c.intent_id.in_(these), intents.c.state == "queued")
        .order_by(outbox.c.intent_id, outbox.c.id)
    )
    found: dict[int, list[tuple[int, str, str, datetime | None]]] = {}
    for row in connection.execute(statement):
        found.setdefault(row.intent_id, []).append((row.id, row.key, row.state, row.judged_at))
    return [
        Refused(
            intent_id,
            tuple(identity for identity, _, state, _ in rows if state != "moved"),
            frozenset(key.split(":")[2] for _, key, _, _ in rows),
            max((at for *_, at in rows if at is not None), default=None),
        )
        for intent_id, rows in found.items()
        if all(state in NOT_SENT for _, _, state, _ in rows)
    ]


def mark_moved(connection: Connection, outbox_ids: Iterable[int]) -> None:
    """They went another way; why this one was refused stays in the reason."""
    ids = list(outbox_ids)
    if ids:
        statement = update(outbox).where(outbox.c.id.in_(ids), outbox.c.state.in_(("waiting", "failed", "skipped")))
        connection.execute(statement.values(state="moved"))


def with_successors(connection: Connection, outbox_ids: Sequence[int]) -> list[int]:
    """These messages, and those that took the place of the moved ones among them."""
    found = set(outbox_ids)
    for start in range(0, len(outbox_ids), 500):
        page = outbox_ids[start : start + 500]
        moved = select(outbox.c.intent_id).where(outbox.c.id.in_(page), outbox.c.state == "moved")
        found.update(connection.execute(select(outbox.c.id).where(outbox.c.intent_id.in_(moved))).scalars())
    return sorted(found)
