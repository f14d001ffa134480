"""Staff's own words go as a person's after Messenger's day; no word of the program ever does."""

from collections.abc import AsyncIterator

import pytest

from bot.channels.base import Account
from bot.channels.http import SharedSession
from bot.channels.messenger import Messenger
from bot.domain.changing import replace
from bot.domain.messages import Message
from bot.domain.outbox import MessagePurpose
from bot.domain.platforms import RouteKind
from bot.domain.updates import ChannelKind
from bot.storage.accounts import load_accounts
from bot.storage.handoffs import person_behind, reply
from bot.storage.ids import new_id
from bot.storage.leases import take
from bot.storage.staff import StaffMember
from scheduler.claiming import lane_name
from scheduler.parts import Parts
from scheduler.probing import probe
from tests.channels.conftest import messenger_account
from tests.facts import MESSENGER
from tests.platforms import FakeMessenger, Trouble
from tests.platforms.messenger import refusal
from tests.scheduler.conftest import Stage
from tests.scheduler.test_tick import known

USER = "7300000000000042"
WORDS = "Em xem lịch giúp chị rồi ạ"
THUY = StaffMember(1, "thuy", "Thuỷ", "admin", None, on_duty=True, scope=None, at_top=True)


class Town:
    """One page with the feature, and one person who wrote two days ago."""

    def __init__(self, stage: Stage, session: SharedSession, meta: FakeMessenger) -> None:
        self.stage, self.meta = stage, meta
        self.page: Account = known(stage, messenger_account(meta))
        channel = Messenger([self.page], session, limits=MESSENGER, base=meta.base_url)
        self.parts: Parts = stage.parts({ChannelKind.MESSENGER: channel}, [self.page])
        meta.human_agent = True
        meta.touch(USER)
        self.person = stage.rows.person(self.page, USER, wrote_at=meta.now)

    def pass_days(self, number: float) -> None:
        self.meta.advance(days=number)
        self.stage.clock.now = self.meta.now

    def answer(self, route: RouteKind) -> None:
        """A person of staff types in the console."""
        person = self.stage.db.read_now(lambda c: person_behind(c, self.stage.ring, self.person))
        assert person is not None
        write = [Message(WORDS)]
        self.stage.db.write_now(
            lambda c: reply(c, self.stage.ring, THUY, person, new_id(), write, self.stage.clock.now, route=route)
        )


@pytest.fixture
async def town(stage: Stage) -> AsyncIterator[Town]:
    session = SharedSession()
    async with FakeMessenger(now=stage.clock.now) as meta:
        yield Town(stage, session, meta)
    await session.close()


async def test_it_sends_what_a_person_typed(town: Town) -> None:
    town.pass_days(2)
    town.answer(RouteKind.HUMAN_AGENT)
    await town.parts.sender.send_due()
    body = town.meta.calls[-1].body
    assert (body["messaging_type"], body["tag"], body["message"]["text"]) == ("MESSAGE_TAG", "HUMAN_AGENT", WORDS)
    assert town.stage.rows.states() == ["sent"]


async def test_it_judges_the_seven_days_once_more(town: Town) -> None:
    town.pass_days(7)
    town.answer(RouteKind.HUMAN_AGENT)
    await town.parts.sender.send_due()
    (row,) = town.stage.rows.outbox()
    assert (row.state, row.reason) == ("skipped", "messenger-window-over")
    assert town.meta.calls == []


@pytest.mark.parametrize(
    "purpose",
    [purpose for purpose in MessagePurpose if purpose not in (MessagePurpose.STAFF, MessagePurpose.CORRECTION)],
)
@pytest.mark.parametrize("wrote", [0.5, 2])
async def test_it_never_sends_the_bots_own_words_that_way(town: Town, purpose: MessagePurpose, wrote: float) -> None:
    """Not even if a row claimed that route."""
    town.pass_days(wrote)
    town.stage.rows.message(town.page, town.person, "tin tự động", purpose, route="human-agent")
    await town.parts.sender.send_due()
    assert town.stage.rows.states() == ["skipped"]
    assert town.meta.calls == []


async def test_it_does_not_take_alarms_for_a_persons_words(town: Town) -> None:
    """They have the purpose `staff` too; the program writes them."""
    town.pass_days(2)
    town.stage.rows.message(town.page, town.person, "🔴 KHẨN", MessagePurpose.STAFF)
    await town.parts.sender.send_due()
    assert town.stage.rows.states() == ["skipped"]
    assert town.meta.calls == []


@pytest.mark.parametrize(
    ("purpose", "kind"),
    [(MessagePurpose.REPLY, "RESPONSE"), (MessagePurpose.STAFF, "RESPONSE"), (MessagePurpose.DRIVE, "UPDATE")],
)
async def test_it_says_whether_it_answers_or_speaks_of_its_own_accord(
    town: Town, purpose: MessagePurpose, kind: str
) -> None:
    town.pass_days(0.1)
    town.stage.rows.message(town.page, town.person, "Chào chị", purpose)
    await town.parts.sender.send_due()
    assert [call.body["messaging_type"] for call in town.meta.calls] == [kind]


async def test_it_slows_down_when_the_allowance_is_nearly_used_up(town: Town) -> None:
    town.pass_days(0.5)
    town.meta.usage = {"call_count": 95, "total_time": 4, "total_cputime": 3}
    town.stage.rows.message(town.page, town.person, "Chào chị")
    epoch = town.stage.db.write_now(lambda c: take(c, lane_name(town.page.id), "here", town.stage.clock.now))
    assert epoch is not None
    lane = town.parts.sender._lane(town.page.id, epoch)
    before = lane._pace.interval
    await lane.run(until_idle=True)
    assert town.stage.rows.states() == ["sent"]
    assert lane._pace.interval > 4 * before


async def test_it_stops_the_page_that_meta_has_restricted_and_no_probe_wakes_it(town: Town) -> None:
    town.pass_days(0.5)
    town.stage.rows.message(town.page, town.person, "Chào chị")
    town.meta.fail_next(Trouble(400, refusal(368, 0, "x").body))
    await town.parts.sender.send_due()
    (page,) = town.stage.db.read_now(load_accounts)
    assert page.paused_reason == "misconfigured restricted 368"
    assert town.stage.rows.states() == ["waiting"]
    town.pass_days(0.2)
    assert await probe(replace(town.parts, accounts=(town.page,))) == 0
    assert len(town.meta.calls) == 1
