"""`giothong bench intake`: people walk through a whole registration over HTTP; every effect is durable before the 200."""

import asyncio
import contextlib
import gc
import statistics
import sys
import tempfile
from argparse import Namespace
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import orjson
from aiohttp import web
from sqlalchemy import Connection

from bot import clock
from bot.bench import ground, walk
from bot.storage.database import Database
from bot.storage.ids import new_id
from bot.storage.schema import migrate
from bot.storage.tables import contacts


def run(args: Namespace) -> int:
    """Run and print one JSON object; 1 when the rows found do not match the updates sent."""
    with contextlib.suppress(ImportError):
        import uvloop

        asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    result = asyncio.run(measure(args.people, args.in_flight, args.database, args.channel, args.peer, args.while_))
    sys.stdout.write(orjson.dumps(result, option=orjson.OPT_INDENT_2).decode() + "\n")
    return 0 if result["rows_match"] else 1


async def measure(
    people: int, in_flight: int, where: str, channel: str, peer: str | None, beside: str | None
) -> dict[str, Any]:
    """Figures of one run; with a peer the same walk on it, in the same run, and the ratio."""
    with tempfile.TemporaryDirectory(prefix="giothong-bench-") as name, ground.database_at(where, Path(name)) as url:
        order = {"people": people, "in_flight": in_flight, "channel": channel, "first": 0}
        thresholds = gc.get_threshold()
        result = await _measure_ours(url, Path(name), order, beside)
        gc.unfreeze()
        gc.set_threshold(*thresholds)  # the peer runs as Python runs it
    if peer == "ptb":
        from bot.bench.peer_ptb import measure_peer

        theirs = await measure_peer({**order, "channel": "telegram", "people": min(people, 4000)})
        result["peer"] = {"name": "python-telegram-bot Application, in memory", **theirs}
        result["ratio"] = round(result["updates_per_second"] / theirs["updates_per_second"], 2)
    return result


async def _measure_ours(url: str, folder: Path, order: dict[str, Any], beside: str | None) -> dict[str, Any]:
    from bot.bootstrap import calm_the_collector, open_house

    settings = ground.settings_for(url, ground.free_port())
    with Database(url) as db:
        migrate(db)
        db.write_now(lambda connection: ground.furnish(connection, clock.now(), order["people"] + 1))
    async with open_house(settings, folder, frozenset({"bench"})) as house:
        runner = web.AppRunner(house.app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", settings.port).start()
        calm_the_collector()  # as `serve` does
        counts, memory, imported = ground.StatementCount(house.db), list[float](), [0]
        async with ground.watched(memory, 2.0), _beside(house.db, beside, imported):
            client = await ground.run_client({**order, "port": settings.port})
        found = await house.db.read(ground.committed)
        respond = sorted(house.intake.figures.respond_ns)
        batches = house.intake.figures.batches
        await runner.cleanup()
    expected = order["people"] * len(walk.steps(0))
    return {
        "bench": "intake",
        "database": url.partition(":")[0],
        "people": order["people"],
        "in_flight": order["in_flight"],
        "channel": order["channel"],
        **{name: round(value, 2) if isinstance(value, float) else value for name, value in client.items()},
        "batches": batches,
        "statements_per_batch": {"mean": round(counts.total / max(1, counts.batches), 2), "most": counts.most},
        "respond_us": {"p50": round(statistics.median(respond) / 1000, 1), "p99": _p99_us(respond)},
        "rows": found,
        "rows_match": found["seen"] == client["updates"] == expected
        and found["registrations"] == found["places_taken"] == order["people"],
        "memory_mb": {
            "first": round(memory[0], 1),
            "middle": round(memory[len(memory) // 2], 1),
            "last": round(memory[-1], 1),
        },
        **({"imported_rows": imported[0]} if beside else {}),
    }


def _p99_us(ordered: list[int]) -> float:
    return round(ordered[int(len(ordered) * 0.99)] / 1000, 1) if ordered else 0.0


@contextlib.asynccontextmanager
async def _beside(db: Database, what: str | None, imported: list[int]) -> AsyncIterator[None]:
    """With `import`: rows go in by pages of 200 through the same gate for as long as the walk lasts."""
    if what is None:
        yield
        return
    task = asyncio.create_task(_import_pages(db, imported))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _import_pages(db: Database, imported: list[int]) -> None:
    def page(connection: Connection) -> None:
        moment = clock.now()
        rows = [{"id": new_id(), "created_at": moment, "updated_at": moment} for _ in range(200)]
        connection.execute(contacts.insert(), rows)

    while True:
        await db.write(page)
        imported[0] += 200
