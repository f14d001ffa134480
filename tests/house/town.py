"""The program as a process of its own, three platforms around it, and a drive to register for."""

import asyncio
import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select

from bot.domain.outbox import OPEN
from bot.storage.database import Database
from bot.storage.tables import outbox
from tests.crash.server import Server
from tests.house.wires import MessengerWire, TelegramWire, ZaloWire
from tests.log_watch import WATCH
from tests.platforms.messenger import FakeMessenger
from tests.platforms.telegram import FakeTelegram
from tests.platforms.zalo import FakeZalo

USERS = {"telegram": "520000001", "messenger": "7300000000000042", "zalo": "2000000000000000001"}
WIRES: dict[str, Callable[..., TelegramWire | MessengerWire | ZaloWire]] = {
    "telegram": TelegramWire,
    "messenger": MessengerWire,
    "zalo": ZaloWire,
}


def noon_zone() -> str:
    """A time zone where it is about noon now, so that "this evening" lies ahead whenever the test runs."""
    hours = 12 - datetime.now(UTC).hour
    return f"Etc/GMT{-hours:+d}" if hours else "Etc/GMT"


@dataclass
class Town:
    """The program as a process, three platforms, a drive so many days from now at 10:00 local, and its poster's code."""

    server: Server
    env: dict[str, str]
    folder: Path
    platforms: dict[str, FakeTelegram | FakeMessenger | FakeZalo]
    db: Database
    code: str

    def wire(self, channel: str) -> TelegramWire | MessengerWire | ZaloWire:
        return WIRES[channel](self.platforms[channel], USERS[channel], self.server.port, self.settled)

    def settled(self) -> bool:
        """Nothing waits or is under way: a webhook's 200 means that its answers stand in the outbox already."""
        under_way = select(outbox.c.id).where(outbox.c.state.in_(OPEN)).limit(1)
        return self.db.read_now(lambda c: c.execute(under_way).first()) is None

    async def tick(self, at: datetime) -> dict[str, object]:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", "--debug", "tick", "--at", at.isoformat(),
            cwd=self.folder, env={**os.environ, **self.env}, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, err = await process.communicate()
        WATCH.text(err.decode(), "tick")
        assert process.returncode == 0, err.decode()
        answer: dict[str, object] = json.loads(out)
        return answer


async def register(wire: TelegramWire | MessengerWire | ZaloWire) -> None:
    """A whole registration: typed where something is typed, tapped where something is offered."""
    await wire.type("dang ky hien mau")
    await wire.choose("Đồng ý")
    await wire.choose("Nhắc tôi")
    await wire.type("lo van thu")
    await wire.type("12-5-1990")
    await wire.type("0912 345 678")
    await wire.type("mau")
    await wire.choose("Mẫu")
    await wire.choose("Không làm")
    await wire.choose("10:00")
    await wire.choose("Xác nhận")
