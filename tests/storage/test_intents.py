"""Planning: each registration and donation as it stands now, once, whatever was planned before."""

from datetime import date, datetime

import pytest
from sqlalchemy import select

from bot.storage.database import Database
from bot.storage.due_intents import claim_due
from bot.storage.intents import Plan, anything_to_plan, plan_donations, plan_registrations
from bot.storage.sealing import KeyRing
from bot.storage.tables import addresses, donations, intents, registrations
from tests.facts import RULES, SCHEDULE
from tests.scheduler.ground import QUIET, Rows, local

PLAN = Plan(SCHEDULE, RULES.intervals, QUIET)


@pytest.fixture
def rows(db: Database, ring: KeyRing, now: datetime) -> Rows:
    return Rows(db, ring, now)


@pytest.fixture
def person(rows: Rows) -> int:
    return rows.person(rows.account(), "1")


@pytest.fixture
def slots(rows: Rows) -> list[int]:
    """09:30, 10:00 and 10:30 on 5 December."""
    return rows.drive(local(5, "09:30"), capacities=(20, 20, 20))


def plan(rows: Rows, at: datetime | None = None) -> int:
    return rows.db.write_now(lambda c: plan_registrations(c, at or rows.now, PLAN)).intents


def plan_given(rows: Rows, at: datetime | None = None) -> int:
    return rows.db.write_now(lambda c: plan_donations(c, at or rows.now, PLAN)).intents


def waiting(rows: Rows) -> list[tuple[str, datetime]]:
    return [(row.occasion, row.due_at) for row in rows.intents() if row.state == "waiting"]


def test_it_plans_a_registration_once(rows: Rows, person: int, slots: list[int]) -> None:
    rows.book(person, slots[0])
    assert rows.db.read_now(anything_to_plan)
    assert plan(rows) == 2
    assert waiting(rows) == [("drive-eve", local(4, "18:00")), ("drive-morning", local(5, "07:30"))]
    assert not rows.db.read_now(anything_to_plan)
    assert plan(rows) == 0


def test_it_plans_again_without_doubling(rows: Rows, person: int, slots: list[int]) -> None:
    registration = rows.book(person, slots[0])
    plan(rows)
    rows.move(registration, slots[0])
    assert plan(rows) == 0
    assert len(rows.intents()) == 2


def test_it_follows_a_moved_registration(rows: Rows, person: int, slots: list[int]) -> None:
    registration = rows.book(person, slots[0])
    plan(rows)
    rows.move(registration, slots[1])
    assert plan(rows) == 2
    assert waiting(rows) == [("drive-eve", local(4, "18:00")), ("drive-morning", local(5, "08:00"))]
    assert sorted(row.reason for row in rows.intents() if row.state == "skipped") == ["replanned"] * 2


def test_it_revives_the_plan_of_a_slot_moved_back_to(rows: Rows, person: int, slots: list[int]) -> None:
    registration = rows.book(person, slots[0])
    plan(rows)
    for slot in (slots[1], slots[0]):
        rows.move(registration, slot)
        assert plan(rows) == 2
    assert waiting(rows) == [("drive-eve", local(4, "18:00")), ("drive-morning", local(5, "07:30"))]
    assert len(rows.intents()) == 4


def test_it_ends_the_intents_of_a_cancelled_registration(rows: Rows, person: int, slots: list[int]) -> None:
    registration = rows.book(person, slots[0])
    plan(rows)
    rows.cancel(registration)
    plan(rows)
    assert waiting(rows) == []
    assert {row.reason for row in rows.intents()} == {"cancelled"}


def test_it_does_not_repeat_an_eve_that_was_queued(rows: Rows, person: int, slots: list[int]) -> None:
    registration = rows.book(person, slots[0])
    plan(rows)
    eve = next(row for row in rows.intents() if row.occasion == "drive-eve")
    rows.change(intents, eve.id, state="queued")
    rows.cancel(registration)
    plan(rows)
    rows.change(registrations, registration, state="booked", planned_at=None)
    plan(rows)
    assert [occasion for occasion, _ in waiting(rows)] == ["drive-morning"]


def test_it_plans_only_what_lies_ahead_of_the_registration(rows: Rows, person: int, slots: list[int]) -> None:
    rows.book(person, slots[0], registered_at=local(4, "19:00"))
    plan(rows, local(4, "19:00"))
    assert [occasion for occasion, _ in waiting(rows)] == ["drive-morning"]


def test_it_plans_in_pages(rows: Rows, slots: list[int]) -> None:
    account = rows.account(external_id="7000000002")
    for number in range(5):
        rows.book(rows.person(account, str(number)), slots[0])
    pages = [rows.db.write_now(lambda c: plan_registrations(c, rows.now, PLAN, 2)) for _ in range(3)]
    assert [(page.subjects, page.intents) for page in pages] == [(2, 4), (2, 4), (1, 2)]


def test_it_reminds_84_days_after_whole_blood(rows: Rows, person: int) -> None:
    rows.give(person, date(2026, 9, 12))
    assert plan_given(rows) == 3
    assert plan_given(rows) == 0
    assert waiting(rows)[:2] == [("next-donation", local(2, "18:00")), ("next-donation-nudge", local(16, "18:00"))]
    assert waiting(rows)[2][0] == "next-season"


def test_it_corrects_the_plan_of_a_corrected_donation(rows: Rows, person: int) -> None:
    donation = rows.give(person, date(2026, 9, 12))
    plan_given(rows)
    rows.change(donations, donation, given_on=date(2026, 9, 13), planned_at=None)
    assert plan_given(rows) == 3
    assert waiting(rows)[0] == ("next-donation", local(3, "18:00"))


def test_it_plans_nothing_for_donations_of_long_ago(rows: Rows, person: int) -> None:
    rows.give(person, date(2024, 9, 12))
    assert plan_given(rows) == 0
    assert not rows.db.read_now(anything_to_plan)
    assert rows.intents() == []


def test_it_pages_through_due_intents(rows: Rows, slots: list[int]) -> None:
    account = rows.account(external_id="7000000002")
    for number in range(5):
        rows.book(rows.person(account, str(number)), slots[0])
    plan(rows)
    at, seen, cursor = local(4, "18:00"), [], None
    while True:
        found, cursor = rows.db.write_now(lambda c, after=cursor: claim_due(c, at, 2, SCHEDULE, after))
        seen += [intent.id for intent in found]
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 5


def test_it_leaves_intents_of_an_address_that_is_being_answered(rows: Rows, person: int, slots: list[int]) -> None:
    """The intake holds the address; on SQLite there is one writer, so nobody can."""
    if rows.db.is_sqlite:
        assert rows.db.write_now(lambda c: claim_due(c, local(4, "18:00"), 10, SCHEDULE))[0] == []
        return
    rows.book(person, slots[0])
    with rows.db.engine.begin() as intake:
        intake.execute(select(addresses.c.id).where(addresses.c.id == person).with_for_update())
        assert rows.db.write_now(lambda c: plan_registrations(c, rows.now, PLAN)).subjects == 0
    assert plan(rows) == 2
    with rows.db.engine.begin() as intake:
        intake.execute(select(addresses.c.id).where(addresses.c.id == person).with_for_update())
        assert rows.db.write_now(lambda c: claim_due(c, local(4, "18:00"), 10, SCHEDULE))[0] == []
    found, _ = rows.db.write_now(lambda c: claim_due(c, local(4, "18:00"), 10, SCHEDULE))
    assert [bool(intent.facts.person.homes) for intent in found] == [True]
