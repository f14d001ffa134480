"""A broadcast on its way: everybody once, by the lawful way, nothing at night; held, recalled, braked, tried again."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, func, select, update

from bot.channels.base import Account, Rejected
from bot.domain.broadcasts import Broadcast, BroadcastState, Draft
from bot.domain.consents import Purpose
from bot.domain.messages import Message
from bot.domain.outbox import MessagePurpose
from bot.domain.updates import ChannelKind
from bot.storage.broadcast_figures import Progress, outcome_of, progress_of
from bot.storage.broadcast_rows import as_broadcast, columns_of
from bot.storage.broadcasts import broadcast_at, cancel, pause, resume, retry
from bot.storage.ids import new_id
from bot.storage.tables import accounts, addresses, broadcasts, consents, contacts, outbox, recipients, units
from scheduler.broadcasting import watch_over
from scheduler.expansion import expand
from scheduler.feeding import feed
from scheduler.parts import Parts
from tests.scheduler.conftest import Stage
from tests.scheduler.ground import Tape, local
from tests.storage.ground import add_unit

NOON = local(5, "12:00")


@pytest.fixture
def account(stage: Stage) -> Account:
    stage.clock.now = NOON
    return stage.rows.account()


@pytest.fixture
def tape() -> Tape:
    return Tape()


@pytest.fixture
def parts(stage: Stage, account: Account, tape: Tape) -> Parts:
    return stage.with_tape(tape, account)


@pytest.fixture
def unit(stage: Stage) -> int:
    return stage.db.write_now(lambda c: add_unit(c, code="ldld-mau"))


def people(stage: Stage, account: Account, unit: int, count: int, *, agreed: bool = True) -> list[int]:
    found = [stage.rows.person(account, str(number)) for number in range(count)]
    stage.db.write_now(lambda c: c.execute(update(contacts).values(unit_id=unit)))
    for one in found if agreed else ():
        stage.rows.consent(one, Purpose.NEWS)
    return found


def keep(stage: Stage, draft: Draft, code: str = "thu", **state: Any) -> None:
    row = {"id": new_id(), "code": code, "state": "running", "created_by": "viet", "created_at": NOON, **state}
    stage.db.write_now(lambda c: c.execute(broadcasts.insert().values(**row, **columns_of(draft))))


def running(stage: Stage, unit: int, **draft: Any) -> Broadcast:
    """One that was approved and started; its life before is tested elsewhere."""
    values: dict[str, Any] = {"words": (("vi", "Mời anh/chị tới ngày hội. Xem https://example.org/x nhé."),), **draft}
    keep(stage, Draft(MessagePurpose.NEWS, unit, "all", **values), started_at=NOON)
    return current(stage)


def current(stage: Stage) -> Broadcast:
    found = stage.db.read_now(lambda c: broadcast_at(c, "thu"))
    assert found is not None
    return found


def step(stage: Stage, take: Callable[..., object], *more: Any) -> None:
    """One of staff's steps with it as it stands."""
    stage.db.write_now(lambda c: take(c, "duyet", current(stage), *more, NOON))


def take_back(stage: Stage, whose: Sequence[int], at: datetime = NOON) -> None:
    """Their consents."""
    ended = update(consents).where(consents.c.contact_id.in_(whose)).values(withdrawn_at=at)
    stage.db.write_now(lambda c: c.execute(ended))


async def lay_out(parts: Parts) -> None:
    """Everything waits in the lanes, nothing has gone."""
    await expand(parts)
    await feed(parts)


async def go(parts: Parts) -> None:
    """The timetable, and the lanes until nothing is due."""
    await lay_out(parts)
    await parts.sender.send_due()
    await watch_over(parts)


def progress(stage: Stage) -> Progress:
    return stage.db.read_now(lambda c: progress_of(c, current(stage).id, stage.clock.now))


async def test_everybody_gets_it_once_with_label_stop_line_and_counted_link(
    stage: Stage, account: Account, parts: Parts, tape: Tape, unit: int
) -> None:
    people(stage, account, unit, 5)
    one = running(stage, unit)
    for _ in range(3):
        await go(parts)
    assert len(tape.calls) == len({user for user, _ in tape.calls}) == 5
    text = tape.texts[0]
    assert text.startswith("📣 Tin vận động hiến máu của LĐLĐ tỉnh Mẫu")
    assert "dừng tin tức" in text
    assert "example.org" not in text
    assert f"{parts.console}/l/" in text
    now = progress(stage)
    assert (now.intended, now.sent, now.waiting) == (5, 5, 0)
    assert current(stage).state is BroadcastState.FINISHED
    assert one.code == "thu"


async def test_who_never_agreed_is_left_alone_and_who_cannot_be_reached_has_a_reason(
    stage: Stage, account: Account, parts: Parts, tape: Tape, unit: int
) -> None:
    first, second, *_ = people(stage, account, unit, 4, agreed=False)
    stage.rows.consent(first, Purpose.NEWS)
    stage.rows.consent(second, Purpose.NEWS)
    stage.db.write_now(lambda c: c.execute(update(addresses).where(addresses.c.id == second).values(blocked_at=NOON)))
    running(stage, unit)
    await go(parts)
    assert [user for user, _ in tape.calls] == ["0"]
    now = progress(stage)
    assert (now.intended, now.sent, dict(now.reasons)) == (2, 1, {"blocked": 1})


async def test_at_night_nobody_hears_of_it_and_in_the_morning_everybody(
    stage: Stage, account: Account, parts: Parts, tape: Tape, unit: int
) -> None:
    people(stage, account, unit, 3)
    running(stage, unit)
    stage.clock.now = local(5, "22:00")
    await go(parts)
    night = progress(stage)
    assert (tape.calls, night.waiting, dict(night.reasons)) == ([], 3, {"quiet-hours": 3})
    stage.clock.now = local(6, "07:00")
    assert dict(progress(stage).reasons) == {}
    await go(parts)
    assert len(tape.calls) == 3


async def test_a_consent_that_is_taken_back_in_between_counts(
    stage: Stage, account: Account, parts: Parts, tape: Tape, unit: int
) -> None:
    gone, _ = people(stage, account, unit, 2)
    running(stage, unit)
    await expand(parts)
    take_back(stage, [gone])
    await go(parts)
    assert [user for user, _ in tape.calls] == ["1"]
    assert progress(stage).reasons == {"no-consent": 1}


async def test_paused_it_stands_still_at_once_and_goes_on_where_it_was(
    stage: Stage, account: Account, parts: Parts, tape: Tape, unit: int
) -> None:
    people(stage, account, unit, 6)
    running(stage, unit)
    await lay_out(parts)
    step(stage, pause)
    await parts.sender.send_due()
    await feed(parts)
    assert tape.calls == []
    step(stage, resume)
    await go(parts)
    assert len(tape.calls) == len({user for user, _ in tape.calls}) == 6


async def test_recalled_nobody_else_gets_it_and_everybody_has_a_reason(
    stage: Stage, account: Account, parts: Parts, tape: Tape, unit: int
) -> None:
    people(stage, account, unit, 4)
    running(stage, unit)
    await lay_out(parts)
    step(stage, cancel)
    await go(parts)
    assert tape.calls == []
    now = progress(stage)
    assert (now.intended, now.skipped, dict(now.reasons)) == (4, 4, {"recalled": 4})


async def test_what_a_lane_puts_back_after_a_pause_or_a_recall_does_not_go_out(
    stage: Stage, account: Account, parts: Parts, tape: Tape, unit: int
) -> None:
    people(stage, account, unit, 4)
    running(stage, unit)
    await lay_out(parts)
    under_way, back = outbox.c.state == "waiting", outbox.c.state == "sending"
    stage.db.write_now(lambda c: c.execute(update(outbox).where(under_way).values(state="sending")))
    step(stage, pause)
    stage.db.write_now(lambda c: c.execute(update(outbox).where(back).values(state="waiting", due_at=NOON)))
    await watch_over(parts)
    await parts.sender.send_due()
    assert tape.calls == []
    # A recall that was cut off after its first statement.
    over = {"state": BroadcastState.CANCELLED.value, "finished_at": NOON}
    stage.db.write_now(lambda c: c.execute(update(broadcasts).values(over)))
    await go(parts)
    assert tape.calls == []
    now = progress(stage)
    assert (now.intended, now.skipped, dict(now.reasons)) == (4, 4, {"recalled": 4})


async def test_a_run_of_refusals_brakes_it_and_they_can_be_tried_again(
    stage: Stage, account: Account, parts: Parts, tape: Tape, unit: int
) -> None:
    people(stage, account, unit, 60)
    running(stage, unit)

    async def refuse(_user: str, _message: Message) -> None:
        raise Rejected("the picture cannot be fetched")

    tape.answer = refuse
    await go(parts)
    assert (current(stage).state, current(stage).pause_reason) == (BroadcastState.PAUSED, "errors")
    failed = progress(stage)
    assert failed.failed == len(tape.calls) == 60
    (reason,) = failed.failures
    tape.answer = None
    step(stage, retry, [reason])
    step(stage, resume)
    await go(parts)
    again = progress(stage)
    assert (again.sent, again.failed, again.moved, again.intended) == (60, 0, 60, 60)


async def test_people_who_take_their_consent_back_brake_it(
    stage: Stage, account: Account, parts: Parts, unit: int
) -> None:
    everybody = people(stage, account, unit, 60)
    running(stage, unit)
    await lay_out(parts)
    await parts.sender.send_due()
    take_back(stage, everybody[:3], NOON + timedelta(minutes=5))
    await watch_over(parts)
    assert (current(stage).state, current(stage).pause_reason) == (BroadcastState.PAUSED, "opt-outs")


async def test_whoever_lets_it_go_on_has_looked_and_its_brake_counts_anew(
    stage: Stage, account: Account, parts: Parts, unit: int
) -> None:
    everybody = people(stage, account, unit, 60)
    running(stage, unit)
    await lay_out(parts)
    await parts.sender.send_due()
    take_back(stage, everybody[:3], NOON + timedelta(minutes=5))
    await watch_over(parts)
    stage.clock.now = NOON + timedelta(minutes=10)
    stage.db.write_now(lambda c: resume(c, "duyet", current(stage), stage.clock.now))
    take_back(stage, everybody[3:6], NOON + timedelta(minutes=15))
    await watch_over(parts)
    assert current(stage).state is BroadcastState.FINISHED


async def test_two_share_an_account_and_nobody_gets_two_on_one_day(
    stage: Stage, account: Account, parts: Parts, tape: Tape, unit: int
) -> None:
    people(stage, account, unit, 4)
    running(stage, unit)
    keep(stage, Draft(MessagePurpose.NEWS, unit, "all", words=(("vi", "Tin thứ hai."),)), "hai", started_at=NOON)
    await go(parts)
    await go(parts)
    assert len(tape.calls) == len({user for user, _ in tape.calls}) == 4
    stage.clock.now = NOON + timedelta(days=1)
    await go(parts)
    assert len(tape.calls) == 8
    assert sum("Tin thứ hai." in text for text in tape.texts) == 4


async def test_a_held_out_share_gets_nothing_and_stands_beside_the_others(
    stage: Stage, account: Account, parts: Parts, tape: Tape, unit: int
) -> None:
    people(stage, account, unit, 60)
    running(stage, unit, held_out=50)
    await go(parts)
    now = progress(stage)
    assert now.intended == 60
    assert now.reasons["held-out"] + now.sent == 60
    assert 10 < len(tape.calls) == now.sent < 50
    outcome = stage.db.read_now(lambda c: outcome_of(c, current(stage)))
    assert outcome.held_out is not None
    assert (outcome.sent.people, outcome.held_out.people) == (now.sent, 60 - now.sent)
    assert outcome.sent.answered == 0


async def test_in_the_web_chat_its_commit_is_its_delivery(stage: Stage, unit: int) -> None:
    stage.clock.now = NOON
    web = stage.rows.account(ChannelKind.WEB, "web")
    parts = stage.parts({ChannelKind.WEB: Tape(ChannelKind.WEB)}, [web])
    people(stage, web, unit, 2)
    running(stage, unit)
    await go(parts)
    states = stage.db.read_now(lambda c: c.execute(select(outbox.c.state, outbox.c.purpose)).all())
    assert [tuple(row) for row in states] == [("sent", "news"), ("sent", "news")]
    assert current(stage).state is BroadcastState.FINISHED


async def test_a_stop_between_two_pages_loses_nobody_and_doubles_nobody(
    stage: Stage, account: Account, parts: Parts, tape: Tape, unit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    people(stage, account, unit, 25)
    running(stage, unit)
    monkeypatch.setattr("scheduler.expansion.PAGE", 10)
    monkeypatch.setattr("scheduler.expansion.ROWS", 4)
    honest, count = parts.db.write, 0

    async def dies(work: Any, **more: Any) -> Any:
        nonlocal count
        count += 1
        if count == 4:
            raise asyncio.CancelledError
        return await honest(work, **more)

    monkeypatch.setattr(parts.db, "write", dies)
    with pytest.raises(asyncio.CancelledError):
        await expand(parts)
    written = stage.db.read_now(lambda c: c.execute(select(func.count()).select_from(recipients)).scalar_one())
    assert 0 < written < 25
    monkeypatch.setattr(parts.db, "write", honest)
    await go(parts)
    assert len(tape.calls) == len({user for user, _ in tape.calls}) == 25


async def test_a_unit_s_broadcast_never_leaves_it(
    stage: Stage, account: Account, parts: Parts, tape: Tape, unit: int
) -> None:
    def elsewhere(connection: Connection) -> None:
        identity = new_id()
        row = {"id": identity, "code": "khac", "name": "CĐCS Khác", "level": "grassroots", "parent_id": unit}
        connection.execute(units.insert().values(row))
        first = select(contacts.c.id).order_by(contacts.c.id).limit(1).scalar_subquery()
        connection.execute(update(contacts).where(contacts.c.id == first).values(unit_id=identity))

    people(stage, account, unit, 3)
    stage.db.write_now(elsewhere)
    (below,) = stage.db.read_now(lambda c: c.execute(select(units.c.id).where(units.c.code == "khac")).scalars().all())
    running(stage, below)
    await go(parts)
    assert len(tape.calls) == 1


def test_rows_come_back_as_they_were(stage: Stage, unit: int) -> None:
    draft = Draft(MessagePurpose.DRIVE, unit, "tag:x", words=(("en", "Hello"), ("vi", "Chào")), held_out=5)
    keep(stage, draft, state="draft")
    stored = stage.db.read_now(lambda c: c.execute(select(broadcasts)).one())
    assert as_broadcast(stored).draft == draft
    assert isinstance(stored.created_at, datetime)


async def test_an_account_that_stands_still_holds_its_people_and_says_why(
    stage: Stage, account: Account, parts: Parts, tape: Tape, unit: int
) -> None:
    people(stage, account, unit, 6)
    running(stage, unit)
    await expand(parts)
    stage.rows.change(accounts, account.id, paused_at=NOON, paused_reason="misconfigured 216")
    await go(parts)
    held = progress(stage)
    assert (tape.calls, held.waiting, dict(held.reasons)) == ([], 6, {"account-paused": 6})
    stage.rows.change(accounts, account.id, paused_at=None, paused_reason="")
    await go(parts)
    done = progress(stage)
    assert (len(tape.calls), done.sent, dict(done.reasons)) == (6, 6, {})
