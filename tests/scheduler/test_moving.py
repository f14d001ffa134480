"""What one way refuses goes the next lawful one, in one commit; what may have arrived never does."""

import shutil
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, select, update

from bot.channels.base import Account, ContactGone, OutsideWindow, Rejected, SendError, Throttled, Uncertain
from bot.domain.conversations import Conversation
from bot.domain.messages import Choice, Message
from bot.domain.outbox import MessagePurpose
from bot.domain.platforms import Limits
from bot.domain.updates import ChannelKind
from bot.storage.database import Database
from bot.storage.due_intents import Decided
from bot.storage.sealing import KeyRing
from bot.storage.tables import addresses, consents
from bot.storage.talks import dump_talk, load_talk
from scheduler import moving
from scheduler.due import judge_due
from scheduler.parts import Parts
from scheduler.planning import plan
from tests.facts import MESSENGER
from tests.scheduler.conftest import Stage
from tests.scheduler.ground import Rows, SetClock, Tape, days, local

EVE = local(4, "18:00")
REFUSALS = (ContactGone("gone"), OutsideWindow("late"), Rejected("bad"))


@dataclass
class Desk:
    """One person with a place at a drive, at home on Telegram and on Messenger; each platform answers as told."""

    stage: Stage
    bot: Account
    page: Account
    parts: Parts
    first: Tape
    second: Tape
    home: int
    other: int

    async def eve(self) -> dict[str, object]:
        """The reminder falls due and is sent."""
        await self.queue()
        return await self.stage.tick(self.parts, EVE)

    async def queue(self) -> None:
        self.stage.clock.now = EVE
        await plan(self.parts)
        await judge_due(self.parts)

    def ends(self) -> list[tuple[int, str, str]]:
        return [(row.address_id, row.state, row.reason) for row in self.stage.rows.outbox()]


def answering(error: Exception | None) -> Tape:
    async def answer(user_id: str, message: Message) -> None:
        if error is not None:
            raise error

    return Tape(answer=answer)


def seat(stage: Stage, first: Exception | None, second: Exception | None) -> Desk:
    """The person registered on Telegram and wrote on Messenger an hour before the eve."""
    rows = stage.rows
    bot, page = rows.account(), rows.account(ChannelKind.MESSENGER, "9000000001")
    home = rows.person(bot, "1", wrote_at=EVE - days(10))
    other = rows.person(page, "2", wrote_at=EVE - timedelta(hours=1), contact_id=home)
    rows.book(home, rows.drive(local(5, "09:30"))[0])
    tapes = answering(first), answering(second)
    tapes[1].kind, tapes[1].limits = ChannelKind.MESSENGER, MESSENGER
    parts = stage.parts({tape.kind: tape for tape in tapes}, [bot, page])
    return Desk(stage, bot, page, parts, *tapes, home, other)


@pytest.mark.parametrize("error", REFUSALS, ids=["gone", "window", "rejected"])
async def test_what_one_platform_refuses_goes_over_the_other(stage: Stage, error: SendError) -> None:
    desk = seat(stage, error, None)
    counts = await desk.eve()
    assert [state for _, state, _ in desk.ends()] == ["moved", "sent"]
    assert (counts["moved"], counts["sent"], counts["failed"]) == (1, 1, 0)
    assert [user for user, _ in desk.second.calls] == ["2"]
    first, second = stage.rows.outbox()
    assert first.intent_id == second.intent_id
    assert second.key == f"intent:{second.intent_id}:{desk.other}:0"
    assert await stage.tick(desk.parts, EVE) == counts | {"planned": 0, "queued": 0, "sent": 0, "moved": 0}


async def test_the_new_row_comes_in_the_commit_that_marks_the_old(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever breaks on the way, nothing of it stays: the call is recorded and moved together, at the next try."""
    desk = seat(stage, ContactGone("gone"), None)
    await desk.queue()
    write, seen_outside = moving.write_decided, []

    def break_once(connection: Connection, decided: Decided) -> None:
        write(connection, decided)
        seen_outside.append([state for _, state, _ in desk.ends()])
        if len(seen_outside) == 1:
            raise RuntimeError("the process dies here")

    monkeypatch.setattr(moving, "write_decided", break_once)
    with pytest.raises(RuntimeError):
        await desk.parts.sender.send_due()
    assert seen_outside == [["sending"], ["sending"]], "half of it was to be seen"
    await desk.parts.sender.send_due()
    assert [state for _, state, _ in desk.ends()] == ["moved", "sent"]
    assert len(desk.first.calls) == len(desk.second.calls) == 1


async def test_the_menu_is_what_a_number_means_at_the_new_address(stage: Stage) -> None:
    desk = seat(stage, ContactGone("gone"), None)
    await desk.eve()
    assert len(talk_of(desk).offered) == 3


def talk_of(desk: Desk) -> Conversation:
    statement = select(addresses.c.talk_sealed).where(addresses.c.id == desk.other)
    return load_talk(desk.stage.db.read_now(lambda c: c.execute(statement).scalar_one()), desk.stage.ring)


async def test_a_form_at_the_new_address_is_waited_for(stage: Stage) -> None:
    desk = seat(stage, ContactGone("gone"), None)
    menu = (Choice("Nam", "form:1"),)
    talk = dump_talk(Conversation(greeted=True, offered=menu), stage.ring)
    stage.rows.change(addresses, desk.other, form_touched_at=EVE - timedelta(minutes=10), talk_sealed=talk)
    await desk.eve()
    assert [state for _, state, _ in desk.ends()] == ["moved", "waiting"]
    assert stage.rows.outbox()[1].due_at == EVE + timedelta(minutes=20)
    assert talk_of(desk).offered == menu
    stage.clock.now = EVE + timedelta(minutes=20)
    await desk.parts.sender.send_due()
    assert [state for _, state, _ in desk.ends()] == ["moved", "sent"]


async def test_what_is_shut_when_its_turn_comes_goes_over_the_other(stage: Stage) -> None:
    """Blocked between the judgement and the lane: no call is made there."""
    desk = seat(stage, None, None)
    await desk.queue()
    stage.rows.change(addresses, desk.home, blocked_at=EVE)
    await desk.parts.sender.send_due()
    assert desk.ends() == [(desk.home, "moved", "blocked"), (desk.other, "sent", "")]
    assert desk.first.calls == []


async def test_where_all_refuse_it_ends_with_the_last_ones_reason(stage: Stage) -> None:
    desk = seat(stage, ContactGone("gone"), OutsideWindow("late"))
    counts = await desk.eve()
    assert desk.ends() == [(desk.home, "moved", "contact-gone"), (desk.other, "skipped", "outside-window")]
    assert counts["skipped"] == {"outside-window": 1}


async def test_without_another_way_it_stays_what_it_was(stage: Stage) -> None:
    desk = seat(stage, Rejected("bad"), None)
    stage.rows.change(addresses, desk.other, last_inbound_at=EVE - days(3))
    await desk.eve()
    assert desk.ends() == [(desk.home, "failed", "rejected")]


async def test_it_does_not_move_what_is_no_longer_wanted(stage: Stage) -> None:
    desk = seat(stage, None, None)

    async def withdrawn_meanwhile(user_id: str, message: Message) -> None:
        await stage.db.write(lambda c: c.execute(update(consents).values(withdrawn_at=EVE)))
        raise ContactGone("gone")

    desk.first.answer = withdrawn_meanwhile
    await desk.eve()
    assert desk.ends() == [(desk.home, "failed", "contact-gone")]


async def test_it_does_not_move_what_may_have_arrived(stage: Stage) -> None:
    desk = seat(stage, Uncertain("lost"), None)
    await desk.eve()
    assert desk.ends() == [(desk.home, "unknown", "uncertain")]
    assert desk.second.calls == []


@pytest.mark.parametrize("arrived", ["sent", "unknown"])
async def test_it_does_not_move_the_rest_of_what_may_have_arrived(stage: Stage, arrived: str) -> None:
    """The second part is refused, the first got through: half a message twice would be worse."""
    desk = seat(stage, ContactGone("gone"), None)
    await desk.queue()
    (row,) = stage.rows.outbox()
    stage.rows.message(
        desk.bot, desk.home, "first part", MessagePurpose.DRIVE,
        intent_id=row.intent_id, key=f"intent:{row.intent_id}:{desk.home}:9", state=arrived,
    )  # fmt: skip
    await desk.parts.sender.send_due()
    assert sorted(state for _, state, _ in desk.ends()) == sorted(["failed", arrived])


async def test_parts_that_still_wait_move_along(stage: Stage) -> None:
    desk = seat(stage, ContactGone("gone"), None)
    desk.first.limits = Limits(text=60, choices=100, label=60, per_minute=600_000)
    desk.parts.limits[ChannelKind.TELEGRAM] = desk.first.limits  # type: ignore[index]
    await desk.eve()
    assert len(desk.first.calls) == 1
    states = [state for _, state, _ in desk.ends()]
    assert states[-1] == "sent"
    assert len(states) > 2
    assert set(states[:-1]) == {"moved"}


async def test_answers_stay_where_they_were_asked(stage: Stage) -> None:
    desk = seat(stage, ContactGone("gone"), None)
    stage.rows.message(desk.bot, desk.home, "xin chào")
    await desk.parts.sender.send_due()
    assert desk.ends() == [(desk.home, "failed", "contact-gone")]


FATES = st.sampled_from((None, *REFUSALS, Uncertain("lost"), Throttled("slow", retry_after=1)))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(fates=st.lists(FATES, min_size=2, max_size=8))
async def test_nobody_ever_gets_two_copies(
    fates: list[Exception | None], tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path, ring: KeyRing
) -> None:
    """However the platforms answer, in whatever order: at most one copy may have arrived, and each row has its end."""
    copy = shutil.copy(sqlite_template, tmp_path_factory.mktemp("moving") / "db")
    with Database(f"sqlite:///{copy}") as db:
        now = EVE - days(10)
        stage = Stage(db, ring, SetClock(now), Rows(db, ring, now))
        desk = seat(stage, None, None)
        arrived = await _play(desk, list(fates))
        states = stage.rows.states()
    assert arrived <= 1
    assert set(states) <= {"sent", "unknown", "failed", "skipped", "moved"}
    assert states.count("sent") + states.count("unknown") <= 1
    assert states[:-1] == ["moved"] * (len(states) - 1)


async def _play(desk: Desk, fates: list[Exception | None]) -> int:
    """How many calls may have arrived."""
    arrived = 0

    async def answer(user_id: str, message: Message) -> None:
        nonlocal arrived
        fate = fates.pop(0) if fates else None
        arrived += fate is None or isinstance(fate, Uncertain)
        if fate is not None:
            raise fate

    desk.first.answer = desk.second.answer = answer
    await desk.queue()
    for _ in range(10):
        await desk.parts.sender.send_due()
        desk.stage.clock.now += timedelta(seconds=1200)
    return arrived
