"""What may still go by template today, from what a platform has told and what went."""

from datetime import datetime, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from bot.domain.ledgers import Quota
from bot.storage.database import Database
from bot.storage.ids import id_at, new_id
from bot.storage.platform_events import PlatformEvent, take_events
from bot.storage.tables import outbox
from bot.storage.template_quotas import quotas_of
from tests.storage.ground import add_account

NUMBERS = count(1)
HERE = ZoneInfo("Asia/Ho_Chi_Minh")


def message(db: Database, account: int, now: datetime, at: datetime, **columns: Any) -> None:
    row = {
        "id": id_at(at) + next(NUMBERS), "key": f"test:{new_id()}", "account_id": account, "purpose": "news",
        "priority": 3, "state": "sent", "created_at": at, "due_at": at, "route": "template-phone",
        "body_sealed": b"sealed",
    }  # fmt: skip
    db.write_now(lambda c: c.execute(outbox.insert().values(row | columns)))


def test_the_newest_word_counts_and_only_what_went_by_template_since_midnight(db: Database, now: datetime) -> None:
    first, second = (db.write_now(lambda c, one=one: add_account(c, "zalo", one)) for one in ("11", "22"))
    words = [
        PlatformEvent(first, f"q{n}", "change_oa_daily_quota", "", str(quota)) for n, quota in enumerate((500, 1000))
    ]
    for event in words:
        now += timedelta(seconds=1)
        db.write_now(lambda c, event=event, now=now: take_events(c, [event], now))
    midnight = now.astimezone(HERE).replace(hour=0, minute=0, second=0, microsecond=0)
    message(db, first, now, now)
    message(db, first, now, now, state="unknown", route="template-uid")
    message(db, first, now, now, state="failed")
    message(db, first, now, now, route="text")
    message(db, first, now, midnight - timedelta(hours=1))
    message(db, second, now, now)
    found = db.read_now(lambda c: quotas_of(c, now, HERE))
    assert found == {"zalo-11": Quota(2, 1000), "zalo-22": Quota(1, 0)}
