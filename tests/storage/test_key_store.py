"""The index key is made once, stays for ever, and is lost only with the keys of the environment."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from bot.storage.database import Database
from bot.storage.key_store import open_ring
from bot.storage.sealing import KeyRing, LostKey
from bot.storage.tables import house_keys

FIRST, SECOND = b"1" * 32, b"2" * 32
PHONE = "+84912345678"


def test_it_is_made_once_though_many_start_at_the_same_moment(db: Database, database_url: str) -> None:
    def start(_number: int) -> bytes:
        with Database(database_url) as own:
            return open_ring(own, [FIRST]).blind(PHONE)

    with ThreadPoolExecutor(6) as pool:
        assert len(set(pool.map(start, range(6)))) == 1
    assert len(db.read_now(lambda c: c.execute(select(house_keys)).all())) == 1


def test_it_finds_what_was_indexed_before_there_was_a_stored_key(db: Database) -> None:
    """The stored key of an installation is the one that was derived from its oldest key until then."""
    assert open_ring(db, [SECOND, FIRST]).blind(PHONE) == KeyRing([FIRST]).blind(PHONE)


def test_it_tells_what_to_do_when_the_key_is_gone(db: Database) -> None:
    open_ring(db, [FIRST])
    with pytest.raises(LostKey, match=r"put the old key back .* or restore the \.env"):
        open_ring(db, [SECOND])
    assert open_ring(db, [SECOND, FIRST]).newest == open_ring(db, [SECOND, FIRST]).ids[0]
