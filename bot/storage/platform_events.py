"""What platforms tell of our accounts: a template's new status, a quota, a ban, a template that was delivered."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.domain.templates import status_told
from bot.domain.updates import ChannelKind
from bot.storage.accounts import load_accounts, pause, resume
from bot.storage.audit import note
from bot.storage.tables import outbox, platform_events, templates

DELIVERED = "delivered"
LOOK_BACK = timedelta(days=2)
"""How old a message of unclear fate may be that a late receipt settles."""

STATUS_EVENTS = {
    "change_template_status": ChannelKind.ZALO,
    "message_template_status_update": ChannelKind.MESSENGER,
}
POLICY = "policy_enforcement"
RESTRICTED = "restricted"
"""Stands in the reason of a pause that a ban of the page has caused; only staff or the platform's own word end it."""

WARNED_FOR = timedelta(days=7)
"""Meta limits a page about a week after its warning, unless what it complains of has ended."""

WHO = "platform"

_insert: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


@dataclass(frozen=True, slots=True)
class PlatformEvent:
    """One word of a platform. `key` is the same for a repeat of the same call."""

    account_id: int
    key: str
    kind: str
    subject: str
    detail: str
    language: str = ""


def take_events(connection: Connection, events: Sequence[PlatformEvent], now: datetime) -> None:
    """Keep each event once; what is new has its effect."""
    for event in events:
        if not keep_event(connection, event, now):
            continue
        if event.kind in STATUS_EVENTS:
            _set_status(connection, event)
        elif event.kind == POLICY:
            _enforce(connection, event, now)
        elif event.detail == DELIVERED:
            _settle_delivered(connection, event, now)


def keep_event(connection: Connection, event: PlatformEvent, now: datetime) -> bool:
    """Write it down; False when the same was there already."""
    row = {
        "id": event_id(event),
        "account_id": event.account_id,
        "at": now,
        "kind": event.kind,
        "subject": event.subject,
        "detail": event.detail,
    }
    statement = _insert[connection.dialect.name](platform_events).values(row).on_conflict_do_nothing()
    return connection.execute(statement.returning(platform_events.c.id)).first() is not None


def drop_events(connection: Connection, before: datetime, most: int) -> int:
    """Events so old that nobody asks for them."""
    old = select(platform_events.c.id).where(platform_events.c.at <= before).limit(most)
    return connection.execute(delete(platform_events).where(platform_events.c.id.in_(old))).rowcount


def event_id(event: PlatformEvent) -> int:
    """Follows from what it is: a repeat is found by its id."""
    named = f"{event.account_id}\n{event.kind}\n{event.key}".encode()
    return int.from_bytes(hashlib.blake2b(named, digest_size=8, key=b"event").digest(), "big") >> 1


def _set_status(connection: Connection, event: PlatformEvent) -> None:
    """A name may have a form in each language; `vi_VN` is the `vi` of our rows."""
    statement = update(templates).where(
        templates.c.name == event.subject, templates.c.channel == STATUS_EVENTS[event.kind].value
    )
    if event.language:
        statement = statement.where(templates.c.language == event.language.partition("_")[0])
    connection.execute(statement.values(status=status_told(event.detail)))


def _enforce(connection: Connection, event: PlatformEvent, now: datetime) -> None:
    """A ban stops the account until it is lifted; a warning is an alarm (`alarm_figures.py`) and stops nothing."""
    if event.detail == "block" and pause(connection, event.account_id, f"{RESTRICTED} {POLICY}", now):
        note(connection, now, WHO, "account-paused", str(event.account_id))
    if event.detail == "unblock" and _is_restricted(connection, event.account_id):
        resume(connection, event.account_id)
        note(connection, now, WHO, "account-resumed", str(event.account_id))


def _is_restricted(connection: Connection, account_id: int) -> bool:
    """Paused for a ban, and not for a dead token meanwhile."""
    rows = (row for row in load_accounts(connection) if row.id == account_id)
    return any(RESTRICTED in (row.paused_reason or "") for row in rows)


def _settle_delivered(connection: Connection, event: PlatformEvent, now: datetime) -> None:
    """A receipt by phone names our message only by a hash of its key: look among those whose fate is unclear."""
    query = select(outbox.c.id, outbox.c.key).where(
        outbox.c.account_id == event.account_id,
        outbox.c.state == "unknown",
        outbox.c.route == "template-phone",
        outbox.c.created_at > now - LOOK_BACK,
    )
    for row in connection.execute(query).all():
        if hashlib.sha256(row.key.encode()).hexdigest().startswith(event.subject) and event.subject:
            connection.execute(
                update(outbox)
                .where(outbox.c.id == row.id, outbox.c.state == "unknown")
                .values(state="sent", reason="receipt", sent_at=now)
            )
