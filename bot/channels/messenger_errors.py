"""What a refusal of Graph means for us: by code and subcode, never by its words, which are localised.

Source: Meta, Messenger Platform, Error Codes (2026-06-25); codes 17, 368, 1200 and 80006 from Graph's error handling.
"""

from typing import Any

import orjson

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
from bot.channels.wire import identifier, items, mapping

RATE_PAUSE = 60.0
THREAD_PAUSE = 300.0

RATE = frozenset({4, 17, 32, 613, 80001, 80006})
TEMPORARY = frozenset({1, 2, 1200})
TOKEN = frozenset({190, 102})
PERMISSION = frozenset({(200, 0), (200, 2018028), (200, 2018027), (230, 0), (10, 0), (3, 0)})
RESTRICTED = frozenset({2022, 368})
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
    (10, 1893063): Misconfigured,  # page restricted
    (10, 1404170): Misconfigured,
    (10, 1893015): Rejected,  # the person stopped this notification topic
}
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
        name = f"{code}/{subcode}" if subcode else str(code)
        return kind(WORDS[kind], code=name, retry_after=_pause(kind, code, subcode, answer))
    if answer.status == 429:
        return Throttled(WORDS[Throttled], code="429", retry_after=_regain_seconds(answer))
    if answer.status >= 500 or answer.status < 200 or 300 <= answer.status < 400:
        return Uncertain(WORDS[Uncertain], code=str(answer.status))
    if answer.status >= 400:
        return Rejected(WORDS[Rejected], code=str(answer.status))
    return None


def _kind(code: int, subcode: int, status: int) -> type[SendError]:
    if (code, subcode) in BY_SUBCODE:
        return BY_SUBCODE[code, subcode]
    if code in THREAD_HELD or subcode in THREAD_HELD or code in TEMPORARY:
        return Unavailable
    if code in RATE or status == 429:
        return Throttled
    if code == 551:
        return ContactGone
    if code in TOKEN or code in RESTRICTED or (code, subcode) in PERMISSION:
        return Misconfigured
    if status >= 500:
        return Unavailable if status in SAID_NO else Uncertain
    return Rejected


def _pause(kind: type[SendError], code: int, subcode: int, answer: Answer) -> float | None:
    if kind is Throttled:
        return _regain_seconds(answer)
    return THREAD_PAUSE if code in THREAD_HELD or subcode in THREAD_HELD else None


def _regain_seconds(answer: Answer) -> float:
    """Minutes until the limit is lifted, from X-Business-Use-Case-Usage; at least one."""
    try:
        usage: Any = orjson.loads(answer.headers.get("X-Business-Use-Case-Usage", "{}"))
    except orjson.JSONDecodeError:
        usage = {}
    rows = [mapping(row) for page in mapping(usage).values() for row in items(page)]
    minutes = [row.get("estimated_time_to_regain_access") for row in rows]
    return max([RATE_PAUSE, *(minute * 60.0 for minute in minutes if isinstance(minute, int | float))])


def _number(value: Any) -> int:
    name = identifier(value)
    return int(name) if name.lstrip("-").isdecimal() and name.isascii() else 0
