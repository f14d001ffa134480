"""What platforms tell of accounts is kept once and has its effect, on both databases."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select

from bot.channels.zalo_sending import tracking_id
from bot.domain.updates import Commented
from bot.storage.accounts import load_accounts, pause
from bot.storage.alarm_figures import accounts_now
from bot.storage.comments import ReplyClaim, claim_reply, drop_comments, due_replies, keep_comments
from bot.storage.database import Database
from bot.storage.ids import new_id
from bot.storage.platform_events import PlatformEvent, drop_events, take_events
from bot.storage.tables import accounts, audit, outbox, platform_events, templates


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


STATUS = "message_template_status_update"


@pytest.fixture
def page(db: Database) -> int:
    account = new_id()
    row = {"id": account, "kind": "messenger", "code": "page", "external_id": "109900000000001"}
    db.write_now(lambda c: c.execute(insert(accounts).values(row)))
    return account


def told(page: int, key: str, kind: str, subject: str, detail: str, language: str = "") -> PlatformEvent:
    return PlatformEvent(page, key, kind, subject, detail, language)


def test_a_page_tells_of_a_template_by_name_and_language(db: Database, page: int, now: datetime) -> None:
    for channel, language in (("messenger", "vi"), ("messenger", "en"), ("zalo", "vi")):
        row = {"id": new_id(), "purpose": "drive-eve", "channel": channel, "name": "drive_eve_v1", "language": language}
        db.write_now(lambda c, row=row: c.execute(insert(templates).values(row)))
    take(db, now, told(page, "k", STATUS, "drive_eve_v1", "REJECTED TAG_SHOULD_BE_MARKETING", "vi_VN"))
    found = db.read_now(lambda c: {(row.channel, row.language): row.status for row in c.execute(select(templates))})
    assert found == {("messenger", "vi"): "disabled", ("messenger", "en"): "approved", ("zalo", "vi"): "approved"}


def paused(db: Database) -> str | None:
    (row,) = db.read_now(load_accounts)
    return row.paused_reason if row.paused_at is not None else None


def test_a_ban_stops_the_page_until_it_is_lifted(db: Database, page: int, now: datetime) -> None:
    block = told(page, "k1", "policy_enforcement", "", "block")
    take(db, now, block)
    assert paused(db) == "restricted policy_enforcement"
    take(db, now + timedelta(days=1), told(page, "k2", "policy_enforcement", "", "unblock"))
    assert paused(db) is None
    take(db, now + timedelta(days=1), block)  # Meta repeats an old call
    assert paused(db) is None
    noted = db.read_now(lambda c: [row.action for row in c.execute(select(audit).order_by(audit.c.id))])
    assert noted == ["account-paused", "account-resumed"]


def test_a_lifted_ban_does_not_wake_an_account_that_stands_still_for_another_reason(
    db: Database, page: int, now: datetime
) -> None:
    db.write_now(lambda c: pause(c, page, "misconfigured 190/460", now))
    take(db, now, told(page, "k", "policy_enforcement", "", "unblock"))
    assert paused(db) == "misconfigured 190/460"


def test_a_warning_is_open_until_it_is_taken_back_or_a_week_old(db: Database, page: int, now: datetime) -> None:
    def warned(at: datetime) -> bool:
        return db.read_now(lambda c: accounts_now(c, at)[0].warned)

    assert not warned(now)
    take(db, now, told(page, "k1", "policy_enforcement", "", "warning"))
    assert paused(db) is None
    assert [warned(now + timedelta(days=days)) for days in (0, 6, 7)] == [True, True, False]
    take(db, now + timedelta(days=1), told(page, "k2", "policy_enforcement", "", "unblock"))
    assert not warned(now + timedelta(days=2))


def test_a_comment_may_be_answered_once_within_seven_days(db: Database, page: int, now: datetime) -> None:
    written = [Commented(page, f"77_{number}", "p_77", "em muốn đăng ký", now) for number in (1, 2)]
    db.write_now(lambda c: keep_comments(c, written, now))
    db.write_now(lambda c: keep_comments(c, written, now + timedelta(days=3)))

    def claim(comment: str, days: float) -> ReplyClaim:
        return db.write_now(lambda c: claim_reply(c, page, comment, now + timedelta(days=days)))

    assert claim("77_9", 0) is ReplyClaim.UNKNOWN
    assert claim("77_1", 6.9) is ReplyClaim.GRANTED
    assert claim("77_1", 6.9) is ReplyClaim.REPLIED
    assert claim("77_2", 7) is ReplyClaim.TOO_LATE
    kept = db.read_now(lambda c: [tuple(row) for row in c.execute(select(platform_events))])
    assert "đăng ký" not in str(kept)


def test_owed_replies_are_found_by_their_own_index(db: Database, page: int, now: datetime) -> None:
    def plan(connection: Connection) -> str:
        query = due_replies([page], now).compile(connection, compile_kwargs={"literal_binds": True})
        if connection.dialect.name == "sqlite":
            return str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}").all())
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        return str(connection.exec_driver_sql(f"EXPLAIN {query}").all())

    assert "ix_platform_events_owed" in db.write_now(plan)


def test_what_nobody_asks_for_any_more_is_dropped(db: Database, page: int, now: datetime) -> None:
    db.write_now(lambda c: keep_comments(c, [Commented(page, "77_1", "p_77", "x", now)], now))
    take(db, now, told(page, "k1", "policy_enforcement", "", "warning"))

    def left(days: int) -> list[str]:
        at = now + timedelta(days=days)
        db.write_now(lambda c: drop_comments(c, at, 200))
        db.write_now(lambda c: drop_events(c, at - timedelta(days=400), 200))
        return db.read_now(lambda c: list(c.execute(select(platform_events.c.kind)).scalars()))

    assert [sorted(left(days)) for days in (7, 8, 400)] == [
        ["comment", "policy_enforcement"],
        ["policy_enforcement"],
        [],
    ]
