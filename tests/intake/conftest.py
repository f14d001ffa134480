"""A real intake on a real database with the real words; only the platforms are absent."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import pytest

from bot.channels.base import Account, Received, WebhookRequest
from bot.channels.telegram import Telegram
from bot.channels.webchat import WebChat
from bot.domain.updates import ChannelKind
from bot.intake import Catalogues, Committed, Fixed, Intake, Taken
from bot.library import Library, content_root
from bot.storage.database import Database
from bot.storage.sealing import KeyRing
from bot.understanding.intents import IntentReader
from tests.facts import TELEGRAM, WEB
from tests.storage.ground import add_account, add_drive, add_unit

BOT, SECRET = "7000000001", "secret-of-the-webhook"


@cache
def library() -> Library:
    return Library.load(content_root())


@cache
def reader() -> IntentReader:
    return library().reader()


@dataclass
class Ground:
    """An intake with one Telegram bot, one web chat, and one drive."""

    db: Database
    ring: KeyRing
    intake: Intake
    channel: Telegram
    account_id: int
    web_id: int
    drive_id: int
    slot_ids: list[int]
    committed: list[Committed] = field(default_factory=list)
    numbers: count[int] = field(default_factory=lambda: count(1))

    def request(self, user: int, text: str, update_id: int | None = None, at: int = 1_795_316_400) -> WebhookRequest:
        person = {"id": user, "is_bot": False, "first_name": "Người"}
        number = next(self.numbers) if update_id is None else update_id
        message = {
            "message_id": number,
            "from": person,
            "chat": {"id": user, "type": "private"},
            "date": at,
            "text": text,
        }
        body = orjson.dumps({"update_id": number, "message": message})
        return WebhookRequest(ChannelKind.TELEGRAM, {"x-telegram-bot-api-secret-token": SECRET}, body, BOT)

    async def say(self, user: int, text: str, update_id: int | None = None) -> Taken:
        request = self.request(user, text, update_id)
        return await self.intake.take(request, self.channel.receive(request))

    async def walk(self, user: int, *texts: str) -> None:
        for text in texts:
            await self.say(user, text)


REGISTRATION = (
    "/start",
    "đăng ký",
    "đồng ý",
    "có",
    "Lò Văn Thử",
    "12/5/1990",
    "0912345678",
    "mau",
    "1",
    "không",
    "1",
    "xác nhận",
)


@pytest.fixture
def capacities() -> tuple[int, ...]:
    return (20, 20)


@pytest.fixture
async def ground(
    db: Database, ring: KeyRing, now: datetime, tmp_path: Path, capacities: tuple[int, ...]
) -> AsyncIterator[Ground]:
    def furnish(connection: object) -> tuple[int, int, int, list[int]]:
        unit = add_unit(connection)  # type: ignore[arg-type]
        bot = add_account(connection, "telegram", BOT)  # type: ignore[arg-type]
        web = add_account(connection, "web", "web")  # type: ignore[arg-type]
        drive, slots = add_drive(connection, unit, now + timedelta(days=5), capacities=capacities)  # type: ignore[arg-type]
        return bot, web, drive, slots

    bot, web, drive, slot_ids = db.write_now(furnish)
    secrets = {"token": f"{BOT}:x", "secret": SECRET}
    channel = Telegram(
        [Account(bot, ChannelKind.TELEGRAM, "telegram", BOT, secrets=secrets)], _no_session, limits=TELEGRAM
    )
    webchat = WebChat([Account(web, ChannelKind.WEB, "web", "web")], limits=WEB)
    channels = {ChannelKind.TELEGRAM: channel, ChannelKind.WEB: webchat}
    committed: list[Committed] = []
    intake = build_intake(db, ring, now, tmp_path, channels, committed.append)
    await intake.start()
    yield Ground(db, ring, intake, channel, bot, web, drive, slot_ids, committed)
    await intake.close()


def build_intake(
    db: Database,
    ring: KeyRing,
    now: datetime,
    folder: Path,
    channels: dict[ChannelKind, Telegram | WebChat],
    on_commit: Callable[[Committed], None],
    **fixed_too: Any,
) -> Intake:
    fixed = Fixed(
        library(),
        reader(),
        ZoneInfo("Asia/Ho_Chi_Minh"),
        lambda address, _: f"https://hm.example/form/{address.id}",
        **fixed_too,
    )

    def receive(request: WebhookRequest) -> Received:
        return channels[request.kind].receive(request)

    limits = {kind: channel.limits for kind, channel in channels.items()}
    ticks = count()
    clock = lambda: now + timedelta(seconds=next(ticks) * 0.01)  # noqa: E731
    return Intake(db, ring, Catalogues(db, fixed), limits, receive, folder / "spool", clock, on_commit)


def _no_session() -> None:
    raise AssertionError("the intake never calls a platform")
