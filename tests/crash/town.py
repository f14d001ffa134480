"""Two platforms on loopback and people who register on them, through whatever address takes their calls."""

import asyncio
import random
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Protocol

import aiohttp

from bot import clock
from bot.bench import walk
from tests.platforms.messenger import FakeMessenger
from tests.platforms.server import FakePlatform
from tests.platforms.telegram import FakeTelegram

WIRES = ("telegram", "messenger")


class Door(Protocol):
    """Where the platforms call."""

    port: int

    async def settled(self, answer: aiohttp.ClientResponse) -> None:
        """Return when what got this 200 is committed; it may lie in a spool."""


@dataclass
class Town:
    """The platforms, and what they had to send again. A person's number picks the platform."""

    telegram: FakeTelegram
    messenger: FakeMessenger
    chance: random.Random
    resent: int = 0
    waiting: deque[int] = field(default_factory=deque)

    @property
    def environment(self) -> dict[str, str]:
        """What points a `giothong serve` with the benchmark's settings to these platforms, and to no other."""
        off = {
            "ZALO_APP_ID": "",
            "ZALO_APP_SECRET": "",
            "ZALO_OA_ID": "",
            "ZALO_OA_SECRET": "",
            "ZALO_ACCESS_TOKEN": "",
        }
        return off | {
            "TELEGRAM_API_BASE": self.telegram.base_url,
            "MESSENGER_API_BASE": self.messenger.base_url,
            "TELEGRAM_BOT_TOKEN": self.telegram.token,
            "MESSENGER_PAGE_TOKEN": self.messenger.token,
        }

    async def register(self, people: range, at_once: int, door: Door, most_pause: float = 0.0) -> None:
        """All of these people register, so many at a time, each with a pause of up to so many seconds between steps."""
        self.waiting.extend(people)
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=30)) as session:
            await asyncio.gather(*(self._walker(session, door, most_pause) for _ in range(at_once)))

    async def _walker(self, session: aiohttp.ClientSession, door: Door, most_pause: float) -> None:
        while self.waiting:
            person, at = self.waiting.popleft(), int(clock.now().timestamp()) - 60
            for call in walk.calls_of(person, WIRES[person % 2], at):
                self._platform(person).touch(_user(person))
                await self._until_taken(session, door, call)
                if self.chance.random() < 0.1:
                    await self._until_taken(session, door, call)
                await asyncio.sleep(self.chance.uniform(0, most_pause))

    def _platform(self, person: int) -> FakePlatform:
        return self.messenger if person % 2 else self.telegram

    async def _until_taken(self, session: aiohttp.ClientSession, door: Door, call: walk.Call) -> None:
        """Platforms send again whatever got no 200; a person writes on when the answer to the last words is certain."""
        while True:
            try:
                url = f"http://127.0.0.1:{door.port}{call.path}"
                async with session.post(url, data=call.body, headers=dict(call.headers)) as answer:
                    if answer.status == 200:
                        return await door.settled(answer)
                    assert answer.status in (502, 503), answer.status
            except (aiohttp.ClientError, TimeoutError):
                pass
            self.resent += 1
            await asyncio.sleep(0.05)


def _user(person: int) -> str:
    return str(7300000000000000 + person if person % 2 else 520000000 + person)


@asynccontextmanager
async def town(seed: int) -> AsyncIterator[Town]:
    now = clock.now()
    telegram = FakeTelegram(f"{walk.BOT_ID}:bench-token-bench", walk.BOT_SECRET, now)
    messenger = FakeMessenger(walk.PAGE_ID, "bench-page-token", walk.APP_SECRET, "bench-verify", now=now)
    async with telegram, messenger:
        yield Town(telegram, messenger, random.Random(seed))
