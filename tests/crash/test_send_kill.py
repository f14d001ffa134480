"""`kill -9` of the sender between any two of its steps, on a strict platform that loses answers: nothing twice."""

import asyncio
import json
import random
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from sqlalchemy import select

from bot import clock
from bot.channels.base import Account
from bot.channels.http import SharedSession
from bot.domain.outbox import MessagePurpose
from bot.domain.updates import ChannelKind
from bot.storage.database import Database
from bot.storage.sealing import KeyRing
from bot.storage.tables import attempts
from scheduler.due import judge_due
from scheduler.planning import plan
from tests.crash.ledger import check_outgoing
from tests.crash.lives import KEY, STEPS, parts_of
from tests.facts import TELEGRAM, ZALO
from tests.log_watch import WATCH
from tests.platforms import FakeTelegram, FakeZalo
from tests.platforms.server import LOST_AFTER, LOST_BEFORE, FakePlatform
from tests.scheduler.ground import Rows, days, local

PEOPLE = 60
LOSES = 0.03


EVE = local(4, "18:00")


class Lossy(FakePlatform):
    """Takes its time, and loses some answers: of calls it took, and of calls that never reached it."""

    chance: random.Random
    lost = 0

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(self.chance.uniform(0, 0.004))
        if self.chance.random() < LOSES:
            self.lost += 1
            self.fail_next(self.chance.choice((LOST_BEFORE, LOST_AFTER)))
        return await super()._handle(request)


class LossyZalo(Lossy, FakeZalo):
    def __init__(self, seed: int, now: datetime) -> None:
        super().__init__(per_minute=10_000_000, now=now)
        self.chance = random.Random(seed)


class LossyTelegram(Lossy, FakeTelegram):
    def __init__(self, seed: int, now: datetime) -> None:
        super().__init__(now=now)
        self.chance = random.Random(seed)


def _fill(rows: Rows, account: Account, platform: FakeZalo, parts: int) -> None:
    """So many messages to each person, all with different words, numbered in each person's order."""
    users = [str(8300000000000000 + number) for number in range(PEOPLE)]
    people = [rows.person(account, user) for user in users]
    for user in users:
        platform.touch(user)
    for part in range(parts):
        rows.messages([(account, one, f"{part} {one}", MessagePurpose.REPLY) for one in people], part=part)


async def _lives(plan: Mapping[str, Any], folder: Path) -> dict[str, int]:
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
    assert sum(result["deaths"].values()) == plan["kills"], "there was too little to send for so many lives"
    return dict(result["deaths"])


def _plan(url: str, now: datetime, kills: int, seed: int, *at: tuple[Account, str, FakePlatform]) -> dict[str, Any]:
    accounts = {
        account.kind.value: {
            "id": account.id, "external": account.external_id, "token": token, "base": platform.base_url,
        }
        for account, token, platform in at
    }  # fmt: skip
    return {"database": url, "now": now.isoformat(), "kills": kills, "seed": seed, "accounts": accounts}


async def _run(url: str, folder: Path, *, kills: int, parts: int, seed: int) -> dict[str, int]:
    now = clock.now()
    with Database(url) as db:
        async with LossyZalo(seed, now) as platform:
            rows = Rows(db, KeyRing([KEY]), now)
            account = rows.account(ChannelKind.ZALO, platform.oa_id)
            _fill(rows, account, platform, parts)
            deaths = await _lives(_plan(url, now, kills, seed, (account, platform.token, platform)), folder)
        return _judge(db, platform, deaths, kills, PEOPLE * parts)


def _judge(db: Database, platform: LossyZalo, deaths: dict[str, int], kills: int, messages: int) -> dict[str, int]:
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
    figures = await _run(database_url, tmp_path, kills=10, parts=3, seed=1104)
    assert all(figures[step] == 2 for step in STEPS)
    assert figures["unknown"] > 0


@pytest.mark.long
async def test_nothing_goes_twice_after_a_thousand_kills(
    database_url: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    figures = await _run(database_url, tmp_path, kills=1000, parts=250, seed=1105)
    for name, value in figures.items():
        record_property(name, value)


# --- The same while messages move from one platform to the other -------------------------------------------------------


async def _moving_run(url: str, folder: Path, *, kills: int, people: int, seed: int) -> dict[str, int]:
    """Reminders to people on the OA, two of three of whom left it, but are on Telegram too."""
    with Database(url) as db:
        async with LossyZalo(seed, EVE) as zalo, LossyTelegram(seed + 1, EVE) as telegram:
            rows = Rows(db, KeyRing([KEY]), EVE - days(1))
            oa, bot = rows.account(ChannelKind.ZALO, zalo.oa_id), rows.account(ChannelKind.TELEGRAM, telegram.bot_id)
            (slot,) = rows.drive(local(5, "09:30"), capacities=(people,))
            for user in range(people):
                zalo_user, chat = str(8300000000000000 + user), str(500000000 + user)
                home = rows.person(oa, zalo_user)
                rows.person(bot, chat, contact_id=home)
                rows.book(home, slot)
                zalo.touch(zalo_user)
                telegram.touch(chat)
                if user % 3:
                    zalo.blocked.add(zalo_user)
            plan_of_lives = _plan(url, EVE, kills, seed, (oa, zalo.token, zalo), (bot, telegram.token, telegram))
            session = SharedSession()
            parts = parts_of(db, plan_of_lives, session, EVE)
            await plan(parts)
            await judge_due(parts)
            await session.close()
            await _lives(plan_of_lives, folder)
        return _judge_moved(rows, zalo, telegram, kills, people)


def _judge_moved(rows: Rows, zalo: LossyZalo, telegram: LossyTelegram, kills: int, people: int) -> dict[str, int]:
    arrived = Counter(int(sent.user_id) % 10_000 for sent in (*zalo.sent, *telegram.sent))
    assert max(arrived.values()) == 1, "somebody was reminded twice"
    ends: dict[int, list[str]] = {}
    for row in rows.outbox():
        ends.setdefault(row.intent_id, []).append(row.state)
    assert len(ends) == people
    assert {tuple(states) for states in ends.values()} <= {
        ("sent",), ("unknown",), ("moved", "sent"), ("moved", "unknown"),
    }  # fmt: skip
    states = Counter(state for of_one in ends.values() for state in of_one)
    lost = zalo.lost + telegram.lost
    assert states["unknown"] <= kills * (ZALO.in_flight + TELEGRAM.in_flight) + lost
    assert arrived.total() >= states["sent"]
    assert arrived.total() + states["unknown"] >= people, "somebody was forgotten"
    return {"people": people, "kills": kills, "lost": lost, **states}


async def test_a_message_that_moves_comes_once(database_url: str, tmp_path: Path) -> None:
    figures = await _moving_run(database_url, tmp_path, kills=5, people=60, seed=1106)
    assert figures["moved"] > 0


@pytest.mark.long
async def test_messages_that_move_come_once_after_two_hundred_kills(
    database_url: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    figures = await _moving_run(database_url, tmp_path, kills=200, people=2500, seed=1107)
    for name, value in figures.items():
        record_property(name, value)
