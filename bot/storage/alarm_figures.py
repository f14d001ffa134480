"""Reads what the alarms are judged by: accounts, waiting messages, waiting people, faults, broadcasts."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, ScalarSelect, exists, func, select, text

from bot.domain.alarms import AccountFigures, BroadcastFigures, Figures, OwnFigures, Waiting
from bot.domain.broadcasts import BroadcastState
from bot.domain.outbox import Outcome
from bot.storage.platform_events import POLICY, WARNED_FOR
from bot.storage.tables import (
    accounts,
    addresses,
    appeals,
    attempts,
    broadcasts,
    contacts,
    kept_aside,
    outbox,
    platform_events,
)

FAULTS_COUNT_FOR = timedelta(hours=1)
PEOPLE_AT_MOST = 500
PRIORITIES = (0, 1, 2, 3)
"""Replies, messages of drives, reminders, broadcasts."""

# The states are written out, not bound: only so both databases see that the partial index ix_outbox_waiting serves.
_is_open = text("outbox.state IN ('waiting', 'sending')")


def read_figures(connection: Connection, own: OwnFigures, zone: ZoneInfo, now: datetime) -> Figures:
    """Everything, in four statements; what may be long is read by indexes."""
    return Figures(
        zone,
        accounts_now(connection, now),
        _waiting(connection),
        count_kept_aside(connection, now),
        own,
        broadcasts_now(connection, now),
    )


def accounts_now(connection: Connection, now: datetime) -> tuple[AccountFigures, ...]:
    """Each account with its oldest waiting messages.

    A reply counts from when it was written, because a failed try moves its due moment on; others from when they were
    due, because they were written long before.
    """
    query = select(
        accounts.c.id,
        accounts.c.code,
        accounts.c.paused_at,
        accounts.c.paused_reason,
        accounts.c.tokens_at,
        accounts.c.tokens_expire_at,
        accounts.c.refresh_state,
        _unpaid().label("unpaid"),
        _last_policy(now).label("last_policy"),
        *(_oldest(priority).label(f"since_{priority}") for priority in PRIORITIES),
    ).order_by(accounts.c.id)
    return tuple(_account(row, now) for row in connection.execute(query))


def count_kept_aside(connection: Connection, now: datetime) -> int:
    """Events kept aside in the last hour."""
    query = select(func.count()).where(kept_aside.c.received_at > now - FAULTS_COUNT_FOR)
    return connection.execute(query).scalar_one()


def broadcasts_now(connection: Connection, now: datetime) -> tuple[BroadcastFigures, ...]:
    """Those that the program has stopped by itself (staff's own pause has no reason), that are due, and that run."""
    state = broadcasts.c.state
    stopped = state.in_((BroadcastState.PAUSED.value, BroadcastState.APPROVED.value)) & (
        broadcasts.c.pause_reason != ""
    )
    due = (state == BroadcastState.SCHEDULED.value) & (broadcasts.c.starts_at <= now)
    query = (
        select(
            broadcasts.c.code,
            broadcasts.c.unit_id,
            state,
            broadcasts.c.pause_reason,
            broadcasts.c.starts_at,
            broadcasts.c.started_at,
            broadcasts.c.paused_at,
            func.coalesce(broadcasts.c.expanded_at, appeals.c.gathered_at).label("gone_through_at"),
        )
        .outerjoin(appeals, appeals.c.broadcast_id == broadcasts.c.id)
        .where(stopped | due | (state == BroadcastState.RUNNING.value))
        .order_by(broadcasts.c.id)
    )
    return tuple(_broadcast(row) for row in connection.execute(query))


def _broadcast(row: Any) -> BroadcastFigures:
    stopped = row.state in (BroadcastState.PAUSED.value, BroadcastState.APPROVED.value)
    return BroadcastFigures(
        code=row.code,
        unit_id=row.unit_id,
        held=row.pause_reason if stopped else "",
        due_at=row.starts_at if row.paused_at is None else None,
        began_at=row.paused_at or row.started_at,
        gone_through=row.gone_through_at is not None,
    )


def _oldest(priority: int) -> ScalarSelect[datetime]:
    moment = outbox.c.due_at if priority else outbox.c.created_at
    rows = select(func.min(moment)).where(_is_open, outbox.c.account_id == accounts.c.id, outbox.c.priority == priority)
    return rows.correlate(accounts).scalar_subquery()


def _unpaid() -> ScalarSelect[int]:
    """By their attempts: the reason of a message changes while it waits, for the night for example."""
    refused = exists().where(attempts.c.outbox_id == outbox.c.id, attempts.c.outcome == Outcome.UNPAID.value)
    rows = select(func.count()).where(_is_open, outbox.c.account_id == accounts.c.id, outbox.c.attempts > 0, refused)
    return rows.select_from(outbox).correlate(accounts).scalar_subquery()


def _last_policy(now: datetime) -> ScalarSelect[str]:
    """The platform's last word about the account's standing; after a week its warning is over."""
    rows = select(platform_events.c.detail).where(
        platform_events.c.account_id == accounts.c.id,
        platform_events.c.kind == POLICY,
        platform_events.c.at > now - WARNED_FOR,
    )
    return rows.order_by(platform_events.c.at.desc()).limit(1).correlate(accounts).scalar_subquery()


def _account(row: Any, now: datetime) -> AccountFigures:
    oldest = (getattr(row, f"since_{priority}") for priority in PRIORITIES)
    return AccountFigures(
        code=row.code,
        paused_reason=None if row.paused_at is None else row.paused_reason or "",
        tokens_at=row.tokens_at,
        tokens_expire_at=row.tokens_expire_at,
        tokens_lost=row.refresh_state == "lost",
        oldest=tuple(since if since is not None and since <= now else None for since in oldest),
        id=row.id,
        unpaid=row.unpaid,
        warned=row.last_policy == "warning",
    )


def _waiting(connection: Connection) -> tuple[Waiting, ...]:
    """Who waits, urgent ones first; a crowd is cut off, for its message is the same. In urgent talks that staff own,
    who wrote after their last answer waits too."""
    unanswered = addresses.c.handoff_urgent & (addresses.c.last_inbound_at > addresses.c.handoff_since)
    query = (
        select(
            addresses.c.id,
            addresses.c.handoff,
            addresses.c.handoff_since,
            addresses.c.last_inbound_at,
            addresses.c.handoff_urgent,
            func.coalesce(contacts.c.unit_id, accounts.c.unit_id).label("of_unit"),
        )
        .join(accounts, accounts.c.id == addresses.c.account_id)
        .outerjoin(contacts, contacts.c.id == addresses.c.contact_id)
        # Both conditions stand there: the first names the partial index.
        .where(text("addresses.handoff != 'none'"), (addresses.c.handoff == "waiting") | unanswered)
        .where(addresses.c.handoff_since.is_not(None))
        .order_by(addresses.c.handoff_urgent.desc(), addresses.c.handoff_since)
        .limit(PEOPLE_AT_MOST)
    )
    return tuple(_waits(row) for row in connection.execute(query))


def _waits(row: Any) -> Waiting:
    owned = row.handoff == "talking"
    return Waiting(row.id, row.of_unit, row.last_inbound_at if owned else row.handoff_since, row.handoff_urgent, owned)
