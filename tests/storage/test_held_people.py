"""Held places when two people become one, one becomes two, or somebody is erased: no seat is lost, nobody has two."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.channels.base import Account
from bot.storage.database import Database
from bot.storage.erasing import erase_person
from bot.storage.held_places import hold_place
from bot.storage.sealing import KeyRing
from bot.storage.tables import registrations, slots
from tests.scheduler.ground import Rows
from tests.storage.test_joining import address, book, contact_at, join, of, part, taken

WEEK = timedelta(days=7)


@pytest.fixture
def rows(db: Database, ring: KeyRing, now: object) -> Rows:
    return Rows(db, ring, now)  # type: ignore[arg-type]


@pytest.fixture
def account(rows: Rows) -> Account:
    return rows.account()


def hold(rows: Rows, home: int, slot: int) -> int:
    def work(connection):  # type: ignore[no-untyped-def]
        drive = connection.execute(select(slots.c.drive_id).where(slots.c.id == slot)).scalar_one()
        return hold_place(connection, contact_at(rows, home), home, drive, slot, rows.now + WEEK, rows.now)

    held = rows.db.write_now(work)
    assert held is not None
    return int(held)


def states(rows: Rows, *ids: int) -> list[str]:
    return [of(rows, registrations, one).state for one in ids]


@pytest.mark.parametrize("who", ["kept", "gone", "both"])
def test_who_becomes_one_with_somebody_booked_keeps_the_booking(rows: Rows, account: Account, who: str) -> None:
    one, two = rows.person(account, "1"), rows.person(account, "2")
    here, there = rows.drive(rows.now + 2 * WEEK, capacities=(5, 5))
    booked = None if who == "both" else book(rows, two if who == "kept" else one, there)
    held = [hold(rows, home, here) for home in ((one, two) if who == "both" else (one if who == "kept" else two,))]
    join(rows, one, address(rows, account, two))
    assert states(rows, *held) == ["cancelled"] * len(held)
    assert taken(rows) == ({} if booked is None else {there: 1})
    assert part(rows, one)
    assert taken(rows) == ({} if booked is None else {there: 1})


def test_who_parts_takes_nothing_that_was_only_held(rows: Rows, account: Account) -> None:
    one, two = rows.person(account, "1"), rows.person(account, "2")
    here, there = rows.drive(rows.now + 2 * WEEK, capacities=(5, 5))
    mine, theirs = book(rows, one, here, rows.now - WEEK), book(rows, two, there)
    join(rows, one, address(rows, account, two))
    rows.change(registrations, mine, state="cancelled")
    rows.change(slots, here, taken=0)
    held = hold(rows, one, here)
    assert part(rows, one)
    assert states(rows, held, theirs) == ["cancelled", "cancelled"]
    assert taken(rows) == {}


def test_what_was_held_for_an_erased_person_is_free(rows: Rows, account: Account) -> None:
    one = rows.person(account, "1")
    (here,) = rows.drive(rows.now + 2 * WEEK, capacities=(1,))
    held = hold(rows, one, here)
    rows.db.write_now(lambda c: erase_person(c, rows.ring, contact_at(rows, one), rows.now, source="chat"))
    assert states(rows, held) == ["cancelled"]
    assert taken(rows) == {}
