"""What follows giving: thanks, how are you, a held place, one a day, "ask me later", drives moved and called off."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select

from bot.channels.base import Account
from bot.domain.consents import Purpose
from bot.domain.donations import Component, Donation, ReasonGroup, Source
from bot.domain.messages import Message
from bot.storage.ids import new_id
from bot.storage.outcomes import record_deferral, record_donation
from bot.storage.reminder_wishes import ask_later
from bot.storage.tables import contacts, donors, drive_changes, drives, intents, outbox, registrations, slots
from scheduler.parts import Parts
from scheduler.planning import replan
from tests.facts import RULES
from tests.scheduler.conftest import Stage
from tests.scheduler.ground import HERE, Tape, local

GIVEN = date(2026, 12, 5)


@pytest.fixture
def account(stage: Stage) -> Account:
    return stage.rows.account()


@pytest.fixture
def parts(stage: Stage, account: Account) -> Parts:
    return stage.with_tape(Tape(), account)


@pytest.fixture
def person(stage: Stage, account: Account) -> int:
    return stage.rows.person(account, "1")


def on(day: date, clock: str) -> datetime:
    return datetime.combine(day, datetime.strptime(clock, "%H:%M").time(), HERE)  # noqa: DTZ007 (a time of day)


def give(stage: Stage, person: int, at: datetime, day: date = GIVEN) -> None:
    stage.clock.now = at
    given = Donation(day, Component.WHOLE_BLOOD, 350)
    stage.db.write_now(lambda c: record_donation(c, person, given, Source.SITE, RULES.intervals, at))


def said(stage: Stage) -> list[tuple[str, Message]]:
    """Occasion and words of everything queued so far."""
    query = select(intents.c.occasion, outbox.c.body_sealed).join(intents, intents.c.id == outbox.c.intent_id)
    rows = stage.db.read_now(lambda c: c.execute(query.order_by(outbox.c.id)).all())
    return [(row.occasion, Message.from_json(stage.ring.open_json(row.body_sealed, "outbox.body"))) for row in rows]


def ends(stage: Stage) -> dict[str, str]:
    return {row.occasion: row.reason or row.state for row in stage.rows.intents()}


async def test_it_thanks_and_asks_how_one_feels(stage: Stage, parts: Parts, person: int) -> None:
    give(stage, person, local(5, "11:00"))
    await stage.sweep(parts, local(5, "19:00"))
    await stage.sweep(parts, local(6, "18:00"))
    (thanks, words), (feeling, asked) = said(stage)
    assert (thanks, feeling) == ("thanks", "how-are-you")
    assert "05/12/2026" in words.text
    donation = stage.rows.intents()[0].donation_id
    assert [choice.payload for choice in asked.choices] == [f"n.fine.{donation}", f"n.unwell.{donation}"]


async def test_it_says_not_today_with_a_date_and_never_why(stage: Stage, parts: Parts, person: int) -> None:
    stage.clock.now = local(5, "11:00")
    until = date(2027, 1, 10)
    stage.db.write_now(
        lambda c: record_deferral(c, stage.ring, person, GIVEN, until, ReasonGroup.HAEMOGLOBIN, stage.clock.now)
    )
    stage.rows.consent(person, Purpose.REMINDER)
    await stage.sweep(parts, local(5, "19:00"))
    await stage.sweep(parts, on(date(2027, 1, 8), "18:00"))
    (first, words), (second, again) = said(stage)
    assert (first, second) == ("not-today", "deferral-over")
    assert "10/01/2027" in words.text
    assert "10/01/2027" in again.text
    assert not any(word in words.text.lower() for word in ("huyết sắc tố", "haemoglobin", "thiếu máu"))


async def test_it_holds_a_real_place_for_who_may_give_again(stage: Stage, parts: Parts, person: int) -> None:
    stage.rows.consent(person, Purpose.REMINDER)
    give(stage, person, local(5, "11:00"))
    slot = stage.rows.drive(on(date(2027, 3, 2), "08:00"), code="mau-2")[0]
    await stage.sweep(parts, on(date(2027, 2, 24), "18:00"))
    occasion, words = said(stage)[-1]
    (held,) = stage.db.read_now(lambda c: c.execute(select(registrations)).all())
    assert occasion == "next-donation"
    assert (held.state, held.slot_id, held.contact_id) == ("held", slot, person)
    assert "02/03/2027" in words.text
    assert [choice.payload for choice in words.choices][:2] == [f"n.yes.{held.id}", f"n.give.{held.id}"]
    assert stage.db.read_now(lambda c: c.execute(select(slots.c.taken)).scalar_one()) == 1


async def test_it_promises_no_place_where_there_is_none(stage: Stage, parts: Parts, person: int) -> None:
    stage.rows.consent(person, Purpose.REMINDER)
    give(stage, person, local(5, "11:00"))
    stage.rows.drive(on(date(2027, 2, 26), "08:00"), code="mau-2")  # a day before they may
    await stage.sweep(parts, on(date(2027, 2, 24), "18:00"))
    assert [choice.payload for choice in said(stage)[-1][1].choices] == ["m.drives", "m.register", "n.later", "n.no"]
    assert stage.db.read_now(lambda c: c.execute(select(registrations)).all()) == []


async def test_it_nudges_once_and_then_waits_for_the_season(stage: Stage, parts: Parts, person: int) -> None:
    stage.rows.consent(person, Purpose.REMINDER)
    give(stage, person, local(5, "11:00"))
    for day in (24, 25):
        await stage.sweep(parts, on(date(2027, 2, day), "18:00"))
    for day in range(1, 32):
        await stage.sweep(parts, on(date(2027, 3, day), "18:00"))
    asked = [occasion for occasion, _ in said(stage) if occasion.startswith("next-")]
    assert asked == ["next-donation", "next-donation-nudge"]
    (season,) = [row for row in stage.rows.intents() if row.occasion == "next-season"]
    assert season.state == "waiting"
    await stage.sweep(parts, season.due_at)
    assert [occasion for occasion, _ in said(stage)][-1] == "next-season"


async def test_it_leaves_alone_who_asked_to_be_asked_later(stage: Stage, parts: Parts, person: int) -> None:
    stage.rows.consent(person, Purpose.REMINDER)
    give(stage, person, local(5, "11:00"))
    stage.db.write_now(lambda c: c.execute(donors.update().values(ask_again_on=date(2027, 3, 20))))
    await stage.sweep(parts, on(date(2027, 2, 24), "18:00"))
    assert said(stage) == []
    await stage.sweep(parts, on(date(2027, 3, 20), "18:00"))
    assert [occasion for occasion, _ in said(stage)] == ["next-donation"]


async def test_it_says_one_thing_where_two_fall_together(stage: Stage, parts: Parts, person: int) -> None:
    """ "Not this season": the nudge is put off to the day on which the next season begins."""
    stage.rows.consent(person, Purpose.REMINDER)
    give(stage, person, local(5, "11:00"))
    await stage.sweep(parts, on(date(2027, 2, 24), "18:00"))
    (season,) = [row for row in stage.rows.intents() if row.occasion == "next-season"]
    day = season.due_at.astimezone(HERE).date()
    stage.db.write_now(lambda c: c.execute(donors.update().values(ask_again_on=day)))
    await stage.sweep(parts, on(date(2027, 3, 10), "18:00"))
    await stage.sweep(parts, season.due_at)
    found = ends(stage)
    assert sorted((found["next-donation-nudge"], found["next-season"])) == ["merged", "queued"]
    assert [occasion for occasion, _ in said(stage)][:1] == ["next-donation"]
    assert len(said(stage)) == 2


@pytest.mark.parametrize(
    ("kind", "occasion"),
    [pytest.param("moved", "drive-moved", id="moved"), pytest.param("cancelled", "drive-cancelled", id="off")],
)
async def test_it_tells_everybody_of_a_change_once(
    stage: Stage, parts: Parts, account: Account, kind: str, occasion: str
) -> None:
    slot = stage.rows.drive(local(8, "09:30"))[0]
    people = [stage.rows.person(account, str(number)) for number in range(3)]
    places = [stage.rows.book(one, slot, local(4, "10:00")) for one in people]
    await stage.sweep(parts, local(4, "11:00"))
    now = local(4, "12:00")

    def change(connection: object) -> None:
        drive = connection.execute(select(drives)).one()  # type: ignore[attr-defined]
        row = {
            "id": new_id(),
            "drive_id": drive.id,
            "kind": kind,
            "at": now,
            "was_starts_at": local(8, "07:30"),
            "was_place": "Sân cũ",
        }
        connection.execute(drive_changes.insert().values(row))  # type: ignore[attr-defined]
        connection.execute(drives.update().values(state="open" if kind == "moved" else "cancelled"))  # type: ignore[attr-defined]
        connection.execute(registrations.update().values(planned_at=None))  # type: ignore[attr-defined]

    stage.db.write_now(change)
    for clock in ("12:01", "12:02", "12:30"):
        await stage.sweep(parts, local(4, clock))
    told = [words for name, words in said(stage) if name == occasion]
    assert len(told) == 3
    assert {choice.payload for words in told for choice in words.choices} >= {f"g.move.{one}" for one in places}
    await stage.sweep(parts, local(7, "18:00"))
    eves = [name for name, _ in said(stage) if name == "drive-eve"]
    assert len(eves) == (3 if kind == "moved" else 0)


async def test_it_plans_anew_when_a_timing_changes(stage: Stage, parts: Parts, person: int) -> None:
    stage.rows.consent(person, Purpose.REMINDER)
    give(stage, person, local(5, "11:00"))
    await stage.sweep(parts, local(5, "12:00"))
    assert await replan(parts) > 0
    assert await replan(parts) == 0
    await stage.sweep(parts, local(5, "19:00"))
    assert [occasion for occasion, _ in said(stage)] == ["thanks"]


async def test_it_lets_who_works_at_night_sleep(stage: Stage, parts: Parts, person: int) -> None:
    stage.db.write_now(lambda c: c.execute(contacts.update().values(rhythm="nights")))
    slot = stage.rows.drive(local(8, "17:30"))[0]
    stage.rows.book(person, slot, local(4, "10:00"))
    await stage.sweep(parts, local(4, "10:01"))
    due = {row.occasion: row.due_at for row in stage.rows.intents()}
    assert due["drive-eve"] == local(7, "18:00")
    assert "drive-morning" not in due  # half past three in the afternoon is their night
    assert timedelta(0) < local(8, "17:30") - due["drive-eve"]


def wish(stage: Stage, person: int, day: date, at: datetime) -> None:
    stage.clock.now = at
    stage.db.write_now(lambda c: ask_later(c, person, day))


async def test_who_never_gave_hears_on_the_day_they_asked_for(stage: Stage, parts: Parts, person: int) -> None:
    stage.rows.consent(person, Purpose.REMINDER)
    wish(stage, person, date(2027, 3, 2), local(5, "11:00"))
    await stage.sweep(parts, on(date(2027, 3, 1), "18:00"))
    assert said(stage) == []
    await stage.sweep(parts, on(date(2027, 3, 2), "18:00"))
    await stage.sweep(parts, on(date(2027, 3, 3), "18:00"))
    ((occasion, words),) = said(stage)
    assert occasion == "asked"
    assert "Anh/chị nhờ em nhắc" in words.text


async def test_a_later_wish_takes_the_place_of_the_first(stage: Stage, parts: Parts, person: int) -> None:
    stage.rows.consent(person, Purpose.REMINDER)
    wish(stage, person, date(2027, 3, 2), local(5, "11:00"))
    await stage.sweep(parts, local(5, "12:00"))
    wish(stage, person, date(2027, 4, 2), local(6, "11:00"))
    await stage.sweep(parts, on(date(2027, 3, 2), "18:00"))
    assert said(stage) == []
    await stage.sweep(parts, on(date(2027, 4, 2), "18:00"))
    assert [occasion for occasion, _ in said(stage)] == ["asked"]
    assert sorted(row.reason for row in stage.rows.intents()) == ["", "replanned"]


async def test_without_consent_or_with_a_place_it_is_silent(stage: Stage, parts: Parts, person: int) -> None:
    wish(stage, person, date(2027, 3, 2), local(5, "11:00"))
    await stage.sweep(parts, on(date(2027, 3, 2), "18:00"))
    assert ends(stage) == {"asked": "no-consent"}


async def test_of_who_has_given_the_plan_waits_and_no_other_is_made(stage: Stage, parts: Parts, person: int) -> None:
    stage.rows.consent(person, Purpose.REMINDER)
    give(stage, person, local(5, "11:00"))
    wish(stage, person, date(2027, 4, 2), local(6, "11:00"))
    await stage.sweep(parts, local(6, "12:00"))
    assert "asked" not in ends(stage)


async def test_a_changed_timing_plans_a_wish_anew(stage: Stage, parts: Parts, person: int) -> None:
    stage.rows.consent(person, Purpose.REMINDER)
    wish(stage, person, date(2027, 3, 2), local(5, "11:00"))
    await stage.sweep(parts, local(5, "12:00"))
    assert await replan(parts) == 1
    unplanned = stage.db.read_now(lambda c: c.execute(select(donors.c.asked_planned_at)).scalar_one())
    assert unplanned is None
    await stage.sweep(parts, on(date(2027, 3, 2), "18:00"))
    assert [occasion for occasion, _ in said(stage)] == ["asked"]
