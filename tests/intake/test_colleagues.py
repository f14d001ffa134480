"""Places for colleagues in a commit: seats guarded, nobody's name, three at most, given back once; past donations told."""

import asyncio
from datetime import date

import pytest
from sqlalchemy import select

from bot.storage.tables import contacts, donations, donors, registrations
from tests.intake.conftest import REGISTRATION, Ground
from tests.intake.test_reminded import press, rows, taken

USER = 520000001
STRANGER = 520000002


async def brought(ground: Ground) -> list[tuple[str, str]]:
    """State and ticket of each colleague's place."""
    query = select(registrations.c.state, registrations.c.ticket).where(registrations.c.origin == "colleague")
    return [
        (row.state, row.ticket)
        for row in await ground.db.read(lambda c: c.execute(query.order_by(registrations.c.id)).all())
    ]


async def test_a_place_is_kept_of_nobody_and_given_back_once(ground: Ground) -> None:
    await ground.walk(USER, *REGISTRATION)
    assert await press(ground, f"q.add.{ground.drive_id}", "add") == ["colleague.kept"]
    assert await press(ground, f"q.add.{ground.drive_id}", "add") is None  # the platform repeats itself
    ((state, ticket),) = await brought(ground)
    assert (state, await taken(ground, ground.slot_ids[0])) == ("booked", 2)
    names = await rows(ground, contacts.c.id, contacts.c.name_sealed, contacts.c.phone_blind)
    assert [name is None for _, name, _ in names].count(True) == 1
    await ground.walk(STRANGER, *REGISTRATION)
    await press(ground, f"q.off.{ticket}", "theft", STRANGER)
    assert (await brought(ground))[0][0] == "booked"
    for update_id in ("off-1", "off-2"):
        assert await press(ground, f"q.off.{ticket}", update_id) == ["colleague.cancelled"]
    assert (await brought(ground))[0][0] == "cancelled"
    assert await taken(ground, ground.slot_ids[0]) == 2  # the two people themselves


async def test_three_are_enough_and_all_are_shown(ground: Ground) -> None:
    await ground.walk(USER, *REGISTRATION)
    for number in range(3):
        assert await press(ground, f"q.add.{ground.drive_id}", f"add-{number}") == ["colleague.kept"]
    assert await press(ground, f"q.add.{ground.drive_id}", "add-4") == ["colleague.enough"]
    assert len(await brought(ground)) == 3
    assert await press(ground, "q.list", "list") == ["colleague.list"]
    assert await press(ground, "q.list", "list-of-another", STRANGER) == ["colleague.none"]


@pytest.mark.parametrize("capacities", [(2, 0)])
async def test_the_last_place_goes_to_one_of_two(ground: Ground) -> None:
    await ground.walk(USER, *REGISTRATION)
    answers = await asyncio.gather(
        press(ground, f"q.add.{ground.drive_id}", "one"), press(ground, f"q.add.{ground.drive_id}", "two")
    )
    assert sorted(answer[0] for answer in answers if answer) == ["colleague.full", "colleague.kept"]
    assert (len(await brought(ground)), await taken(ground, ground.slot_ids[0])) == (1, 2)


async def test_whoever_is_erased_leaves_the_place_and_no_trace_of_who_took_it(ground: Ground) -> None:
    await ground.walk(USER, *REGISTRATION)
    await press(ground, f"q.add.{ground.drive_id}", "add")
    await ground.walk(USER, "/xoa")
    assert await press(ground, "e.yes", "erase") == ["erase.done"]
    query = select(registrations.c.brought_by, registrations.c.state).where(registrations.c.origin == "colleague")
    (row,) = await ground.db.read(lambda c: c.execute(query).all())
    assert (row.brought_by, row.state) == (None, "booked")


async def test_a_past_donation_is_kept_as_told_and_counts_for_the_interval_alone(ground: Ground) -> None:
    await ground.walk(USER, *REGISTRATION)
    assert await press(ground, "y.tell", "tell") == ["told.ask"]
    await ground.say(USER, "2/9/2026")
    assert await press(ground, "y.gave.20260902.whole_blood", "gave") == ["told.kept"]
    assert await press(ground, "y.gave.20260902.whole_blood", "gave-again") == ["told.kept"]
    ((_, given_on, verified, source),) = await rows(
        ground, donations.c.id, donations.c.given_on, donations.c.verified, donations.c.source
    )
    assert (given_on, verified, source) == (date(2026, 9, 2), False, "told")
    ((_, count, next_on),) = await rows(ground, donors.c.contact_id, donors.c.donations, donors.c.next_on)
    assert (count, next_on) == (0, date(2026, 11, 25))
