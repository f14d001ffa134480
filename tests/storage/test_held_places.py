"""Places held for who has not said yes yet: seats are never lost and never doubled, on both engines."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

import pytest
from sqlalchemy import Connection, func, select, update

from bot.domain.drives import DriveState
from bot.storage.database import Database
from bot.storage.held_places import any_expired, hold_place, let_go, release_expired, take_held
from bot.storage.ids import new_id
from bot.storage.tables import addresses, contacts, drives, registrations, slots
from bot.storage.turns import grant_places
from tests.storage.ground import add_account, add_drive, add_unit

DAY = timedelta(days=1)
T = TypeVar("T")


@dataclass(frozen=True)
class House:
    """A drive with slots of a few places, and people who may be held one."""

    db: Database
    now: datetime
    drive: int
    slots: list[int]
    people: list[tuple[int, int]]

    def hold(self, person: int = 0, slot: int = 0, *, drive: int = 0, now: datetime | None = None) -> int | None:
        contact, address = self.people[person]
        until, at = self.now + DAY, now or self.now
        return self.db.write_now(
            lambda c: hold_place(c, contact, address, drive or self.drive, self.slots[slot], until, at)
        )

    def take(self, held: int, person: int = 0, *, after: timedelta = timedelta()) -> bool:
        contact, address = self.people[person]
        return self.db.write_now(lambda c: take_held(c, held, contact, address, self.now + after))

    def let_go(self, held: int, person: int = 0) -> list[int]:
        def work(connection: Connection) -> list[int]:
            freed = let_go(connection, [held], self.people[person][0], self.now)
            grant_places(connection, {slot: -freed.count(slot) for slot in freed})
            return freed

        return self.db.write_now(work)

    def release(self, after: timedelta, limit: int = 200) -> int:
        return self.db.write_now(lambda c: release_expired(c, self.now + after, limit))

    def taken(self) -> list[int]:
        query = select(slots.c.taken).where(slots.c.drive_id == self.drive).order_by(slots.c.starts_at)
        return list(self.db.read_now(lambda c: c.execute(query).scalars()))

    def states(self) -> list[str]:
        query = select(registrations.c.state).order_by(registrations.c.id)
        return list(self.db.read_now(lambda c: c.execute(query).scalars()))


def add_person(connection: Connection, account: int, unit: int, number: int, now: datetime) -> tuple[int, int]:
    contact, address = new_id(), new_id()
    row = {"id": contact, "unit_id": unit, "created_at": now, "updated_at": now}
    connection.execute(contacts.insert().values(row))
    home = {"id": address, "account_id": account, "user_id": f"u{number}", "contact_id": contact}
    connection.execute(addresses.insert().values(**home, first_seen_at=now, last_inbound_at=now))
    return contact, address


@pytest.fixture
def house(db: Database, now: datetime) -> House:
    def furnish(connection: Connection) -> House:
        unit, account = add_unit(connection), add_account(connection, "telegram", "7000000001")
        drive, ids = add_drive(connection, unit, now + 3 * DAY, capacities=(2, 1))
        people = [add_person(connection, account, unit, number, now) for number in range(6)]
        return House(db, now, drive, ids, people)

    return db.write_now(furnish)


def test_a_held_place_is_a_place_of_its_slot(house: House) -> None:
    assert house.hold() is not None
    assert house.states() == ["held"]
    assert house.taken() == [1, 0]
    row = house.db.read_now(lambda c: c.execute(select(registrations)).one())
    assert row.held_until == house.now + DAY
    assert len(row.ticket) == 10
    assert row.unit_id is not None


def test_it_holds_one_place_at_a_drive_for_one_person(house: House) -> None:
    assert house.hold() is not None
    assert house.hold(slot=1) is None
    assert house.states() == ["held"]
    assert house.taken() == [1, 0]


def test_it_holds_nothing_when_the_slot_is_full(house: House) -> None:
    assert house.hold(0, slot=1) is not None
    assert house.hold(1, slot=1) is None
    assert house.states() == ["held"]
    assert house.taken() == [0, 1]


@pytest.mark.parametrize("state", [DriveState.CLOSED, DriveState.CANCELLED, DriveState.PROPOSED])
def test_it_holds_nothing_at_a_drive_that_is_not_open(house: House, state: DriveState) -> None:
    house.db.write_now(lambda c: c.execute(update(drives).values(state=state.value)))
    assert house.hold() is None
    assert house.states() == []
    assert house.taken() == [0, 0]


def test_it_holds_nothing_in_a_slot_that_is_over_or_of_another_drive(house: House) -> None:
    assert house.hold(now=house.now + 4 * DAY) is None
    assert house.hold(drive=house.drive + 1) is None
    assert house.states() == []


def test_it_holds_nothing_for_somebody_who_was_erased(house: House) -> None:
    gone = contacts.c.id == house.people[0][0]
    house.db.write_now(lambda c: c.execute(update(contacts).where(gone).values(erased_at=house.now)))
    assert house.hold() is None


def test_a_yes_makes_it_theirs(house: House) -> None:
    held = house.hold()
    assert held is not None
    assert house.take(held)
    row = house.db.read_now(lambda c: c.execute(select(registrations)).one())
    assert (row.state, row.held_until, row.planned_at) == ("booked", None, None)
    assert house.taken() == [1, 0]
    assert not house.take(held)
    assert house.release(5 * DAY) == 0


def test_nobody_takes_what_is_held_for_somebody_else(house: House) -> None:
    held = house.hold(0)
    assert held is not None
    assert not house.take(held, person=1)
    assert house.let_go(held, person=1) == []
    assert house.states() == ["held"]


def test_a_yes_comes_too_late(house: House) -> None:
    held = house.hold()
    assert held is not None
    assert not house.take(held, after=DAY)
    assert house.release(DAY) == 1
    assert not house.take(held)
    assert house.states() == ["cancelled"]
    assert house.taken() == [0, 0]


def test_a_yes_to_a_drive_that_closed_takes_nothing(house: House) -> None:
    held = house.hold()
    assert held is not None
    house.db.write_now(lambda c: c.execute(update(drives).values(state="cancelled")))
    assert not house.take(held)
    assert house.states() == ["held"]


def test_what_is_let_go_is_given_back_once(house: House) -> None:
    held = house.hold()
    assert held is not None
    assert house.let_go(held) == [house.slots[0]]
    assert house.let_go(held) == []
    assert house.taken() == [0, 0]
    assert house.hold() is not None, "the same drive may be held again"


def test_what_is_over_is_free_again_page_by_page(house: House) -> None:
    for person in range(2):
        assert house.hold(person) is not None
    assert house.hold(2, slot=1) is not None
    assert not house.db.read_now(lambda c: any_expired(c, house.now))
    assert house.db.read_now(lambda c: any_expired(c, house.now + DAY))
    assert house.release(DAY, limit=2) == 2
    assert house.release(DAY, limit=2) == 1
    assert house.release(DAY, limit=2) == 0
    assert house.states() == ["cancelled"] * 3
    assert house.taken() == [0, 0]


def test_a_write_that_dies_holds_nothing(house: House) -> None:
    contact, address = house.people[0]

    def die(connection: Connection) -> None:
        hold_place(connection, contact, address, house.drive, house.slots[0], house.now + DAY, house.now)
        raise RuntimeError("killed before the commit")

    with pytest.raises(RuntimeError):
        house.db.write_now(die)
    assert (house.states(), house.taken()) == ([], [0, 0])


def test_many_who_race_for_few_places_get_exactly_those(house: House) -> None:
    won = together([partial(house.hold, person, 0) for person in range(6)])
    assert sum(one is not None for one in won) == 2
    assert house.taken() == [2, 0]
    assert house.states() == ["held", "held"]


def test_one_person_who_is_held_a_place_from_everywhere_at_once_has_one(house: House) -> None:
    won = together([partial(house.hold, 0, number % 2) for number in range(6)])
    assert sum(one is not None for one in won) == 1
    assert sum(house.taken()) == 1


def test_a_yes_and_the_end_of_the_time_meet_and_one_wins(house: House) -> None:
    held = house.hold()
    assert held is not None
    took, _ = together([lambda: house.take(held), lambda: house.release(DAY)])
    assert house.states() == (["booked"] if took else ["cancelled"])
    assert house.taken() == ([1, 0] if took else [0, 0])


def test_a_no_and_the_end_of_the_time_give_one_seat_back(house: House) -> None:
    assert house.hold(1) is not None
    held = house.hold(0)
    assert held is not None
    only = registrations.c.id == held
    house.db.write_now(lambda c: c.execute(update(registrations).where(~only).values(held_until=house.now + 9 * DAY)))
    together([lambda: house.let_go(held), lambda: house.release(DAY)])
    assert house.taken() == [1, 0]
    waiting = select(func.count()).where(registrations.c.state == "held")
    assert house.db.read_now(lambda c: c.execute(waiting).scalar_one()) == 1


def together(calls: list[Callable[[], T]]) -> list[T]:
    """All at once, each in a thread of its own."""
    results: dict[int, T] = {}
    begin = threading.Barrier(len(calls))

    def run(number: int, call: Callable[[], T]) -> None:
        begin.wait()
        results[number] = call()

    threads = [threading.Thread(target=run, args=one) for one in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == len(calls), "every call ended"
    return [results[number] for number in range(len(calls))]
