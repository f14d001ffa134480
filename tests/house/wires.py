"""A person on one platform's wire: types, taps what was offered, reads what arrives."""

import asyncio
import re
from collections.abc import Callable
from typing import Protocol

import aiohttp

from bot.bench.ground import free_port
from tests.platforms.messenger import FakeMessenger
from tests.platforms.server import FakePlatform, Sent, Webhook
from tests.platforms.telegram import FakeTelegram
from tests.platforms.zalo import FakeZalo

PATIENCE = 60.0


class Wire(Protocol):
    """One person talking to the program over real HTTP."""

    user: str
    platform: FakePlatform

    async def type(self, text: str) -> None: ...

    async def choose(self, label: str) -> None: ...


class _OneWire:
    """`settled` tells whether everything that was to be said has been: a turn may have parts, a lane its pace."""

    def __init__(self, platform: FakePlatform, user: str, port: int, settled: Callable[[], bool]) -> None:
        self.platform, self.user, self._port, self._settled = platform, user, port, settled

    def messages(self) -> list[Sent]:
        return [message for message in self.platform.sent if message.user_id == self.user]

    async def type(self, text: str) -> None:
        await self._exchange(self.platform.webhook(self.user, text))

    async def _exchange(self, call: Webhook) -> None:
        """Post a call and wait for the whole answer on the platform's side."""
        before = len(self.messages())
        url = f"http://127.0.0.1:{self._port}{call.path}"
        async with (
            aiohttp.ClientSession() as session,
            session.post(url, data=call.body, headers=call.headers) as answer,
        ):
            assert answer.status == 200
        async with asyncio.timeout(PATIENCE):
            while len(self.messages()) == before or not self._settled():
                await asyncio.sleep(0.02)

    def _payload(self, label: str) -> tuple[str, str]:
        offered = [choice for message in self.messages() for choice in message.choices]
        found = next((choice for choice in reversed(offered) if label in choice[0]), None)
        assert found is not None, f"{label!r} was not offered: {offered[-12:]}"
        return found[1], found[0]


class TelegramWire(_OneWire):
    platform: FakeTelegram

    async def choose(self, label: str) -> None:
        payload, _ = self._payload(label)
        await self._exchange(self.platform.webhook_press(self.user, payload, self.messages()[-1]))


class MessengerWire(_OneWire):
    platform: FakeMessenger

    async def choose(self, label: str) -> None:
        payload, title = self._payload(label)
        await self._exchange(self.platform.webhook_press(self.user, payload, title))


class ZaloWire(_OneWire):
    """Menus are numbered text here: the person answers with the number in front of the label."""

    platform: FakeZalo

    async def choose(self, label: str) -> None:
        menu = self.messages()[-1].text
        found = re.search(rf"^(\d+)\. .*{re.escape(label)}", menu, re.MULTILINE)
        assert found is not None, f"{label!r} was not offered in {menu!r}"
        await self.type(found.group(1))


def environment(telegram: FakeTelegram, messenger: FakeMessenger, zalo: FakeZalo, database: str) -> dict[str, str]:
    """What `giothong serve` needs to speak with the three loopback platforms."""
    return {
        "PORT": str(free_port()),
        "DATABASE_URL": database,
        "SECRET_KEY": "k" * 43,
        "ENCRYPTION_KEYS": "a2trY2tra2tra2tra2tra2tra2tra2tra2tra2tra2s=",
        "TELEGRAM_BOT_TOKEN": telegram.token,
        "TELEGRAM_WEBHOOK_SECRET": telegram.secret,
        "TELEGRAM_API_BASE": telegram.base_url,
        "MESSENGER_PAGE_ID": messenger.page_id,
        "MESSENGER_PAGE_TOKEN": messenger.token,
        "MESSENGER_APP_SECRET": messenger.app_secret,
        "MESSENGER_VERIFY_TOKEN": messenger.verify_token,
        "MESSENGER_API_BASE": messenger.base_url,
        "ZALO_APP_ID": zalo.app_id,
        "ZALO_APP_SECRET": "sample-app-secret",
        "ZALO_OA_ID": zalo.oa_id,
        "ZALO_OA_SECRET": zalo.oa_secret,
        "ZALO_ACCESS_TOKEN": zalo.token,
        "ZALO_API_BASE": zalo.base_url,
        "LOG_LEVEL": "WARNING",
    }
