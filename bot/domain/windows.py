"""May we write to somebody now, and at what price? Facts with sources; no clock, no rows."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.outbox import MessagePurpose
from bot.domain.updates import ChannelKind

MESSENGER_WINDOW = timedelta(hours=24)
"""Free messages after the person's last action (Messenger Platform, Send API; the tags that stretched it ended in 2026)."""

ZALO_FREE = timedelta(hours=48)
"""Consultation messages are free this long after the person's last interaction (Zalo OA, tin tư vấn)."""

ZALO_OPEN = timedelta(days=7)
"""Until then a consultation message costs; afterwards the API refuses it with -230 (Zalo OA)."""

ZALO_PRICE_VND = 55
"""One consultation message after the free 48 hours, beyond the package's quota (zalo.solutions/oa/pricing, 2026)."""


@dataclass(frozen=True, slots=True)
class Open:
    """We may write; one message costs this much."""

    price_vnd: int = 0


@dataclass(frozen=True, slots=True)
class Shut:
    """We may not; the reason is a word for the row."""

    reason: str


Verdict = Open | Shut


def judge(
    channel: ChannelKind,
    purpose: MessagePurpose,
    last_inbound_at: datetime | None,
    blocked_at: datetime | None,
    now: datetime,
) -> Verdict:
    """Whether this address may get a message of this purpose now.

    Args:
        last_inbound_at: the person's last message, tap or follow; None means that they never wrote.
        blocked_at: since when the address is known to be blocked or gone.
    """
    if blocked_at is not None:
        return Shut("blocked")
    match channel:
        case ChannelKind.WEB:
            return _web(purpose)
        case ChannelKind.TELEGRAM:
            # A bot cannot begin a talk, and it has no window afterwards (Telegram, Bots FAQ).
            return Open()
        case ChannelKind.MESSENGER:
            return Open() if _within(last_inbound_at, MESSENGER_WINDOW, now) else Shut("messenger-window-over")
        case ChannelKind.ZALO:
            return _zalo(last_inbound_at, now)


def _web(purpose: MessagePurpose) -> Verdict:
    """A browser tab is no address for later: only what answers a visitor goes there."""
    answers = purpose in (MessagePurpose.REPLY, MessagePurpose.STAFF)
    return Open() if answers else Shut("web-not-a-route")


def _zalo(last_inbound_at: datetime | None, now: datetime) -> Verdict:
    if _within(last_inbound_at, ZALO_FREE, now):
        return Open()
    if _within(last_inbound_at, ZALO_OPEN, now):
        return Open(ZALO_PRICE_VND)
    return Shut("zalo-window-over")


def _within(last_inbound_at: datetime | None, window: timedelta, now: datetime) -> bool:
    return last_inbound_at is not None and now - last_inbound_at < window
