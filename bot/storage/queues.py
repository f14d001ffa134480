"""How long the queues of the accounts are: what a reply would wait."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, func, select, text

from bot.domain.updates import ChannelKind
from bot.storage.tables import accounts, outbox

MINUTE = 60.0


def waiting_seconds(connection: Connection, paces: Mapping[ChannelKind, int], now: datetime) -> dict[int, float]:
    """Account id → seconds until a reply written now would go out at the account's pace; accounts without a queue are
    left out. Bulk does not count: replies go before it."""
    if not paces:
        return {}
    query = (
        select(outbox.c.account_id, accounts.c.kind, func.count())
        .join(accounts, accounts.c.id == outbox.c.account_id)
        # Written out, not bound: only so both databases see that the partial index ix_outbox_waiting serves.
        .where(
            text("outbox.state IN ('waiting', 'sending')"),
            text("outbox.priority = 0"),
            outbox.c.account_id.in_(select(accounts.c.id)),
            outbox.c.due_at <= now,
        )
        .group_by(outbox.c.account_id, accounts.c.kind)
    )
    return {
        row[0]: row[2] * MINUTE / paces[ChannelKind(row[1])]
        for row in connection.execute(query)
        if ChannelKind(row[1]) in paces
    }
