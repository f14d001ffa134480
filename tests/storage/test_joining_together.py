"""Joins at the same moment, beside an erasure, cut off between any two steps, in any order: no seat is lost or doubled."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, event, func, select, text

from bot.channels.base import Account
from bot.storage.database import Database
from bot.storage.erasing import erase_person
from bot.storage.join_codes import keep_code
from bot.storage.joining import Joined, Refusal, homes_around, join_by_code, part_from
from bot.storage.sealing import KeyRing
from bot.storage.tables import addresses, joins, registrations, slots
from bot.storage.turns import grant_places
from tests.scheduler.ground import Rows
from tests.storage.erased import count, everything
from tests.storage.test_joining import CODE, address, book, booked, contact_at, join, part, snapshot, taken, tell

NAMES = "Lò Thị Cũ", "Lò Thị Mới"

_lock = text("SELECT count(pg_advisory_xact_lock(k)) FROM unnest(CAST(:ids AS bigint[])) AS k")


@pytest.fixture
def rows(db: Database, ring: KeyRing, now: Any) -> Rows:
    return Rows(db, ring, now)


@pytest.fixture
def account(rows: Rows) -> Account:
    return rows.account()


def locked_join(rows: Rows, claimer: Any, origin: int, code: str) -> Any:
    """As the intake does it: first every address of both, in ascending order."""

    def work(connection: Connection) -> Joined | Refusal:
        if not rows.db.is_sqlite:
            around = sorted(homes_around(connection, (claimer.id, origin)))
            connection.execute(_lock, {"ids": around})
        return join_by_code(connection, rows.ring, claimer, code, rows.now)

    return work


async def test_of_two_claims_at_once_one_wins(rows: Rows, account: Account) -> None:
    one, *others = (rows.person(account, user) for user in "123")
    slot = rows.drive(rows.now + timedelta(days=5))[0]
    for home in (one, *others):
        book(rows, home, slot)
    rows.db.write_now(lambda c: keep_code(c, rows.ring, CODE, one, rows.now))
    claims = [rows.db.write(locked_join(rows, address(rows, account, home), one, CODE)) for home in others]
    found = await asyncio.gather(*claims)
    assert sorted(isinstance(one_found, Joined) for one_found in found) == [False, True]
    assert taken(rows) == booked(rows) == {slot: 2}


async def test_two_who_claim_each_other_become_one(rows: Rows, account: Account) -> None:
    one, two = rows.person(account, "1"), rows.person(account, "2")
    for home, code in ((one, CODE), (two, "C4K7T0M2")):
        rows.db.write_now(lambda c, home=home, code=code: keep_code(c, rows.ring, code, home, rows.now))
    crossed = (
        rows.db.write(locked_join(rows, address(rows, account, two), one, CODE)),
        rows.db.write(locked_join(rows, address(rows, account, one), two, "C4K7T0M2")),
    )
    found = await asyncio.gather(*crossed)
    assert sorted(map(str, (f for f in found if isinstance(f, Refusal)))) == ["same"]
    assert contact_at(rows, one) == contact_at(rows, two)
    assert count(rows, joins) == 1


@pytest.mark.parametrize("which", ["origin", "claimer"])
async def test_an_erasure_at_the_same_moment_leaves_nobody_behind(rows: Rows, account: Account, which: str) -> None:
    """Whichever comes first: what was to be erased is erased, and nobody's name is left where it should not be."""
    one, two = rows.person(account, "1"), rows.person(account, "2")
    tell(rows, one, NAMES[0], "+84911111111", rows.now)
    tell(rows, two, NAMES[1], "+84922222222", rows.now)
    slot = rows.drive(rows.now + timedelta(days=5))[0]
    book(rows, one, slot)
    rows.db.write_now(lambda c: keep_code(c, rows.ring, CODE, one, rows.now))
    erased = one if which == "origin" else two
    claim = rows.db.write(locked_join(rows, address(rows, account, two), one, CODE))
    erasure = rows.db.write(lambda c: erase_person(c, rows.ring, erased, rows.now, source="staff"))
    found, _ = await asyncio.gather(claim, erasure)
    assert (NAMES[1] if which == "claimer" else NAMES[0]) not in everything(rows)
    if isinstance(found, Refusal):  # the erasure came first: the other one stands alone
        assert (NAMES[0] if which == "claimer" else NAMES[1]) in everything(rows)
    assert taken(rows) == booked(rows)


def test_it_joins_nobody_to_whom_was_erased(rows: Rows, account: Account) -> None:
    one, two = rows.person(account, "1"), rows.person(account, "2")
    rows.db.write_now(lambda c: keep_code(c, rows.ring, CODE, one, rows.now))
    rows.db.write_now(lambda c: erase_person(c, rows.ring, one, rows.now, source="chat"))
    claimer = address(rows, account, two)
    assert rows.db.write_now(lambda c: join_by_code(c, rows.ring, claimer, CODE, rows.now)) is Refusal.NO_GOOD


class Killed(Exception):
    """The process died here."""


@pytest.mark.parametrize("what", ["join", "part"])
def test_it_loses_nothing_wherever_it_is_cut_off(rows: Rows, account: Account, what: str) -> None:
    """Before each statement in turn; at last there is none left, and then it has worked."""
    one, two = rows.person(account, "1"), rows.person(account, "2")
    tell(rows, one, "Lò Thị Cũ", "+84911111111", rows.now)
    here, there = rows.drive(rows.now + timedelta(days=5), capacities=(5, 5))
    for home, slot in ((one, here), (two, there)):
        book(rows, home, slot)
    rows.db.write_now(lambda c: keep_code(c, rows.ring, CODE, one, rows.now))
    claimer = address(rows, account, two)
    if what == "part":
        rows.db.write_now(lambda c: join_by_code(c, rows.ring, claimer, CODE, rows.now))
    before = snapshot(rows)

    def work(connection: Connection) -> object:
        if what == "join":
            return join_by_code(connection, rows.ring, claimer, CODE, rows.now)
        return part_from(connection, rows.ring, one, rows.now, who="chat")

    cuts = 0
    while not _finishes(rows.db, work, cuts):
        assert snapshot(rows) == before
        assert taken(rows) == booked(rows)
        cuts += 1
    assert cuts > 10
    assert (contact_at(rows, one) == contact_at(rows, two)) is (what == "join")
    assert taken(rows) == booked(rows)


def _finishes(db: Database, work: Any, after: int) -> bool:
    """Whether it came to its end within so many statements."""
    left = after

    def count_down(*_: object) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise Killed

    def cut(connection: Connection) -> None:
        event.listen(connection, "before_cursor_execute", count_down)
        try:
            work(connection)
        finally:
            event.remove(connection, "before_cursor_execute", count_down)

    try:
        db.write_now(cut)
    except Killed:
        return False
    return True


# --- in any order --------------------------------------------------------------------------------------------------

PEOPLE, DRIVES = 4, 2
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("join"), st.integers(0, PEOPLE - 1), st.integers(0, PEOPLE - 1)),
        st.tuples(st.just("part"), st.integers(0, PEOPLE - 1), st.just(0)),
        st.tuples(st.just("book"), st.integers(0, PEOPLE - 1), st.integers(0, DRIVES * 2 - 1)),
        st.tuples(st.just("cancel"), st.integers(0, PEOPLE - 1), st.integers(0, DRIVES - 1)),
    ),
    min_size=1,
    max_size=14,
)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=STEPS)
def test_whatever_is_joined_and_parted_a_person_has_one_seat_and_seats_are_bookings(
    rows: Rows, account: Account, steps: list[tuple[str, int, int]]
) -> None:
    tag = str(count(rows, addresses))
    homes = [rows.person(account, f"{tag}-{number}") for number in range(PEOPLE)]
    places = [
        slot
        for drive in range(DRIVES)
        for slot in rows.drive(rows.now + timedelta(days=5 + drive), capacities=(2, 2), code=f"{tag}-{drive}")
    ]
    for minute, step in enumerate(steps):
        _step(rows, account, homes, places, step, rows.now + timedelta(minutes=minute + 1))
        assert taken(rows) == booked(rows), step
        assert _most_seats(rows) <= 1, step
    for minute in range(PEOPLE):
        for home in homes:
            part(rows, contact_at(rows, home), rows.now + timedelta(hours=1, minutes=minute))
    assert len({contact_at(rows, home) for home in homes}) == PEOPLE, "everybody is themselves again"
    assert taken(rows) == booked(rows)
    assert _most_seats(rows) <= 1
    assert _held_by_strangers(rows) == 0


def _step(
    rows: Rows, account: Account, homes: list[int], places: list[int], step: tuple[str, int, int], at: Any
) -> None:
    what, who, which = step
    home = homes[who]
    match what:
        case "join":
            join(rows, homes[which], address(rows, account, home), at)
        case "part":
            part(rows, contact_at(rows, home), at)
        case "book":
            _book(rows, home, places[which], at)
        case "cancel":
            _cancel(rows, home, places[which * 2])


def _book(rows: Rows, home: int, slot: int, at: Any) -> None:
    """As the intake does: one place a drive for one person, where there is room."""
    contact, drive = contact_at(rows, home), _drive_of(rows, slot)
    held = registrations.c.contact_id == contact, registrations.c.drive_id == drive, registrations.c.state == "booked"
    if rows.db.read_now(lambda c: c.execute(select(registrations.c.id).where(*held)).first()):
        return
    if rows.db.write_now(lambda c: grant_places(c, {slot: 1})).get(slot, 0):
        rows.change(registrations, rows.book(home, slot, at), contact_id=contact)


def _cancel(rows: Rows, home: int, slot: int) -> None:
    contact, drive = contact_at(rows, home), _drive_of(rows, slot)
    held = registrations.c.contact_id == contact, registrations.c.drive_id == drive, registrations.c.state == "booked"
    row = rows.db.read_now(lambda c: c.execute(select(registrations).where(*held)).first())
    if row is not None:
        rows.cancel(row.id)
        rows.db.write_now(lambda c: grant_places(c, {row.slot_id: -1}))


def _drive_of(rows: Rows, slot: int) -> int:
    return int(rows.db.read_now(lambda c: c.execute(select(slots.c.drive_id).where(slots.c.id == slot)).scalar_one()))


def _most_seats(rows: Rows) -> int:
    each = (
        select(func.count().label("held"))
        .where(registrations.c.state == "booked")
        .group_by(registrations.c.contact_id, registrations.c.drive_id)
        .subquery()
    )
    return int(rows.db.read_now(lambda c: c.execute(select(func.max(each.c.held))).scalar()) or 0)


def _held_by_strangers(rows: Rows) -> int:
    """Registrations of somebody who does not stand at the address they were made at."""
    query = (
        select(func.count())
        .select_from(registrations.join(addresses, addresses.c.id == registrations.c.address_id))
        .where(registrations.c.contact_id != addresses.c.contact_id)
    )
    return int(rows.db.read_now(lambda c: c.execute(query).scalar_one()))
