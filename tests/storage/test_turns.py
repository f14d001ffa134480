"""Repeats are dropped, places are granted by the database, on both engines."""

import threading
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, select

from bot.domain.drives import DriveState
from bot.storage.database import Database
from bot.storage.ids import address_id
from bot.storage.tables import slots
from bot.storage.turns import grant_places, lock_and_drop_repeats
from tests.storage.ground import add_account, add_drive, add_unit


def seen_row(account: int, user: str, update_id: str, now: datetime) -> dict[str, object]:
    return {
        "address_id": address_id(account, user),
        "update_id": update_id,
        "received_at": now,
        "kind": "said",
        "text_sealed": None,
    }


def keys(rows: list[dict[str, object]]) -> list[tuple[object, object]]:
    return [(row["address_id"], row["update_id"]) for row in rows]


def taken(db: Database, slot: int) -> int:
    return int(db.read_now(lambda c: c.execute(select(slots.c.taken).where(slots.c.id == slot)).scalar_one()))


def test_it_takes_an_update_once(db: Database, now: datetime) -> None:
    account = db.write_now(lambda c: add_account(c, "telegram", "7000000001"))
    rows = [seen_row(account, "a", "1", now), seen_row(account, "b", "2", now)]
    assert db.write_now(lambda c: lock_and_drop_repeats(c, rows)) == {keys(rows)[0], keys(rows)[1]}
    again = [*rows, seen_row(account, "a", "3", now)]
    assert db.write_now(lambda c: lock_and_drop_repeats(c, again)) == {keys(again)[2]}


def test_it_takes_the_same_update_id_of_two_accounts(db: Database, now: datetime) -> None:
    one, two = (db.write_now(lambda c, n=n: add_account(c, "messenger", n)) for n in ("1", "2"))
    rows = [seen_row(one, "a", "m", now), seen_row(two, "a", "m", now)]
    assert len(db.write_now(lambda c: lock_and_drop_repeats(c, rows))) == 2


@pytest.mark.parametrize(
    ("capacity", "already", "wanted", "granted"),
    [
        pytest.param(20, 0, 3, 3, id="plenty"),
        pytest.param(20, 18, 3, 2, id="some"),
        pytest.param(20, 20, 1, 0, id="full"),
        pytest.param(20, 5, -2, -2, id="given back"),
        pytest.param(20, 1, -2, -1, id="never below nought"),
    ],
)
def test_it_grants_what_is_left(
    db: Database, now: datetime, capacity: int, already: int, wanted: int, granted: int
) -> None:
    def prepare(connection: Connection) -> int:
        _, (slot,) = add_drive(connection, add_unit(connection), now + timedelta(days=3), capacities=(capacity,))
        grant_places(connection, {slot: already})
        return slot

    slot = db.write_now(prepare)
    assert db.write_now(lambda c: grant_places(c, {slot: wanted})).get(slot, 0) == granted
    assert taken(db, slot) == already + granted


def test_it_grants_nothing_in_a_closed_drive(db: Database, now: datetime) -> None:
    def prepare(connection: Connection) -> int:
        _, (slot,) = add_drive(connection, add_unit(connection), now, capacities=(5,), state=DriveState.CLOSED)
        return slot

    slot = db.write_now(prepare)
    assert db.write_now(lambda c: grant_places(c, {slot: 1})) == {}


def test_it_never_oversells_when_threads_race(db: Database, now: datetime) -> None:
    def prepare(connection: Connection) -> list[int]:
        return add_drive(connection, add_unit(connection), now, capacities=(20, 20))[1]

    ids = db.write_now(prepare)
    won: list[int] = []

    def book() -> None:
        for _ in range(10):
            granted = db.write_now(lambda c: grant_places(c, dict.fromkeys(ids, 1)))
            won.extend(granted.values())

    threads = [threading.Thread(target=book) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(won) == 40
    assert [taken(db, slot) for slot in ids] == [20, 20]
