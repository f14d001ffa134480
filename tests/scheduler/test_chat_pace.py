"""One chat's pace: a short burst, then one message a second; nobody else waits for it."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from bot.channels.base import Account
from bot.channels.http import SharedSession
from bot.channels.telegram import Telegram
from bot.domain.changing import replace
from bot.domain.updates import ChannelKind
from scheduler.chat_pace import ChatPace
from scheduler.sender import Sender
from tests.facts import PLATFORMS, TELEGRAM
from tests.platforms import FakeTelegram
from tests.scheduler.conftest import Stage
from tests.scheduler.ground import QUIET
from tests.scheduler.test_sender import until


@dataclass
class Seconds:
    """A clock that grows when it is told to, and by a hair at every look, for the pace of the whole bot."""

    now: float = 0.0

    def __call__(self) -> float:
        self.now += 0.0002
        return self.now


def test_it_lets_a_burst_pass_and_then_one_a_second() -> None:
    pace = ChatPace(60, 3)
    for _ in range(3):
        assert pace.resting(0.0) == ()
        pace.take([7], 0.0)
    assert pace.resting(0.0) == (7,)
    assert pace.resting(1.0) == (7,)
    assert pace.resting(1.02) == ()
    pace.take([7], 1.02)
    assert pace.resting(1.5) == (7,)


def test_it_forgets_who_has_been_quiet() -> None:
    pace = ChatPace(60, 1)
    pace.take(range(1000), 0.0)
    assert len(pace.resting(0.5)) == 1000
    assert pace.resting(2.0) == ()
    assert pace._settled_at == {}


def test_a_platform_without_such_a_pace_lets_nobody_rest() -> None:
    pace = ChatPace(0, 1)
    for _ in range(100):
        pace.take([7], 0.0)
    assert pace.resting(0.0) == ()


@given(st.lists(st.floats(0, 60), min_size=1, max_size=200).map(sorted))
def test_it_never_sends_more_than_the_burst_and_one_a_second(looks: list[float]) -> None:
    pace = ChatPace(60, 3)
    made = []
    for now in looks:
        if not pace.resting(now):
            pace.take([7], now)
            made.append(now)
    for index, first in enumerate(made):
        for seconds in (1, 5, 30):
            assert sum(1 for at in made[index:] if at < first + seconds) <= 3 + seconds


async def test_the_lane_keeps_the_pace_of_a_chat_and_everybody_elses_messages_pass(stage: Stage) -> None:
    """The strict platform answers 429 to whoever is too fast in a chat: it never has to."""
    seconds = Seconds()
    async with FakeTelegram(seconds=seconds) as fake:
        account = replace(stage.rows.account(), secrets={"token": fake.token})
        session = SharedSession()
        telegram = Telegram([account], session, limits=replace(TELEGRAM, per_minute=600_000), base=fake.base_url)
        busy, other = stage.rows.person(account, "501"), stage.rows.person(account, "502")
        for text in "abcdefghijklm":
            stage.rows.message(account, busy, text)
        stage.rows.message(account, other, "z")
        fake.touch("501")
        fake.touch("502")
        lane = asyncio.create_task(sender_of(stage, telegram, account, seconds).run())
        try:
            await until(lambda: len(fake.texts("501")) == 10 and fake.texts("502") == ["z"])
            for count in (11, 12, 13):
                seconds.now += 1.02
                await until(lambda count=count: len(fake.texts("501")) == count)
        finally:
            lane.cancel()
            with suppress(asyncio.CancelledError):
                await lane
            await session.close()
    assert fake.texts("501") == list("abcdefghijklm")
    assert {call.status for call in fake.calls} == {200}


def sender_of(stage: Stage, channel: Telegram, account: Account, seconds: Seconds) -> Sender:
    by_kind = {ChannelKind.TELEGRAM: channel}
    return Sender(stage.db, stage.ring, by_kind, [account], PLATFORMS, stage.clock, "here", QUIET, seconds)
