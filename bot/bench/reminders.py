"""`giothong bench reminders`: a million donors planned while people register, the due among them, and a job per reminder."""

import asyncio
import contextlib
import statistics
import sys
import tempfile
import time
from argparse import Namespace
from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
from aiohttp import web
from sqlalchemy import Connection, Table, func, select, text, update

from bot import clock
from bot.bench import ground, jobs_peer, walk
from bot.storage.database import Database
from bot.storage.ids import address_id, new_id
from bot.storage.schema import migrate
from bot.storage.tables import accounts, addresses, consents, contacts, donations, donors, intents, outbox

if TYPE_CHECKING:
    from scheduler.parts import Parts

PAGE = 2000
DUE = 1000
PEER_JOBS = 2000
WALKERS = 4
"""People who register at the same time while the sweep plans."""


def run(args: Namespace) -> int:
    """Run and print one JSON object; 1 when a donor has no planned reminder or a due one no outcome."""
    with contextlib.suppress(ImportError):
        import uvloop

        asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    result = asyncio.run(measure(args.donors, args.database))
    sys.stdout.write(orjson.dumps(result, option=orjson.OPT_INDENT_2).decode() + "\n")
    return 0 if result["rows_match"] else 1


async def measure(people: int, where: str) -> dict[str, Any]:
    """The figures of one run, and those of the peer on the same kind of database."""
    with tempfile.TemporaryDirectory(prefix="giothong-bench-") as name, ground.database_at(where, Path(name)) as url:
        ours = await _measure_ours(url, Path(name), people)
        peer = jobs_peer.measure(url, PEER_JOBS)
    return {
        "bench": "reminders",
        "database": url.partition(":")[0],
        **ours,
        "peer": peer,
        "ratio": {
            "planned_to_added": round(ours["planning"]["per_second"] / peer["added_per_second"], 1),
            "decided_to_fired": round(ours["due"]["per_second"] / peer["fired_per_second"], 1),
        },
    }


async def _measure_ours(url: str, folder: Path, people: int) -> dict[str, Any]:
    from bot.bootstrap import calm_the_collector, open_house
    from bot.bootstrap.way_out import make_sender, sweep_parts

    settings = ground.settings_for(url, ground.free_port())
    with Database(url) as db:
        migrate(db)
        db.write_now(lambda connection: ground.furnish(connection, clock.now(), 200_000))
    async with open_house(settings, folder, frozenset({"bench"})) as house:
        filled = _fill(house.db, people)
        parts = sweep_parts(house.rooms, make_sender(house.rooms))
        runner = web.AppRunner(house.app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", settings.port).start()
        calm_the_collector()
        memory: list[float] = []
        async with ground.watched(memory, 1.0):
            planning = await _plan(parts, settings.port, people)
            due = await _judge(parts)
        await runner.cleanup()
    steady = memory[len(memory) // 4 :] or memory
    return {
        "donors": people,
        "filled_in_s": round(filled, 1),
        "planning": planning,
        "due": due,
        "memory_mb": {"first": round(memory[0], 1), "quarter": round(steady[0], 1), "last": round(memory[-1], 1)},
        "rows_match": planning["planned"] >= people and due["queued"] == due["waiting_before"] == min(DUE, people),
    }


# --- planning while people register ---------------------------------------------------------------------------------


async def _plan(parts: "Parts", port: int, people: int) -> dict[str, Any]:
    from scheduler.planning import plan

    walked: list[dict[str, Any]] = []
    began = time.perf_counter()
    async with walking(port, walked):
        while await parts.db.read(_unplanned):
            await plan(parts)
        seconds = time.perf_counter() - began
    planned = await parts.db.read(lambda c: _count(c, intents))
    p99 = [one["p99_ms"] for one in walked]
    return {
        "planned": planned,
        "seconds": round(seconds, 1),
        "per_second": round(planned / seconds),
        "donors_per_second": round(people / seconds),
        "intake_beside": {
            "updates": sum(one["updates"] for one in walked),
            "p99_ms_median": round(statistics.median(p99), 1) if p99 else None,
            "p99_ms_worst": round(max(p99), 1) if p99 else None,
        },
    }


@contextlib.asynccontextmanager
async def walking(port: int, walked: list[dict[str, Any]]) -> AsyncIterator[None]:
    """Whole registrations over HTTP, round after round, until the block ends."""
    stop = asyncio.Event()

    async def rounds() -> None:
        first = 0
        while not stop.is_set():
            order = {"people": 40, "in_flight": WALKERS, "channel": "telegram", "first": first, "port": port}
            walked.append(await ground.run_client(order))
            first += 40

    task = asyncio.create_task(rounds())
    try:
        yield
    finally:
        stop.set()
        await task


def _unplanned(connection: Connection) -> bool:
    query = select(donations.c.id).where(text("donations.planned_at IS NULL")).limit(1)
    return connection.execute(query).first() is not None


# --- the due among the million -----------------------------------------------------------------------------------------


async def _judge(parts: "Parts") -> dict[str, Any]:
    """A thousand of the reminders come due at once; the sweep finds, judges and renders them."""
    from scheduler.due import judge_due

    # What the walk left due (confirmations of drives are far ahead) is decided first.
    await judge_due(parts, clock.now())
    waiting = await parts.db.write(lambda c: _make_due(c, clock.now() - timedelta(minutes=1)))
    before = await parts.db.read(lambda c: _count(c, outbox))
    now = _daytime(clock.now())
    began = time.perf_counter()
    judged = await judge_due(parts, now)
    seconds = time.perf_counter() - began
    after = await parts.db.read(lambda c: _count(c, outbox))
    return {
        "among": await parts.db.read(lambda c: _count(c, intents)),
        "waiting_before": waiting,
        "queued": judged.queued,
        "skipped": dict(judged.skipped),
        "messages": after - before,
        "seconds": round(seconds, 3),
        "per_second": round(judged.queued / seconds) if judged.queued else 0,
    }


def _make_due(connection: Connection, at: datetime) -> int:
    """Of people who gave so long ago that it is true; their intents stand at the end of the plan."""
    chosen = (
        select(intents.c.id)
        .where(text("intents.state = 'waiting'"), intents.c.occasion == "next-donation")
        .order_by(intents.c.due_at)
        .limit(DUE)
    )
    ids = list(connection.execute(chosen).scalars())
    connection.execute(update(intents).where(intents.c.id.in_(ids)).values(due_at=at))
    return len(ids)


def _daytime(now: datetime) -> datetime:
    """The same day at ten in the morning in Việt Nam, whenever the benchmark runs: at night everything would wait."""
    return now.replace(hour=3, minute=0, second=0, microsecond=0) + timedelta(days=1)


# --- a million donors --------------------------------------------------------------------------------------------------


def _fill(db: Database, people: int) -> float:
    """Donors with an address, a consent and one donation each, given over the last weeks, none of them planned yet."""
    began = time.perf_counter()
    account = db.write_now(_telegram)
    for first in range(0, people, PAGE):
        db.write_now(partial(_page, account=account, numbers=range(first, min(first + PAGE, people))))
    if not db.is_sqlite:
        db.write_now(lambda connection: connection.execute(text("ANALYZE")))
    return time.perf_counter() - began


def _telegram(connection: Connection) -> int:
    query = select(accounts.c.id).where(accounts.c.kind == "telegram", accounts.c.external_id == walk.BOT_ID)
    return int(connection.execute(query).scalar_one())


def _page(connection: Connection, account: int, numbers: range) -> None:
    for table, rows in _rows(account, numbers, clock.now()):
        connection.execute(table.insert(), rows)


def _rows(account: int, numbers: range, now: datetime) -> Iterator[tuple[Table, list[dict[str, Any]]]]:
    today = now.date()
    ids = {number: address_id(account, f"donor-{number}") for number in numbers}
    given = {number: today - timedelta(days=number % 70) for number in numbers}
    seen = {"first_seen_at": now, "last_inbound_at": now}
    agreed = {"purpose": "reminder", "wording": "bench@1", "given_at": now}
    yield contacts, [{"id": i, "created_at": now, "updated_at": now} for i in ids.values()]
    yield (
        addresses,
        [
            {"id": i, "account_id": account, "user_id": f"donor-{n}", "contact_id": i, "talk_sealed": None, **seen}
            for n, i in ids.items()
        ],
    )
    yield consents, [{"id": new_id(), "contact_id": i, "address_id": i, **agreed} for i in ids.values()]
    yield (
        donors,
        [
            {
                "contact_id": i,
                "last_given_on": given[n],
                "last_component": "whole_blood",
                "next_on": given[n] + timedelta(days=84),
                "donations": 1,
            }
            for n, i in ids.items()
        ],
    )
    yield (
        donations,
        [
            {
                "id": new_id(),
                "contact_id": i,
                "given_on": given[n],
                "component": "whole_blood",
                "verified": True,
                "created_at": now,
            }
            for n, i in ids.items()
        ],
    )


def _count(connection: Connection, table: Table) -> int:
    return connection.execute(select(func.count()).select_from(table)).scalar_one()
