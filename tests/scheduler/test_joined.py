"""Reminders of one person with two addresses: once, to the place that stays, stopped by either; apart again, each their own."""

from datetime import date, timedelta

import pytest

from bot.channels.base import Account
from bot.domain.consents import Purpose
from bot.storage.tables import consents
from scheduler.parts import Parts
from tests.scheduler.conftest import Stage
from tests.scheduler.ground import Tape, local
from tests.storage.test_joining import address, book, join, part

EVE = local(4, "18:00")


@pytest.fixture
def account(stage: Stage) -> Account:
    return stage.rows.account()


@pytest.fixture
def parts(stage: Stage, account: Account) -> Parts:
    return stage.with_tape(Tape(), account)


def two_booked(stage: Stage, account: Account) -> tuple[int, int]:
    one, two = stage.rows.person(account, "1"), stage.rows.person(account, "2")
    slots = stage.rows.drive(local(5, "09:30"), capacities=(5, 5))
    book(stage.rows, one, slots[0], stage.rows.now - timedelta(hours=2))
    book(stage.rows, two, slots[1], stage.rows.now - timedelta(hours=1))
    return one, two


async def test_one_person_is_reminded_of_one_drive_once(stage: Stage, parts: Parts, account: Account) -> None:
    """Also when both reminders were planned before the two were joined."""
    one, two = two_booked(stage, account)
    await stage.sweep(parts, stage.rows.now)
    assert len([row for row in stage.rows.intents() if row.state == "waiting"]) == 6
    join(stage.rows, one, address(stage.rows, account, two))
    await stage.sweep(parts, EVE)
    (row,) = stage.rows.outbox()
    assert row.address_id == one, "the earlier place stays, and with it where it was registered"


async def test_parted_again_each_is_reminded_of_their_own(stage: Stage, parts: Parts, account: Account) -> None:
    one, two = two_booked(stage, account)
    join(stage.rows, one, address(stage.rows, account, two))
    await stage.sweep(parts, stage.rows.now)
    part(stage.rows, one)
    await stage.sweep(parts, EVE)
    assert sorted(row.address_id for row in stage.rows.outbox()) == sorted((one, two))


async def test_what_is_taken_back_anywhere_is_sent_nowhere(stage: Stage, parts: Parts, account: Account) -> None:
    """Both asked for the reminder; the later word of one is that they do not want it."""
    one, two = stage.rows.person(account, "1"), stage.rows.person(account, "2")
    for home, day in ((one, date(2026, 9, 10)), (two, date(2026, 9, 12))):
        stage.rows.give(home, day)
        stage.rows.consent(home, Purpose.REMINDER)
    later = stage.rows.now + timedelta(minutes=1)
    stage.rows.db.write_now(
        lambda c: c.execute(consents.update().where(consents.c.contact_id == two).values(withdrawn_at=later))
    )
    join(stage.rows, one, address(stage.rows, account, two), later)
    await stage.sweep(parts, local(5, "18:00"))
    assert stage.rows.outbox() == []


async def test_only_the_last_donation_of_both_is_reminded_of(stage: Stage, parts: Parts, account: Account) -> None:
    one, two = stage.rows.person(account, "1"), stage.rows.person(account, "2")
    for home, day in ((one, date(2026, 9, 10)), (two, date(2026, 9, 12))):
        stage.rows.give(home, day)
        stage.rows.consent(home, Purpose.REMINDER)
    join(stage.rows, one, address(stage.rows, account, two))
    for day in (3, 4, 5, 6):
        await stage.sweep(parts, local(day, "18:30"))
    assert len(stage.rows.outbox()) == 1
