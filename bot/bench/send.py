"""`giothong bench send`: the way out with its full ledger, unlimited and at one OA's permitted pace."""

import asyncio
import contextlib
import secrets
import statistics
import sys
import tempfile
import time
from argparse import Namespace
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import orjson
from sqlalchemy import Connection, func, select

from bot import clock
from bot.bench import ground, walk
from bot.bench.one_oa import LIMITS, Ground, enqueue, one_oa, people, states_of
from bot.channels.base import Received, WebhookRequest
from bot.domain.changing import replace
from bot.domain.updates import ChannelKind, FilledForm, Update
from bot.storage.database import Database
from bot.storage.schema import migrate
from bot.storage.tables import outbox, slots, units

FREE = 10_000_000
"""Calls a minute of a platform without limits."""

PAGE = 200


def run(args: Namespace) -> int:
    """Run and print one JSON object; 1 when a row has no outcome or somebody got a message twice."""
    with contextlib.suppress(ImportError):
        import uvloop

        asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    result = asyncio.run(measure(args.messages, args.minutes, args.database))
    sys.stdout.write(orjson.dumps(result, option=orjson.OPT_INDENT_2).decode() + "\n")
    return 0 if result["ledger_balances"] else 1


async def measure(messages: int, minutes: float, where: str) -> dict[str, Any]:
    """The figures of all parts, each on a database of its own."""
    with (
        tempfile.TemporaryDirectory() as one,
        tempfile.TemporaryDirectory() as two,
        tempfile.TemporaryDirectory() as three,
    ):
        unlimited = await _unlimited(messages, where, Path(one))
        limited = await _limited(minutes, where, Path(two)) if minutes else {}
        calls = await _calls_of_a_registration(where, Path(three))
    per_minute = {way: round(LIMITS.per_minute / used, 1) for way, used in calls.items()}
    return {
        "bench": "send",
        "database": where,
        "unlimited": unlimited,
        "one_oa": limited,
        "calls_of_a_registration": calls,
        "registrations_a_minute_on_one_oa": per_minute,
        "ledger_balances": unlimited["ledger_balances"] and limited.get("ledger_balances", True),
    }


async def _fill(g: Ground, count: int, purpose: str = "reply", priority: int = 0) -> None:
    for first in range(0, count, PAGE):
        ids = await g.db.write(partial(people, account=g.account, first=first, count=min(PAGE, count - first)))
        await g.db.write(partial(enqueue, g=g, ids=ids, purpose=purpose, priority=priority))


# --- The parts ---------------------------------------------------------------------------------------------------------


async def _unlimited(messages: int, where: str, folder: Path) -> dict[str, Any]:
    """Calls a second with claims, attempts and outcomes committed; and a bare client loop on the same platform."""
    async with one_oa(where, folder, 0) as g:
        await _fill(g, messages)
        began = time.perf_counter()
        await g.sender(FREE).send_due()
        ours = messages / (time.perf_counter() - began)
        states, figures = await g.db.read(states_of), await g.figures()
        bare = await _bare(g, messages)
    return {
        "messages": messages,
        "calls_per_second": round(ours),
        "bare_client_per_second": round(bare),
        "ratio": round(ours / bare, 3),
        "states": states,
        "ledger_balances": states == {"sent": messages} and figures["taken"] == len(figures["came"]) == messages,
    }


async def _bare(g: Ground, messages: int) -> float:
    """As many calls at once as a Zalo lane makes, and nothing else."""
    numbers = iter(range(messages))

    async def one(session: aiohttp.ClientSession) -> None:
        for number in numbers:
            body = {"recipient": {"user_id": str(number)}, "message": {"text": f"bare {number}"}}
            async with session.post(f"{g.base}/v3.0/oa/message/cs", data=orjson.dumps(body)) as answer:
                orjson.loads(await answer.read())

    began = time.perf_counter()
    async with aiohttp.ClientSession() as session:
        await asyncio.gather(*(one(session) for _ in range(LIMITS.in_flight)))
    return messages / (time.perf_counter() - began)


async def _limited(minutes: float, where: str, folder: Path) -> dict[str, Any]:
    """One OA at 100 calls a minute: a bulk that never ends, and twenty replies a minute beside it."""
    seconds = minutes * 60
    async with one_oa(where, folder, LIMITS.per_minute) as g:
        await _fill(g, int(LIMITS.per_minute * (minutes + 1)), "reminder", 2)
        asking = await g.db.write(lambda c: people(c, g.account, 1_000_000, int(20 * minutes)))
        sender = g.sender(LIMITS.per_minute)
        task, began, asked = asyncio.create_task(sender.run()), time.time(), {}
        for person in asking:
            await asyncio.sleep(3.0 * (0.5 + secrets.randbelow(1000) / 1000))
            texts = await g.db.write(partial(enqueue, g=g, ids=[person], purpose="reply", priority=0))
            asked[texts[0]] = time.time()
            sender.nudge()
        await asyncio.sleep(max(0.0, began + seconds - time.time()))
        figures, elapsed = await g.figures(), time.time() - began
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        states = await g.db.read(states_of)
        after = await g.figures()
    waits = sorted(
        figures["came"].get(words, time.time()) - at for words, at in asked.items() if at < began + seconds - 5
    )
    return {
        "seconds": round(elapsed, 1),
        "calls_taken": figures["taken"],
        "share_of_permitted": round(figures["taken"] / (LIMITS.per_minute / 60 * elapsed), 3),
        "throttled": figures["throttled"],
        "replies": len(waits),
        "reply_p50_s": round(statistics.median(waits), 2) if waits else None,
        "reply_p95_s": round(waits[min(len(waits) - 1, int(len(waits) * 0.95))], 2) if waits else None,
        "states": states,
        "ledger_balances": set(states) <= {"sent", "waiting"}
        and states.get("sent") == after["taken"] == len(after["came"]),
    }


async def _calls_of_a_registration(where: str, folder: Path) -> dict[str, int]:
    """How many calls one registration takes on Zalo, walked through the real intake: in the chat, and by the page."""
    from bot.bootstrap import open_house

    with ground.database_at(where, folder) as url:
        with Database(url) as db:
            migrate(db)
            db.write_now(lambda connection: ground.furnish(connection, clock.now(), 10))
        settings = ground.settings_for(url, ground.free_port())
        async with open_house(settings, folder, frozenset({"bench"})) as house:
            zalo = house.channels.by_kind[ChannelKind.ZALO]
            at = int(time.time()) - 60
            for call in walk.calls_of(0, "zalo", at):
                request = WebhookRequest(ChannelKind.ZALO, {k.lower(): v for k, v in call.headers}, call.body)
                await house.intake.take(None, zalo.receive(request))
            chat = await house.db.read(_sent_count)
            opened = zalo.receive(_hello(1, at))
            await house.intake.take(None, opened)
            await house.intake.take(None, Received((_page(house.db, opened.updates[0]),)))
            return {"chat": chat, "page": await house.db.read(_sent_count) - chat}


def _hello(person: int, at: int) -> WebhookRequest:
    call = walk.zalo(person, 0, "đăng ký", at)
    return WebhookRequest(ChannelKind.ZALO, {k.lower(): v for k, v in call.headers}, call.body)


def _page(db: Database, hello: Update) -> Update:
    """The one-page form, filled in."""
    unit, slot = db.read_now(_choices)
    name, birth, phone = walk.NAMES[1], "2/3/1985", "0912345678"
    answers = {
        "consent": "on", "name": name, "birth_date": birth, "phone": phone, "unit": unit,
        "dangerous_work": "no", "slot": slot,
    }  # fmt: skip
    return replace(hello, update_id="form:bench", event=FilledForm("registration", answers))


def _choices(connection: Connection) -> tuple[str, str]:
    """A unit's and a slot's ids, as the page sends them."""
    unit = connection.execute(select(units.c.id).where(units.c.parent_id.is_not(None)).limit(1)).scalar_one()
    return str(unit), str(connection.execute(select(slots.c.id).limit(1)).scalar_one())


def _sent_count(connection: Connection) -> int:
    return connection.execute(select(func.count()).select_from(outbox)).scalar_one()
