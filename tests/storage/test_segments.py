"""A segment's people, against a plain reading of the same tree in Python, on both databases."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, assert_never
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, insert, select

from bot.domain.platforms import RouteKind
from bot.domain.segments import (
    All,
    And,
    DonatedAfter,
    DonatedBefore,
    EligibleOn,
    Fault,
    NeverDonated,
    Not,
    OfUnit,
    OnChannel,
    Or,
    ReachableByTemplate,
    ReachableNow,
    RegisteredFor,
    Segment,
    SegmentFault,
    Speaks,
    Tagged,
    parse,
)
from bot.domain.templates import Approved
from bot.domain.updates import ChannelKind
from bot.storage.database import Database
from bot.storage.ids import new_id
from bot.storage.segments import Ground, condition, count_people, within
from bot.storage.tables import addresses, contacts, deferrals, donors, registrations, tags, units
from tests.facts import PLATFORMS
from tests.storage.ground import add_account, add_drive

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
TODAY = date(2026, 11, 22)
PEOPLE = 300
KINDS = (ChannelKind.ZALO, ChannelKind.MESSENGER, ChannelKind.TELEGRAM, ChannelKind.WEB)
TEMPLATES = {
    "drive-news": (
        Approved("drive-news", ChannelKind.ZALO, "vi", "1", frozenset((RouteKind.TEMPLATE_UID,)), ()),
        Approved("drive-news", ChannelKind.MESSENGER, "vi", "2", frozenset((RouteKind.UTILITY,)), (), status="pending"),
    )
}
LEAVES = (
    "all",
    "unit:tinh",
    "unit:xa",
    "unit:cu",
    "unit:moi",
    *(f"channel:{kind}" for kind in KINDS),
    "registered:mau-1",
    "eligible:2026-12-05",
    "eligible:2026-11-22",
    "donated-before:2026-06-01",
    "donated-after:2026-06-01",
    "donated:never",
    "language:en",
    "tag:standby",
    "reachable:now",
    "reachable:template",
)


@dataclass
class Person:
    """One invented person as the rows have them."""

    id: int
    unit: str | None
    language: str
    erased: bool
    homes: list[tuple[ChannelKind, datetime, bool]] = field(default_factory=list)
    last: date | None = None
    next_on: date | None = None
    deferrals: list[tuple[date, date | None]] = field(default_factory=list)
    place: str = ""
    tags: set[str] = field(default_factory=set)


@dataclass
class Town:
    db: Database
    ground: Ground
    people: list[Person]
    units: dict[str, int]

    def found(self, expression: str) -> list[int]:
        def read(connection: Connection) -> list[int]:
            which = condition(connection, parse(expression), self.ground)
            ids = list(connection.execute(select(contacts.c.id).where(which).order_by(contacts.c.id)).scalars())
            assert count_people(connection, which) == len(ids)
            return ids

        return self.db.read_now(read)

    def expected(self, expression: str) -> list[int]:
        segment = parse(expression)
        return sorted(one.id for one in self.people if not one.erased and _holds(segment, one, self.ground))


@pytest.fixture
def town(db: Database, now: datetime) -> Town:
    chance = random.Random(8)
    return db.write_now(lambda connection: _build(connection, db, now, chance))


def test_every_part_finds_whom_a_plain_reading_finds(town: Town) -> None:
    for leaf in LEAVES:
        assert town.found(leaf) == town.expected(leaf), leaf
        if leaf != "all":
            assert 0 < len(town.found(leaf)) < len(town.found("all")), f"{leaf} tells nobody apart"


def test_so_does_every_combination(town: Town) -> None:
    chance = random.Random(88)
    for _ in range(60):
        expression = _expression(chance, 3)
        assert town.found(expression) == town.expected(expression), expression


@pytest.mark.parametrize(
    ("expression", "fault"), [("unit:nirgends", Fault.NO_SUCH_UNIT), ("registered:x", Fault.NO_SUCH_DRIVE)]
)
def test_what_is_not_there_is_said(db: Database, now: datetime, expression: str, fault: Fault) -> None:
    ground = Ground(now, ZONE, PLATFORMS, {})
    with pytest.raises(SegmentFault) as caught:
        db.read_now(lambda c: condition(c, parse(expression), ground))
    assert caught.value.word is fault


def test_a_unit_reaches_its_own_and_the_top_those_of_none_too(town: Town) -> None:
    def count(*codes: str, without: bool = False) -> int:
        ids = [town.units[code] for code in codes]

        def read(connection: Connection) -> int:
            which = condition(connection, All(), town.ground)
            return count_people(connection, within(which, ids, without=without))

        return town.db.read_now(read)

    living = [one for one in town.people if not one.erased]
    assert count("xa") == sum(one.unit == "xa" for one in living)
    assert count(*town.units, without=True) == len(living)
    assert count(*town.units) == sum(one.unit is not None for one in living)


def _expression(chance: random.Random, depth: int) -> str:
    if depth == 0 or chance.random() < 0.2:
        return chance.choice(LEAVES)
    parts = [f"({_expression(chance, depth - 1)})" for _ in range(2)]
    return chance.choice((" ".join(parts), " or ".join(parts), f"not {parts[0]}"))


def _holds(segment: Segment, one: Person, ground: Ground) -> bool:
    match segment:
        case Not(part):
            return not _holds(part, one, ground)
        case And(parts):
            return all(_holds(part, one, ground) for part in parts)
        case Or(parts):
            return any(_holds(part, one, ground) for part in parts)
        case All():
            return True
        case OfUnit(code):
            return one.unit in BELOW[code]
        case OnChannel(channel):
            return any(kind is channel for kind, _, _ in one.homes)
        case RegisteredFor():
            return one.place not in ("", "cancelled", "held")
        case EligibleOn(day):
            newest = max(one.deferrals, default=None)
            shut = newest is not None and newest[1] is None and not (one.last and one.last > newest[0])
            put_off = newest is not None and newest[1] is not None and newest[1] > day
            return not shut and not put_off and not (one.next_on and one.next_on > day)
        case DonatedBefore(day):
            return one.last is not None and one.last < day
        case DonatedAfter(day):
            return one.last is not None and one.last > day
        case NeverDonated():
            return one.last is None
        case Speaks(language):
            return one.language == language
        case Tagged(tag):
            return tag in one.tags
        case ReachableNow():
            return _reach(one, RouteKind.TEXT, KINDS, ground.now)
        case ReachableByTemplate():
            free = _reach(one, RouteKind.TEXT, KINDS, ground.now)
            return not free and _reach(one, RouteKind.TEMPLATE_UID, (ChannelKind.ZALO,), ground.now)
        case _:
            assert_never(segment)


BELOW = {
    "tinh": {"tinh", "xa", "cu", "moi"},
    "xa": {"xa"},
    "cu": {"cu", "moi"},
    "moi": {"cu", "moi"},
}
"""`cu` ended; `moi` came after it."""


def _reach(one: Person, route: RouteKind, kinds: tuple[ChannelKind, ...], now: datetime) -> bool:
    for kind, inbound, blocked in one.homes:
        window = PLATFORMS[kind].windows.get(route)
        if kind not in kinds or window is None or blocked:
            continue
        if window.open_for is None or now - inbound < window.open_for:
            return True
    return False


def _build(connection: Connection, db: Database, now: datetime, chance: random.Random) -> Town:
    ids = {code: new_id() for code in ("tinh", "xa", "moi", "cu")}
    for code, identity in ids.items():
        row: dict[str, Any] = {"id": identity, "code": code, "name": code, "level": "commune"}
        row |= {"parent_id": None if code == "tinh" else ids["tinh"]}
        row |= {"valid_to": date(2025, 7, 1), "successor_id": ids["moi"]} if code == "cu" else {}
        connection.execute(insert(units).values(row))
    accounts = {kind: add_account(connection, kind, "1") for kind in KINDS}
    drive, slots = add_drive(connection, ids["tinh"], now + timedelta(days=13))
    people = [_person(chance, now) for _ in range(PEOPLE)]
    for table, rows in _rows(people, ids, accounts, drive, slots[0], now):
        if rows:
            connection.execute(insert(table), rows)
    return Town(db, Ground(now, ZONE, PLATFORMS, TEMPLATES), people, ids)


def _person(chance: random.Random, now: datetime) -> Person:
    one = Person(
        new_id(),
        chance.choice(("tinh", "xa", "cu", "moi", None)),
        chance.choice(("vi", "vi", "en")),
        chance.random() < 0.1,
    )
    for kind in chance.sample(KINDS, chance.randint(0, 3)):
        one.homes.append((kind, now - timedelta(hours=chance.choice((1, 30, 200, 400, 9000))), chance.random() < 0.2))
    if chance.random() < 0.5:
        one.last = TODAY - timedelta(days=chance.choice((10, 80, 100, 300)))
        one.next_on = one.last + timedelta(days=84)
    for ago in chance.sample((5, 60, 200), chance.randint(0, 2)) if chance.random() < 0.4 else ():
        one.deferrals.append((TODAY - timedelta(days=ago), chance.choice((None, TODAY + timedelta(days=7), TODAY))))
    one.place = chance.choice(("", "", "booked", "arrived", "cancelled", "held"))
    one.tags = {tag for tag in ("standby", "other") if chance.random() < 0.2}
    return one


def _rows(
    people: list[Person], ids: dict[str, int], accounts: dict[ChannelKind, int], drive: int, slot: int, now: datetime
) -> Iterator[tuple[Any, list[dict[str, Any]]]]:
    yield contacts, [
        {"id": one.id, "unit_id": ids[one.unit] if one.unit else None, "language": one.language,
         "erased_at": now if one.erased else None, "created_at": now, "updated_at": now} for one in people
    ]  # fmt: skip
    yield addresses, [
        {"id": new_id(), "account_id": accounts[kind], "user_id": str(one.id), "contact_id": one.id,
         "first_seen_at": inbound, "last_inbound_at": inbound, "blocked_at": now if blocked else None}
        for one in people for kind, inbound, blocked in one.homes
    ]  # fmt: skip
    yield donors, [
        {"contact_id": one.id, "last_given_on": one.last, "next_on": one.next_on,
         "deferred_until": max(one.deferrals)[1] if one.deferrals else None}
        for one in people if one.last or one.deferrals
    ]  # fmt: skip
    yield deferrals, [
        {"id": new_id(), "contact_id": one.id, "decided_on": day, "until": until, "created_at": now}
        for one in people for day, until in one.deferrals
    ]  # fmt: skip
    yield registrations, [
        {"id": new_id(), "contact_id": one.id, "drive_id": drive, "slot_id": slot, "ticket": str(one.id),
         "state": one.place, "created_at": now, "updated_at": now} for one in people if one.place
    ]  # fmt: skip
    yield (
        tags,
        [{"contact_id": one.id, "tag": tag, "by": "thuy", "at": now} for one in people for tag in sorted(one.tags)],
    )
