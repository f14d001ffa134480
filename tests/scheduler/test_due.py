"""The due sweep: judged once more when due, rendered in the person's language, offered choices remembered."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select

from bot.channels.base import Account
from bot.domain.consents import Purpose
from bot.domain.conversations import Conversation
from bot.domain.updates import ChannelKind
from bot.storage.tables import addresses, drives, slots
from bot.storage.talks import dump_talk, load_talk
from scheduler.due import judge_due
from scheduler.parts import Parts
from tests.scheduler.conftest import Stage
from tests.scheduler.ground import Tape, days, local

EVE = local(4, "18:00")


@pytest.fixture
def account(stage: Stage) -> Account:
    return stage.rows.account()


@pytest.fixture
def parts(stage: Stage, account: Account) -> Parts:
    return stage.with_tape(Tape(), account)


@pytest.fixture
def slot(stage: Stage) -> int:
    return stage.rows.drive(local(5, "09:30"))[0]


def offered(stage: Stage, address: int) -> list[str]:
    sealed = stage.db.read_now(
        lambda c: c.execute(select(addresses.c.talk_sealed).where(addresses.c.id == address)).scalar_one()
    )
    return [choice.payload for choice in load_talk(sealed, stage.ring).offered]


async def test_it_queues_the_eve_with_its_choices(stage: Stage, parts: Parts, account: Account, slot: int) -> None:
    person = stage.rows.person(account, "1")
    registration = stage.rows.book(person, slot)
    judged = await stage.sweep(parts, EVE)
    assert (judged.queued, judged.accounts) == (1, {account.id})
    (row,) = stage.rows.outbox()
    message = stage.rows.body(row)
    assert (row.state, row.purpose, row.priority, row.part) == ("waiting", "drive", 1, 0)
    assert row.expires_at == local(5, "07:30")
    for words in (
        "Ngày hội Giọt hồng",
        "09:30",
        "05/12/2026",
        "Nhà văn hoá Mẫu",
        "COVID-19",
        "02133000000",
        "căn cước",
    ):
        assert words in message.text
    payloads = [f"g.{action}.{registration}" for action in ("keep", "move", "cancel")]
    assert [choice.payload for choice in message.choices] == payloads == offered(stage, person)


async def test_it_queues_once_however_often_it_runs(stage: Stage, parts: Parts, account: Account, slot: int) -> None:
    stage.rows.book(stage.rows.person(account, "1"), slot)
    for _ in range(3):
        await stage.sweep(parts, EVE)
    assert len(stage.rows.outbox()) == 1


async def test_it_says_the_morning_on_the_eve_of_an_early_slot(stage: Stage, parts: Parts, account: Account) -> None:
    early = stage.rows.drive(local(5, "07:30"), code="early")[0]
    stage.rows.book(stage.rows.person(account, "1"), early)
    await stage.sweep(parts, EVE)
    (row,) = stage.rows.outbox()
    assert "ăn nhẹ" in stage.rows.body(row).text
    await stage.sweep(parts, local(5, "06:59"))
    assert len(stage.rows.outbox()) == 1


async def test_it_speaks_the_language_of_the_talk(stage: Stage, parts: Parts, account: Account, slot: int) -> None:
    talk = dump_talk(Conversation(language="en", greeted=True), stage.ring)
    stage.rows.book(stage.rows.person(account, "1", talk_sealed=talk), slot)
    await stage.sweep(parts, EVE)
    message = stage.rows.body(stage.rows.outbox()[0])
    assert "Ticket:" in message.text
    assert [choice.label for choice in message.choices] == ["I will come", "Move it", "Cancel it"]


async def test_it_forgets_a_place_that_was_cancelled_before_it_was_due(
    stage: Stage, parts: Parts, account: Account, slot: int
) -> None:
    registration = stage.rows.book(stage.rows.person(account, "1"), slot)
    await stage.sweep(parts, EVE - days(1))
    stage.rows.cancel(registration)
    await stage.sweep(parts, EVE)
    assert stage.rows.outbox() == []


async def test_it_judges_what_planning_has_not_seen_yet(
    stage: Stage, parts: Parts, account: Account, slot: int
) -> None:
    """The cancellation commits between two sweeps: the judgement looks at the rows, not at the plan."""
    registration = stage.rows.book(stage.rows.person(account, "1"), slot)
    await stage.sweep(parts, EVE - days(1))
    stage.rows.cancel(registration)
    stage.clock.now = EVE
    judged = await judge_due(parts)
    assert judged.skipped == {"registration-cancelled": 1}


async def test_it_leaves_a_slot_that_was_moved_in_time_to_the_next_plan(
    stage: Stage, parts: Parts, account: Account, slot: int
) -> None:
    stage.rows.book(stage.rows.person(account, "1"), slot)
    await stage.sweep(parts, EVE - days(1))
    stage.rows.change(slots, slot, starts_at=local(5, "10:00"))
    stage.clock.now = EVE
    assert (await judge_due(parts)).skipped == {"slot-moved": 1}


async def test_it_says_the_place_as_it_is_when_due(stage: Stage, parts: Parts, account: Account, slot: int) -> None:
    stage.rows.book(stage.rows.person(account, "1"), slot)
    await stage.sweep(parts, EVE - days(1))
    drive = stage.db.read_now(lambda c: c.execute(select(drives.c.id)).scalar_one())
    stage.rows.change(drives, drive, place="Hội trường Mới")
    await stage.sweep(parts, EVE)
    assert "Hội trường Mới" in stage.rows.body(stage.rows.outbox()[0]).text


async def test_it_waits_through_the_night_and_writes_at_five(
    stage: Stage, parts: Parts, account: Account, slot: int
) -> None:
    stage.rows.book(stage.rows.person(account, "1"), slot)
    assert (await stage.sweep(parts, local(4, "22:00"))).waiting == 1
    assert (await stage.sweep(parts, local(5, "04:59"))).waiting == 0
    assert (await stage.sweep(parts, local(5, "05:00"))).queued == 1


async def test_it_waits_for_a_form_once(stage: Stage, parts: Parts, account: Account, slot: int) -> None:
    person = stage.rows.person(account, "1", form_touched_at=EVE - timedelta(minutes=1))
    stage.rows.book(person, slot)
    assert (await stage.sweep(parts, EVE)).waiting == 1
    stage.rows.change(addresses, person, form_touched_at=EVE + timedelta(minutes=28))
    assert (await stage.sweep(parts, EVE + timedelta(minutes=29))).queued == 1


@pytest.mark.parametrize(
    ("kind", "ago", "expected"),
    [
        pytest.param(ChannelKind.ZALO, days(6.9), {}, id="writes on Zalo inside seven days"),
        pytest.param(ChannelKind.ZALO, days(7), {"zalo-window-over": 1}, id="records the shut window of Zalo"),
        pytest.param(ChannelKind.MESSENGER, days(0.9), {}, id="writes on Messenger inside 24 hours"),
        pytest.param(
            ChannelKind.MESSENGER, days(1), {"messenger-window-over": 1}, id="records the shut window of Messenger"
        ),
        pytest.param(ChannelKind.WEB, days(0.1), {"web-not-a-route": 1}, id="knows that a browser is no route"),
    ],
)
async def test_it(stage: Stage, slot: int, kind: ChannelKind, ago: timedelta, expected: dict[str, int]) -> None:
    account = stage.rows.account(kind, "4000000000000000001")
    stage.rows.book(stage.rows.person(account, "1", wrote_at=EVE - ago), slot)
    judged = await stage.sweep(stage.with_tape(Tape(kind), account), EVE)
    assert judged.skipped == expected
    assert judged.queued == 1 - sum(expected.values())


@pytest.mark.parametrize(
    ("consented", "withdrawn", "expected"),
    [
        pytest.param(True, False, {}, id="with consent"),
        pytest.param(False, False, {"no-consent": 1}, id="not without consent"),
        pytest.param(True, True, {"no-consent": 1}, id="not after it was taken back"),
    ],
)
async def test_it_reminds_of_the_next_donation(
    stage: Stage, parts: Parts, account: Account, consented: bool, withdrawn: bool, expected: dict[str, int]
) -> None:
    person = stage.rows.person(account, "1")
    stage.rows.give(person, date(2026, 9, 12))
    await stage.sweep(parts, local(1, "12:00"))
    if consented:
        stage.rows.consent(person, Purpose.REMINDER, local(2, "12:00") if withdrawn else None)
    judged = await stage.sweep(parts, local(5, "18:00"))
    assert judged.skipped == expected
    if not expected:
        message = stage.rows.body(stage.rows.outbox()[0])
        assert "05/12/2026" in message.text
        assert "12/09/2026" in message.text
        assert [choice.payload for choice in message.choices] == ["m.drives", "m.register", "n.later", "n.no"]


async def test_it_does_not_remind_who_has_given_since(stage: Stage, parts: Parts, account: Account) -> None:
    person = stage.rows.person(account, "1")
    stage.rows.consent(person, Purpose.REMINDER)
    stage.rows.give(person, date(2026, 9, 12))
    stage.rows.give(person, date(2026, 9, 26), "plasma")
    judged = await stage.sweep(parts, local(5, "18:00"))
    assert judged.skipped == {"given-again": 1}


async def test_it_stops_for_nobody_because_one_talk_cannot_be_read(
    stage: Stage, parts: Parts, account: Account, slot: int
) -> None:
    stage.rows.book(stage.rows.person(account, "1", talk_sealed=b"\x01of another key ........"), slot)
    stage.rows.book(stage.rows.person(account, "2"), slot)
    judged = await stage.sweep(parts, EVE)
    assert (judged.queued, judged.skipped) == (1, {"fault": 1})


async def test_it_goes_through_many_pages(
    stage: Stage, parts: Parts, account: Account, slot: int, now: datetime
) -> None:
    for number in range(230):
        stage.rows.book(stage.rows.person(account, str(number)), slot)
    assert (await stage.sweep(parts, EVE)).queued == 230
    assert len({row.address_id for row in stage.rows.outbox()}) == 230
