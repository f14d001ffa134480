"""Reads the fields of a new drive. Pure: text in, a drive or faults out."""

import re
from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime, time
from typing import TypeVar
from zoneinfo import ZoneInfo

from bot.domain.drives import slot_starts
from bot.storage.drives_desk import NewDrive

FIELDS = (
    "name",
    "code",
    "unit",
    "place",
    "address",
    "date",
    "from",
    "until",
    "minutes",
    "capacity",
    "walk_ins",
    "site_phone",
)
_CODE = re.compile(r"[a-z0-9][a-z0-9-]{2,39}")
_PHONE = re.compile(r"[0-9 +().-]{3,20}")
SLOTS_AT_MOST = 96
Read = TypeVar("Read", date, time)


def read_drive(
    fields: Mapping[str, str], zone: ZoneInfo, units: Collection[int], now: datetime
) -> tuple[NewDrive | None, dict[str, str]]:
    """The drive, or by field the word of what is wrong (`page.console.fault.<word>` says it)."""
    faults: dict[str, str] = {}

    def want(field: str, right: bool, fault: str) -> None:
        if not right:
            faults.setdefault(field, fault)

    text = {name: fields.get(name, "").strip() for name in FIELDS}
    want("name", 3 <= len(text["name"]) <= 100, "name")
    want("code", bool(_CODE.fullmatch(text["code"])), "code")
    want("unit", _number(text["unit"]) in units, "unit")
    want("place", 3 <= len(text["place"]) <= 100, "place")
    want("address", len(text["address"]) <= 200, "address")
    want("site_phone", not text["site_phone"] or bool(_PHONE.fullmatch(text["site_phone"])), "site-phone")
    day, begin, end = _read(date, text["date"]), _read(time, text["from"]), _read(time, text["until"])
    want("date", day is not None, "date")
    want("from", begin is not None, "time")
    want("until", end is not None, "time")
    starts, ends = _moment(day, begin, zone), _moment(day, end, zone)
    minutes, capacity = _number(text["minutes"]), _number(text["capacity"])
    want("minutes", 5 <= minutes <= 240, "minutes")
    want("capacity", 1 <= capacity <= 500, "capacity")
    walk_ins = _number(text["walk_ins"] or "0")
    want("walk_ins", 0 <= walk_ins <= 500, "walk-ins")
    if starts and ends and "minutes" not in faults:
        want("date", starts > now, "past")
        want("until", ends > starts and bool(slot_starts(starts, ends, minutes)), "order")
        want("minutes", len(slot_starts(starts, ends, minutes)) <= SLOTS_AT_MOST, "minutes")
    if faults or starts is None or ends is None:
        return None, faults
    return (
        NewDrive(
            code=text["code"],
            name=text["name"],
            unit_id=_number(text["unit"]),
            place=text["place"],
            address=text["address"],
            starts_at=starts,
            ends_at=ends,
            slot_minutes=minutes,
            slot_capacity=capacity,
            site_phone=text["site_phone"],
            walk_ins=walk_ins,
        ),
        {},
    )


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) <= 19 else -1


def _read(kind: type[Read], text: str) -> Read | None:
    try:
        return kind.fromisoformat(text)
    except ValueError:
        return None


def _moment(day: date | None, at: time | None, zone: ZoneInfo) -> datetime | None:
    if day is None or at is None:
        return None
    return datetime.combine(day, at.replace(tzinfo=None), zone).astimezone(UTC)
