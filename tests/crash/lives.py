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
from collections import Counter
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, update

from bot import clock
from bot.channels.base import Account, Receipt
from bot.channels.http import SharedSession
from bot.channels.zalo import Zalo
from bot.domain.changing import replace
from bot.domain.messages import Message
from bot.domain.updates import ChannelKind
from bot.storage.database import Database
from bot.storage.sealing import KeyRing
from bot.storage.tables import leases
from scheduler.sender import Sender
from tests.facts import PLATFORMS, ZALO

KEY = b"k" * 32
STEPS = ("before-commit", "after-commit", "before-call", "after-call", "any-moment")
MOST_STEPS = 12
LONGEST_LIFE = 0.15
"""Seconds until a death at any moment."""


class Fate:
    """Kills this process at the n-th time that a step is reached, or at a moment that no step chooses."""

    def __init__(self, step: str, chance: random.Random) -> None:
        self._step, self._left, self._after = step, chance.randint(1, MOST_STEPS), chance.uniform(0, LONGEST_LIFE)

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


class MortalZalo(Zalo):
    """Reaches a step before and after each call."""

    fate: Fate

    async def send(self, account: Account, user_id: str, message: Message, key: str) -> Receipt:
        self.fate.reached("before-call")
        receipt = await super().send(account, user_id, message, key)
        self.fate.reached("after-call")
        return receipt


async def live(plan: dict[str, Any], fate: Fate) -> None:
    """Send everything that is due. Whoever died before us has lost its lease by now."""
    with MortalDatabase(plan["database"]) as db:
        Database.write_now(db, lambda c: c.execute(update(leases).values(expires_at=clock.now())))
        db.fate = fate
        account = Account(plan["account"], ChannelKind.ZALO, "oa", plan["oa"], secrets={"token": plan["token"]})
        session = SharedSession()
        zalo = MortalZalo([account], session, limits=replace(ZALO, per_minute=10_000_000), base=plan["base"])
        zalo.fate = fate
        one = Sender(db, KeyRing([KEY]), {zalo.kind: zalo}, [account], PLATFORMS, clock.now, secrets.token_hex(4))
        fate.begin()
        await one.send_due()
        await session.close()


def main() -> None:
    """Lives until so many were killed, and a last one that ends by itself."""
    plan = json.loads(sys.argv[1])
    chance, deaths = random.Random(plan["seed"]), Counter[str]()
    while True:
        step = STEPS[deaths.total() % len(STEPS)] if deaths.total() < plan["kills"] else ""
        fate, child = Fate(step, chance), os.fork()
        if child == 0:
            asyncio.run(live(plan, fate))
            os._exit(0)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if code != -signal.SIGKILL:
            break
        deaths[step] += 1
    sys.stdout.write(json.dumps({"code": code, "deaths": deaths}))


if __name__ == "__main__":
    main()
