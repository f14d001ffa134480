"""A link is used once, whoever tries at the same moment, and is remembered until it would have ended anyway."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import func, insert, select

from bot.storage.database import Database
from bot.storage.housekeeping import PAGE
from bot.storage.tables import used_links
from bot.storage.used_links import drop_used_links, link_is_used, use_link

SOON = timedelta(minutes=30)


def use(db: Database, token: str, now: datetime, lasts: timedelta = SOON) -> bool:
    return db.write_now(lambda connection: use_link(connection, token, now + lasts, now))


def test_it_is_used_the_first_time_only(db: Database, now: datetime) -> None:
    assert not db.read_now(lambda connection: link_is_used(connection, "a.b.c"))
    assert use(db, "a.b.c", now)
    assert db.read_now(lambda connection: link_is_used(connection, "a.b.c"))
    assert not use(db, "a.b.c", now)
    assert use(db, "a.b.d", now)


def test_it_is_used_by_one_of_many_at_once(db: Database, now: datetime) -> None:
    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(partial(use, db, "same"), [now] * 12)) == [False] * 11 + [True]


def test_it_is_of_no_use_after_its_end(db: Database, now: datetime) -> None:
    assert not use(db, "late", now, -timedelta(seconds=1))
    assert not db.read_now(lambda connection: link_is_used(connection, "late"))


def test_it_keeps_no_link_as_it_was(db: Database, now: datetime) -> None:
    use(db, "123-nonce.abc.mac", now)
    (row,) = db.read_now(lambda connection: connection.execute(select(used_links)).all())
    assert b"nonce" not in row.link_hash
    assert len(row.link_hash) == 32


def test_it_forgets_in_pages_what_ended_long_ago(db: Database, now: datetime) -> None:
    old = [
        {"link_hash": number.to_bytes(32, "big"), "expires_at": now - timedelta(days=2)} for number in range(PAGE + 5)
    ]
    db.write_now(lambda connection: connection.execute(insert(used_links), old))
    use(db, "young", now, -timedelta(0))
    drop = partial(drop_used_links, now=now)
    assert [db.write_now(drop) for _ in range(3)] == [PAGE, 5, 0]
    count = select(func.count()).select_from(used_links)
    assert db.read_now(lambda connection: connection.execute(count).scalar_one()) == 1
