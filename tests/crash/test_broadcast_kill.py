"""A broadcast over four channels, killed again and again, on platforms that lose answers, fail and throttle: everybody who
was meant has exactly one copy, or a reason."""

import asyncio
import json
import random
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from sqlalchemy import select, update

from bot.channels.base import Account
from bot.domain.broadcasts import Broadcast, Draft, Step
from bot.domain.consents import Purpose
from bot.domain.outbox import MessagePurpose
from bot.domain.updates import ChannelKind
from bot.intake.broadcast_desk import By, create, take
from bot.storage.broadcasts import broadcast_at
from bot.storage.database import Database
from bot.storage.sealing import KeyRing
from bot.storage.tables import contacts, outbox, recipients
from scheduler.expansion import ROWS
from tests.crash.broadcast_lives import desk_at
from tests.crash.lives import KEY, STEPS
from tests.facts import LIMITS
from tests.log_watch import WATCH
from tests.platforms import FakeMessenger, FakeTelegram, FakeZalo
from tests.platforms.server import LOST_AFTER, LOST_BEFORE, FakePlatform, Trouble
from tests.scheduler.ground import Rows, local
from tests.storage.ground import add_unit

NOON = local(5, "12:00")
LOST, FAILED, THROTTLED = 0.05, 0.03, 0.02
NO_GATEWAY = Trouble(502, "<html>Bad Gateway</html>")
NO_GATEWAY_BUT_DONE = Trouble(502, "<html>Bad Gateway</html>", after=True)
K = ChannelKind
TOO_FAST = {
    K.TELEGRAM: Trouble(429, {"ok": False, "error_code": 429, "description": "x", "parameters": {"retry_after": 3}}),
    K.MESSENGER: Trouble(429, {"error": {"code": 613, "message": "Calls to this api have exceeded the rate limit."}}),
    K.ZALO: Trouble(200, {"error": -32, "message": "Your OA reached limit call api"}),
}
SAYS_NO = {
    K.TELEGRAM: Trouble(500, {"ok": False, "error_code": 500, "description": "Internal Server Error"}),
    K.MESSENGER: Trouble(500, {"error": {"code": 2, "message": "Service temporarily unavailable"}}),
    K.ZALO: Trouble(200, {"error": -200, "message": "Send message failed"}),
}


class Rough(FakePlatform):
    """Loses answers, fails with or without having done it, and complains of the pace."""

    kind: ChannelKind
    chance: random.Random
    lost = 0
    troubles: Counter[str]

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(self.chance.uniform(0, 0.003))
        if self.is_send(request.path) and (name := self._fate()):
            self.troubles[name] += 1
            self.fail_next(self._trouble(name))
        return await super()._handle(request)

    def _fate(self) -> str:
        luck = self.chance.random()
        for name, share in (("lost", LOST), ("failed", FAILED), ("throttled", THROTTLED)):
            if luck < share:
                return name
            luck -= share
        return ""

    def _trouble(self, name: str) -> Trouble:
        """What a cut line and a gateway say leaves open whether it was done."""
        if name == "throttled":
            return TOO_FAST[self.kind]
        if name == "failed" and self.chance.random() < 0.5:
            return SAYS_NO[self.kind]
        self.lost += 1
        lost = (LOST_BEFORE, LOST_AFTER) if name == "lost" else (NO_GATEWAY, NO_GATEWAY_BUT_DONE)
        return self.chance.choice(lost)


class RoughZalo(Rough, FakeZalo):
    kind = K.ZALO


class RoughTelegram(Rough, FakeTelegram):
    kind = K.TELEGRAM


class RoughMessenger(Rough, FakeMessenger):
    kind = K.MESSENGER


def rough(made: type[Any], seed: int, **more: Any) -> Any:
    platform = made(now=NOON, **more)
    platform.chance, platform.troubles = random.Random(seed), Counter()
    return platform


@dataclass
class Crowd:
    """Who is meant, worked out here and not by the program: contact → the user id by which they can be reached."""

    meant: dict[int, tuple[ChannelKind, str]] = field(default_factory=dict)
    unreachable: dict[int, str] = field(default_factory=dict)
    others: dict[int, tuple[ChannelKind, str]] = field(default_factory=dict)


def _fill(
    rows: Rows, accounts: dict[ChannelKind, Account], platforms: dict[ChannelKind, Rough], unit: int, count: int
) -> Crowd:
    """Of each twenty-five one never agreed, one has blocked us, one has been silent for too long (where that counts)."""
    crowd = Crowd()
    for number in range(count):
        kind = tuple(accounts)[number % len(accounts)]
        user, lot = (
            str((500_000_000 if kind is K.TELEGRAM else 8_300_000_000_000_000) + number),
            (number // len(accounts)) % 25,
        )
        silent = lot == 3 and kind in (K.ZALO, K.MESSENGER)
        at = NOON - timedelta(days=9) if silent else NOON - timedelta(hours=2)
        blocked = {"blocked_at": NOON} if lot == 2 else {}
        one = rows.person(accounts[kind], user, wrote_at=at, **blocked)
        if lot == 1:
            crowd.others[one] = kind, user
            continue
        rows.consent(one, Purpose.NEWS)
        if lot == 2 or silent:
            crowd.unreachable[one] = "blocked" if lot == 2 else "window"
        else:
            crowd.meant[one] = kind, user
        if kind in platforms:
            platforms[kind].touch(user)
    rows.db.write_now(lambda c: c.execute(update(contacts).values(unit_id=unit)))
    return crowd


async def _schedule(db: Database, unit: int) -> None:
    """One writes it, another approves it, and it is to begin at noon."""
    desk, before = desk_at(db), NOON - timedelta(hours=1)
    writer, approver = By("viet", edits=True, above=False), By("duyet", edits=True, above=True)
    draft = Draft(MessagePurpose.NEWS, unit, "all", words=(("vi", "Tháng này có hai đợt hiến máu."),))
    await create(desk, writer, draft, "thu", before)
    await take(desk, writer, _current(db), Step.SUBMIT, before)
    await take(desk, approver, _current(db), Step.APPROVE, before)
    await take(desk, approver, _current(db), Step.START, before, at=NOON)


def _current(db: Database) -> Broadcast:
    found = db.read_now(lambda c: broadcast_at(c, "thu"))
    assert found is not None
    return found


async def _lives(plan: dict[str, Any], folder: Path) -> dict[str, int]:
    with (folder / "lives.log").open("wb") as log:
        command = (sys.executable, "-m", "tests.crash.broadcast_lives", json.dumps(plan))
        process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, stderr=log)
        printed, _ = await process.communicate()
    told = (folder / "lives.log").read_text(encoding="utf-8")
    WATCH.text(told, "lives.log")
    assert process.returncode == 0, told[-2000:]
    result = json.loads(printed)
    assert result["code"] == 0, told[-2000:]
    assert sum(result["deaths"].values()) == plan["kills"], "there was too little to do for so many lives"
    return dict(result["deaths"])


async def _run(
    url: str, folder: Path, *, people: int, kills: int, most: int, longest: float, seed: int
) -> dict[str, Any]:
    zalo = rough(RoughZalo, seed, per_minute=10_000_000)
    platforms = {K.ZALO: zalo, K.TELEGRAM: rough(RoughTelegram, seed + 1), K.MESSENGER: rough(RoughMessenger, seed + 2)}
    with Database(url) as db:
        async with zalo, platforms[K.TELEGRAM], platforms[K.MESSENGER]:
            rows = Rows(db, KeyRing([KEY]), NOON)
            ids = {
                K.ZALO: zalo.oa_id,
                K.TELEGRAM: platforms[K.TELEGRAM].bot_id,
                K.MESSENGER: platforms[K.MESSENGER].page_id,
            }
            accounts = {kind: rows.account(kind, external) for kind, external in ids.items()}
            accounts[K.WEB] = rows.account(K.WEB, "web")
            unit = db.write_now(add_unit)
            crowd = _fill(rows, accounts, platforms, unit, people)
            await _schedule(db, unit)
            plan = {
                "database": url, "now": NOON.isoformat(), "kills": kills, "seed": seed, "most": most, "longest": longest,
                "early": people // ROWS, "clock": str(folder / "clock"), "phases": str(folder / "phases"),
                "accounts": {kind.value: _as_planned(one, platforms.get(kind)) for kind, one in accounts.items()},
            }  # fmt: skip
            deaths = await _lives(plan, folder)
        phases = (folder / "phases").read_text(encoding="ascii")
        assert phases.count("e") > 1, "nobody died while people were gone through"
        assert phases.count("s") > 1, "nobody died while messages were sent"
        assert all(deaths[step] == kills // len(STEPS) for step in STEPS)
        return _judge(db, crowd, platforms, kills) | deaths | {"deaths in the expansion": phases.count("e") - 1}


def _as_planned(account: Account, platform: Any) -> dict[str, Any]:
    known = {"id": account.id, "external": account.external_id, "token": "", "base": ""}
    if platform is None:
        return known
    return known | {
        "token": platform.token,
        "base": platform.base_url,
        "app_secret": getattr(platform, "app_secret", ""),
    }


def _judge(db: Database, crowd: Crowd, platforms: dict[ChannelKind, Any], kills: int) -> dict[str, Any]:
    """Row by row against what the platforms took."""
    arrived = Counter((kind, one.user_id) for kind, platform in platforms.items() for one in platform.sent)
    assert max(arrived.values()) == 1, "somebody got a second copy"
    chosen = db.read_now(lambda c: c.execute(select(recipients)).all())
    assert {row.contact_id for row in chosen} == {*crowd.meant, *crowd.unreachable}, "not those who agreed, each once"
    messages: dict[int, list[Any]] = {}
    for row in db.read_now(lambda c: c.execute(select(outbox)).all()):
        messages.setdefault(row.contact_id, []).append(row)
    ends: Counter[str] = Counter()
    for row in chosen:
        ends[_end_of(row, messages.get(row.contact_id, []), crowd, arrived)] += 1
    assert not arrived.keys() & set(crowd.others.values()), "somebody who never agreed was written to"
    lost = sum(platform.lost for platform in platforms.values())
    in_flight = sum(LIMITS[kind].in_flight for kind in platforms)
    assert ends["unknown"] <= kills * in_flight + lost
    assert arrived.total() >= ends["sent"] - len([one for one in crowd.meant.values() if one[0] is K.WEB])
    assert ends["sent"] > 0.7 * len(crowd.meant)
    troubles: Counter[str] = sum((platform.troubles for platform in platforms.values()), Counter())
    assert all(troubles[name] for name in ("lost", "failed", "throttled"))
    return {"meant": len(crowd.meant), "kills": kills, "unclear": lost, **troubles, **ends}


def _end_of(row: Any, messages: list[Any], crowd: Crowd, arrived: Counter[tuple[ChannelKind, str]]) -> str:
    """How it ended for one person, and that this is true."""
    if row.contact_id in crowd.unreachable:
        assert (row.state, messages) == ("skipped", []), "written to in vain"
        assert row.reason, "no reason"
        return "unreachable"
    assert row.state == "queued", f"{row.state} {row.reason}"
    (message,) = messages
    copies, kind = arrived[crowd.meant[row.contact_id]], crowd.meant[row.contact_id][0]
    if message.state == "sent":
        assert copies == 1 or kind is K.WEB, "it is said to be sent and never arrived"
    elif message.state != "unknown":
        assert message.state in ("failed", "skipped"), f"no outcome: {message.state}"
        assert message.reason, "no reason"
        assert copies == 0, f"it is said to have {message.state}, and it arrived"
    return str(message.state)


async def test_everybody_has_one_copy_or_a_reason(database_url: str, tmp_path: Path) -> None:
    await _run(database_url, tmp_path, people=600, kills=10, most=20, longest=0.6, seed=8101)


@pytest.mark.long
async def test_everybody_of_five_thousand_has_one_copy_or_a_reason_after_twenty_kills(
    database_url: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    figures = await _run(database_url, tmp_path, people=5000, kills=20, most=90, longest=2.5, seed=8102)
    for name, value in figures.items():
        record_property(name, value)
