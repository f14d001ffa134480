"""The sender: begun before called, in order, at most N at once, every outcome recorded, nothing twice."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.channels.base import (
    Account,
    ContactGone,
    Misconfigured,
    OutsideWindow,
    Rejected,
    SendError,
    Throttled,
    Unavailable,
    Uncertain,
    Unpaid,
)
from bot.domain.messages import Message
from bot.domain.outbox import MessagePurpose
from bot.domain.platforms import Limits
from bot.domain.updates import ChannelKind
from bot.storage.accounts import load_accounts, resume
from bot.storage.alarm_figures import accounts_now
from bot.storage.database import DatabaseAway
from bot.storage.leases import LASTS, live_owner, take
from bot.storage.outbox import begin_attempts, due
from bot.storage.tables import attempts
from scheduler import lane as lane_module
from scheduler.claiming import lane_name
from scheduler.sender import Sender
from tests.facts import PLATFORMS
from tests.scheduler.conftest import Stage
from tests.scheduler.ground import QUIET, Tape, days, local

REPLY, DRIVE, REMINDER = MessagePurpose.REPLY, MessagePurpose.DRIVE, MessagePurpose.REMINDER

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""For tables of rules: what both databases must do alike is tested beside them."""


@pytest.fixture
def account(stage: Stage) -> Account:
    return stage.rows.account()


def sender(stage: Stage, tape: Tape, *accounts: Account, owner: str = "here") -> Sender:
    return Sender(stage.db, stage.ring, {tape.kind: tape}, accounts, PLATFORMS, stage.clock, owner, QUIET)


@asynccontextmanager
async def running(one: Sender) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(one.run())
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.01)


async def test_it_sends_what_is_due_and_records_it(stage: Stage, account: Account) -> None:
    tape = Tape()
    identity = stage.rows.message(account, stage.rows.person(account, "1"), "xin chào")
    await sender(stage, tape, account).send_due()
    (row,) = stage.rows.outbox(identity)
    assert tape.calls == [("1", "xin chào")]
    assert (row.state, row.platform_id, row.sent_at, row.attempts) == ("sent", "m-1", stage.clock.now, 1)


async def test_it_commits_the_start_before_the_call(stage: Stage, account: Account) -> None:
    seen: list[tuple[str, int]] = []

    async def look(user_id: str, message: Message) -> None:
        begun = await stage.db.read(lambda c: len(c.execute(select(attempts.c.id)).all()))
        seen.append((stage.rows.states()[0], begun))

    stage.rows.message(account, stage.rows.person(account, "1"), "x")
    await sender(stage, Tape(answer=look), account).send_due()
    assert seen == [("sending", 1)]


async def test_it_keeps_each_persons_order_and_sends_to_many_at_once(stage: Stage, account: Account) -> None:
    people = [stage.rows.person(account, str(number)) for number in range(20)]
    stage.rows.messages([(account, person, f"{part}", REPLY) for part in range(4) for person in people])
    tape = Tape()
    await sender(stage, tape, account).send_due()
    for number in range(20):
        assert [text for user, text in tape.calls if user == str(number)] == ["0", "1", "2", "3"]
    assert tape.most_busy > 1
    assert set(stage.rows.states()) == {"sent"}


@pytest.mark.parametrize("in_flight", [1, 4])
async def test_it_has_at_most_n_calls_in_flight(stage: Stage, account: Account, in_flight: int) -> None:
    open_rows: list[int] = []

    async def slow(user_id: str, message: Message) -> None:
        open_rows.append(stage.rows.states().count("sending"))
        await asyncio.sleep(0.01)

    limits = Limits(text=4096, choices=100, label=60, per_minute=600_000, in_flight=in_flight)
    tape = Tape(answer=slow, limits=limits)
    people = [stage.rows.person(account, str(number)) for number in range(12)]
    stage.rows.messages([(account, person, "x", REPLY) for person in people])
    await sender(stage, tape, account).send_due()
    assert tape.most_busy == in_flight
    assert max(open_rows) <= in_flight
    assert len(tape.calls) == 12


async def test_one_slow_call_holds_up_nobody_else(stage: Stage, account: Account) -> None:
    """Ended calls wait a moment for the others to share a commit; never for one that does not end."""
    others_sent = asyncio.Event()

    async def answer(user_id: str, message: Message) -> None:
        if user_id == "0":
            await others_sent.wait()
        elif len(tape.calls) == 12:
            others_sent.set()

    limits = Limits(text=4096, choices=100, label=60, per_minute=600_000, in_flight=4)
    tape = Tape(answer=answer, limits=limits)
    people = [stage.rows.person(account, str(number)) for number in range(12)]
    stage.rows.messages([(account, person, "x", REPLY) for person in people])
    async with asyncio.timeout(10):
        await sender(stage, tape, account).send_due()
    assert set(stage.rows.states()) == {"sent"}


@on_sqlite
@pytest.mark.parametrize(
    ("error", "state", "reason"),
    [
        pytest.param(Throttled("slow", retry_after=30), "waiting", "throttled", id="tries again after a complaint"),
        pytest.param(Unavailable("away"), "waiting", "unavailable", id="tries again when the platform was away"),
        pytest.param(Uncertain("lost"), "unknown", "uncertain", id="never repeats what may have arrived"),
        pytest.param(ContactGone("gone"), "failed", "contact-gone", id="ends for somebody who is gone"),
        pytest.param(OutsideWindow("late"), "skipped", "outside-window", id="believes the platform's window"),
        pytest.param(Rejected("bad"), "failed", "rejected", id="ends what is refused"),
        pytest.param(Unpaid("no money"), "failed", "unpaid", id="ends what has no end and nobody pays for"),
        pytest.param(Misconfigured("token"), "waiting", "misconfigured", id="keeps the message of a broken account"),
        pytest.param(ValueError("our bug"), "unknown", "uncertain", id="takes its own bug for a lost answer"),
    ],
)
async def test_it(stage: Stage, account: Account, error: Exception, state: str, reason: str) -> None:
    async def fail(user_id: str, message: Message) -> None:
        raise error

    tape = Tape(answer=fail)
    identity = stage.rows.message(account, stage.rows.person(account, "1"), "x")
    await sender(stage, tape, account).send_due()
    (row,) = stage.rows.outbox(identity)
    assert (row.state, row.reason) == (state, reason)
    assert len(tape.calls) == 1
    code = getattr(error, "code", type(error).__name__) if not isinstance(error, SendError) else error.code
    (attempt,) = stage.db.read_now(lambda c: c.execute(select(attempts)).all())
    assert (attempt.ended_at, attempt.code or "") == (stage.clock.now, code)


async def test_it_tries_again_later_and_then_it_is_sent(stage: Stage, account: Account) -> None:
    troubles: list[SendError] = [Unavailable("away"), Unavailable("away")]

    async def sometimes(user_id: str, message: Message) -> None:
        if troubles:
            raise troubles.pop()

    tape = Tape(answer=sometimes)
    identity = stage.rows.message(account, stage.rows.person(account, "1"), "x")
    one = sender(stage, tape, account)
    for _ in range(5):
        await one.send_due()
        stage.clock.now += timedelta(seconds=6)
    assert stage.rows.states(identity) == ["sent"]
    assert len(tape.calls) == 3


async def test_it_is_done_when_a_part_waits_for_one_that_is_tried_again(stage: Stage, account: Account) -> None:
    async def fail(user_id: str, message: Message) -> None:
        raise Unavailable("away")

    tape = Tape(answer=fail)
    person = stage.rows.person(account, "1")
    stage.rows.messages([(account, person, "part 0", REPLY), (account, person, "part 1", REPLY)])
    async with asyncio.timeout(5):
        await sender(stage, tape, account).send_due()
    assert tape.texts == ["part 0"]
    assert stage.rows.states() == ["waiting", "waiting"]


async def test_it_pauses_an_account_and_goes_on_when_it_is_resumed(stage: Stage, account: Account) -> None:
    broken = True

    async def fail(user_id: str, message: Message) -> None:
        if broken:
            raise Misconfigured("token", code="401")

    tape = Tape(answer=fail)
    people = [stage.rows.person(account, str(number)) for number in range(30)]
    stage.rows.messages([(account, person, "x", REPLY) for person in people])
    one = sender(stage, tape, account)
    await one.send_due()
    assert len(tape.calls) <= 2 * tape.limits.in_flight
    assert set(stage.rows.states()) == {"waiting"}
    assert stage.db.read_now(load_accounts)[0].paused_reason == "misconfigured 401"
    broken = False
    stage.db.write_now(lambda c: resume(c, account.id))
    await one.send_due()
    assert set(stage.rows.states()) == {"sent"}


async def test_it_lets_what_is_paid_wait_for_money_while_free_answers_go_on(stage: Stage, account: Account) -> None:
    wallet_empty = True

    async def want_money(user_id: str, message: Message) -> None:
        if wallet_empty and message.text == "paid":
            raise Unpaid("no money", code="-321")

    tape = Tape(answer=want_money)
    one, person = sender(stage, tape, account), stage.rows.person(account, "1")
    paid = stage.rows.message(account, person, "paid", DRIVE, expires_at=stage.clock.now + days(1))
    await one.send_due()
    free = stage.rows.message(account, person, "free")
    await one.send_due()
    assert stage.rows.states(free) == ["sent"]
    assert [(row.state, row.reason) for row in stage.rows.outbox(paid)] == [("waiting", "unpaid")]
    assert stage.db.read_now(load_accounts)[0].paused_reason is None
    assert [one.unpaid for one in stage.db.read_now(lambda c: accounts_now(c, stage.clock.now))] == [1]
    wallet_empty = False
    stage.clock.now += timedelta(minutes=20)
    await one.send_due()
    assert stage.rows.states(paid) == ["sent"]
    assert [one.unpaid for one in stage.db.read_now(lambda c: accounts_now(c, stage.clock.now))] == [0]


async def test_it_judges_windows_again_right_before_the_call(stage: Stage) -> None:
    zalo = stage.rows.account(ChannelKind.ZALO, "4000")
    person = stage.rows.person(zalo, "1")
    identity = stage.rows.message(zalo, person, "x", DRIVE, judged_at=stage.clock.now)
    stage.clock.now += days(7)
    tape = Tape(ChannelKind.ZALO)
    await sender(stage, tape, zalo).send_due()
    assert tape.calls == []
    assert [(row.state, row.reason) for row in stage.rows.outbox(identity)] == [("skipped", "zalo-window-over")]


async def test_it_judges_by_the_later_of_its_clock_and_the_rows_own_moment(stage: Stage) -> None:
    zalo = stage.rows.account(ChannelKind.ZALO, "4000")
    person = stage.rows.person(zalo, "1")
    identity = stage.rows.message(zalo, person, "x", DRIVE, judged_at=stage.clock.now + days(7))
    await sender(stage, Tape(ChannelKind.ZALO), zalo).send_due()
    assert stage.rows.states(identity) == ["skipped"]


async def test_it_ends_what_has_expired(stage: Stage, account: Account) -> None:
    identity = stage.rows.message(account, stage.rows.person(account, "1"), "x", DRIVE, expires_at=stage.clock.now)
    await sender(stage, Tape(), account).send_due()
    assert [(row.state, row.reason) for row in stage.rows.outbox(identity)] == [("skipped", "expired")]


@on_sqlite
@pytest.mark.parametrize(
    ("purpose", "at", "due_at"),
    [
        pytest.param(REMINDER, local(4, "22:00"), local(5, "07:00"), id="until seven for a reminder"),
        pytest.param(DRIVE, local(4, "22:00"), local(5, "05:00"), id="until five for the drive of the day"),
        pytest.param(REPLY, local(4, "22:00"), None, id="not at all for a reply"),
        pytest.param(MessagePurpose.STAFF, local(4, "22:00"), None, id="not at all for staff"),
    ],
)
async def test_it_waits_through_the_night(
    stage: Stage, account: Account, purpose: MessagePurpose, at: object, due_at: object
) -> None:
    stage.clock.now = at  # type: ignore[assignment]
    person = stage.rows.person(account, "1")
    identity = stage.rows.message(account, person, "x", purpose, expires_at=local(5, "09:30"))
    await sender(stage, Tape(), account).send_due()
    (row,) = stage.rows.outbox(identity)
    assert (row.state, row.due_at) == (("sent", stage.rows.now) if due_at is None else ("waiting", due_at))


async def test_it_runs_until_cancelled_and_lets_calls_under_way_end(stage: Stage, account: Account) -> None:
    release = asyncio.Event()

    async def hold(user_id: str, message: Message) -> None:
        await release.wait()

    tape = Tape(answer=hold)
    one = sender(stage, tape, account)
    async with running(one) as task:
        await until(lambda: one.lanes == {account.id})
        identity = stage.rows.message(account, stage.rows.person(account, "1"), "x")
        later = stage.rows.message(account, stage.rows.person(account, "2"), "y", due_at=stage.clock.now + days(1))
        one.nudge({account.id})
        await until(lambda: bool(tape.calls))
        task.cancel()
        await asyncio.sleep(0.05)
        assert not task.done()
        release.set()
        with suppress(asyncio.CancelledError):
            await task
    assert stage.rows.states(identity, later) == ["sent", "waiting"]
    assert stage.db.read_now(lambda c: live_owner(c, lane_name(account.id), stage.clock.now)) is None


async def test_it_finds_work_without_being_nudged(stage: Stage, account: Account) -> None:
    tape = Tape()
    one = sender(stage, tape, account)
    async with running(one):
        await until(lambda: one.lanes == {account.id})
        stage.rows.message(account, stage.rows.person(account, "1"), "x")
        await until(lambda: stage.rows.states() == ["sent"])


async def test_it_leaves_a_lane_to_its_owner(stage: Stage, account: Account) -> None:
    stage.db.write_now(lambda c: take(c, lane_name(account.id), "somebody else", stage.clock.now))
    stage.rows.message(account, stage.rows.person(account, "1"), "x")
    tape = Tape()
    await sender(stage, tape, account).send_due()
    assert tape.calls == []


async def test_it_stops_a_lane_whose_lease_went_to_another_owner(stage: Stage, account: Account) -> None:
    tape = Tape()
    one = sender(stage, tape, account)
    async with running(one):
        await until(lambda: one.lanes == {account.id})
        later = stage.clock.now + LASTS
        assert stage.db.write_now(lambda c: take(c, lane_name(account.id), "another", later)) == 2
        stage.rows.message(account, stage.rows.person(account, "1"), "x")
        one.nudge()
        await until(lambda: one.lanes == frozenset())
    assert tape.calls == []
    assert stage.rows.states() == ["waiting"]


async def test_it_takes_over_after_a_kill_and_repeats_nothing(stage: Stage, account: Account) -> None:
    """A process dies between the commit of the start and the outcome; the next owner finds its lease run out."""
    person = stage.rows.person(account, "1")
    begun, waiting = stage.rows.messages([(account, person, "a", REPLY), (account, person, "b", REPLY)])

    def die_after_begin(connection: object) -> None:
        epoch = take(connection, lane_name(account.id), "killed", stage.clock.now)  # type: ignore[arg-type]
        found = due(connection, account.id, stage.clock.now, 8)  # type: ignore[arg-type]
        begin_attempts(connection, found, epoch or 0, stage.clock.now)  # type: ignore[arg-type]

    stage.db.write_now(die_after_begin)
    stage.clock.now += LASTS
    tape = Tape()
    one = sender(stage, tape, account)
    for _ in range(3):
        await one.send_due()
    assert tape.texts == ["b"]
    assert stage.rows.states(begun, waiting) == ["unknown", "sent"]


async def test_it_goes_on_after_the_database_was_away(
    stage: Stage, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first commit succeeds but its answer is lost: what it began was never called, so it is called now."""
    monkeypatch.setattr(lane_module, "TROUBLE_PAUSE", 0.01)
    real, lost = stage.db.write, [True]

    async def write(work: object, **more: object) -> object:
        result = await real(work, **more)  # type: ignore[arg-type, var-annotated]
        if lost and stage.rows.states() == ["sending"]:
            lost.pop()
            raise DatabaseAway("the answer to the commit was lost")
        return result

    monkeypatch.setattr(stage.db, "write", write)
    identity = stage.rows.message(account, stage.rows.person(account, "1"), "x")
    tape = Tape()
    async with running(sender(stage, tape, account)):
        await until(lambda: stage.rows.states(identity) == ["sent"])
    assert len(tape.calls) == 1
    assert lost == []


async def test_it_has_no_lane_for_the_web_chat(stage: Stage) -> None:
    web = stage.rows.account(ChannelKind.WEB, "web")
    stage.rows.message(web, stage.rows.person(web, "v1"), "x")
    tape = Tape(ChannelKind.WEB)
    await sender(stage, tape, web).send_due()
    assert tape.calls == []


async def test_two_senders_share_the_accounts_and_send_nothing_twice(stage: Stage) -> None:
    accounts = [stage.rows.account(external_id=f"70000{number}") for number in range(3)]
    people = [(account, stage.rows.person(account, str(n))) for account in accounts for n in range(10)]
    one_tape, other_tape = Tape(), Tape()
    one = sender(stage, one_tape, *accounts, owner="one")
    other = sender(stage, other_tape, *accounts, owner="other")
    async with running(one), running(other):
        await until(lambda: len(one.lanes) + len(other.lanes) == 3)
        stage.rows.messages([(account, person, "x", REPLY) for account, person in people])
        await until(lambda: set(stage.rows.states()) == {"sent"})
    assert len(one_tape.calls) + len(other_tape.calls) == 30
