"""The ways to a person: best first, and why there is none."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.domain.outbox import MessagePurpose
from bot.domain.platforms import RouteKind
from bot.domain.reach import Home, PersonRoutes, reach_of
from bot.domain.templates import Approved
from bot.domain.updates import ChannelKind
from tests.facts import PLATFORMS

NOW = datetime(2026, 12, 4, 11, 0, tzinfo=UTC)
DRIVE, REMINDER, NEWS = MessagePurpose.DRIVE, MessagePurpose.REMINDER, MessagePurpose.NEWS


def home(kind: str, days: float = 0.5, number: int = 1, **changes: Any) -> Home:
    return replace(Home(number, number, ChannelKind(kind), NOW - timedelta(days=days)), **changes)


def person(*homes: Home, phone: bool = False, oa: int | None = None) -> PersonRoutes:
    return PersonRoutes(homes, phone, oa)


def template(
    channel: str, *ways: str, price: int | None = None, status: str = "approved", language: str = "vi"
) -> Approved:
    kinds = frozenset(map(RouteKind, ways))
    return Approved("reminder", ChannelKind(channel), language, "1", kinds, (), price, status)


ZBS = template("zalo", "template-uid", "template-phone")
UTILITY = template("messenger", "utility")
GONE = {"blocked_at": NOW}


@pytest.mark.parametrize(
    ("who", "templates", "expected"),
    [
        pytest.param(person(home("telegram")), (), ["text telegram 0"], id="writes freely where that is free"),
        pytest.param(
            person(home("zalo", 3), home("telegram", 90, 2)), (), ["text telegram 0", "text zalo 55"], id="prefers the free way"
        ),
        pytest.param(
            person(home("zalo", 1), home("telegram", 1, 2)),
            (),
            ["text zalo 0", "text telegram 0"],
            id="prefers the address of the consent among equals",
        ),
        pytest.param(
            person(home("zalo", 84), phone=True, oa=1),
            (ZBS,),
            ["template-uid zalo 200", "template-phone zalo 200"],
            id="goes by approved words when the window is over",
        ),
        pytest.param(
            person(home("messenger", 84), phone=True, oa=7),
            (ZBS, UTILITY),
            ["utility messenger 0", "template-phone zalo 200"],
            id="goes to the phone from another channel",
        ),
        pytest.param(
            person(home("zalo", 3)), (ZBS,), ["text zalo 55", "template-uid zalo 200"], id="goes by the cheaper of two"
        ),
        pytest.param(
            person(home("zalo", 84)),
            (template("zalo", "template-uid", price=560),),
            ["template-uid zalo 560"],
            id="knows the template's own price",
        ),
        pytest.param(
            person(home("zalo", 84, **GONE), home("messenger", 84, 2), phone=True, oa=1),
            (ZBS,),
            [],
            id="does not follow by phone whoever left the OA",
        ),
        pytest.param(
            person(home("zalo", 84)), (template("zalo", "template-uid", status="disabled"),), [], id="uses what is approved"
        ),
        pytest.param(
            person(home("zalo", 84)), (template("zalo", "template-uid", language="en"),), ["template-uid zalo 200"],
            id="takes the other language before silence",
        ),
    ],
)  # fmt: skip
def test_it(who: PersonRoutes, templates: tuple[Approved, ...], expected: list[str]) -> None:
    plans = reach_of(who, REMINDER, NOW, PLATFORMS, templates).routes
    assert [f"{plan.kind} {plan.channel} {plan.price_vnd}" for plan in plans] == expected


@pytest.mark.parametrize(
    ("who", "reason"),
    [
        pytest.param(person(), "no-address", id="nowhere"),
        pytest.param(person(home("zalo", 8)), "zalo-window-over", id="the window is over"),
        pytest.param(person(home("messenger", 2)), "messenger-window-over", id="of Messenger too"),
        pytest.param(person(home("telegram", 2, **GONE)), "blocked", id="they left"),
        pytest.param(person(home("web")), "web-not-a-route", id="a browser is no address"),
        pytest.param(person(home("web"), home("zalo", 8, 2)), "web-not-a-route", id="the consent's address first"),
    ],
)
def test_it_says_why_nobody_can_be_reached(who: PersonRoutes, reason: str) -> None:
    assert reach_of(who, DRIVE, NOW, PLATFORMS, ()).reason == reason


def test_it_keeps_news_on_the_channel_that_was_agreed_to() -> None:
    who = person(home("zalo", 8), home("telegram", 1, 2), phone=True, oa=1)
    assert reach_of(who, NEWS, NOW, PLATFORMS, ()).routes == ()
    assert [plan.channel for plan in reach_of(who, DRIVE, NOW, PLATFORMS, ()).routes] == [ChannelKind.TELEGRAM]


def test_it_waits_for_the_morning_only_when_nothing_else_is_open() -> None:
    night = datetime(2026, 12, 4, 16, 0, tzinfo=UTC)
    late = person(home("messenger", 84), phone=True, oa=7)
    (plan,) = reach_of(late, REMINDER, night, PLATFORMS, (ZBS,)).routes
    assert (plan.kind, plan.opens_at) == (RouteKind.TEMPLATE_PHONE, datetime(2026, 12, 4, 23, 0, tzinfo=UTC))
    both = person(home("zalo", 84), phone=True, oa=1)
    plans = reach_of(both, REMINDER, night, PLATFORMS, (replace(ZBS, price_vnd=900),)).routes
    assert [plan.kind for plan in plans] == [RouteKind.TEMPLATE_UID, RouteKind.TEMPLATE_PHONE]


def test_it_knows_what_each_way_of_a_template_costs() -> None:
    both = person(home("zalo", 84), phone=True, oa=1)
    plans = reach_of(both, REMINDER, NOW, PLATFORMS, (replace(ZBS, price_vnd=160, phone_price_vnd=260),)).routes
    assert {plan.kind: plan.price_vnd for plan in plans} == {
        RouteKind.TEMPLATE_UID: 160,
        RouteKind.TEMPLATE_PHONE: 260,
    }


def test_it_knows_only_channels_that_are_on() -> None:
    on = {kind: platform for kind, platform in PLATFORMS.items() if kind is not ChannelKind.ZALO}
    assert reach_of(person(home("zalo")), DRIVE, NOW, on, ()).reason == "channel-off"
