"""What platforms tell of our accounts: a template's new status, a quota, a template that was delivered."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.domain.templates import status_told
from bot.storage.tables import outbox, platform_events, templates

DELIVERED = "delivered"
LOOK_BACK = timedelta(days=2)
"""How old a message of unclear fate may be that a late receipt settles."""

STATUS_EVENT = "change_template_status"

_insert: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


@dataclass(frozen=True, slots=True)
class PlatformEvent:
    """One word of a platform. `key` is the same for a repeat of the same call."""

    account_id: int
    key: str
    kind: str
    subject: str
    detail: str


def take_events(connection: Connection, events: Sequence[PlatformEvent], now: datetime) -> None:
    """Keep each event once, and let a template's status and a delivery have their effect."""
    for event in events:
        row = {
            "id": _event_id(event),
            "account_id": event.account_id,
            "at": now,
            "kind": event.kind,
            "subject": event.subject,
            "detail": event.detail,
        }
        connection.execute(_insert[connection.dialect.name](platform_events).values(row).on_conflict_do_nothing())
        if event.kind == STATUS_EVENT:
            connection.execute(
                update(templates).where(templates.c.name == event.subject).values(status=status_told(event.detail))
            )
        elif event.detail == DELIVERED:
            _settle_delivered(connection, event, now)


def _event_id(event: PlatformEvent) -> int:
    named = f"{event.account_id}\n{event.kind}\n{event.key}".encode()
    return int.from_bytes(hashlib.blake2b(named, digest_size=8, key=b"event").digest(), "big") >> 1


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
