"""What platforms tell of accounts is kept once and has its effect, on both databases."""

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import insert, select

from bot.channels.zalo_sending import tracking_id
from bot.storage.database import Database
from bot.storage.ids import new_id
from bot.storage.platform_events import PlatformEvent, take_events
from bot.storage.tables import accounts, outbox, platform_events, templates


@pytest.fixture
def oa(db: Database) -> int:
    account = new_id()
    row = {"id": account, "kind": "zalo", "code": "oa", "external_id": "4000000000000000001"}
    db.write_now(lambda c: c.execute(insert(accounts).values(row)))
    return account


def take(db: Database, now: datetime, *events: PlatformEvent) -> None:
    db.write_now(lambda c: take_events(c, events, now))


def test_a_repeat_is_kept_once(db: Database, oa: int, now: datetime) -> None:
    quota = PlatformEvent(oa, "k1", "change_oa_daily_quota", "", "1000")
    take(db, now, quota, quota)
    take(db, now, quota)
    rows = db.read_now(lambda c: c.execute(select(platform_events)).all())
    assert [(row.kind, row.detail) for row in rows] == [("change_oa_daily_quota", "1000")]


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ("DISABLE", "disabled"),
        ("REJECT", "disabled"),
        ("ENABLE", "approved"),
        ("APPROVED", "approved"),
        ("?", "pending"),
    ],
)
def test_a_template_gets_its_new_status(db: Database, oa: int, now: datetime, told: str, status: str) -> None:
    for name in ("300123", "300124"):
        row = {"id": new_id(), "purpose": f"p{name}", "channel": "zalo", "name": name, "language": "vi"}
        db.write_now(lambda c, row=row: c.execute(insert(templates).values(row)))
    take(db, now, PlatformEvent(oa, "k", "change_template_status", "300123", told))
    found = db.read_now(lambda c: {row.name: row.status for row in c.execute(select(templates))})
    assert found == {"300123": status, "300124": "approved"}


def test_a_delivery_by_phone_settles_the_message_of_unclear_fate(db: Database, oa: int, now: datetime) -> None:
    keys = ("intent:1:phone:0", "intent:2:phone:0")
    for key in keys:
        db.write_now(lambda c, key=key: c.execute(insert(outbox).values(_row(oa, key, now))))
    take(db, now, PlatformEvent(oa, "k", "user_received_message", tracking_id(keys[0]), "delivered"))
    found = db.read_now(lambda c: {row.key: (row.state, row.reason) for row in c.execute(select(outbox))})
    assert found == {keys[0]: ("sent", "receipt"), keys[1]: ("unknown", "")}


def _row(oa: int, key: str, now: datetime) -> dict[str, Any]:
    return {
        "id": new_id(),
        "key": key,
        "account_id": oa,
        "purpose": "reminder",
        "priority": 2,
        "body_sealed": b"x",
        "state": "unknown",
        "route": "template-phone",
        "created_at": now,
        "due_at": now,
    }
