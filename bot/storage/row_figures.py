"""Figures counted from rows, for /metrics. What could be slow stands apart, so that it can be counted rarely."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select, text

from bot.domain.alarms import AccountFigures
from bot.domain.outbox import OPEN, OutboxState
from bot.storage.alarm_figures import accounts_now
from bot.storage.alarms import count_by_kind
from bot.storage.tables import addresses, kept_aside, leases, outbox

ENDED = tuple(state.value for state in OutboxState if state not in OPEN)


@dataclass(frozen=True, slots=True)
class LaneFigures:
    """The lease of an account's lane: its epoch, and whether any process holds it now."""

    epoch: int
    held: bool


@dataclass(frozen=True, slots=True)
class RowFigures:
    """What indexes answer at once. `lanes` by account id; `on_the_way` by state."""

    accounts: tuple[AccountFigures, ...]
    lanes: Mapping[int, LaneFigures]
    on_the_way: Mapping[str, int]
    waiting_humans: int
    kept_aside: int
    alarms: Mapping[str, int]


def row_figures(connection: Connection, now: datetime) -> RowFigures:
    """Counts that cost a few milliseconds, however many messages were ever sent."""
    # The states are written out, not bound: only so both databases see that the partial indexes serve.
    under_way = (
        select(outbox.c.state, func.count()).where(text("outbox.state IN ('waiting', 'sending')")).group_by("state")
    )
    waiting = select(func.count()).where(text("addresses.handoff != 'none'"), addresses.c.handoff == "waiting")
    return RowFigures(
        accounts=accounts_now(connection, now),
        lanes=_lanes(connection, now),
        on_the_way=dict.fromkeys((state.value for state in OPEN), 0)
        | {row[0]: row[1] for row in connection.execute(under_way)},
        waiting_humans=connection.execute(waiting).scalar_one(),
        kept_aside=connection.execute(select(func.count()).select_from(kept_aside)).scalar_one(),
        alarms=count_by_kind(connection),
    )


def ended_messages(connection: Connection) -> dict[str, int]:
    """Outgoing messages by the state they ended in. It looks at every row: seconds for millions."""
    query = select(outbox.c.state, func.count()).where(outbox.c.state.in_(ENDED)).group_by(outbox.c.state)
    return dict.fromkeys(ENDED, 0) | {row[0]: row[1] for row in connection.execute(query)}


def _lanes(connection: Connection, now: datetime) -> dict[int, LaneFigures]:
    rows = connection.execute(select(leases).where(leases.c.name.startswith("lane:")))
    return {int(row.name.partition(":")[2]): LaneFigures(row.epoch, row.expires_at > now) for row in rows}
