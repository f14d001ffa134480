"""A whole way out: real database, real words, lanes; the platform is a tape, or a strict one on loopback."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import pytest

from bot.channels.base import Account, Channel
from bot.domain.updates import ChannelKind
from bot.library import Library, content_root
from bot.storage.database import Database
from bot.storage.sealing import KeyRing
from scheduler.due import Judged, judge_due
from scheduler.moving import move
from scheduler.parts import Parts
from scheduler.planning import plan
from scheduler.sender import Sender
from scheduler.tick import tick
from tests.facts import PLATFORMS
from tests.scheduler.ground import QUIET, Rows, SetClock, Tape


@cache
def library() -> Library:
    return Library.load(content_root())


@dataclass
class Stage:
    """The parts of the scheduler, and the rows they work on."""

    db: Database
    ring: KeyRing
    clock: SetClock
    rows: Rows

    def parts(self, channels: Mapping[ChannelKind, Channel], accounts: Iterable[Account], owner: str = "here") -> Parts:
        limits = {kind: channel.limits for kind, channel in channels.items()}
        sender = Sender(self.db, self.ring, channels, accounts, PLATFORMS, self.clock, owner, QUIET)
        words = library()
        parts = Parts(
            self.db, self.ring, words, words.rules.intervals, limits, PLATFORMS, QUIET, self.clock, sender, words.forms,
            schedule=lambda: words.schedule,
        )  # fmt: skip
        sender.let_move(lambda connection, refused, now: move(connection, parts, refused, now))
        return parts

    def with_tape(self, tape: Tape, account: Account, owner: str = "here") -> Parts:
        return self.parts({tape.kind: tape}, [account], owner)

    async def sweep(self, parts: Parts, at: datetime) -> Judged:
        """The clock strikes `at`: plan and judge as the timetable does."""
        self.clock.now = at
        await plan(parts)
        return await judge_due(parts)

    async def tick(self, parts: Parts, at: datetime) -> dict[str, Any]:
        return await tick(parts, at, patience=0)


@pytest.fixture
def stage(db: Database, ring: KeyRing, now: datetime) -> Stage:
    return Stage(db, ring, SetClock(now), Rows(db, ring, now))
