"""`kill -9` of the sender between any two of its steps, on a strict platform that loses answers: nothing twice."""

import asyncio
import json
import random
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from sqlalchemy import select

from bot import clock
from bot.domain.outbox import MessagePurpose
from bot.domain.updates import ChannelKind
from bot.storage.database import Database
from bot.storage.sealing import KeyRing
from bot.storage.tables import attempts
from tests.crash.ledger import check_outgoing
from tests.crash.lives import KEY, STEPS
from tests.facts import ZALO
from tests.log_watch import WATCH
from tests.platforms import FakeZalo
from tests.platforms.server import LOST_AFTER, LOST_BEFORE
from tests.scheduler.ground import Rows

PEOPLE = 60
LOSES = 0.03


class LossyZalo(FakeZalo):
    """Takes its time, and loses some answers: of calls it took, and of calls that never reached it."""

    def __init__(self, seed: int) -> None:
        super().__init__(per_minute=10_000_000)
        self._chance = random.Random(seed)
        self.lost = 0

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(self._chance.uniform(0, 0.004))
        if self._chance.random() < LOSES:
            self.lost += 1
            self.fail_next(self._chance.choice((LOST_BEFORE, LOST_AFTER)))
        return await super()._handle(request)


def _fill(rows: Rows, platform: FakeZalo, parts: int) -> int:
    """So many messages to each person, all with different words, numbered in each person's order; the account."""
    account = rows.account(ChannelKind.ZALO, platform.oa_id)
    people = [rows.person(account, str(8300000000000000 + number)) for number in range(PEOPLE)]
    for number in range(PEOPLE):
        platform.touch(str(8300000000000000 + number))
    for part in range(parts):
        rows.messages([(account, one, f"{part} {one}", MessagePurpose.REPLY) for one in people], part=part)
    return account.id


async def _lives(plan: dict[str, Any], folder: Path) -> dict[str, int]:
    """How many died at which step."""
    with (folder / "lives.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.crash.lives", json.dumps(plan), stdout=asyncio.subprocess.PIPE, stderr=log
        )
        printed, _ = await process.communicate()
    told = (folder / "lives.log").read_text(encoding="utf-8")
    WATCH.text(told, "lives.log")
    assert process.returncode == 0, told[-2000:]
    result = json.loads(printed)
    assert result["code"] == 0, told[-2000:]
    return dict(result["deaths"])


async def _run(url: str, folder: Path, *, kills: int, parts: int, seed: int) -> dict[str, int]:
    with Database(url) as db:
        async with LossyZalo(seed) as platform:
            account = _fill(Rows(db, KeyRing([KEY]), clock.now()), platform, parts)
            plan = {
                "database": url, "base": platform.base_url, "oa": platform.oa_id, "token": platform.token,
                "account": account, "kills": kills, "seed": seed,
            }  # fmt: skip
            deaths = await _lives(plan, folder)
        return _judge(db, platform, deaths, kills, PEOPLE * parts)


def _judge(db: Database, platform: LossyZalo, deaths: dict[str, int], kills: int, messages: int) -> dict[str, int]:
    assert sum(deaths.values()) == kills, "there was too little to send for so many lives"
    code = f"zalo-{platform.oa_id}"
    unclear = kills * ZALO.in_flight + platform.lost
    unknown = check_outgoing(db, KeyRing([KEY]), {code: platform.sent}, unclear)
    outcomes = Counter(db.read_now(lambda c: c.execute(select(attempts.c.outcome)).scalars().all()))
    assert set(outcomes) == {"sent", "uncertain"}, "an attempt has no outcome"
    assert outcomes.total() == messages, "a message was tried twice"
    for user in platform.last_inbound:
        parts = [int(text.split()[0]) for text in platform.texts(user)]
        assert parts == sorted(parts), "somebody's messages came out of order"
    return {"messages": messages, "kills": kills, "lost": platform.lost, "unknown": unknown, **deaths}


async def test_nothing_goes_twice_and_every_message_has_its_outcome(database_url: str, tmp_path: Path) -> None:
    figures = await _run(database_url, tmp_path, kills=15, parts=6, seed=1104)
    assert all(figures[step] == 3 for step in STEPS)
    assert figures["unknown"] > 0


@pytest.mark.long
async def test_nothing_goes_twice_after_a_thousand_kills(
    database_url: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    figures = await _run(database_url, tmp_path, kills=1000, parts=250, seed=1105)
    for name, value in figures.items():
        record_property(name, value)
