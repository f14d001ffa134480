""" "Ask me later" and the hours of a shift: kept, planned anew, joined, parted, shown and erased; on both engines."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select

from bot.channels.base import Account
from bot.domain.rhythms import NIGHTS, USUAL
from bot.storage.database import Database
from bot.storage.erasing import erase_person
from bot.storage.personal_copy import held_of
from bot.storage.reminder_wishes import ask_later, keep_rhythm
from bot.storage.sealing import KeyRing
from bot.storage.tables import contacts, donations, donors, registrations
from tests.scheduler.ground import Rows
from tests.storage.test_joining import address, contact_at, join, of, part

LATER = date(2027, 1, 5)


@pytest.fixture
def rows(db: Database, ring: KeyRing, now: datetime) -> Rows:
    return Rows(db, ring, now)


@pytest.fixture
def account(rows: Rows) -> Account:
    return rows.account()


def rhythm_of(rows: Rows, contact: int) -> str:
    return str(of(rows, contacts, contact).rhythm)


def planned(rows: Rows) -> list[datetime | None]:
    tables = (registrations, donations)
    found = rows.db.read_now(lambda c: [c.execute(select(t.c.planned_at)).scalars().all() for t in tables])
    return [at for ats in found for at in ats]


def test_a_wish_of_somebody_who_never_gave_is_kept(rows: Rows, account: Account) -> None:
    who = contact_at(rows, rows.person(account, "1"))
    rows.db.write_now(lambda c: ask_later(c, who, LATER))
    rows.db.write_now(lambda c: ask_later(c, who, LATER + timedelta(days=9)))
    assert of(rows, donors, who).ask_again_on == LATER + timedelta(days=9)
    assert of(rows, donors, who).donations == 0


def test_only_their_own_dates_are_planned_anew(rows: Rows, account: Account) -> None:
    one, two = rows.person(account, "1"), rows.person(account, "2")
    slot = rows.drive(rows.now + timedelta(days=5))[0]
    for home in (one, two):
        rows.book(home, slot)
        rows.give(home, date(2025, 8, 1))
        rows.give(home, date(2026, 8, 1))
    everybodys = (registrations.update(), donations.update())
    for statement in everybodys:
        rows.db.write_now(lambda c, s=statement: c.execute(s.values(planned_at=rows.now)))
    rows.db.write_now(lambda c: ask_later(c, contact_at(rows, one), LATER))
    assert planned(rows).count(None) == 1
    rows.db.write_now(lambda c: keep_rhythm(c, contact_at(rows, one), NIGHTS))
    assert planned(rows).count(None) == 2
    assert (rhythm_of(rows, contact_at(rows, one)), rhythm_of(rows, contact_at(rows, two))) == (NIGHTS, USUAL)


def test_what_is_no_preset_is_not_kept(rows: Rows, account: Account) -> None:
    who = contact_at(rows, rows.person(account, "1"))
    with pytest.raises(ValueError, match="no such rhythm"):
        rows.db.write_now(lambda c: keep_rhythm(c, who, "weekends"))
    assert rhythm_of(rows, who) == USUAL


def test_the_copy_tells_both(rows: Rows, account: Account) -> None:
    who = contact_at(rows, rows.person(account, "1"))
    rows.db.write_now(lambda c: (keep_rhythm(c, who, NIGHTS), ask_later(c, who, LATER)))
    told = rows.db.read_now(lambda c: held_of(c, rows.ring, who))
    assert told is not None
    assert (told["person"]["rhythm"], told["donor"]["ask_again_on"]) == (NIGHTS, "2027-01-05")


@pytest.mark.parametrize("first", ["kept", "gone"])
def test_two_who_become_one_have_one_rhythm_and_each_their_own_again(rows: Rows, account: Account, first: str) -> None:
    one, two = rows.person(account, "1"), rows.person(account, "2")
    kept, gone = contact_at(rows, one), contact_at(rows, two)
    rows.db.write_now(lambda c: keep_rhythm(c, kept if first == "kept" else gone, NIGHTS))
    join(rows, one, address(rows, account, two))
    assert (rhythm_of(rows, kept), rhythm_of(rows, gone)) == (NIGHTS, USUAL)
    assert part(rows, one)
    assert (rhythm_of(rows, kept), rhythm_of(rows, gone)) == ((NIGHTS, USUAL) if first == "kept" else (USUAL, NIGHTS))


def test_erasure_leaves_neither(rows: Rows, account: Account) -> None:
    who = contact_at(rows, rows.person(account, "1"))
    rows.db.write_now(lambda c: (keep_rhythm(c, who, NIGHTS), ask_later(c, who, LATER)))
    rows.db.write_now(lambda c: erase_person(c, rows.ring, who, rows.now, source="chat"))
    assert rhythm_of(rows, who) == USUAL
    assert rows.db.read_now(lambda c: c.execute(select(donors.c.contact_id)).all()) == []
