"""What a reply would wait: replies before it at the account's pace; bulk and other accounts do not count."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from bot.domain.outbox import MessagePurpose
from bot.domain.updates import ChannelKind
from bot.storage.database import Database
from bot.storage.queues import waiting_seconds
from bot.storage.sealing import KeyRing
from tests.scheduler.ground import Rows

PACES = {ChannelKind.ZALO: 100, ChannelKind.TELEGRAM: 1800}


@pytest.fixture
def rows(db: Database, ring: KeyRing, now: datetime) -> Rows:
    return Rows(db, ring, now)


def test_it_counts_the_replies_that_wait(rows: Rows, now: datetime) -> None:
    oa, bot = rows.account(ChannelKind.ZALO, "4"), rows.account(ChannelKind.TELEGRAM, "7")
    for number in range(50):
        rows.message(oa, rows.person(oa, str(number)), "x")
    rows.message(oa, rows.person(oa, "later"), "x", due_at=now + timedelta(minutes=1))
    rows.message(oa, rows.person(oa, "bulk"), "x", MessagePurpose.REMINDER)
    rows.message(bot, rows.person(bot, "sent"), "x", state="sent")
    assert rows.db.read_now(lambda c: waiting_seconds(c, PACES, now)) == {oa.id: 30.0}
    assert rows.db.read_now(lambda c: waiting_seconds(c, {}, now)) == {}


def test_it_reads_the_partial_index(rows: Rows) -> None:
    if not rows.db.is_sqlite:
        pytest.skip("only SQLite tells its plan without figures about the rows")
    query = (
        "EXPLAIN QUERY PLAN SELECT account_id, count(*) FROM outbox WHERE outbox.state IN ('waiting', 'sending') "
        "AND outbox.priority = 0 AND outbox.account_id IN (SELECT id FROM accounts) GROUP BY account_id"
    )
    plan = rows.db.read_now(lambda c: [row[-1] for row in c.execute(text(query))])
    assert any("ix_outbox_waiting" in line for line in plan)
