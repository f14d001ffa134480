"""An appeal on its way: those who may give, in order, in waves, until enough have promised; then thanks, and an end."""

import contextlib
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, insert, select, update

from bot.channels.base import Account, Rejected
from bot.domain.appeals import Need, Standing
from bot.domain.broadcasts import Broadcast, BroadcastState, Draft, Refusal, Refused
from bot.domain.consents import Purpose
from bot.domain.messages import Message
from bot.domain.outbox import MessagePurpose
from bot.storage.appeal_candidates import count_candidates
from bot.storage.appeals import Appeal, appeal_of, standing_of
from bot.storage.broadcast_figures import Progress, progress_of
from bot.storage.broadcast_rows import columns_of
from bot.storage.broadcasts import broadcast_at, cancel, meet, pause, retry
from bot.storage.dry_run import dry_run
from bot.storage.ids import new_id
from bot.storage.recipient_people import forget_recipient
from bot.storage.tables import (
    appeal_candidates,
    broadcasts,
    contacts,
    donations,
    donors,
    outbox,
    recipients,
    registrations,
    slots,
    tags,
)
from scheduler.appeals import ask
from scheduler.broadcasting import watch_over
from scheduler.expansion import expand, tools_of
from scheduler.feeding import feed
from scheduler.parts import Parts
from tests.scheduler.conftest import Stage
from tests.scheduler.ground import Tape, local
from tests.storage.ground import add_drive, add_unit

NOON = local(5, "12:00")
TODAY = date(2026, 12, 5)


@dataclass
class Call:
    """One appeal, and everybody around it."""

    stage: Stage
    account: Account
    parts: Parts
    tape: Tape
    unit: int
    drive: int
    slot: int

    def person(
        self, user: str, *, group: str = "", last: date | None = None, lately: int = 0, standby: bool = False
    ) -> int:
        """Somebody who agreed to be called."""
        stage = self.stage
        one = stage.rows.person(self.account, user)
        stage.rows.consent(one, Purpose.URGENT)
        sealed = stage.ring.seal_text(group, "donors.blood_group") if group else None
        given = [TODAY - timedelta(days=100 + 90 * each) for each in range(lately)]
        last = last or (given[0] if given else None)
        rows = [
            {"id": new_id(), "contact_id": one, "given_on": day, "component": "whole_blood", "verified": True,
             "created_at": NOON, "planned_at": NOON}
            for day in given
        ]  # fmt: skip

        def write(connection: Any) -> None:
            connection.execute(update(contacts).where(contacts.c.id == one).values(unit_id=self.unit))
            values = {"contact_id": one, "blood_group_sealed": sealed, "last_given_on": last, "donations": lately}
            connection.execute(insert(donors).values(values))
            if rows:
                connection.execute(insert(donations), rows)
            if standby:
                connection.execute(insert(tags).values(contact_id=one, tag="standby", by="viet", at=NOON))

        stage.db.write_now(write)
        return one

    def crowd(self, count: int, **more: Any) -> list[int]:
        return [self.person(f"{number:04d}", **more) for number in range(count)]

    def start(self, bags: int = 1, groups: tuple[str, ...] = (), segment: str = "all", **more: Any) -> Broadcast:
        """One that was approved and started; its life before is tested elsewhere."""
        need = Need(bags, more.pop("by", local(5, "20:00")), groups)
        words = (("vi", "Bệnh viện cần máu, xem https://example.org/x."),)
        draft = Draft(MessagePurpose.URGENT, self.unit, segment, words=words, drive_id=self.drive, need=need)
        row = {"id": new_id(), "code": "goi", "state": "running", "created_by": "viet", "created_at": NOON}
        values = {**row, "started_at": NOON, **columns_of(draft), **more}
        self.stage.db.write_now(lambda c: c.execute(insert(broadcasts).values(values)))
        return self.current()

    def current(self) -> Broadcast:
        found = self.stage.db.read_now(lambda c: broadcast_at(c, "goi"))
        assert found is not None
        return found

    async def go(self, at: datetime | None = None) -> list[str]:
        """The timetable until nothing is due; who was written to in this round."""
        self.stage.clock.now = at or self.stage.clock.now
        before = len(self.tape.calls)
        await expand(self.parts)
        for _ in range(3):  # opened, gathered, asked
            await ask(self.parts)
        for _ in range(4):
            await feed(self.parts)
            await self.parts.sender.send_due()
        await ask(self.parts)
        await self.parts.sender.send_due()
        await watch_over(self.parts)
        return [user for user, _ in self.tape.calls[before:]]

    def promise(self, *people: int) -> None:
        """They take a place after they were asked."""
        for one in people:
            self.stage.rows.book(one, self.slot, self.stage.clock.now)

    def appeal(self) -> Appeal:
        found = self.stage.db.read_now(lambda c: appeal_of(c, self.current().id))
        assert found is not None
        return found

    def progress(self) -> Progress:
        return self.stage.db.read_now(lambda c: progress_of(c, self.current().id, self.stage.clock.now))

    def left(self) -> int:
        return self.stage.db.read_now(lambda c: count_candidates(c, self.current().id))

    def standing(self) -> Standing:
        return self.stage.db.read_now(lambda c: standing_of(c, self.current()))

    def do(self, step: Any, *more: Any) -> Any:
        return self.stage.db.write_now(lambda c: step(c, *more))

    def thanks(self) -> dict[str, int]:
        query = select(recipients.c.thanks, func.count()).group_by(recipients.c.thanks)
        return {row[0]: row[1] for row in self.stage.db.read_now(lambda c: c.execute(query).all())}


@pytest.fixture
def call(stage: Stage) -> Call:
    stage.clock.now = NOON
    account, tape = stage.rows.account(), Tape()
    unit = stage.db.write_now(lambda c: add_unit(c, code="ldld-mau"))
    drive, ids = stage.db.write_now(lambda c: add_drive(c, unit, local(5, "14:00"), capacities=(200, 200)))
    return Call(stage, account, stage.with_tape(tape, account), tape, unit, drive, ids[1])


async def test_the_first_wave_is_the_reserve_then_the_lapsed_and_the_faithful_wait(call: Call) -> None:
    for number in range(10):
        call.person(f"often-{number}", lately=3)
        call.person(f"some-{number}", lately=1)
        call.person(f"lapsed-{number}", last=TODAY - timedelta(days=400))
    for number in range(3):
        call.person(f"reserve-{number}", standby=True, lately=3)
    call.start(bags=1)  # two places, at two of ten: ten people
    asked = await call.go()
    assert len(asked) == 10
    assert {user.split("-")[0] for user in asked} == {"reserve", "lapsed"}
    assert sum(user.startswith("reserve") for user in asked) == 3
    assert "https://example.org" not in call.tape.texts[0]
    assert call.tape.texts[0].startswith("🆘 Lời kêu gọi hiến máu của LĐLĐ tỉnh Mẫu")
    assert call.appeal().wave == 1
    assert (call.left(), call.standing()) == (23, Standing(asked=10))
    assert call.current().state is BroadcastState.RUNNING


async def test_nobody_answers_and_the_next_wave_goes_on_where_the_first_ended(call: Call) -> None:
    call.crowd(40)
    call.start(bags=1)
    first = await call.go()
    assert await call.go(NOON + timedelta(minutes=44)) == []
    second = await call.go(NOON + timedelta(minutes=46))
    assert len(first) == 10
    assert len(second) == 20, "nobody of ten said yes, so two of twenty are counted on"
    assert not set(first) & set(second)
    assert call.appeal().wave == 2
    waves = select(recipients.c.wave, func.count()).group_by(recipients.c.wave).order_by(recipients.c.wave)
    assert [tuple(row) for row in call.stage.db.read_now(lambda c: c.execute(waves).all())] == [(1, 10), (2, 20)]


async def test_promises_that_cover_the_need_end_it_and_those_asked_in_vain_are_thanked_once(call: Call) -> None:
    everybody = {f"{number:04d}": one for number, one in enumerate(call.crowd(40))}
    call.start(bags=1)
    asked = await call.go()
    call.promise(everybody[asked[0]], everybody[asked[1]])
    assert call.standing() == Standing(asked=10, agreed=2, pledged=2)
    thanked = await call.go(NOON + timedelta(minutes=5))
    assert sorted(thanked) == sorted(asked[2:])
    assert call.appeal().close_reason == "need-met"
    assert all("không cần đến nữa" in text for text in call.tape.texts[10:])
    assert call.thanks() == {"comes": 2, "queued": 8}
    assert call.left() == 0, "why they stood there is nobody's to know any more"
    await call.go(NOON + timedelta(hours=2))
    assert len(call.tape.calls) == 18
    assert call.current().state is BroadcastState.FINISHED
    now = call.progress()
    assert (now.intended, now.sent) == (10, 10), "thanks are no part of its figures"


async def test_what_has_not_gone_out_when_the_need_is_met_stays_here(call: Call) -> None:
    call.crowd(30)
    one = call.start(bags=1)
    for _ in range(3):
        await ask(call.parts)
    await feed(call.parts)
    call.do(meet, "viet", one, NOON)
    assert await call.go() == []
    now = call.progress()
    assert (now.intended, now.sent, dict(now.reasons)) == (10, 0, {"need-met": 10})
    assert call.current().state is BroadcastState.FINISHED
    assert call.thanks() in ({"": 10}, {"heard-nothing": 10}), "who heard nothing is not thanked"


async def test_by_blood_group_only_those_whose_blood_serves_and_the_same_group_first(call: Call) -> None:
    for number in range(8):
        call.person(f"o-minus-{number}", group="O-")
        call.person(f"a-minus-{number}", group="A-")
        call.person(f"b-plus-{number}", group="B+")
        call.person(f"unknown-{number}")
    broadcast = call.start(bags=1, groups=("A-",))
    ledger = dry_run(call.stage.db, broadcast, tools_of(call.parts), NOON)
    assert (ledger.segment, ledger.reached, ledger.other_group, ledger.first_wave) == (32, 16, 16, 10)
    assert (ledger.intended, ledger.without_consent) == (16, 0)
    asked = await call.go()
    assert [sum(user.startswith(kind) for user in asked) for kind in ("a-minus", "o-minus", "b", "u")] == [8, 2, 0, 0]


async def test_who_gave_too_lately_is_deferred_registered_or_was_called_this_quarter_is_not_asked(call: Call) -> None:
    soon, late, booked, called = (call.person(name) for name in ("soon", "late", "booked", "called"))
    call.person("free")
    tomorrow = TODAY + timedelta(days=1)
    for one, values in ((soon, {"next_on": tomorrow}), (late, {"deferred_until": tomorrow})):
        call.do(
            lambda c, one=one, values=values: c.execute(update(donors).where(donors.c.contact_id == one).values(values))
        )
    call.promise(booked)
    ids = call.stage.rows.messages([(call.account, called, "Cần máu", MessagePurpose.URGENT)], state="sent")
    assert len(ids) == 1
    call.start(bags=1)
    assert await call.go() == ["free"]
    now = call.progress()
    assert dict(now.reasons) == {"appealed-lately": 1, "registered-already": 1}
    later = call.stage.db.read_now(lambda c: c.execute(select(recipients.c.contact_id)).scalars().all())
    assert not {soon, late} & set(later)


async def test_nobody_is_asked_when_the_drive_is_full_and_again_when_there_is_room(call: Call) -> None:
    call.crowd(12)
    call.do(lambda c: c.execute(update(slots).values(taken=slots.c.capacity)))
    call.start(bags=1)
    assert await call.go() == []
    call.do(lambda c: c.execute(update(slots).values(taken=0)))
    assert await call.go(NOON + timedelta(minutes=4)) == []
    assert len(await call.go(NOON + timedelta(minutes=6))) == 10


async def test_at_night_a_wave_waits_for_the_morning_and_no_other_follows_it(call: Call) -> None:
    call.crowd(60)
    night = local(5, "22:00")
    call.drive = call.do(lambda c: add_drive(c, call.unit, local(6, "09:00"), capacities=(200,), code="mau-2"))[0]
    call.start(bags=1, by=local(6, "12:00"), started_at=night)
    assert await call.go(night) == []
    assert await call.go(night + timedelta(hours=3)) == []
    assert (call.appeal().wave, call.progress().waiting) == (1, 10)
    assert len(await call.go(local(6, "07:00"))) == 10


async def test_paused_or_recalled_between_two_waves_nobody_else_is_asked(call: Call) -> None:
    call.crowd(60)
    call.start(bags=1)
    assert len(await call.go()) == 10
    call.do(pause, "viet", call.current(), NOON)
    assert await call.go(NOON + timedelta(hours=1)) == []
    call.do(cancel, "viet", call.current(), NOON + timedelta(hours=1))
    assert await call.go(NOON + timedelta(hours=2)) == []
    assert (call.left(), call.appeal().close_reason) == (0, "recalled")
    assert call.thanks() == {"": 10}


async def test_when_everybody_has_been_asked_no_empty_wave_follows(call: Call) -> None:
    call.crowd(4)
    call.start(bags=1)
    assert len(await call.go()) == 4
    assert await call.go(NOON + timedelta(hours=2)) == []
    assert (call.appeal().wave, call.current().state) == (1, BroadcastState.RUNNING)


async def test_it_is_over_when_the_blood_is_of_no_use_any_more(call: Call) -> None:
    call.crowd(60)
    call.start(bags=5, by=local(5, "13:00"))
    first = await call.go()
    assert len(first) == 35
    assert await call.go(local(5, "13:01")) == []
    assert (call.appeal().close_reason, call.left()) == ("need-over", 0)
    assert call.current().state is BroadcastState.FINISHED
    assert call.thanks() == {"": 35}, "the need was not met, so nobody is told that it was"


async def test_refused_messages_count_as_nobody_asked(call: Call) -> None:
    call.crowd(40)
    call.start(bags=1)

    async def refuse(_user: str, _message: Message) -> None:
        raise Rejected("no")

    call.tape.answer = refuse
    await call.go()
    assert call.standing() == Standing()
    call.tape.answer = None
    assert len(await call.go(NOON + timedelta(minutes=46))) == 10


async def test_a_closed_appeal_is_not_tried_again(call: Call) -> None:
    call.crowd(20)
    call.start(bags=1)

    async def refuse(_user: str, _message: Message) -> None:
        raise Rejected("no")

    call.tape.answer = refuse
    await call.go()
    (reason,) = call.progress().failures
    call.do(meet, "viet", call.current(), NOON)
    await call.go()
    assert call.current().state is BroadcastState.FINISHED
    with pytest.raises(Refused) as caught:
        call.do(retry, "viet", call.current(), [reason], NOON)
    assert caught.value.why is Refusal.APPEAL_CLOSED


async def test_bags_given_count_whole_and_others_places_count_only_where_any_group_serves(call: Call) -> None:
    asked = call.crowd(12, group="A+")
    stranger = call.stage.rows.person(call.account, "stranger")
    call.start(bags=3)
    await call.go()
    mine = [one for one in asked if one in _recipients(call)][:2]
    call.promise(*mine, stranger)
    call.do(
        lambda c: c.execute(update(registrations).where(registrations.c.contact_id == mine[0]).values(state="donated"))
    )
    assert call.standing() == Standing(asked=12, agreed=2, pledged=2, given=1)
    call.do(lambda c: c.execute(update(broadcasts).values(needed_groups="A+")))
    assert call.standing() == Standing(asked=12, agreed=2, pledged=1, given=1)


async def test_a_kill_between_two_pages_of_a_wave_asks_nobody_twice(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    call.crowd(60)
    call.start(bags=3)
    monkeypatch.setattr("scheduler.appeals.GATHER_PAGE", 7)
    monkeypatch.setattr("scheduler.appeals.WAVE_PAGE", 4)
    honest, died = call.parts.db.write, 0

    async def dies(work: Any, **more: Any) -> Any:
        nonlocal died
        died += 1
        if died % 5 == 0:
            raise InterruptedError
        return await honest(work, **more)

    monkeypatch.setattr(call.parts.db, "write", dies)
    for _ in range(30):
        with contextlib.suppress(InterruptedError):
            await ask(call.parts)
    monkeypatch.setattr(call.parts.db, "write", honest)
    await call.go()
    people, left = _recipients(call), call.left()
    assert len(people) == len(set(people)) == 20, "the wave is as large as without a kill"
    assert len(people) + left == 60
    assert len(call.tape.calls) == len({user for user, _ in call.tape.calls})


async def test_whoever_sleeps_by_day_is_thanked_in_the_evening(call: Call) -> None:
    everybody = call.crowd(10)
    call.start(bags=1)
    await call.go()
    sleeper = everybody[0]
    call.do(lambda c: c.execute(update(contacts).where(contacts.c.id == sleeper).values(rhythm="nights")))
    call.do(meet, "viet", call.current(), NOON)
    assert len(await call.go(NOON + timedelta(minutes=5))) == 9
    assert call.current().state is BroadcastState.RUNNING
    assert await call.go(local(5, "18:30")) == ["0000"]
    assert call.current().state is BroadcastState.FINISHED


async def test_erased_people_stand_in_no_row_of_candidates(call: Call) -> None:
    everybody = call.crowd(30)
    call.start(bags=1)
    await call.go()
    waiting = set(call.stage.db.read_now(lambda c: c.execute(select(appeal_candidates.c.contact_id)).scalars().all()))
    one = next(iter(waiting & set(everybody)))
    call.do(forget_recipient, one, NOON)
    assert call.left() == 19


def _recipients(call: Call) -> list[int]:
    sent = select(outbox.c.contact_id).where(outbox.c.broadcast_id == call.current().id)
    rows = select(recipients.c.contact_id)
    assert set(call.stage.db.read_now(lambda c: c.execute(sent).scalars().all())) <= set(
        call.stage.db.read_now(lambda c: c.execute(rows).scalars().all())
    )
    return list(call.stage.db.read_now(lambda c: c.execute(rows).scalars().all()))
