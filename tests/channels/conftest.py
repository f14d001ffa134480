"""A platform of each kind on loopback, and our channel of that kind over it."""

from collections.abc import AsyncIterator

import pytest

from bot.channels.base import Account
from bot.channels.http import SharedSession
from bot.channels.messenger import Messenger
from bot.channels.telegram import Telegram
from bot.channels.zalo import Zalo
from bot.domain.updates import ChannelKind
from tests.facts import MESSENGER, TELEGRAM, ZALO
from tests.platforms import FakeMessenger, FakeTelegram, FakeZalo


@pytest.fixture
async def session() -> AsyncIterator[SharedSession]:
    shared = SharedSession()
    yield shared
    await shared.close()


@pytest.fixture
async def fake_telegram() -> AsyncIterator[FakeTelegram]:
    async with FakeTelegram() as platform:
        yield platform


@pytest.fixture
async def fake_messenger() -> AsyncIterator[FakeMessenger]:
    async with FakeMessenger() as platform:
        yield platform


@pytest.fixture
async def fake_zalo() -> AsyncIterator[FakeZalo]:
    async with FakeZalo() as platform:
        yield platform


def telegram_account(platform: FakeTelegram) -> Account:
    secrets = {"token": platform.token, "secret": platform.secret}
    return Account(1, ChannelKind.TELEGRAM, "bot", platform.bot_id, secrets=secrets)


def messenger_account(platform: FakeMessenger) -> Account:
    secrets = {
        "token": platform.token,
        "app_secret": platform.app_secret,
        "verify_token": platform.verify_token,
        "app_id": platform.app_id,
    }
    return Account(2, ChannelKind.MESSENGER, "page", platform.page_id, secrets=secrets)


def zalo_account(platform: FakeZalo) -> Account:
    secrets = {"token": platform.token, "app_id": platform.app_id, "secret": platform.oa_secret}
    return Account(3, ChannelKind.ZALO, "oa", platform.oa_id, secrets=secrets)


@pytest.fixture
def telegram(fake_telegram: FakeTelegram, session: SharedSession) -> Telegram:
    return Telegram([telegram_account(fake_telegram)], session, limits=TELEGRAM, base=fake_telegram.base_url)


@pytest.fixture
def messenger(fake_messenger: FakeMessenger, session: SharedSession) -> Messenger:
    return Messenger([messenger_account(fake_messenger)], session, limits=MESSENGER, base=fake_messenger.base_url)


@pytest.fixture
def zalo(fake_zalo: FakeZalo, session: SharedSession) -> Zalo:
    return Zalo([zalo_account(fake_zalo)], session, limits=ZALO, base=fake_zalo.base_url, business=fake_zalo.base_url)
