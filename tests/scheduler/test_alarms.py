"""From what stands out to a message on the right person's phone: once, again in time, and when it is over."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, select, update

from bot.channels.base import Account
from bot.domain.alarms import CopiesFigures, OwnFigures
from bot.domain.broadcasts import Draft, Refusal
from bot.domain.outbox import MessagePurpose
from bot.domain.segments import Fault
from bot.domain.updates import ChannelKind
from bot.intake.broadcast_desk import held_because
from bot.storage.broadcast_rows import columns_of
from bot.storage.broadcast_sweeps import call_off_start, hold_back
from bot.storage.broadcasts import broadcast_at, cancel, resume
from bot.storage.ids import new_id
from bot.storage.tables import (
    accounts,
    addresses,
    alarms,
    appeals,
    broadcasts,
    kept_aside,
    leases,
    outbox,
    staff,
    staff_addresses,
    units,
)
from scheduler.alarms import watch
from scheduler.parts import Parts
from tests.scheduler.conftest import Stage, library
from tests.scheduler.ground import Tape
from tests.storage.ground import add_unit

TELEGRAM = ChannelKind.TELEGRAM


@dataclass
class Desk:
    """A stage with staff whose chats are linked."""

    stage: Stage
    account: Account
    parts: Parts
    own: OwnFigures = field(default_factory=lambda: OwnFigures("here"))

    def staff(self, role: str, *, unit: int | None = None, on_duty: bool = False, **address: Any) -> int:
        """A member with a linked chat; the id of its address."""
        member, chat = new_id(), self.stage.rows.person(self.account, f"staff-{role}-{new_id()}", **address)
        row = {"id": member, "login": f"{role}-{member}", "name": "Thử", "role": role, "unit_id": unit}
        link = {"address_id": chat, "staff_id": member, "linked_at": self.stage.clock.now}
        self.stage.db.write_now(lambda c: c.execute(staff.insert().values(row | {"on_duty": on_duty})))
        self.stage.db.write_now(lambda c: c.execute(staff_addresses.insert().values(link)))
        return chat

    def waits(self, user: str, *, urgent: bool = False, since: datetime | None = None) -> int:
        """Somebody who waits for staff."""
        values: dict[str, Any] = {
            "handoff": "waiting",
            "handoff_since": since or self.stage.clock.now,
            "handoff_urgent": urgent,
        }
        return self.stage.rows.person(self.account, user, **values)

    async def look(self, **later: float) -> int:
        """The next look, after what was written to staff before has gone out."""
        gone = update(outbox).where(outbox.c.purpose == "staff", outbox.c.state == "waiting").values(state="sent")
        self.stage.db.write_now(lambda c: c.execute(gone))
        self.stage.clock.now += timedelta(**later)
        return await watch(replace(self.parts, own=lambda _now: self.own))

    def broadcast(self, unit: int, state: str, **columns: Any) -> int:
        """One that stands so; its life before is tested elsewhere."""
        row = {
            "id": new_id(),
            "code": "tin-1",
            "state": state,
            "created_by": "thuy",
            "created_at": self.stage.clock.now,
        }
        draft = Draft(MessagePurpose.NEWS, unit, "all", words=(("vi", "Tháng này có hai đợt."),))
        self.stage.db.write_now(lambda c: c.execute(broadcasts.insert().values(row | columns_of(draft) | columns)))
        return row["id"]  # type: ignore[return-value]

    def press(self, step: Callable[..., object]) -> None:
        """What staff press on the page of that broadcast."""
        now = self.stage.clock.now
        self.stage.db.write_now(lambda c: step(c, "lan", broadcast_at(c, "tin-1"), now))

    def change(self, table: Any, **values: Any) -> None:
        self.stage.db.write_now(lambda c: c.execute(update(table).values(**values)))

    def told(self) -> list[tuple[int, str, str]]:
        """What was written to staff: address, state or reason, first line."""
        rows = self.stage.db.read_now(lambda c: c.execute(select(outbox).order_by(outbox.c.id)).all())
        return [
            (row.address_id, row.reason or row.state, self.stage.rows.body(row).text.partition("\n")[0])
            for row in rows
            if row.purpose == "staff"
        ]

    def rows(self) -> list[tuple[str, str, bool]]:
        """Alarms: kind, subject, still open."""
        found = self.stage.db.read_now(lambda c: c.execute(select(alarms).order_by(alarms.c.id)).all())
        return [(row.kind, row.subject, row.ended_at is None) for row in found]


@pytest.fixture
def desk(stage: Stage) -> Desk:
    account = stage.rows.account()
    return Desk(stage, account, replace(stage.with_tape(Tape(), account), console="https://hm.example"))


async def test_it_is_quiet_when_all_is_well(desk: Desk) -> None:
    desk.staff("admin")
    assert await desk.look() == 0
    assert desk.told() == []


async def test_it_tells_the_administrator_of_a_paused_account_and_when_it_is_over(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    admin = desk.staff("admin")
    desk.staff("viewer")
    other = desk.stage.rows.account(ChannelKind.ZALO, "oa-1")
    paused = (
        update(accounts).where(accounts.c.id == other.id).values(paused_at=desk.stage.clock.now, paused_reason="216")
    )
    desk.stage.db.write_now(lambda c: c.execute(paused))
    with caplog.at_level(logging.WARNING):
        await desk.look()
    assert "account-paused zalo-oa-1 216" in caplog.text
    await desk.look(seconds=5)
    assert desk.rows() == [("account-paused", "zalo-oa-1", True)]
    ((who, _, words),) = desk.told()
    assert who == admin
    assert "zalo-oa-1" in words
    desk.change(accounts, paused_at=None, paused_reason=None)
    assert await desk.look(minutes=1) == 0
    assert desk.rows() == [("account-paused", "zalo-oa-1", False)]
    assert [words for _, _, words in desk.told()][1:] == ["🟢 Đã ổn: Kênh ngừng gửi (zalo-oa-1)."]


async def test_it_says_where_the_console_is_and_names_nobody(desk: Desk) -> None:
    desk.staff("admin")
    desk.waits("lo-van-thu", urgent=True)
    await desk.look()
    (row,) = desk.stage.rows.outbox()
    text = desk.stage.rows.body(row).text
    assert "https://hm.example/console/alarms" in text
    assert "lo-van-thu" not in text
    assert row.purpose == "staff"
    assert row.key.startswith("alarm:")


async def test_it_tells_urgent_words_to_who_is_on_duty_there(desk: Desk) -> None:
    top = desk.stage.db.write_now(lambda c: add_unit(c, "top"))
    leaf = desk.stage.db.write_now(lambda c: add_unit(c, "leaf"))
    desk.change(accounts, unit_id=leaf)
    desk.stage.db.write_now(lambda c: c.execute(update(units).where(units.c.id == leaf).values(parent_id=top)))
    near, far = desk.staff("health", unit=leaf, on_duty=True), desk.staff("health", unit=top, on_duty=True)
    desk.staff("health", unit=leaf)
    desk.staff("admin")
    person = desk.waits("1", urgent=True)
    await desk.look()
    assert desk.rows() == [("urgent", str(person), True)]
    assert {who for who, _, _ in desk.told()} == {near, far}


async def test_it_reaches_somebody_when_those_on_duty_cannot_be_reached(desk: Desk) -> None:
    unit = desk.stage.db.write_now(lambda c: add_unit(c))
    desk.change(accounts, unit_id=unit)
    gone = desk.staff("health", unit=unit, on_duty=True, blocked_at=desk.stage.clock.now)
    admin = desk.staff("admin")
    desk.waits("1", urgent=True)
    await desk.look()
    assert [(who, state) for who, state, _ in desk.told()] == [(gone, "blocked"), (admin, "waiting")]


async def test_it_says_when_it_reaches_nobody(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    desk.waits("1", urgent=True)
    with caplog.at_level(logging.WARNING):
        await desk.look()
    assert "reaches nobody" in caplog.text


async def test_it_reminds_of_urgent_words_three_times_and_forgets_who_it_was(desk: Desk) -> None:
    admin = desk.staff("admin")
    person = desk.waits("1", urgent=True)
    await desk.look()
    counts = []
    for _ in range(5):
        await desk.look(minutes=9.9)
        await desk.look(minutes=0.1)
        counts.append(len(desk.told()))
    assert counts == [2, 3, 4, 4, 4]
    keys = [row.key for row in desk.stage.rows.outbox()]
    assert [key.split(":")[3:] for key in keys] == [[], ["1"], ["2"], ["3"]]
    desk.change(addresses, handoff="talking")
    await desk.look()
    assert desk.rows() == [("urgent", "", False)]
    assert desk.told()[-1][0] == admin
    assert str(person) not in str(desk.rows())


async def test_it_tells_new_urgent_words_at_once_though_others_ended_just_now(desk: Desk) -> None:
    desk.staff("admin")
    desk.waits("1", urgent=True)
    await desk.look()
    desk.change(addresses, handoff="none")
    await desk.look(seconds=5)
    desk.stage.db.write_now(
        lambda c: c.execute(update(addresses).where(addresses.c.user_id == "1").values(handoff="waiting"))
    )
    await desk.look(seconds=5)
    assert [words.partition(" ")[0] for _, _, words in desk.told()] == ["🔴", "🟢", "🔴"]


async def test_it_notices_urgent_words_in_a_talk_that_staff_own_but_do_not_look_at(desk: Desk) -> None:
    desk.staff("admin")
    now = desk.stage.clock.now
    owned = {"handoff": "talking", "handoff_urgent": True, "handoff_since": now}
    desk.stage.rows.person(desk.account, "1", wrote_at=now - timedelta(minutes=1), **owned)
    assert await desk.look(minutes=30) == 0
    desk.stage.db.write_now(
        lambda c: c.execute(
            update(addresses).where(addresses.c.user_id == "1").values(last_inbound_at=desk.stage.clock.now)
        )
    )
    assert await desk.look(seconds=59) == 0
    assert await desk.look(seconds=1) == 1
    answered = update(addresses).where(addresses.c.user_id == "1").values(handoff_since=desk.stage.clock.now)
    desk.stage.db.write_now(lambda c: c.execute(answered))
    assert await desk.look(seconds=5) == 0


async def test_it_does_not_repeat_what_comes_and_goes(desk: Desk) -> None:
    desk.staff("admin")
    for _ in range(10):
        desk.own = OwnFigures("here", disk_free=0.05)
        await desk.look(seconds=30)
        desk.own = OwnFigures("here", disk_free=0.5)
        await desk.look(seconds=30)
    assert len(desk.rows()) == 10
    assert [words.partition(" ")[0] for _, _, words in desk.told()] == ["🔴", "🟢"]
    desk.own = OwnFigures("here", disk_free=0.05)
    await desk.look(minutes=6)
    assert len(desk.told()) == 3


async def test_it_reminds_of_an_open_alarm_after_four_hours(desk: Desk) -> None:
    desk.staff("admin")
    desk.own = OwnFigures("here", copies=CopiesFigures(None, desk.stage.clock.now))
    await desk.look()
    await desk.look(hours=3.9)
    assert len(desk.told()) == 1
    await desk.look(hours=0.1)
    assert len(desk.told()) == 2


async def test_it_tells_those_who_organise_of_long_waits(desk: Desk) -> None:
    unit = desk.stage.db.write_now(lambda c: add_unit(c))
    desk.change(accounts, unit_id=unit)
    organiser = desk.staff("organiser", unit=unit)
    desk.staff("admin")
    for user in "12":
        desk.waits(user, since=desk.stage.clock.now - timedelta(days=3))
    await desk.look()
    assert desk.rows() == [("handoff-waiting", str(unit), True)]
    ((who, _, words),) = desk.told()
    assert who == organiser
    assert words.startswith("🟠 2 người")


@pytest.mark.parametrize(
    ("purpose", "minutes", "alarmed"),
    [
        pytest.param(MessagePurpose.REPLY, 10.5, True, id="an answer"),
        pytest.param(MessagePurpose.REPLY, 9.5, False, id="a young answer"),
        pytest.param(MessagePurpose.NEWS, 30, False, id="a broadcast"),
        pytest.param(MessagePurpose.NEWS, 121, True, id="an old broadcast"),
    ],
)
async def test_it_notices_a_lane_that_stands_still(
    desk: Desk, purpose: MessagePurpose, minutes: float, alarmed: bool
) -> None:
    person = desk.stage.rows.person(desk.account, "1")
    at = desk.stage.clock.now - timedelta(minutes=minutes)
    desk.stage.rows.message(desk.account, person, "x", purpose, created_at=at, due_at=at)
    await desk.look()
    assert desk.rows() == ([("oldest-waiting", desk.account.code, True)] if alarmed else [])


async def test_it_sees_an_answer_through_its_retries_and_waits_for_what_is_not_due(desk: Desk) -> None:
    person, now = desk.stage.rows.person(desk.account, "1"), desk.stage.clock.now
    old, soon = now - timedelta(hours=5), now + timedelta(minutes=5)
    desk.stage.rows.message(desk.account, person, "x", MessagePurpose.NEWS, created_at=old, due_at=soon)
    assert await desk.look() == 0
    desk.stage.rows.message(desk.account, person, "x", MessagePurpose.REPLY, created_at=old, due_at=soon)
    assert await desk.look() == 1


async def test_it_counts_new_faults_for_an_hour(desk: Desk) -> None:
    row = {"id": new_id(), "channel": "zalo", "received_at": desk.stage.clock.now, "reason": "x", "body_sealed": b"x"}
    desk.stage.db.write_now(lambda c: c.execute(kept_aside.insert().values(row)))
    assert await desk.look() == 1
    assert await desk.look(minutes=61) == 0
    assert desk.rows() == [("kept-aside", "", False)]


async def test_it_leaves_the_alarms_of_another_process_until_that_is_gone(desk: Desk) -> None:
    desk.own = OwnFigures("there", loop_lag=2)
    await desk.look()
    desk.own = OwnFigures("here", loop_lag=2)
    await desk.look(minutes=1)
    assert [row[1:] for row in desk.rows()] == [("there", True), ("here", True)]
    await desk.look(minutes=4.1)
    assert [row[1:] for row in desk.rows()] == [("there", False), ("here", True)]


async def test_it_writes_each_alarm_once_however_many_look(desk: Desk) -> None:
    desk.staff("admin")
    for user in "123":
        desk.waits(user, urgent=True)
    await asyncio.gather(*(desk.look() for _ in range(4)))
    assert len(desk.rows()) == 3
    assert len(desk.told()) == 3
    await asyncio.gather(*(desk.look() for _ in range(4)), desk.look(minutes=10))
    assert len(desk.told()) == 6
    desk.change(addresses, handoff="none")
    await asyncio.gather(*(desk.look() for _ in range(4)))
    assert len(desk.told()) == 9


async def test_it_writes_nothing_while_nothing_changes(desk: Desk) -> None:
    desk.staff("admin")
    desk.waits("1", urgent=True)
    await desk.look()
    statements: list[str] = []
    event.listen(desk.stage.db.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    await watch(desk.parts)
    assert not [words for words in statements if words.startswith(("INSERT", "UPDATE", "DELETE"))]


async def test_it_goes_out_through_the_lane(desk: Desk) -> None:
    desk.staff("admin")
    desk.waits("1", urgent=True)
    tape = Tape()
    parts = desk.stage.with_tape(tape, desk.account)
    await watch(replace(parts, console="https://hm.example"))
    await parts.sender.send_due()
    assert [text.partition(":")[0] for text in tape.texts] == ["🔴 KHẨN"]
    assert desk.stage.db.read_now(lambda c: c.execute(select(leases.c.name)).scalars().all())


@pytest.mark.parametrize(
    ("break_it", "kind"),
    [
        pytest.param(lambda now: {"tokens_expire_at": now}, "token-near-death", id="a token at its end"),
        pytest.param(lambda now: {"refresh_state": "lost", "paused_at": now}, "token-lost", id="a token that is lost"),
    ],
)
async def test_it_watches_over_tokens(desk: Desk, break_it: Callable[[datetime], dict[str, Any]], kind: str) -> None:
    desk.change(accounts, **break_it(desk.stage.clock.now))
    await desk.look()
    assert desk.rows() == [(kind, desk.account.code, True)]


@pytest.mark.parametrize("press", [resume, cancel])
async def test_it_says_why_a_broadcast_has_stopped_until_staff_act(desk: Desk, press: Callable[..., object]) -> None:
    unit = desk.stage.db.write_now(lambda c: add_unit(c))
    writer = desk.staff("organiser", unit=unit)
    desk.staff("admin")
    now = desk.stage.clock.now
    one = desk.broadcast(unit, "running", started_at=now, expanded_at=now)
    assert await desk.look() == 0
    desk.stage.db.write_now(lambda c: hold_back(c, one, "opt-outs", now))
    await desk.look()
    assert desk.rows() == [("broadcast-held", "tin-1", True)]
    ((who, _, words),) = desk.told()
    assert who == writer
    assert "tin-1" in words
    assert "quá nhiều người thôi nhận tin" in words
    desk.press(press)
    assert await desk.look(minutes=1) == 0
    assert [words for _, _, words in desk.told()][1:] == ["🟢 Đã ổn: Tin đã tự dừng (tin-1)."]


async def test_it_says_that_a_broadcast_was_not_started_and_is_quiet_about_staffs_own_pause(desk: Desk) -> None:
    unit, now = desk.stage.db.write_now(lambda c: add_unit(c)), desk.stage.clock.now
    one = desk.broadcast(unit, "paused", started_at=now, paused_at=now)
    assert await desk.look(hours=5) == 0
    desk.change(broadcasts, state="scheduled", starts_at=desk.stage.clock.now)
    desk.stage.db.write_now(lambda c: call_off_start(c, one, "drive-closed", now))
    assert await desk.look() == 1
    assert desk.rows() == [("broadcast-held", "tin-1", True)]


async def test_it_notices_a_broadcast_that_nobody_begins_and_one_that_stands_still(desk: Desk) -> None:
    unit, now = desk.stage.db.write_now(lambda c: add_unit(c)), desk.stage.clock.now
    one = desk.broadcast(unit, "scheduled", starts_at=now + timedelta(hours=1))
    assert await desk.look(minutes=70) == 0
    assert await desk.look(minutes=1) == 1
    desk.change(broadcasts, state="running", starts_at=None, started_at=desk.stage.clock.now)
    assert await desk.look(minutes=10) == 0
    assert await desk.look(minutes=1) == 1
    gathered = {"broadcast_id": one, "gathered_at": desk.stage.clock.now}
    desk.stage.db.write_now(lambda c: c.execute(appeals.insert().values(gathered)))
    assert await desk.look(days=2) == 0, "an appeal goes out in waves, for days"


def test_it_has_words_for_all_that_stops_a_broadcast() -> None:
    in_a_stored_segment = {Fault.NO_SUCH_UNIT, Fault.NO_SUCH_DRIVE}
    never_at_a_start = {
        Refusal.WRONG_STATE, Refusal.OWN_DRAFT, Refusal.NOT_ABOVE, Refusal.NO_RIGHT, Refusal.NO_SUCH_UNIT,
        Refusal.BAD_PURPOSE, Refusal.BAD_CODE, Refusal.CODE_TAKEN, Refusal.IN_THE_PAST, Refusal.UNKNOWN,
        Refusal.NO_APPEAL, Refusal.APPEAL_CLOSED,
    }  # fmt: skip
    reasons = {"errors", "opt-outs", "restored", *in_a_stored_segment, *Refusal} - never_at_a_start
    other = held_because(library(), "%", "vi").partition("%")[0]
    assert [why for why in reasons if held_because(library(), str(why), "vi").startswith(other)] == []
