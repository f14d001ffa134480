"""How much of a page's allowance is used up, from the header of any answer of Graph (rate limiting page, 2026-03-23)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from bot.channels.wire import items, mapping

HEADER = "X-Business-Use-Case-Usage"
SHARES = ("call_count", "total_cputime", "total_time")


@dataclass(frozen=True, slots=True)
class Usage:
    """The fullest of all measures, 1 being all; None where no header says. `regain`: seconds until the limit is lifted."""

    load: float | None = None
    regain: float = 0.0


def usage(headers: Mapping[str, str]) -> Usage:
    """What the header says; one that cannot be read says nothing."""
    try:
        told: Any = orjson.loads(headers.get(HEADER, "{}"))
    except orjson.JSONDecodeError:
        return Usage()
    rows = [mapping(row) for page in mapping(told).values() for row in items(page)]
    shares = [number for row in rows for name in SHARES if (number := _number(row.get(name))) is not None]
    waits = [number for row in rows if (number := _number(row.get("estimated_time_to_regain_access"))) is not None]
    return Usage(max(shares) / 100 if shares else None, max(waits, default=0.0) * 60.0)


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0 else None
