"""Lives of a sender: each a process of its own that dies by `kill -9` at a chosen step; the next takes over.

Run as `python -m tests.crash.lives` with one JSON object; prints how many died at which step.
"""

import asyncio
import json
import os
import random
import secrets
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, update

from bot.channels.base import Account, Channel, Receipt
from bot.channels.http import SharedSession
from bot.channels.messenger import Messenger
from bot.channels.telegram import Telegram
from bot.channels.webchat import WebChat
from bot.channels.zalo import Zalo
from bot.clock import Clock
from bot.domain.changing import replace
from bot.domain.messages import Message
from bot.domain.updates import ChannelKind
from bot.library import Library, content_root
from bot.storage.database import Database
from bot.storage.sealing import KeyRing
from bot.storage.tables import leases
from scheduler.moving import move
from scheduler.parts import Parts
from scheduler.sender import Sender
from tests.facts import LIMITS, PLATFORMS
from tests.scheduler.ground import QUIET

KEY = b"k" * 32
STEPS = ("before-commit", "after-commit", "before-call", "after-call", "any-moment")
MOST_STEPS = 6
PER_MINUTE = 10_000_000
LONGEST_LIFE = 0.1
"""Seconds until a death at any moment."""


@cache
def library() -> Library:
    return Library.load(content_root())


class Fate:
    """Kills this process at the n-th time that a step is reached, or at a moment that no step chooses."""

    def __init__(self, step: str, chance: random.Random, most: int = MOST_STEPS, longest: float = LONGEST_LIFE) -> None:
        self._step, self._left, self._after = step, chance.randint(1, most), chance.uniform(0, longest)

    def begin(self) -> None:
        if self._step == "any-moment":
            threading.Timer(self._after, _die).start()

    def reached(self, step: str) -> None:
        if step == self._step:
            self._left -= 1
            if self._left == 0:
                _die()


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class MortalDatabase(Database):
    """Reaches a step before and after each commit."""

    fate: Fate

    def write_now(self, work: Callable[[Connection], Any]) -> Any:
        def and_commit(connection: Connection) -> Any:
            result = work(connection)
            self.fate.reached("before-commit")
            return result

        result = super().write_now(and_commit)
        self.fate.reached("after-commit")
        return result


class Mortal:
    """Reaches a step before and after each call."""

    fate: Fate

    async def send(self, account: Account, user_id: str, message: Message, key: str) -> Receipt:
        self.fate.reached("before-call")
        receipt: Receipt = await super().send(account, user_id, message, key)  # type: ignore[misc]
        self.fate.reached("after-call")
        return receipt


class MortalZalo(Mortal, Zalo):
    """The OA's."""


class MortalTelegram(Mortal, Telegram):
    """The bot's."""


class MortalMessenger(Mortal, Messenger):
    """The page's."""


MADE = {ChannelKind.ZALO: MortalZalo, ChannelKind.TELEGRAM: MortalTelegram, ChannelKind.MESSENGER: MortalMessenger}


async def live(plan: dict[str, Any], fate: Fate) -> None:
    """Send everything that is due. Whoever died before us has lost its lease by now."""
    now = datetime.fromisoformat(plan["now"])
    with MortalDatabase(plan["database"]) as db:
        Database.write_now(db, lambda c: c.execute(update(leases).values(expires_at=now)))
        db.fate = fate
        session = SharedSession()
        parts = parts_of(db, plan, session, now)
        for channel in parts.channels.values():
            channel.fate = fate  # type: ignore[attr-defined]
        fate.begin()
        await parts.sender.send_due()
        await session.close()


def parts_of(
    db: Database,
    plan: Mapping[str, Any],
    session: SharedSession,
    now: datetime,
    clock: Clock | None = None,
    seconds: Callable[[], float] = time.monotonic,
) -> Parts:
    """A whole way out by this plan: accounts by channel, with id, external id, token and where the platform is; the web
    chat has neither. Without a clock the moment stands still."""
    clock = clock or (lambda: now)
    accounts = {
        ChannelKind(kind): Account(one["id"], ChannelKind(kind), kind, one["external"], secrets=_secrets(one))
        for kind, one in plan["accounts"].items()
    }
    channels: dict[ChannelKind, Channel] = {}
    for kind, account in accounts.items():
        limits, base = replace(LIMITS[kind], per_minute=PER_MINUTE), plan["accounts"][kind]["base"]
        if kind is ChannelKind.WEB:
            channels[kind] = WebChat([account], limits=limits)
        else:
            channels[kind] = MADE[kind]([account], session, limits=limits, base=base)
    ring, words = KeyRing([KEY]), library()
    owner = secrets.token_hex(4)
    sender = Sender(db, ring, channels, accounts.values(), PLATFORMS, clock, owner, QUIET, seconds)
    parts = Parts(
        db, ring, words, words.rules.intervals, {kind: one.limits for kind, one in channels.items()}, PLATFORMS, QUIET,
        clock, sender, words.forms, channels=channels, schedule=lambda: words.schedule,
    )  # fmt: skip
    sender.let_move(lambda connection, refused, at: move(connection, parts, refused, at))
    return parts


def main() -> None:
    run_lives(json.loads(sys.argv[1]), live)


def _secrets(one: Mapping[str, Any]) -> dict[str, str]:
    return {name: one[name] for name in ("token", "app_secret") if one.get(name)}


def run_lives(
    plan: dict[str, Any],
    life: Callable[[dict[str, Any], Fate], Coroutine[Any, Any, None]],
) -> None:
    """Lives until so many were killed, and a last one that ends by itself. `plan["most"]` and `plan["longest"]`: how many
    steps and seconds a life may last at most; `plan["early"]`: how many steps the first ones, one for each step."""
    library()  # read once, before the first life
    chance, deaths = random.Random(plan["seed"]), Counter[str]()
    while True:
        step = STEPS[deaths.total() % len(STEPS)] if deaths.total() < plan["kills"] else ""
        most = plan.get("most", MOST_STEPS)
        if deaths.total() < len(STEPS):
            most = plan.get("early", most)
        fate = Fate(step, chance, most, plan.get("longest", LONGEST_LIFE))
        child = os.fork()
        if child == 0:
            asyncio.run(life(plan, fate))
            os._exit(0)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if code != -signal.SIGKILL:
            break
        deaths[step] += 1
    sys.stdout.write(json.dumps({"code": code, "deaths": deaths}))


if __name__ == "__main__":
    main()
