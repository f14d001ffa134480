"""A message to many as typed into the console's form: its people from simple choices or an expression, its words."""

import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from bot.domain.appeals import BLOOD_GROUPS, MOST_BAGS, Need
from bot.domain.broadcasts import PURPOSES, Draft, Refusal, Refused
from bot.domain.outbox import MessagePurpose
from bot.domain.updates import ChannelKind

MOST_HELD_OUT = 50
LETTERS = "bcdfghjkmnpqrstvwxz23456789"
KEEP = "keep"


@dataclass(frozen=True, slots=True)
class Choices:
    """What the form may choose from: ids of units; drives as id → code."""

    units: Collection[int]
    drives: Mapping[int, str]


def read_draft(
    fields: Mapping[str, str], choices: Choices, segment: str, image_id: int | None, zone: ZoneInfo
) -> Draft:
    """The draft as typed; `segment` is canonical already.

    Raises:
        Refused: a choice that there is not, or half a need.
    """
    if fields.get("purpose") not in set(PURPOSES):
        raise Refused(Refusal.BAD_PURPOSE)
    unit, drive = _number(fields.get("unit", "")), _number(fields.get("drive", ""))
    if unit not in choices.units or unit is None:
        raise Refused(Refusal.NO_SUCH_UNIT)
    if drive is not None and drive not in choices.drives:
        raise Refused(Refusal.NO_DRIVE)
    topic = fields.get("topic", "").removeprefix("topic.")
    words = {language: fields.get(f"words_{language}", "").replace("\r\n", "\n").strip() for language in ("vi", "en")}
    held_out = fields.get("held_out", "")
    return Draft(
        purpose=MessagePurpose(fields["purpose"]),
        unit_id=unit,
        segment=segment,
        topic=topic,
        words=() if topic else tuple(sorted((language, text) for language, text in words.items() if text)),
        image_id=image_id,
        drive_id=drive,
        template=fields.get("template", ""),
        need=need_of(fields, zone) if fields["purpose"] == MessagePurpose.URGENT else None,
        held_out=min(int(held_out), MOST_HELD_OUT) if held_out.isdecimal() and len(held_out) <= 3 else 0,
    )


def need_of(fields: Mapping[str, str], zone: ZoneInfo) -> Need | None:
    """What an appeal is for; None where nothing was typed yet.

    Raises:
        Refused: no number of bags, or no moment.
    """
    bags, day, clock = (fields.get(name, "").strip() for name in ("need", "needed_date", "needed_time"))
    if not bags and not day and not clock:
        return None
    groups = tuple(group for group in BLOOD_GROUPS if fields.get(f"group_{group}"))
    try:
        by = datetime.combine(date.fromisoformat(day), time.fromisoformat(clock), zone).astimezone(UTC)
    except ValueError:
        raise Refused(Refusal.BAD_NEED, str(MOST_BAGS)) from None
    if not bags.isdecimal() or len(bags) > 4 or not 1 <= int(bags) <= MOST_BAGS:
        raise Refused(Refusal.BAD_NEED, str(MOST_BAGS))
    return Need(int(bags), by, groups)


def expression_of(fields: Mapping[str, str], drives: Mapping[int, str]) -> str:
    """What experts typed, else what the simple choices come to; all of the unit when nothing was chosen."""
    if typed := fields.get("segment", ""):
        return typed
    parts = [f"{name}:{value}" for name in ("channel", "language") if (value := fields.get(f"by_{name}", ""))]
    if day := fields.get("by_eligible", ""):
        parts.append(f"eligible:{day}")
    if tag := fields.get("by_tag", ""):
        parts.append(f"tag:{tag}")
    code = drives.get(_number(fields.get("drive", "")) or 0)
    if code and (place := fields.get("by_place", "")):
        parts.append(f"registered:{code}" if place == "yes" else f"not registered:{code}")
    return " ".join(parts) or "all"


def code_for(typed: str, now: datetime, zone: ZoneInfo) -> str:
    """The code as typed, or one of the day."""
    return typed or f"tin-{now.astimezone(zone):%Y%m%d}-{''.join(secrets.choice(LETTERS) for _ in range(4))}"


def typed_of(draft: Draft, code: str, zone: ZoneInfo) -> dict[str, str]:
    """A draft as its form has it."""
    words = dict(draft.words)
    need, by = draft.need, draft.need.by.astimezone(zone) if draft.need else None
    return {
        "purpose": draft.purpose.value,
        "code": code,
        "unit": str(draft.unit_id),
        "drive": str(draft.drive_id or ""),
        "segment": draft.segment,
        "topic": draft.topic,
        "words_vi": words.get("vi", ""),
        "words_en": words.get("en", ""),
        "picture": KEEP if draft.image_id is not None else "none",
        "template": draft.template,
        "held_out": str(draft.held_out or ""),
        "need": str(need.bags) if need else "",
        "needed_date": f"{by:%Y-%m-%d}" if by else "",
        "needed_time": f"{by:%H:%M}" if by else "",
        **{f"group_{group}": "yes" for group in (need.groups if need else ())},
    }


def moment_of(fields: Mapping[str, str], zone: ZoneInfo) -> datetime | None:
    """When it starts; None: now.

    Raises:
        Refused: half a moment, or none.
    """
    day, clock = fields.get("date", ""), fields.get("time", "")
    if not day and not clock:
        return None
    try:
        return datetime.combine(date.fromisoformat(day), time.fromisoformat(clock), zone).astimezone(UTC)
    except ValueError:
        raise Refused(Refusal.IN_THE_PAST) from None


def channels_on(kinds: Collection[ChannelKind]) -> list[str]:
    return [kind.value for kind in ChannelKind if kind in kinds]


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) <= 18 else None
