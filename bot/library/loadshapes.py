"""The shape of a load file: its sections, their fields, and what must hold inside one entry."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from bot.domain.drives import slot_starts
from bot.domain.loads import Entry, Fault, Relative
from bot.domain.units import Level
from bot.library import loadkinds as kinds
from bot.library.loadkinds import Kind

ROLES = ("admin", "organiser", "approver", "volunteer", "viewer", "health")
PLATFORM_IDS = {"zalo": "oa_id", "messenger": "page_id", "telegram": "bot_id"}
MOST_SLOTS = 500


@dataclass(frozen=True, slots=True)
class Section:
    """The fields of one kind of entry; `key` names it, `needed` must be there."""

    key: str
    needed: tuple[str, ...]
    fields: Mapping[str, Kind]


SHAPES: Mapping[str, Section] = {
    "units": Section(
        "code",
        ("code", "name", "level"),
        {
            "code": kinds.code,
            "name": kinds.text,
            "level": kinds.one_of(*Level),
            "parent": kinds.code,
            "from": kinds.day,
            "until": kinds.day,
            "successor": kinds.code,
            "members": kinds.count,
        },
    ),
    "staff": Section(
        "login",
        ("login", "name", "role"),
        {
            "login": kinds.code,
            "name": kinds.text,
            "role": kinds.one_of(*ROLES),
            "unit": kinds.code,
            "password_env": kinds.variable,
        },
    ),
    "campaigns": Section(
        "code",
        ("code", "name"),
        {"code": kinds.code, "name": kinds.text, "starts": kinds.day, "ends": kinds.day, "goal_units": kinds.count},
    ),
    "drives": Section(
        "code",
        ("code", "name", "unit", "place", "starts", "ends", "slot_minutes", "slot_capacity"),
        {
            "code": kinds.code,
            "name": kinds.text,
            "unit": kinds.code,
            "campaign": kinds.code,
            "place": kinds.text,
            "address": kinds.text,
            "starts": kinds.moment,
            "ends": kinds.moment,
            "slot_minutes": kinds.count,
            "slot_capacity": kinds.count,
            "walk_ins": kinds.count_or_none,
            "goal_units": kinds.count,
            "site_phone": kinds.text,
            "open": kinds.yes_or_no,
        },
    ),
    "channels": Section(
        "code",
        ("kind", "code", "secrets_env"),
        {
            "kind": kinds.one_of(*PLATFORM_IDS),
            "code": kinds.code,
            "unit": kinds.code,
            "secrets_env": kinds.variable,
            **dict.fromkeys(PLATFORM_IDS.values(), kinds.text),
        },
    ),
    "templates": Section(
        "purpose",
        ("purpose", "channel"),
        {
            "purpose": kinds.code,
            "channel": kinds.one_of("zalo", "messenger"),
            "template_id": kinds.text,
            "name": kinds.text,
            "language": kinds.code,
            "by": kinds.words_of("uid", "phone"),
            "params": kinds.parameters,
            "price_vnd": kinds.prices,
        },
    ),
}


def _unit_rule(entry: Entry) -> Iterator[Fault]:
    days = _days(entry.values.get("from"), entry.values.get("until"))
    if days is not None and days <= 0:
        yield entry.fault("until", "is not after `from`: it is the first day on which the unit no longer exists")
    for name in ("parent", "successor"):
        if entry.values.get(name) == entry.key:
            yield entry.fault(name, "is the unit itself")


def _campaign_rule(entry: Entry) -> Iterator[Fault]:
    days = _days(entry.values.get("starts"), entry.values.get("ends"))
    if days is not None and days < 0:
        yield entry.fault("ends", "is before `starts`")


def _drive_rule(entry: Entry) -> Iterator[Fault]:
    begin, end = entry.values.get("starts"), entry.values.get("ends")
    minutes = entry.values.get("slot_minutes")
    if begin is None or end is None:
        return
    if isinstance(begin, Relative) != isinstance(end, Relative):
        yield entry.fault("ends", "write `starts` and `ends` alike: both as dates, or both as `in … days at …`")
        return
    first, last = _moment(begin), _moment(end)
    if last <= first:
        yield entry.fault("ends", "is not after `starts`")
    elif last - first > timedelta(days=3):
        yield entry.fault("ends", "is more than three days after `starts`: write a drive for each day")
    elif minutes is not None and not slot_starts(first, last, minutes):
        yield entry.fault("slot_minutes", "is longer than the drive: not one slot fits")
    elif minutes is not None and len(slot_starts(first, last, minutes)) > MOST_SLOTS:
        yield entry.fault("slot_minutes", f"makes more than {MOST_SLOTS} slots")


def _channel_rule(entry: Entry) -> Iterator[Fault]:
    kind = entry.values.get("kind")
    if kind is None:
        return
    own = PLATFORM_IDS[kind]
    if own not in entry.values and own not in entry.lines:
        yield entry.fault(own, f"is missing: a {kind} channel is known by it")
    for name in set(PLATFORM_IDS.values()) & set(entry.lines) - {own}:
        yield entry.fault(name, f"does not belong to {kind}: write {own}")


def _template_rule(entry: Entry) -> Iterator[Fault]:
    own = {"zalo": "template_id", "messenger": "name"}.get(entry.values.get("channel", ""))
    if own is not None and own not in entry.lines:
        yield entry.fault(own, "is missing: the platform knows the template by it")


RULES: Mapping[str, Callable[[Entry], Iterator[Fault]]] = {
    "units": _unit_rule,
    "campaigns": _campaign_rule,
    "drives": _drive_rule,
    "channels": _channel_rule,
    "templates": _template_rule,
}
_ANY_DAY = date(2026, 1, 1)


def _days(begin: date | Relative | None, end: date | Relative | None) -> int | None:
    """Days from begin to end, where both are known and told alike."""
    match begin, end:
        case Relative(), Relative():
            return end.days - begin.days
        case date(), date():
            return (end - begin).days
        case _:
            return None


def _moment(value: datetime | Relative) -> datetime:
    if isinstance(value, Relative):
        return datetime.combine(_ANY_DAY + timedelta(days=value.days), value.at or time(), UTC)
    return value
