"""Windows: to whom we may write, when, at what price. The zero point is the person's last interaction."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.outbox import MessagePurpose
from bot.domain.updates import ChannelKind
from bot.domain.windows import Open, Shut, Verdict, judge

WROTE = datetime(2026, 12, 1, 3, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
DRIVE, REPLY, STAFF, NEWS = (
    MessagePurpose.DRIVE,
    MessagePurpose.REPLY,
    MessagePurpose.STAFF,
    MessagePurpose.NEWS,
)


@pytest.mark.parametrize(
    ("channel", "purpose", "later", "expected"),
    [
        pytest.param("messenger", DRIVE, timedelta(hours=24) - SECOND, Open(), id="opens Messenger for 24 hours"),
        pytest.param(
            "messenger", DRIVE, timedelta(hours=24), Shut("messenger-window-over"), id="shuts Messenger after 24 hours"
        ),
        pytest.param(
            "messenger", REPLY, timedelta(hours=25), Shut("messenger-window-over"), id="shuts late replies out too"
        ),
        pytest.param("zalo", DRIVE, timedelta(hours=48) - SECOND, Open(), id="opens Zalo for 48 hours without a price"),
        pytest.param("zalo", DRIVE, timedelta(hours=48), Open(55), id="prices Zalo after 48 hours"),
        pytest.param("zalo", DRIVE, timedelta(days=7) - SECOND, Open(55), id="prices Zalo until seven days"),
        pytest.param("zalo", DRIVE, timedelta(days=7), Shut("zalo-window-over"), id="shuts Zalo after seven days"),
        pytest.param("telegram", NEWS, timedelta(days=400), Open(), id="leaves Telegram open"),
        pytest.param("web", REPLY, timedelta(days=1), Open(), id="answers on the web"),
        pytest.param("web", STAFF, timedelta(days=1), Open(), id="lets staff answer on the web"),
        pytest.param("web", DRIVE, SECOND, Shut("web-not-a-route"), id="sends nothing later to the web"),
    ],
)
def test_it(channel: str, purpose: MessagePurpose, later: timedelta, expected: Verdict) -> None:
    assert judge(ChannelKind(channel), purpose, WROTE, None, WROTE + later) == expected


@pytest.mark.parametrize("channel", list(ChannelKind))
def test_it_writes_to_nobody_who_blocked_us(channel: ChannelKind) -> None:
    assert judge(channel, REPLY, WROTE, WROTE + SECOND, WROTE + 2 * SECOND) == Shut("blocked")


@pytest.mark.parametrize("channel", [ChannelKind.MESSENGER, ChannelKind.ZALO])
def test_it_has_no_window_for_somebody_who_never_wrote(channel: ChannelKind) -> None:
    assert isinstance(judge(channel, DRIVE, None, None, WROTE), Shut)
