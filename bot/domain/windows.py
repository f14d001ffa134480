"""May we write to somebody now, how, and at what price? The platforms' facts are data; no clock, no rows."""

from dataclasses import dataclass
from datetime import datetime

from bot.domain.outbox import MessagePurpose
from bot.domain.platforms import Platform, RouteKind, Window, night_until

NO_ROUTE = "not-a-route"
WINDOW_OVER = "window-over"
NIGHT = "platform-night"
BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class Open:
    """We may write; one message costs at most this much (what a package includes is known only afterwards)."""

    price_vnd: int = 0


@dataclass(frozen=True, slots=True)
class Shut:
    """We may not; the reason is a word for the row. `opens_at`: when the platform's night is over."""

    reason: str
    opens_at: datetime | None = None


Verdict = Open | Shut


def judge(
    platform: Platform,
    route: RouteKind,
    purpose: MessagePurpose,
    last_inbound_at: datetime | None,
    blocked_at: datetime | None,
    now: datetime,
) -> Verdict:
    """Whether a message of this purpose may go this way now.

    Args:
        last_inbound_at: the person's last message, tap or follow; None means that they never wrote.
        blocked_at: since when the address is known to be blocked or gone.
    """
    if blocked_at is not None:
        return Shut(BLOCKED)
    window = platform.windows.get(route)
    if window is None or (window.purposes and purpose not in window.purposes):
        return Shut(f"{platform.kind}-{NO_ROUTE}")
    if not _lives(window, last_inbound_at, now):
        return Shut(f"{platform.kind}-{WINDOW_OVER}")
    if (until := night_until(platform, window, now)) is not None:
        return Shut(NIGHT, until)
    return Open(_price(window, last_inbound_at, now))


def judge_staff(
    platform: Platform, last_inbound_at: datetime | None, blocked_at: datetime | None, now: datetime
) -> tuple[RouteKind, Verdict]:
    """How words that a person of staff has typed may go: as any answer, else as a person's own where that is open.

    Only for words of a person: what the program says under the purpose `staff` (alarms) has the ordinary window alone.
    """
    ordinary = judge(platform, RouteKind.TEXT, MessagePurpose.STAFF, last_inbound_at, blocked_at, now)
    if isinstance(ordinary, Shut):
        own = judge(platform, RouteKind.HUMAN_AGENT, MessagePurpose.STAFF, last_inbound_at, blocked_at, now)
        if isinstance(own, Open):
            return RouteKind.HUMAN_AGENT, own
    return RouteKind.TEXT, ordinary


def _lives(window: Window, last_inbound_at: datetime | None, now: datetime) -> bool:
    if window.open_for is None:
        return True
    return last_inbound_at is not None and now - last_inbound_at < window.open_for


def _price(window: Window, last_inbound_at: datetime | None, now: datetime) -> int:
    """What has no free time costs from the first second."""
    free_for = window.free_for
    if free_for is None or last_inbound_at is None:
        return window.price_vnd
    return 0 if now - last_inbound_at < free_for else window.price_vnd
