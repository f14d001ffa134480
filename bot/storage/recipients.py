"""The people of a broadcast as rows: written page by page, taken in order when there is room, postponed or ended."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, bindparam, func, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.domain.broadcasts import BroadcastState
from bot.domain.deciding import Not, To
from bot.domain.outbox import TO_MANY
from bot.domain.updates import ChannelKind
from bot.storage.prepared import Prepared
from bot.storage.tables import accounts, broadcasts, outbox, recipients

WAITING, QUEUED, SKIPPED = "waiting", "queued", "skipped"

_columns = (
    "broadcast_id",
    "contact_id",
    "address_id",
    "account_id",
    "route",
    "price_vnd",
    "state",
    "reason",
    "due_at",
    "decided_at",
    "wave",
)
_write = Prepared(
    sqlite.insert(recipients).on_conflict_do_nothing(),
    postgresql.insert(recipients).on_conflict_do_nothing(),
    _columns,
)

_from_json = text(
    "INSERT INTO recipients (broadcast_id, contact_id, address_id, account_id, route, price_vnd, state, reason, due_at,"
    " decided_at, wave) SELECT * FROM json_to_recordset(CAST(:rows AS json)) AS r(broadcast_id bigint, contact_id bigint,"
    " address_id bigint, account_id bigint, route text, price_vnd integer, state text, reason text, due_at timestamptz,"
    " decided_at timestamptz, wave smallint) ON CONFLICT DO NOTHING"
)
"""On PostgreSQL a page is one statement with one parameter; a statement for each row took four times as long."""


def _put(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(_from_json, {"rows": orjson.dumps(list(rows)).decode()})
    else:
        _write.run(connection, rows)


def recipient_row(
    broadcast_id: int, contact_id: int, decided: To | Not, now: datetime, wave: int = 0
) -> dict[str, Any]:
    """One person's row: to be sent, or why not."""
    row: dict[str, Any] = dict.fromkeys(_columns)
    row |= {"broadcast_id": broadcast_id, "contact_id": contact_id, "wave": wave}
    if isinstance(decided, Not):
        return row | {"state": SKIPPED, "reason": decided.reason, "decided_at": now, "route": "", "price_vnd": 0}
    route = decided.route
    return row | {
        "address_id": route.address_id,
        "account_id": route.account_id,
        "route": route.kind.value,
        "price_vnd": route.price_vnd,
        "state": WAITING,
        "reason": decided.reason,
        "due_at": decided.at,
    }


def write_recipients(
    connection: Connection, broadcast_id: int, rows: Sequence[dict[str, Any]], came_from: int, goes_to: int
) -> bool:
    """Write a page of people and note how far we are; False when another process was faster, or it runs no more.

    Args:
        came_from, goes_to: the last person before this page, and the last of it.
    """
    mine = (
        update(broadcasts)
        .where(
            broadcasts.c.id == broadcast_id,
            broadcasts.c.cursor == came_from,
            broadcasts.c.state == BroadcastState.RUNNING.value,
        )
        .values(cursor=goes_to)
    )
    if connection.execute(mine).rowcount != 1:
        return False
    if rows:
        _put(connection, rows)
    return True


def add_recipients(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Of a wave; whoever stands there already stays as they are."""
    if rows:
        _put(connection, rows)


def cursor_of(connection: Connection, broadcast_id: int) -> int:
    """The last person that was gone through."""
    found: int = connection.execute(select(broadcasts.c.cursor).where(broadcasts.c.id == broadcast_id)).scalar_one()
    return found


def note_expanded(connection: Connection, broadcast_id: int, now: datetime) -> None:
    """Everybody has been gone through."""
    mine = broadcasts.c.id == broadcast_id, broadcasts.c.expanded_at.is_(None)
    connection.execute(update(broadcasts).where(*mine).values(expanded_at=now))


@dataclass(frozen=True, slots=True)
class Next:
    """Somebody whose turn it is."""

    contact_id: int
    reason: str
    tries: int


_is_waiting = text("recipients.state = 'waiting'")
_next = (
    select(recipients.c.contact_id, recipients.c.reason, recipients.c.tries)
    # Written out, not bound: only so both databases see that the partial index ix_recipients_next serves.
    .where(
        _is_waiting,
        recipients.c.broadcast_id == bindparam("broadcast"),
        recipients.c.account_id == bindparam("account"),
        recipients.c.due_at <= bindparam("now"),
    )
    .order_by(recipients.c.due_at, recipients.c.contact_id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)


def next_people(connection: Connection, broadcast_id: int, account_id: int, now: datetime, most: int) -> list[Next]:
    """Those whose message is due at this account, the longest waiting first; locked until the commit."""
    values = {"broadcast": broadcast_id, "account": account_id, "now": now, "most": most}
    return [Next(*row) for row in connection.execute(_next, values)]


def bulk_waiting(connection: Connection) -> dict[int, int]:
    """Account → messages of broadcasts that stand in its queue already; a handful, because little is queued ahead."""
    query = (
        select(outbox.c.account_id, func.count())
        .where(text("outbox.state IN ('waiting', 'sending')"), outbox.c.priority == TO_MANY)
        .group_by(outbox.c.account_id)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def able_accounts(connection: Connection) -> dict[int, ChannelKind]:
    """Accounts that are not paused, by id."""
    rows = connection.execute(select(accounts.c.id, accounts.c.kind).where(accounts.c.paused_at.is_(None)))
    return {row.id: ChannelKind(row.kind) for row in rows}


_decide = (
    update(recipients)
    .where(
        recipients.c.broadcast_id == bindparam("broadcast"),
        recipients.c.contact_id == bindparam("contact"),
        recipients.c.state == WAITING,
    )
    .values(
        state=bindparam("to_state"),
        reason=bindparam("why"),
        due_at=bindparam("until"),
        decided_at=bindparam("at"),
        address_id=bindparam("address"),
        account_id=bindparam("account"),
        route=bindparam("way"),
        price_vnd=bindparam("price"),
    )
)


def decide_people(connection: Connection, rows: Iterable[dict[str, Any]]) -> None:
    """What became of those whose turn it was (`decided_row`)."""
    values = list(rows)
    if values:
        connection.execute(_decide, values)


def decided_row(broadcast_id: int, contact_id: int, state: str, decided: To | Not, now: datetime) -> dict[str, Any]:
    row: dict[str, Any] = {"broadcast": broadcast_id, "contact": contact_id, "to_state": state, "why": decided.reason}
    if isinstance(decided, Not):
        return row | {"until": None, "at": now, "address": None, "account": None, "way": "", "price": 0}
    return row | {
        "until": decided.at,
        "at": now if state == QUEUED else None,
        "address": decided.route.address_id,
        "account": decided.route.account_id,
        "way": decided.route.kind.value,
        "price": decided.route.price_vnd,
    }
