"""What the planner calls open the platforms take, at its price; what it calls shut they refuse. Every edge, by chance."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.channels.base import Account, Channel, SendError
from bot.channels.http import SharedSession
from bot.channels.messenger import Messenger
from bot.channels.telegram import Telegram
from bot.channels.zalo import Zalo
from bot.domain.messages import Message, TemplateCall
from bot.domain.outbox import MessagePurpose
from bot.domain.platforms import RouteKind
from bot.domain.reach import Home, PersonRoutes, RoutePlan, reach_of
from bot.domain.templates import Approved
from bot.domain.updates import ChannelKind
from tests.channels.conftest import messenger_account, telegram_account, zalo_account
from tests.facts import LIMITS, PLATFORMS
from tests.platforms import FakeMessenger, FakeTelegram, FakeTemplate, FakeZalo

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
PHONE = "+84912345678"
USERS = {ChannelKind.TELEGRAM: "520000001", ChannelKind.MESSENGER: "2400000001", ChannelKind.ZALO: "8300000000000001"}
ZALO_ID, MESSENGER_ID = "300123", "drive_eve"
EDGES = [timedelta(hours=24), timedelta(hours=48), timedelta(days=7), timedelta(days=365)]
SECOND = timedelta(seconds=1)
NIGHT, NIGHT_OVER = timedelta(hours=12), timedelta(hours=20)

silences = st.one_of(
    st.builds(lambda edge, off: edge + off * SECOND, st.sampled_from(EDGES), st.integers(-1, 1)),
    st.timedeltas(SECOND, timedelta(days=400)),
)


moments = st.one_of(
    st.timedeltas(timedelta(0), timedelta(days=2)),
    # Zalo's night begins twelve hours after NOW and ends eight hours later.
    st.builds(lambda edge, off: edge + off * SECOND, st.sampled_from([NIGHT, NIGHT_OVER]), st.integers(-1, 1)),
    st.builds(lambda minutes: NIGHT + timedelta(minutes=minutes), st.integers(1, 479)),
)
mostly = st.integers(0, 4).map(bool)


@dataclass
class World:
    """The three platforms and our channels to them; one loop for all examples."""

    runner: asyncio.Runner
    telegram: FakeTelegram = field(default_factory=FakeTelegram)
    messenger: FakeMessenger = field(default_factory=FakeMessenger)
    zalo: FakeZalo = field(default_factory=FakeZalo)
    channels: dict[ChannelKind, tuple[Channel, Account]] = field(default_factory=dict)

    @property
    def fakes(self) -> dict[ChannelKind, Any]:
        return {
            ChannelKind.TELEGRAM: self.telegram,
            ChannelKind.MESSENGER: self.messenger,
            ChannelKind.ZALO: self.zalo,
        }

    def connect(self, session: SharedSession) -> None:
        def made(kind: type, account: Account, fake: Any, **more: Any) -> tuple[Channel, Account]:
            return kind([account], session, limits=LIMITS[account.kind], base=fake.base_url, **more), account

        zalo = {"business": self.zalo.base_url, "clock": lambda: self.zalo.now}
        self.channels = {
            ChannelKind.TELEGRAM: made(Telegram, telegram_account(self.telegram), self.telegram),
            ChannelKind.MESSENGER: made(Messenger, messenger_account(self.messenger), self.messenger),
            ChannelKind.ZALO: made(Zalo, zalo_account(self.zalo), self.zalo, **zalo),
        }

    def at(self, moment: datetime, homes: tuple[Home, ...]) -> None:
        """Everybody's clock strikes this moment; who wrote when, and who left."""
        self.zalo.seen.clear()
        for kind, fake in self.fakes.items():
            fake.now = moment
            fake.last_inbound.clear()
            fake.blocked.clear()
            for home in (home for home in homes if home.channel is kind):
                assert home.last_inbound_at is not None
                fake.last_inbound[USERS[kind]] = home.last_inbound_at
                if home.blocked_at is not None:
                    fake.blocked.add(USERS[kind])

    def taken(self, kind: RouteKind, channel: ChannelKind) -> int | None:
        """What it cost, or None when it was refused."""
        through, account = self.channels[channel]
        try:
            self.runner.run(through.send(account, USERS[channel], message(kind), "key"))
        except SendError:
            return None
        return int(self.fakes[channel].sent[-1].price)


def message(kind: RouteKind) -> Message:
    by = {RouteKind.UTILITY: "page", RouteKind.TEMPLATE_UID: "uid", RouteKind.TEMPLATE_PHONE: "phone"}.get(kind)
    if by is None:
        return Message("Em xin nhắc lịch ạ")
    named = MESSENGER_ID if by == "page" else ZALO_ID
    call = TemplateCall("drive-eve", named, {"time": "07:30"}, by, PHONE if by == "phone" else "")
    return Message("Em xin nhắc lịch ạ", template=call)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with asyncio.Runner() as runner:
        made, stack = World(runner), AsyncExitStack()

        async def start() -> None:
            for fake in made.fakes.values():
                await stack.enter_async_context(fake)
            session = SharedSession()
            stack.push_async_callback(session.close)
            made.connect(session)

        runner.run(start())
        try:
            yield made
        finally:
            runner.run(stack.aclose())


TEMPLATES = (
    Approved("drive-eve", ChannelKind.MESSENGER, "vi", MESSENGER_ID, frozenset((RouteKind.UTILITY,)), (), None),
    Approved(
        "drive-eve",
        ChannelKind.ZALO,
        "vi",
        ZALO_ID,
        frozenset((RouteKind.TEMPLATE_UID, RouteKind.TEMPLATE_PHONE)),
        (("time", "time"),),
    ),
)
WAYS = [
    (RouteKind.TEXT, ChannelKind.TELEGRAM),
    (RouteKind.TEXT, ChannelKind.MESSENGER),
    (RouteKind.UTILITY, ChannelKind.MESSENGER),
    (RouteKind.TEXT, ChannelKind.ZALO),
    (RouteKind.TEMPLATE_UID, ChannelKind.ZALO),
    (RouteKind.TEMPLATE_PHONE, ChannelKind.ZALO),
]


@st.composite
def homes(draw: st.DrawFn, moment: datetime) -> tuple[Home, ...]:
    kinds = draw(st.lists(st.sampled_from(list(USERS)), min_size=1, max_size=3, unique=True))
    found = []
    for number, kind in enumerate(kinds):
        left = moment - SECOND if draw(st.integers(0, 4)) == 0 else None
        found.append(Home(number, number, kind, moment - draw(silences), left))
    return tuple(found)


def make(draw: Callable[[Any], Any]) -> tuple[datetime, PersonRoutes, bool, bool]:
    moment = NOW + draw(moments)
    person = PersonRoutes(draw(homes(moment)), draw(mostly), 2 if draw(mostly) else None)
    return moment, person, draw(mostly), draw(mostly)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), purpose=st.sampled_from((MessagePurpose.DRIVE, MessagePurpose.REMINDER)))
def test_it(world: World, data: st.DataObject, purpose: MessagePurpose) -> None:
    moment, person, approved, has_zalo = make(data.draw)
    world.zalo.templates = {ZALO_ID: FakeTemplate({"time": 20}, price_uid=200, price_phone=200)} if approved else {}
    world.messenger.templates.clear()
    if approved:
        world.messenger.templates.approve(MESSENGER_ID, 1)
    world.zalo.phones = {PHONE.removeprefix("+")} if has_zalo else set()
    world.at(moment, person.homes)
    plans = reach_of(person, purpose, moment, PLATFORMS, TEMPLATES if approved else ()).routes
    now = {(plan.kind, plan.channel): plan for plan in plans if plan.opens_at == moment}
    for kind, channel in WAYS:
        check(world, person, kind, channel, now.get((kind, channel)), has_zalo)


def check(
    world: World, person: PersonRoutes, kind: RouteKind, channel: ChannelKind, plan: RoutePlan | None, has_zalo: bool
) -> None:
    phone = kind is RouteKind.TEMPLATE_PHONE
    reachable = (person.has_phone and person.phone_account is not None) if phone else True
    blocked = phone and (
        any(home.blocked_at for home in person.homes if home.channel is ChannelKind.ZALO)
        or all(home.blocked_at for home in person.homes)
    )
    if not reachable or blocked:  # ours to refuse: the platform cannot know
        assert plan is None
        return
    price = world.taken(kind, channel)
    if phone and not has_zalo:
        assert price is None  # only the platform knows who has Zalo; nothing was charged
        return
    assert price == (plan.price_vnd if plan else None), (kind, channel)
