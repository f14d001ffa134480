"""`giothong bench broadcast`: a million recipients decided while people register, and one OA at its pace: paused, answered."""

import asyncio
import contextlib
import statistics
import sys
import tempfile
import time
from argparse import Namespace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
from aiohttp import web
from sqlalchemy import Connection, func, select

from bot import clock
from bot.bench import ground
from bot.bench.broadcast_ground import fill, one_broadcast, segments
from bot.bench.broadcast_sending import at_the_pace
from bot.bench.reminders import walking
from bot.domain.segments import parse
from bot.storage.broadcasts import broadcast_at
from bot.storage.database import Database
from bot.storage.dry_run import dry_run
from bot.storage.schema import migrate
from bot.storage.segments import Ground, condition, count_people
from bot.storage.tables import recipients

if TYPE_CHECKING:
    from scheduler.parts import Parts


def run(args: Namespace) -> int:
    """Run and print one JSON object; 1 when somebody has no row, or a message of the sending part no outcome."""
    with contextlib.suppress(ImportError):
        import uvloop

        asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    result = asyncio.run(measure(args.people, args.minutes, args.database))
    sys.stdout.write(orjson.dumps(result, option=orjson.OPT_INDENT_2).decode() + "\n")
    return 0 if result["rows_match"] else 1


async def measure(people: int, minutes: float, where: str) -> dict[str, Any]:
    """The figures of both parts, each on a database of its own."""
    with tempfile.TemporaryDirectory(prefix="giothong-bench-") as name, ground.database_at(where, Path(name)) as url:
        database = url.partition(":")[0]
        expansion = await _measure_expansion(url, Path(name), people)
    with tempfile.TemporaryDirectory(prefix="giothong-bench-") as name:
        sending = await at_the_pace(minutes, where, Path(name)) if minutes else {}
    match = expansion["expansion"]["recipients"] == people and sending.get("ledger_balances", True)
    return {"bench": "broadcast", "database": database, **expansion, "sending": sending, "rows_match": match}


async def _measure_expansion(url: str, folder: Path, people: int) -> dict[str, Any]:
    from bot.bootstrap import calm_the_collector, open_house
    from bot.bootstrap.way_out import make_sender, sweep_parts

    settings = ground.settings_for(url, ground.free_port())
    with Database(url) as db:
        migrate(db)
        db.write_now(lambda connection: ground.furnish(connection, clock.now(), 200_000))
    async with open_house(settings, folder, frozenset({"bench"})) as house:
        began = time.perf_counter()
        fill(house.db, people)
        filled = time.perf_counter() - began
        parts = sweep_parts(house.rooms, make_sender(house.rooms))
        runner = web.AppRunner(house.app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", settings.port).start()
        calm_the_collector()
        memory: list[float] = []
        async with ground.watched(memory, 1.0):
            counts = await _counts(parts)
            dry = await _dry_run(parts)
            expansion = await _expand(parts, settings.port)
        await runner.cleanup()
    return {
        "people": people,
        "filled_in_s": round(filled, 1),
        "preview_counts_ms": counts,
        "dry_run": dry,
        "expansion": expansion,
        "memory_mb": {"first": round(memory[0], 1), "most": round(max(memory), 1), "last": round(memory[-1], 1)},
    }


async def _counts(parts: "Parts") -> dict[str, dict[str, float]]:
    """How long the console's count of some segments takes."""
    found: dict[str, dict[str, float]] = {}
    for expression in segments(clock.now()):
        began = time.perf_counter()
        count = await parts.db.read(partial(_count, parts=parts, expression=expression))
        found[expression] = {"people": count, "ms": round((time.perf_counter() - began) * 1000, 1)}
    return found


def _count(connection: Connection, parts: "Parts", expression: str) -> int:
    where = Ground(clock.now(), parts.quiet.zone, parts.platforms, {})
    return count_people(connection, condition(connection, parse(expression), where))


async def _dry_run(parts: "Parts") -> dict[str, Any]:
    from scheduler.expansion import tools_of

    code = await parts.db.write(partial(one_broadcast, code="bench-dry", state="draft"))
    broadcast = await parts.db.read(lambda c: broadcast_at(c, code))
    assert broadcast is not None  # noqa: S101  (written a line above)
    began = time.perf_counter()
    ledger = await asyncio.to_thread(dry_run, parts.db, broadcast, tools_of(parts), clock.now())
    seconds = time.perf_counter() - began
    return {"intended": ledger.intended, "seconds": round(seconds, 1), "per_second": round(ledger.intended / seconds)}


async def _expand(parts: "Parts", port: int) -> dict[str, Any]:
    from scheduler.expansion import expand

    await parts.db.write(partial(one_broadcast, code="bench", state="running"))
    walked: list[dict[str, Any]] = []
    began = time.perf_counter()
    async with walking(port, walked):
        decided = await expand(parts)
        seconds = time.perf_counter() - began
    count = await parts.db.read(lambda c: c.execute(select(func.count()).select_from(recipients)).scalar_one())
    p99 = [one["p99_ms"] for one in walked]
    return {
        "recipients": count,
        "seconds": round(seconds, 1),
        "decided_per_second": round(decided / seconds),
        "intake_beside": {
            "updates": sum(one["updates"] for one in walked),
            "p99_ms_median": round(statistics.median(p99), 1) if p99 else None,
            "p99_ms_worst": round(max(p99), 1) if p99 else None,
        },
    }
