"""Ids grow, fit 63 bits, and an address's id follows from its account and user id."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from bot.storage.ids import IdMaker, address_id, id_at, moment_of


def test_it_grows_and_never_repeats() -> None:
    make = IdMaker()
    ids = [make() for _ in range(5000)]
    assert ids == sorted(set(ids))
    assert 0 < ids[-1] < 2**63


def test_it_stays_unique_over_threads() -> None:
    make = IdMaker()
    with ThreadPoolExecutor(4) as pool:
        ids = list(pool.map(lambda _: make(), range(8000)))
    assert len(set(ids)) == 8000


def test_it_gives_an_address_the_same_id_always_and_others_another() -> None:
    assert address_id(7, "2000000000000000001") == address_id(7, "2000000000000000001")
    assert len({address_id(7, "12"), address_id(71, "2"), address_id(8, "12")}) == 3
    assert 0 <= address_id(7, "x") < 2**63


def test_it_tells_the_moment_of_an_id() -> None:
    moment = datetime(2026, 11, 23, 6, 30, 0, 123000, tzinfo=UTC)
    assert moment_of(id_at(moment)) == moment
    assert abs(moment_of(IdMaker()()) - datetime.now(UTC)) < timedelta(minutes=1)
