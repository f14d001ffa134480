"""The door of a site: who is looked for, each step done once, the last one taken back; and the board's counts."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select

from bot.domain.donations import Component, Donation, ReasonGroup
from bot.domain.door import Step, read_wanted
from bot.domain.registrations import RegistrationState
from bot.storage.board import board_of
from bot.storage.database import Database
from bot.storage.door_desk import (
    Elsewhere,
    Guest,
    Outcome,
    Refusal,
    find_guests,
    may_help,
    take_step,
    undo_step,
    waiting_guests,
)
from bot.storage.name_index import name_words
from bot.storage.sealing import KeyRing
from bot.storage.staff import StaffMember
from bot.storage.tables import audit, contacts, deferrals, donations, donors, drive_staff, drives, registrations, staff
from tests.facts import RULES
from tests.scheduler.ground import Rows, local

DAY = date(2026, 12, 5)
NOW = local(5, "08:00")
MEMBER = StaffMember(1, "to-chuc", "Tổ Chức", "organiser", None, on_duty=False, scope=None, at_top=True)
HELPER = StaffMember(2, "giup", "Giúp", "volunteer", None, on_duty=False, scope=None, at_top=False)
GIVEN = Outcome(DAY, Donation(DAY, Component.WHOLE_BLOOD, 350))
NAMES = ("Lò Thị Mai", "Lò Văn Nam", "Giàng Thị Mỉ")


class Door:
    """Two drives; three people with a place at the first."""

    def __init__(self, db: Database, ring: KeyRing, now: datetime) -> None:
        self.db, self.ring, self.rows = db, ring, Rows(db, ring, now)
        self.slots = self.rows.drive(local(5, "07:30"), capacities=(5, 5))
        self.elsewhere = self.rows.drive(local(6, "07:30"), code="mau-2")
        self.drive, self.other = (self._drive(code) for code in ("mau-1", "mau-2"))
        account = self.rows.account()
        self.people = [self.rows.person(account, str(number)) for number in range(3)]
        for number, (person, name) in enumerate(zip(self.people, NAMES, strict=True)):
            self.rows.change(
                contacts,
                person,
                name_sealed=ring.seal_text(name, "contacts.name"),
                name_words=name_words(ring, name),
                phone_sealed=ring.seal_text(f"+8491234567{number}", "contacts.phone"),
            )
        self.places = [self.rows.book(person, self.slots[number % 2]) for number, person in enumerate(self.people)]
        for number, place in enumerate(self.places):
            self.rows.change(registrations, place, ticket=f"ABCDE0000{number}")

    def _drive(self, code: str) -> int:
        return int(self.db.read_now(lambda c: c.execute(select(drives.c.id).where(drives.c.code == code)).scalar_one()))

    def find(self, typed: str, drive: int | None = None) -> list[Guest] | Elsewhere:
        wanted = read_wanted(typed)
        return self.db.read_now(lambda c: find_guests(c, self.ring, drive or self.drive, wanted))

    def step(self, number: int, step: Step, outcome: Outcome = Outcome(DAY)) -> Refusal | None:  # noqa: B008 (frozen)
        place = self.places[number]
        return self.db.write_now(
            lambda c: take_step(c, self.ring, MEMBER, self.drive, place, step, outcome, RULES.intervals, NOW)
        )

    def undo(self, number: int, seen: RegistrationState) -> Refusal | None:
        place = self.places[number]
        return self.db.write_now(lambda c: undo_step(c, MEMBER, self.drive, place, seen, RULES.intervals, NOW))

    def state(self, number: int) -> str:
        query = select(registrations.c.state).where(registrations.c.id == self.places[number])
        return str(self.db.read_now(lambda c: c.execute(query).scalar_one()))


@pytest.fixture
def door(db: Database, ring: KeyRing, now: datetime) -> Door:
    return Door(db, ring, now)


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("ABCDE-00000", ["Lò Thị Mai"]),
        ("abcdeo0000", ["Lò Thị Mai"]),
        ("https://hm.example/t/ABCDE-00001", ["Lò Văn Nam"]),
        ("lo", ["Lò Thị Mai", "Lò Văn Nam"]),
        ("mi giang", ["Giàng Thị Mỉ"]),
        ("671", ["Lò Văn Nam"]),
        ("091 234 5672", ["Giàng Thị Mỉ"]),
        ("ZZZZZ-ZZZZZ", []),
        ("", []),
        ("% _", []),
    ],
)
def test_it_finds_who_is_looked_for(door: Door, typed: str, found: list[str]) -> None:
    guests = door.find(typed)
    assert not isinstance(guests, Elsewhere)
    assert sorted(guest.name for guest in guests) == sorted(found)


def test_it_says_that_a_ticket_is_of_another_drive(door: Door) -> None:
    assert door.find("ABCDE-00000", door.other) == Elsewhere(door.drive)


def test_it_does_each_step_once(door: Door) -> None:
    assert door.step(0, Step.DONATED, GIVEN) is Refusal.NOT_NOW
    assert door.step(0, Step.ARRIVED) is None
    assert door.step(0, Step.ARRIVED) is Refusal.ALREADY
    assert [guest.name for guest in door.db.read_now(lambda c: waiting_guests(c, door.ring, door.drive))] == [NAMES[0]]
    assert door.step(0, Step.DONATED, GIVEN) is None
    assert door.step(0, Step.DEFERRED) is Refusal.NOT_NOW
    (given,) = door.db.read_now(lambda c: c.execute(select(donations)).all())
    assert (given.ml, given.source, given.registration_id, given.drive_id) == (350, "site", door.places[0], door.drive)
    noted = door.db.read_now(lambda c: c.execute(select(audit.c.action, audit.c.subject)).all())
    assert [row.action for row in noted] == ["door-arrived", "door-donated"]
    assert not any(name in row.subject for row in noted for name in NAMES)


def test_it_takes_the_last_step_back(door: Door) -> None:
    door.step(0, Step.ARRIVED)
    door.step(0, Step.DONATED, GIVEN)
    assert door.undo(0, RegistrationState.ARRIVED) is Refusal.NOT_NOW  # somebody else has gone on meanwhile
    assert door.undo(0, RegistrationState.DONATED) is None
    assert door.state(0) == "arrived"
    assert door.db.read_now(lambda c: c.execute(select(donations)).all()) == []
    assert door.db.read_now(lambda c: c.execute(select(donors.c.donations)).scalar_one()) == 0
    assert door.step(0, Step.DEFERRED, Outcome(DAY, until=DAY + timedelta(days=28), reason=ReasonGroup.REST)) is None
    assert door.db.read_now(lambda c: c.execute(select(donors.c.deferred_until)).scalar_one()) == DAY + timedelta(
        days=28
    )
    assert door.undo(0, RegistrationState.DEFERRED) is None
    assert door.db.read_now(lambda c: c.execute(select(deferrals)).all()) == []


def test_it_lets_nobody_step_who_is_not_here(door: Door) -> None:
    door.rows.change(contacts, door.people[1], name_sealed=None)
    assert door.step(1, Step.ARRIVED) is Refusal.NOT_NAMED
    assert door.db.write_now(
        lambda c: take_step(c, door.ring, MEMBER, door.other, door.places[0], Step.ARRIVED, Outcome(DAY), RULES.intervals, NOW)
    ) is Refusal.NOBODY  # fmt: skip
    assert door.state(0) == "booked"


def test_it_lets_volunteers_help_where_they_are_named(door: Door) -> None:
    def name(connection: object) -> None:
        connection.execute(staff.insert().values(id=2, login="giup", name="Giúp", role="volunteer"))  # type: ignore[attr-defined]
        connection.execute(drive_staff.insert().values(drive_id=door.drive, staff_id=2))  # type: ignore[attr-defined]

    door.db.write_now(name)
    assert door.db.read_now(lambda c: may_help(c, HELPER, door.drive, 1))
    assert not door.db.read_now(lambda c: may_help(c, HELPER, door.other, 1))


def test_it_counts_on_the_board_and_names_nobody(door: Door) -> None:
    for number in (0, 1):
        door.step(number, Step.ARRIVED)
    door.step(0, Step.DONATED, GIVEN)
    board = door.db.read_now(lambda c: board_of(c, door.drive, NOW + timedelta(minutes=20)))
    assert [board.total(what) for what in ("expected", "came", "waiting", "donated", "not_today")] == [3, 2, 1, 1, 0]
    assert (board.bags, board.units) == (((350, 1),), 1)
    assert board.longest == timedelta(minutes=20)
    assert board.wait == timedelta(0)
    assert not any(name in repr(board) for name in NAMES)
