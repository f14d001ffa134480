"""What Zalo's error numbers mean for us: by number and host, never by their English words."""

from datetime import datetime, timedelta, timezone

from bot.channels.base import (
    ContactGone,
    Misconfigured,
    OutsideWindow,
    Rejected,
    SendError,
    Throttled,
    Unavailable,
    Uncertain,
    Unpaid,
)
from bot.channels.http import Answer

MINUTE = 60.0
STALE_TOKEN = frozenset((-216, -220, -124))
"""The access token is invalid or has expired; -124 is the business host's word for it."""

NIGHT = frozenset((-234, -133))
"""Zalo refuses this kind of message from 22:00 to 06:00 local time."""

VIETNAM = timezone(timedelta(hours=7))
MORNING = 6


def refusal(answer: Answer, *, business: bool = False, now: datetime) -> SendError | None:
    """The error this answer stands for, or None. Zalo answers 200 even for errors; only the number counts.

    Args:
        business: the answer came from business.openapi.zalo.me, whose numbers mean other things.
    """
    code = code_of(answer)
    if code is None:
        if answer.status == 429:
            return Throttled(WORDS[Throttled], code="429", retry_after=MINUTE)
        return Uncertain(WORDS[Uncertain], code=str(answer.status))
    if code == 0:
        return None
    if code in NIGHT:
        return Unavailable(
            "Zalo sends this kind of message by day only", code=str(code), retry_after=until_morning(now)
        )
    kind = (BUSINESS if business else OPENAPI).get(code, Rejected)
    return kind(WORDS[kind], code=str(code), retry_after=MINUTE if kind is Throttled else None)


def code_of(answer: Answer) -> int | None:
    """Zalo's number, or None where the answer is something else (a proxy's page, for example)."""
    try:
        return int(answer.json()["error"])
    except (KeyError, TypeError, ValueError):
        return None


def until_morning(now: datetime) -> float:
    """Seconds until Zalo's night is over."""
    local = now.astimezone(VIETNAM)
    morning = local.replace(hour=MORNING, minute=0, second=0, microsecond=0)
    return ((morning if local < morning else morning + timedelta(days=1)) - local).total_seconds()


_OPERATOR = (-204, -205, -209, -212, -219, -221, -223, -224, -235, -242, -248)
_MONEY = (-320, -321, -136, -137, -115)
OPENAPI: dict[int, type[SendError]] = {
    -32: Throttled,  # rate limit of the app or the OA: after the minute
    **dict.fromkeys((-200, -214), Unavailable),  # sending failed; article still processing
    **dict.fromkeys(
        (-100, -201, -210, -233, -240, -249), Rejected
    ),  # attachment expired, bad parameter, type off, not by UID
    **dict.fromkeys(_OPERATOR, Misconfigured),  # OA, app, permission, package, policy
    **dict.fromkeys(STALE_TOKEN, Misconfigured),
    **dict.fromkeys(_MONEY, Unpaid),  # cloud account missing or empty: what is free still goes
    -501: Misconfigured,  # hosting abroad
    **dict.fromkeys((-213, -217, -227, -244), ContactGone),  # no follower, blocked, inactive, refuses
    **dict.fromkeys((-211, -218), OutsideWindow),  # quota of the feature or of this person used up: not today
    **dict.fromkeys((-230, -232), OutsideWindow),  # no interaction in 7 days, interaction expired
}
"""openapi.zalo.me (Zalo OA API documents, appendix "Mã lỗi", 2026)."""

BUSINESS: dict[int, type[SendError]] = {
    -32: Throttled,
    **dict.fromkeys((-100, -200), Unavailable),  # here -100 is an unknown error of theirs
    **dict.fromkeys(STALE_TOKEN, Misconfigured),
    **dict.fromkeys(_OPERATOR, Misconfigured),
    **dict.fromkeys(_MONEY, Unpaid),
    -501: Misconfigured,
    # A number that cannot get it says nothing about the person's own chat with the OA: only this message ends.
    **dict.fromkeys((-108, -114, -118, -119, -139, -141), Rejected),
    **dict.fromkeys((-109, -131, -146), Rejected),  # template or parameter wrong, not approved, disabled
    **dict.fromkeys((-144, -147, -1441, -1471, -1472), OutsideWindow),  # today's or this month's limit
}
"""business.openapi.zalo.me (ZBS templates by phone)."""

WORDS: dict[type[SendError], str] = {
    Uncertain: "Zalo may have sent it",
    Unavailable: "Zalo did not take the message",
    Throttled: "Zalo's limit for this minute is reached",
    OutsideWindow: "Zalo lets nobody write to this person now",
    ContactGone: "the person cannot be reached on Zalo",
    Unpaid: "Zalo wants money for this message, and the cloud account has none",
    Misconfigured: "Zalo refuses the OA's token, package or permission",
    Rejected: "Zalo refuses this message",
}
