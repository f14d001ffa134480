"""How often people saw a broadcast, as platforms tell: a number on the broadcast, and nothing on anybody's row."""

from collections.abc import Collection, Mapping

from sqlalchemy import Connection, func, select, update

from bot.storage.tables import broadcasts, outbox


def count_seen(connection: Connection, told: Mapping[int, Collection[str]]) -> None:
    """Add what platforms have just told; of a message in parts the first one counts.

    Only receipts that name messages count: Zalo's. Messenger tells a moment up to which all was read, again and again;
    to count each message once we would have to remember how far each person has read, and we do not follow people.

    Args:
        told: address id → the platform's ids of the messages that were seen there; repeats are gone already.
    """
    names = sorted({name for ids in told.values() for name in ids})
    if not names:
        return
    query = (
        select(outbox.c.broadcast_id, func.count())
        .where(
            outbox.c.address_id.in_(sorted(told)),
            outbox.c.platform_id.in_(names),
            outbox.c.broadcast_id.is_not(None),
            outbox.c.part == 0,
        )
        .group_by(outbox.c.broadcast_id)
    )
    counts: dict[int, int] = {row[0]: row[1] for row in connection.execute(query)}
    for identity in sorted(counts):  # always in this order, so that two processes cannot lock each other
        mine = update(broadcasts).where(broadcasts.c.id == identity)
        connection.execute(mine.values(seen=broadcasts.c.seen + counts[identity]))
