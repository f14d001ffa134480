"""Reads what platforms send: JSON with ids of any size, times in any unit, signatures in any bytes."""

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

from bot.channels.base import UnreadableBody

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LONGEST_TEXT = 10_000
"""Longer than any platform lets a person type (Telegram 4096), so more is not a person; the rest is cut off."""

LONGEST_ID = 200
"""Ids stand in unique indexes, so a made-up one of a megabyte must not get there; real ones have under 150."""

PLAUSIBLE = (datetime(2010, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
_HUGE_NUMBER = re.compile(rb"\d{20}")
"""Twenty digits may be more than 64 bits hold."""


def read_object(body: bytes) -> dict[str, Any]:
    """The JSON object of a body, whole numbers exact whatever their size.

    Raises:
        UnreadableBody: it is not a JSON object.
    """
    value = _exact(body) if _HUGE_NUMBER.search(body) else _fast(body)
    if not isinstance(value, dict):
        raise UnreadableBody("the body is not a JSON object")
    return value


def _fast(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return _exact(body)


def _exact(body: bytes) -> Any:
    """The standard library keeps whole numbers beyond 64 bits, and takes half an emoji, where orjson does not."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise UnreadableBody("the body is not JSON") from None


def mapping(value: Any) -> Mapping[str, Any]:
    """The object at this place, or an empty one."""
    return value if isinstance(value, dict) else {}


def items(value: Any) -> list[Any]:
    """The list at this place, or an empty one."""
    return value if isinstance(value, list) else []


def text(value: Any, longest: int = LONGEST_TEXT) -> str:
    """The text at this place, or "": without signs that no database takes, and no longer than a person types."""
    if not isinstance(value, str):
        return ""
    clean: str = value.replace("\x00", "") if "\x00" in value else value
    return clean[:longest].encode("utf-8", "ignore").decode()


def identifier(value: Any) -> str:
    """An id as text, or "" when it is none (floats, for example, have lost digits)."""
    if isinstance(value, bool):
        return ""
    if isinstance(value, int):
        return str(value) if abs(value) < 10**40 else ""
    if not isinstance(value, str) or len(value) > LONGEST_ID or not value.isprintable():
        return ""
    return value.strip()


def moment(value: Any, *fallbacks: datetime | None, seconds_below: int = 10**12) -> datetime:
    """A platform's time as aware UTC: seconds or milliseconds, number or text; the first fallback if it is none.

    Meta has been seen sending seconds where milliseconds are documented, so what lies below 10^12 is taken as seconds.
    """
    try:
        number = int(value) if isinstance(value, int | str) and not isinstance(value, bool) else 0
        at = datetime.fromtimestamp(number if number < seconds_below else number / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        at = EPOCH
    if PLAUSIBLE[0] <= at <= PLAUSIBLE[1]:
        return at
    return next((fallback for fallback in fallbacks if fallback is not None), EPOCH)


def fingerprint(*parts: Any) -> str:
    """The same short text for the same event, for events to which the platform gives no id."""
    canonical = json.dumps(parts, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()[:32]


def same(given: str, expected: str) -> bool:
    """Compare secrets in constant time, as bytes: `compare_digest` refuses non-ASCII text with a TypeError."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode("utf-8", "replace"))
