"""`giothong bench booking`: hundreds who take the last places at the same moment, from one process or from two."""

import asyncio
import sys
import tempfile
import time
from argparse import Namespace
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Connection, func, select, update

from bot import clock
from bot.bench import ground
from bot.storage.database import Database
from bot.storage.ids import new_id
from bot.storage.schema import migrate
from bot.storage.tables import drives, outbox, registrations, slots


def run(args: Namespace) -> int:
    """Run and print one JSON object; 1 when another number of people won than there were places."""
    result = asyncio.run(measure(args.people, args.places, args.database, args.processes))
    sys.stdout.write(orjson.dumps(result, option=orjson.OPT_INDENT_2).decode() + "\n")
    return 0 if result["rows_match"] else 1


async def measure(people: int, places: int, where: str, processes: int) -> dict[str, Any]:
    """Everybody presses at once; afterwards the rows are counted."""
    with tempfile.TemporaryDirectory(prefix="giothong-bench-") as name, ground.database_at(where, Path(name)) as url:
        with Database(url) as db:
            migrate(db)
            slot_ids = db.write_now(lambda connection: _one_drive(connection, places))
        shares = [range(number, people, processes) for number in range(processes)]
        orders = [_order(url, Path(name), share, slot_ids[0]) for share in shares]
        seconds, told = await _press_at_once(orders)
        with Database(url) as db:
            counts = db.read_now(_counted)
    return {
        "bench": "booking",
        "database": url.partition(":")[0],
        "processes": processes,
        "people": people,
        "places": places,
        "won": counts["registrations"],
        "told_they_won": sum(one["won"] for one in told),
        "told_it_was_full": sum(one["full"] for one in told),
        "taken_in_slots": counts["taken"],
        "answers": counts["answers"],
        "seconds": round(seconds, 3),
        "rows_match": counts["registrations"] == counts["taken"] == min(people, places)
        and sum(one["won"] for one in told) == min(people, places)
        and sum(one["won"] + one["full"] for one in told) == people,
    }


def _one_drive(connection: Connection, places: int) -> list[int]:
    """One open drive with so many places in all; the other one of the ground is closed."""
    ground.furnish(connection, clock.now(), 1)
    rows = connection.execute(select(drives.c.id).order_by(drives.c.starts_at)).scalars().all()
    connection.execute(update(drives).where(drives.c.id != rows[0]).values(state="closed"))
    query = select(slots.c.id).where(slots.c.drive_id == rows[0]).order_by(slots.c.starts_at)
    ids = list(connection.execute(query).scalars())
    connection.execute(update(slots).where(slots.c.id.in_(ids)).values(capacity=0))
    connection.execute(update(slots).where(slots.c.id == ids[0]).values(capacity=places))
    return ids


def _counted(connection: Connection) -> dict[str, int]:
    booked = select(func.count()).select_from(registrations).where(registrations.c.state == "booked")
    return {
        "registrations": connection.execute(booked).scalar_one(),
        "taken": connection.execute(select(func.sum(slots.c.taken))).scalar_one() or 0,
        "answers": connection.execute(select(func.count(outbox.c.address_id.distinct()))).scalar_one(),
    }


# --- the processes -----------------------------------------------------------------------------------------------------


def _order(url: str, folder: Path, people: range, slot: int) -> dict[str, Any]:
    own = folder / str(people.start)
    own.mkdir()
    return {"url": url, "folder": str(own), "people": list(people), "slot": slot}


async def _press_at_once(orders: list[dict[str, Any]]) -> tuple[float, list[dict[str, int]]]:
    """Each process says when it is ready; then all are let go."""
    pipe = asyncio.subprocess.PIPE
    started = [
        await asyncio.create_subprocess_exec(sys.executable, "-m", "bot.bench.booking", stdin=pipe, stdout=pipe)
        for _ in orders
    ]
    for process, order in zip(started, orders, strict=True):
        _tell(process, orjson.dumps(order))
    for process in started:
        if process.stdout is None or (await process.stdout.readline()).strip() != b"ready":
            raise RuntimeError("a process of the benchmark failed; its words stand above")
    began = time.perf_counter()
    for process in started:
        _tell(process, b"go")
    told = [orjson.loads((await process.communicate())[0]) for process in started]
    return time.perf_counter() - began, told


def _tell(process: asyncio.subprocess.Process, line: bytes) -> None:
    if process.stdin is not None:
        process.stdin.write(line + b"\n")


async def worker() -> None:
    """Open a house on the shared database, wait for the word, press for everybody at once, say what they were told."""
    from bot.bootstrap import open_house

    order = orjson.loads(sys.stdin.buffer.readline())
    async with open_house(_settings(order["url"]), Path(order["folder"]), frozenset({"bench"})) as house:
        account = next(one.id for one in house.rooms.accounts if one.kind.value == "telegram")
        await house.rooms.catalogues.current(clock.now())
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.buffer.readline)
        told = await asyncio.gather(*(_press(house, account, number, order["slot"]) for number in order["people"]))
    sys.stdout.write(orjson.dumps({"won": sum(told), "full": len(told) - sum(told)}).decode())


def _settings(url: str) -> Any:
    """The same keys in every process: what one seals the other opens."""
    import base64

    from bot.bench import walk
    from bot.settings import load_settings

    return load_settings(
        {
            "PORT": str(ground.free_port()),
            "DATABASE_URL": url,
            "SECRET_KEY": "booking-bench-" * 3,
            "ENCRYPTION_KEYS": base64.urlsafe_b64encode(b"b" * 32).decode(),
            "LOG_LEVEL": "WARNING",
            "TELEGRAM_BOT_TOKEN": f"{walk.BOT_ID}:bench-token-bench",
            "TELEGRAM_WEBHOOK_SECRET": walk.BOT_SECRET,
        }
    )


async def _press(house: Any, account: int, number: int, slot: int) -> bool:
    """One whole registration in one update, as the page with the form sends it."""
    from bot.channels.base import Received
    from bot.domain.updates import ChannelKind, FilledForm, Update

    answers = {
        "name": "Người Thử",
        "birth_date": "12/5/1990",
        "phone": f"09{10_000_000 + number}",
        "unit": "none",
        "dangerous_work": "no",
        "slot": str(slot),
        "consent": "yes",
    }
    event = FilledForm("registration", {name: value for name, value in answers.items() if value})
    update_id = f"form:{number}:{new_id()}"
    sent_at = clock.now() - timedelta(seconds=1)
    one = Update(account, ChannelKind.TELEGRAM, f"52{number:08}", update_id, sent_at, event)
    taken = await house.intake.take(None, Received((one,)))
    return any(turn is not None and turn.claim is not None for turn in taken.turns)


if __name__ == "__main__":
    asyncio.run(worker())
