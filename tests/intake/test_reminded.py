"""Answers to reminders in a commit: held places, "ask me later", hours, "I am not well"; both engines, repeats change nothing."""

import asyncio
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from bot.channels.base import Received
from bot.dialog.turns import Say, Turn
from bot.domain.changing import replace
from bot.domain.donations import Donation, Intervals, Source
from bot.domain.messages import Choice
from bot.domain.updates import ChannelKind, Pressed, Said, Update
from bot.storage.dossiers import load_dossier
from bot.storage.held_places import hold_place
from bot.storage.ids import address_id
from bot.storage.outcomes import record_donation
from bot.storage.tables import (
    addresses,
    consents,
    contacts,
    donations,
    donors,
    drives,
    kept_aside,
    outbox,
    registrations,
    seen,
    slots,
)
from bot.storage.talks import dump_talk
from tests.intake.conftest import REGISTRATION, Ground, library
from tests.storage.ground import add_drive

USER = 520000001
OTHER = 520000002
AT = datetime.fromisoformat("2026-11-22T03:00:00+00:00")
DAY = timedelta(days=1)


async def press(ground: Ground, payload: str, update_id: str, user: int = USER) -> list[str] | None:
    return about(await happen(ground, Pressed(payload), update_id, user))


async def happen(ground: Ground, what: Any, update_id: str, user: int = USER) -> Turn | None:
    one = Update(ground.account_id, ChannelKind.TELEGRAM, str(user), update_id, AT, what)
    return (await ground.intake.take(None, Received((one,)))).turns[0]


def about(turn: Turn | None) -> list[str] | None:
    return None if turn is None else [effect.about for effect in turn.effects if isinstance(effect, Say)]


async def rows(ground: Ground, *columns: Any) -> list[Any]:
    """The columns of every row, the oldest first."""
    query = select(*columns).order_by(columns[0].table.primary_key.columns[0])
    return [tuple(row) for row in await ground.db.read(lambda c: c.execute(query).all())]


async def taken(ground: Ground, slot_id: int) -> int:
    query = select(slots.c.taken).where(slots.c.id == slot_id)
    return int(await ground.db.read(lambda c: c.execute(query).scalar_one()))


async def donor(ground: Ground, user: int = USER) -> int:
    """Somebody who has given at the first drive and wants to be reminded; returns the contact's id."""
    await ground.walk(user, *REGISTRATION)
    home = address_id(ground.account_id, str(user))
    query = select(addresses.c.contact_id).where(addresses.c.id == home)
    contact = int(await ground.db.read(lambda c: c.execute(query).scalar_one()))
    given, intervals = Donation(date(2026, 11, 20)), Intervals(library().rules.intervals.versions)
    await ground.db.write(
        lambda c: record_donation(c, contact, given, Source.SITE, intervals, AT, drive_id=ground.drive_id)
    )
    planned = update(donations).values(planned_at=AT)
    await ground.db.write(lambda c: c.execute(planned))
    return contact


async def hold(ground: Ground, contact: int, *, user: int = USER, capacity: int = 1) -> tuple[int, int]:
    """A place held at another drive that has so many; the ids of its registration and its slot."""
    home = address_id(ground.account_id, str(user))
    query = select(drives.c.unit_id).limit(1)

    def work(connection: Any) -> tuple[int | None, int]:
        unit = connection.execute(query).scalar_one()
        code = f"mau-{connection.execute(select(func.count()).select_from(drives)).scalar_one() + 1}"
        drive, (slot,) = add_drive(connection, unit, AT + 20 * DAY, capacities=(capacity,), code=code)
        return hold_place(connection, contact, home, drive, slot, AT + 3 * DAY, AT), slot

    held, slot = await ground.db.write(work)
    assert held is not None
    ground.intake._batcher._catalogues.forget()  # type: ignore[attr-defined]
    return held, slot


async def state_of(ground: Ground, registration_id: int) -> str:
    query = select(registrations.c.state).where(registrations.c.id == registration_id)
    return str(await ground.db.read(lambda c: c.execute(query).scalar_one()))


async def test_a_yes_takes_the_place_and_records_the_consent_that_was_shown(ground: Ground) -> None:
    contact = await donor(ground)
    held, slot = await hold(ground, contact)
    assert await press(ground, f"n.yes.{held}", "a") == ["consent.held-place"]
    assert await state_of(ground, held) == "held"
    assert await press(ground, f"n.take.{held}", "b") == ["reminded.taken"]
    assert await press(ground, f"n.take.{held}", "b") is None, "a repeat changes nothing"
    assert await press(ground, f"n.take.{held}", "c") == ["mine.already"]
    assert await state_of(ground, held) == "booked"
    assert await taken(ground, slot) == 1
    given = [wording for (_, wording) in await rows(ground, consents.c.id, consents.c.wording)]
    assert given.count("consent.held-place@1") == 1
    assert await rows(ground, kept_aside.c.id) == []


async def test_a_yes_after_its_time_takes_nothing(ground: Ground) -> None:
    contact = await donor(ground)
    held, slot = await hold(ground, contact)
    over = update(registrations).where(registrations.c.id == held).values(held_until=AT)
    await ground.db.write(lambda c: c.execute(over))
    assert await press(ground, f"n.take.{held}", "a") == ["reminded.gone", "drives.list"]
    assert await state_of(ground, held) == "held", "the sweep frees it"
    assert await taken(ground, slot) == 1
    wordings = [wording for (_, wording) in await rows(ground, consents.c.id, consents.c.wording)]
    assert "consent.held-place@1" not in wordings


async def test_nobody_takes_or_gives_what_is_held_for_somebody_else(ground: Ground) -> None:
    contact = await donor(ground)
    held, slot = await hold(ground, contact)
    await ground.walk(OTHER, "/start")
    assert await press(ground, f"n.take.{held}", "a", OTHER) == ["reminded.gone", "drives.list"]
    assert await press(ground, f"n.give.{held}", "b", OTHER) == ["reminded.when"]
    assert await state_of(ground, held) == "held"
    assert await taken(ground, slot) == 1


async def test_a_place_given_to_others_is_free_once(ground: Ground) -> None:
    contact = await donor(ground)
    held, slot = await hold(ground, contact)
    assert await press(ground, f"n.give.{held}", "a") == ["reminded.given"]
    assert await press(ground, f"n.give.{held}", "a") is None
    assert await press(ground, f"n.give.{held}", "b") == ["reminded.when"]
    assert await state_of(ground, held) == "cancelled"
    assert await taken(ground, slot) == 0


async def test_a_yes_and_a_no_at_the_same_moment_end_as_one_of_them(ground: Ground) -> None:
    contact = await donor(ground)
    held, slot = await hold(ground, contact)
    await asyncio.gather(press(ground, f"n.take.{held}", "a"), press(ground, f"n.give.{held}", "b"))
    assert (await state_of(ground, held), await taken(ground, slot)) in (("booked", 1), ("cancelled", 0))
    assert await rows(ground, kept_aside.c.id) == []


async def test_who_books_another_time_at_that_drive_keeps_one_place(ground: Ground) -> None:
    """The held place goes with the booking, and its seat is given back."""
    contact = await donor(ground)
    held, slot = await hold(ground, contact, capacity=5)
    query = select(registrations.c.drive_id).where(registrations.c.id == held)
    drive_id = await ground.db.read(lambda c: c.execute(query).scalar_one())
    own = (await rows(ground, registrations.c.id))[0][0]
    await press(ground, f"g.move.{own}", "a")
    assert await press(ground, f"g.slot.{own}.{slot}", "b") == ["mine.moved"]
    assert await state_of(ground, held) == "cancelled"
    places = await rows(ground, registrations.c.id, registrations.c.drive_id, registrations.c.state)
    assert [(one, at) for one, at, state in places if state == "booked"] == [(own, drive_id)]
    assert await taken(ground, slot) == 1
    assert await rows(ground, kept_aside.c.id) == []


@pytest.mark.parametrize(("payload", "until"), [("n.later", date(2027, 2, 12)), ("n.no", date(2027, 2, 12))])
async def test_ask_me_later_is_a_day_and_is_planned_anew(ground: Ground, payload: str, until: date) -> None:
    contact = await donor(ground)
    held, slot = await hold(ground, contact)
    said = await press(ground, payload, "a")
    assert said == (["reminded.later"] if payload == "n.later" else ["reminded.not-now"])
    assert await press(ground, payload, "a") is None
    assert await rows(ground, donors.c.contact_id, donors.c.ask_again_on) == [(contact, until)]
    assert await rows(ground, donations.c.id, donations.c.planned_at) == [(await only(ground), None)]
    assert (await state_of(ground, held), await taken(ground, slot)) == ("cancelled", 0)


async def only(ground: Ground) -> int:
    ((one,),) = await rows(ground, donations.c.id)
    return int(one)


async def test_who_is_not_known_leaves_no_day_behind(ground: Ground) -> None:
    await ground.walk(OTHER, "/start")
    for number, payload in enumerate(("n.later", "n.no", "w.nights", "n.yes.5", "n.fine.5")):
        assert await press(ground, payload, f"x{number}", OTHER)
    assert await rows(ground, donors.c.contact_id) == []
    assert await rows(ground, contacts.c.id) == []
    assert await rows(ground, kept_aside.c.id) == []


async def test_a_night_shift_is_kept_and_everything_planned_anew(ground: Ground) -> None:
    await donor(ground)
    await ground.db.write(lambda c: c.execute(update(registrations).values(planned_at=AT)))
    await ground.say(USER, "toi lam ca dem")
    assert [rhythm for _, rhythm in await rows(ground, contacts.c.id, contacts.c.rhythm)] == ["nights"]
    assert [at for _, at in await rows(ground, registrations.c.id, registrations.c.planned_at)] == [None]
    assert [at for _, at in await rows(ground, donations.c.id, donations.c.planned_at)] == [None]
    home = address_id(ground.account_id, str(USER))
    dossier = await ground.db.read(lambda c: load_dossier(c, home, ground.ring))
    assert dossier is not None
    assert dossier.rhythm == "nights"
    assert dossier.site_phone == "02133000000"


async def test_registering_again_keeps_the_rhythm(ground: Ground) -> None:
    await donor(ground)
    await ground.walk(
        USER, "toi lam ca dem", "/huy", "huỷ chỗ này", *REGISTRATION[1:4], "dùng thông tin này", "không", "1"
    )
    await ground.walk(USER, "xác nhận")
    assert [rhythm for _, rhythm in await rows(ground, contacts.c.id, contacts.c.rhythm)] == ["nights"]


@pytest.mark.parametrize("what", [Pressed("n.unwell.7", "Tôi chưa khoẻ"), Said("van hoi chong mat")])
async def test_who_is_not_well_stands_on_staffs_list_and_no_word_is_kept(ground: Ground, what: Any) -> None:
    await donor(ground)
    if isinstance(what, Said):  # the question is the last thing said
        await press(ground, "n.fine.7", "q")
        await ask_how_they_feel(ground)
    assert about(await happen(ground, what, "u")) == ["feeling.unwell"]
    ((_, handoff, urgent),) = await rows(ground, addresses.c.id, addresses.c.handoff, addresses.c.handoff_urgent)
    assert (handoff, urgent) == ("waiting", True)
    words = select(seen.c.text_sealed).where(seen.c.update_id == "u")
    assert await ground.db.read(lambda c: c.execute(words).scalar_one()) is None
    answer = select(outbox.c.key).where(outbox.c.key.like(f"%:{ground.account_id}:u:%"))
    keys = await ground.db.read(lambda c: c.execute(answer).scalars().all())
    assert keys
    assert not any(key.startswith("reply:") for key in keys)


async def ask_how_they_feel(ground: Ground) -> None:
    """As the reminder leaves the talk: its two choices are what was offered last."""
    home = address_id(ground.account_id, str(USER))
    dossier = await ground.db.read(lambda c: load_dossier(c, home, ground.ring))
    assert dossier is not None
    offered = (Choice("Tôi khoẻ", "n.fine.7"), Choice("Tôi chưa khoẻ", "n.unwell.7"))
    sealed = dump_talk(replace(dossier.conversation, offered=offered), ground.ring)
    talk = update(addresses).where(addresses.c.id == home).values(talk_sealed=sealed)
    await ground.db.write(lambda c: c.execute(talk))


async def test_a_drive_that_was_called_off_is_left_with_its_place(ground: Ground) -> None:
    await donor(ground)
    query = select(drives.c.unit_id).limit(1)

    def furnish(connection: Any) -> int:
        unit = connection.execute(query).scalar_one()
        return add_drive(connection, unit, AT + 9 * DAY, code="mau-9")[1][0]

    other = await ground.db.write(furnish)
    off = update(drives).where(drives.c.id == ground.drive_id).values(state="cancelled")
    await ground.db.write(lambda c: c.execute(off))
    ground.intake._batcher._catalogues.forget()  # type: ignore[attr-defined]
    ((own,),) = await rows(ground, registrations.c.id)
    assert await press(ground, f"g.move.{own}", "a") == ["mine.ask-drive-instead"]
    assert await press(ground, f"g.slot.{own}.{other}", "b") == ["mine.moved"]
    assert await press(ground, f"g.slot.{own}.{other}", "b") is None
    assert await state_of(ground, own) == "booked"
    assert (await taken(ground, other), await taken(ground, ground.slot_ids[0])) == (1, 0)
