"""What a refusal of Graph means for us: by code and subcode, never by its words, which are localised.

Source: Meta, Messenger Platform, Error Codes (2026-06-25); codes 17, 368, 1200 and 80006 from Graph's error handling.
"""

from bot.channels.base import (
    ContactGone,
    Misconfigured,
    OutsideWindow,
    Rejected,
    SendError,
    Throttled,
    Unavailable,
    Uncertain,
)
from bot.channels.http import Answer
from bot.channels.messenger_usage import usage
from bot.channels.wire import identifier, mapping

RATE_PAUSE = 60.0
THREAD_PAUSE = 300.0

RATE = frozenset({4, 17, 32, 613, 80001, 80006})
TEMPORARY = frozenset({1, 2, 1200})
TOKEN = frozenset({190, 102})
PERMISSION = frozenset({(200, 0), (200, 2018028), (200, 2018027), (230, 0), (10, 0), (3, 0)})
SAID_NO = frozenset({500, 503})
"""Statuses with which Graph itself reports a failure; behind 502 and 504 the call may have been carried out."""

BY_SUBCODE: dict[tuple[int, int], type[SendError]] = {
    (1, 1357046): Uncertain,  # "invalid JSON reply" though the message was sent
    (613, 2018338): Rejected,  # too many tagged sends to one person
    (4, 2018354): Rejected,  # notification frequency, opt-in repeated
    (9, 2018352): Rejected,
    (613, 1893016): Rejected,
    (10, 2018278): OutsideWindow,
    (10, 2018065): OutsideWindow,
    (10, 2534022): OutsideWindow,
    (200, 1545041): ContactGone,  # person unavailable: blocked, switched off, deactivated
    (551, 1545041): ContactGone,
    (10, 2018108): ContactGone,
    (100, 2018001): ContactGone,  # unknown recipient, another page's id
    (100, 33): ContactGone,
    (10, 1893015): Rejected,  # the person stopped this notification topic
}
"""Attachments (100 with 2018008, 2018047, 2018074, 2018109, 2018294), profiles that cannot be read (2018218, 2018247), deleted
messages (9000001), comments that take no private reply (100/2018292, 10900 to 10903) and everything unknown: `Rejected`."""

RESTRICTED = frozenset({(10, 1893063), (10, 1404170)})
RESTRICTED_CODES = frozenset({2022, 368})
UNDER_A_BAN = "restricted"
"""Stands before the code of a page under a ban: from outside it looks well, so no probe lets it go on (`domain/probing.py`)."""

THREAD_HELD = frozenset({2018300, 2018321})
"""Another app, or Meta's own flow, controls the thread."""

WORDS: dict[type[SendError], str] = {
    Uncertain: "Messenger may have sent it",
    Unavailable: "Messenger did not take the message",
    Throttled: "Messenger asks for a slower pace",
    OutsideWindow: "the 24 hours after the person's last message are over",
    ContactGone: "the person cannot be reached on Messenger",
    Misconfigured: "Messenger refuses the page's token, permission or standing",
    Rejected: "Messenger refuses this message",
}


def refusal(answer: Answer) -> SendError | None:
    """The error this answer stands for, or None. An `error` object counts at any status."""
    error = mapping(answer.json().get("error"))
    if error:
        code, subcode = _number(error.get("code")), _number(error.get("error_subcode"))
        kind = _kind(code, subcode, answer.status)
        return kind(WORDS[kind], code=_name(code, subcode), retry_after=_pause(kind, code, subcode, answer))
    if answer.status == 429:
        return Throttled(WORDS[Throttled], code="429", retry_after=_pause(Throttled, 0, 0, answer))
    if answer.status >= 500 or answer.status < 200 or 300 <= answer.status < 400:
        return Uncertain(WORDS[Uncertain], code=str(answer.status))
    if answer.status >= 400:
        return Rejected(WORDS[Rejected], code=str(answer.status))
    return None


def without_feature(error: Misconfigured) -> SendError:
    """A person's own words that only the page's permissions stood against: the feature is not granted. The page itself is
    well, so one such message must not stop the others."""
    names = {_name(code, subcode) for code, subcode in PERMISSION}
    return Rejected("the page has no Human Agent feature", code=error.code) if error.code in names else error


def _kind(code: int, subcode: int, status: int) -> type[SendError]:
    if (code, subcode) in BY_SUBCODE:
        return BY_SUBCODE[code, subcode]
    if code in THREAD_HELD or subcode in THREAD_HELD or code in TEMPORARY:
        return Unavailable
    if code in RATE or status == 429:
        return Throttled
    if code == 551:
        return ContactGone
    if code in TOKEN or _is_restricted(code, subcode) or (code, subcode) in PERMISSION:
        return Misconfigured
    if status >= 500:
        return Unavailable if status in SAID_NO else Uncertain
    return Rejected


def _is_restricted(code: int, subcode: int) -> bool:
    return code in RESTRICTED_CODES or (code, subcode) in RESTRICTED


def _name(code: int, subcode: int) -> str:
    name = f"{code}/{subcode}" if subcode else str(code)
    return f"{UNDER_A_BAN} {name}" if _is_restricted(code, subcode) else name


def _pause(kind: type[SendError], code: int, subcode: int, answer: Answer) -> float | None:
    """After a limit at least a minute: further calls lengthen it."""
    if kind is Throttled:
        return max(RATE_PAUSE, usage(answer.headers).regain)
    return THREAD_PAUSE if code in THREAD_HELD or subcode in THREAD_HELD else None


def _number(value: object) -> int:
    name = identifier(value)
    return int(name) if name.lstrip("-").isdecimal() and name.isascii() else 0
