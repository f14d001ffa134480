"""Windows: to whom we may write, which way, when, at what price. The zero point is the person's last interaction."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.outbox import MessagePurpose
from bot.domain.platforms import RouteKind, without_route
from bot.domain.updates import ChannelKind
from bot.domain.windows import Open, Shut, Verdict, judge, judge_staff
from tests.facts import PLATFORMS

WROTE = datetime(2026, 12, 1, 3, 0, tzinfo=UTC)
"""10:00 in Viet Nam."""

SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
DRIVE, REPLY, STAFF, NEWS, REMINDER = (
    MessagePurpose.DRIVE,
    MessagePurpose.REPLY,
    MessagePurpose.STAFF,
    MessagePurpose.NEWS,
    MessagePurpose.REMINDER,
)
OVER = {kind: Shut(f"{kind}-window-over") for kind in ChannelKind}
NO_ROUTE = {kind: Shut(f"{kind}-not-a-route") for kind in ChannelKind}
MORNING = WROTE + timedelta(hours=20)
"""06:00 in Viet Nam on the next day."""

ROWS: list[tuple[str, str, MessagePurpose, timedelta, Verdict]] = [
    ("messenger", "text", DRIVE, DAY - SECOND, Open()),
    ("messenger", "text", DRIVE, DAY, OVER[ChannelKind.MESSENGER]),
    ("messenger", "text", DRIVE, DAY + SECOND, OVER[ChannelKind.MESSENGER]),
    ("messenger", "text", REPLY, 25 * HOUR, OVER[ChannelKind.MESSENGER]),
    ("messenger", "utility", REMINDER, 84 * DAY, Open()),
    ("messenger", "utility", NEWS, HOUR, NO_ROUTE[ChannelKind.MESSENGER]),
    ("messenger", "human-agent", STAFF, 7 * DAY - SECOND, Open()),
    ("messenger", "human-agent", STAFF, 7 * DAY, OVER[ChannelKind.MESSENGER]),
    ("messenger", "human-agent", STAFF, 7 * DAY + SECOND, OVER[ChannelKind.MESSENGER]),
    ("messenger", "human-agent", REMINDER, HOUR, NO_ROUTE[ChannelKind.MESSENGER]),
    ("messenger", "template-phone", DRIVE, HOUR, NO_ROUTE[ChannelKind.MESSENGER]),
    ("zalo", "text", DRIVE, 48 * HOUR - SECOND, Open()),
    ("zalo", "text", DRIVE, 48 * HOUR, Open(55)),
    ("zalo", "text", DRIVE, 48 * HOUR + SECOND, Open(55)),
    ("zalo", "text", DRIVE, 7 * DAY - SECOND, Open(55)),
    ("zalo", "text", DRIVE, 7 * DAY, OVER[ChannelKind.ZALO]),
    ("zalo", "text", DRIVE, 7 * DAY + SECOND, OVER[ChannelKind.ZALO]),
    ("zalo", "template-uid", DRIVE, HOUR, Open(200)),
    ("zalo", "template-uid", REMINDER, 365 * DAY - SECOND, Open(200)),
    ("zalo", "template-uid", REMINDER, 365 * DAY, OVER[ChannelKind.ZALO]),
    ("zalo", "template-uid", REMINDER, 365 * DAY + SECOND, OVER[ChannelKind.ZALO]),
    ("zalo", "template-phone", REMINDER, 400 * DAY, Open(200)),
    ("zalo", "template-phone", REMINDER, 12 * HOUR - SECOND, Open(200)),
    ("zalo", "template-phone", REMINDER, 12 * HOUR, Shut("platform-night", MORNING)),
    ("zalo", "template-phone", REMINDER, 20 * HOUR - SECOND, Shut("platform-night", MORNING)),
    ("zalo", "template-phone", REMINDER, 20 * HOUR, Open(200)),
    ("zalo", "utility", REMINDER, HOUR, NO_ROUTE[ChannelKind.ZALO]),
    ("telegram", "text", NEWS, 400 * DAY, Open()),
    ("telegram", "template-uid", DRIVE, HOUR, NO_ROUTE[ChannelKind.TELEGRAM]),
    ("web", "text", REPLY, DAY, Open()),
    ("web", "text", STAFF, DAY, Open()),
    ("web", "text", DRIVE, SECOND, NO_ROUTE[ChannelKind.WEB]),
]


@pytest.mark.parametrize(("channel", "route", "purpose", "later", "expected"), ROWS)
def test_it(channel: str, route: str, purpose: MessagePurpose, later: timedelta, expected: Verdict) -> None:
    platform = PLATFORMS[ChannelKind(channel)]
    assert judge(platform, RouteKind(route), purpose, WROTE, None, WROTE + later) == expected


@pytest.mark.parametrize("channel", list(ChannelKind))
@pytest.mark.parametrize("route", list(RouteKind))
def test_it_writes_to_nobody_who_blocked_us(channel: ChannelKind, route: RouteKind) -> None:
    verdict = judge(PLATFORMS[channel], route, REPLY, WROTE, WROTE + SECOND, WROTE + 2 * SECOND)
    assert verdict == Shut("blocked")


@pytest.mark.parametrize(
    ("channel", "route"),
    [(ChannelKind.MESSENGER, "text"), (ChannelKind.ZALO, "text"), (ChannelKind.ZALO, "template-uid")],
)
def test_it_has_no_window_for_somebody_who_never_wrote(channel: ChannelKind, route: str) -> None:
    verdict = judge(PLATFORMS[channel], RouteKind(route), DRIVE, None, None, WROTE)
    assert verdict == Shut(f"{channel}-window-over")


TEXT, AS_PERSON = RouteKind.TEXT, RouteKind.HUMAN_AGENT


@pytest.mark.parametrize(
    ("channel", "later", "granted", "expected"),
    [
        (ChannelKind.MESSENGER, DAY - SECOND, True, (TEXT, Open())),
        (ChannelKind.MESSENGER, DAY, True, (AS_PERSON, Open())),
        (ChannelKind.MESSENGER, 7 * DAY - SECOND, True, (AS_PERSON, Open())),
        (ChannelKind.MESSENGER, 7 * DAY, True, (TEXT, OVER[ChannelKind.MESSENGER])),
        (ChannelKind.MESSENGER, DAY, False, (TEXT, OVER[ChannelKind.MESSENGER])),
        (ChannelKind.ZALO, 3 * DAY, True, (TEXT, Open(55))),
        (ChannelKind.ZALO, 7 * DAY, True, (TEXT, OVER[ChannelKind.ZALO])),
    ],
)
def test_it_knows_how_a_persons_own_words_may_go(
    channel: ChannelKind, later: timedelta, granted: bool, expected: tuple[RouteKind, Verdict]
) -> None:
    platforms = PLATFORMS if granted else without_route(PLATFORMS, ChannelKind.MESSENGER, AS_PERSON)
    assert judge_staff(platforms[channel], WROTE, None, WROTE + later) == expected
    assert judge_staff(platforms[channel], WROTE, WROTE, WROTE + later)[1] == Shut("blocked")
