"""When to look whether a paused account is well again. Pure."""

from datetime import datetime, timedelta

MINUTE = timedelta(minutes=1)
FIRST = (1, 5, 15, 30)
"""Minutes after the pause; then every hour."""

BY_HAND = ("token-lost", "restricted")
"""Only people can repair a dead grant; and a page under a ban looks well from outside, while every try lengthens it."""


def probe_due(paused_at: datetime, reason: str, last_look: datetime, now: datetime) -> bool:
    """Whether a look is due between the last one and now."""
    if any(word in reason for word in BY_HAND):
        return False
    before, after = _looks(last_look - paused_at), _looks(now - paused_at)
    return after > before


def _looks(age: timedelta) -> int:
    """How many looks should have been made at this age of the pause."""
    minutes = age / MINUTE
    return sum(minutes >= first for first in FIRST) + max(int(minutes // 60), 0)
