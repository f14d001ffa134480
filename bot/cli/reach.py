"""`giothong reach`: how many people can be reached by which route at which price, as one JSON object a line."""

import json
from argparse import Namespace
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from bot import clock
from bot.bootstrap import Rooms, open_rooms
from bot.cli import place
from bot.cli.failing import wrong_usage
from bot.cli.running import run
from bot.domain.intents import Ways
from bot.domain.platforms import Platforms
from bot.domain.reach_figures import Tally
from bot.domain.reminders import EVENING
from bot.domain.tree import below
from bot.settings import Settings
from bot.storage.approved_templates import approved_templates
from bot.storage.catalogue import all_units
from bot.storage.reach import Question, count_reach
from bot.storage.tables import drives, units


def reach(args: Namespace) -> int:
    """The whole, then by drive and by unit. Without --on planned messages are counted, each on its own day."""
    settings = place.settings_here()
    place.refuse_missing(settings)
    return run(_reach(settings, args))


async def _reach(settings: Settings, args: Namespace) -> int:
    async with open_rooms(settings) as rooms:
        lines = await rooms.db.read(lambda connection: list(_lines(connection, rooms, args)))
    for line in lines:
        print(_row(line) if args.table else json.dumps(line, ensure_ascii=False))
    return 0


def _lines(connection: Connection, rooms: Rooms, args: Namespace) -> Iterator[dict[str, Any]]:
    on_now = {kind: platform for kind, platform in rooms.library.platforms.items() if kind in rooms.channels.by_kind}
    question = _question(connection, args, rooms.settings.timezone)
    figures = count_reach(connection, Ways(on_now, approved_templates(connection), rooms.library.schedule), question)
    yield {"of": "all", **shown(figures.whole, on_now)}
    yield from _by("drive", figures.by_drive, _codes(connection, drives), on_now)
    yield from _by("unit", figures.by_unit, _codes(connection, units), on_now)


def _by(
    name: str, tallies: Mapping[int | None, Tally], codes: Mapping[int, str], platforms: Platforms
) -> Iterator[dict[str, Any]]:
    known = {codes.get(key, "") if key is not None else "": tally for key, tally in tallies.items()}
    for code in sorted(known):
        yield {"of": name, "code": code, **shown(known[code], platforms)}


def shown(tally: Tally, platforms: Platforms) -> dict[str, Any]:
    """One count as JSON; counts of messages to people, never who."""
    return {
        "messages": tally.messages,
        "reached": tally.reached,
        "routes": {f"{channel}:{kind}": count for (channel, kind), count in sorted(tally.routes.items())},
        "unreachable": dict(sorted(tally.unreachable.items())),
        "cost_vnd": tally.cost_vnd,
        "minutes": round(tally.minutes(platforms), 1),
    }


def _row(line: Mapping[str, Any]) -> str:
    """A line for people."""
    routes = ", ".join(f"{name} {count}" for name, count in line["routes"].items()) or "-"
    shut = ", ".join(f"{name} {count}" for name, count in line["unreachable"].items()) or "-"
    name = f"{line['of']} {line.get('code') or ''}".strip()
    return (
        f"{name:<28} {line['reached']:>6}/{line['messages']:<6} {line['cost_vnd']:>9,} đ {line['minutes']:>7} min"
        f"  {routes}  not reached: {shut}"
    )


def _question(connection: Connection, args: Namespace, zone: ZoneInfo) -> Question:
    scope = None
    if args.unit:
        scope = below(all_units(connection), _id(connection, units, "unit", args.unit))
    drive = _id(connection, drives, "drive", args.drive) if args.drive else None
    on = _moment(args.on, zone) if args.on else None
    return Question(scope, without_unit=not args.unit, drive_id=drive, on=on)


def _moment(words: str, zone: ZoneInfo) -> datetime:
    try:
        day = date.fromisoformat(words)
    except ValueError:
        raise wrong_usage(f"--on {words}: write a day such as 2026-12-04") from None
    return evening_of(day, zone)


def evening_of(day: date, zone: ZoneInfo) -> datetime:
    """When reminders of a day go out; not earlier than now."""
    return max(datetime.combine(day, EVENING, zone), clock.now())


def _id(connection: Connection, table: Any, what: str, code: str) -> int:
    found = connection.execute(select(table.c.id).where(table.c.code == code)).scalar()
    if found is None:
        raise wrong_usage(f"there is no {what} {code}")
    return int(found)


def _codes(connection: Connection, table: Any) -> dict[int, str]:
    return {row[0]: row[1] for row in connection.execute(select(table.c.id, table.c.code))}
