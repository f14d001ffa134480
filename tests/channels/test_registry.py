"""It puts the channels together and lets them go."""

import base64
import subprocess
import sys

import aiohttp
import pytest

from bot.channels.base import Account
from bot.channels.http import SharedSession
from bot.channels.registry import build_channels
from bot.domain.messages import Message
from bot.domain.updates import ChannelKind
from bot.settings import load_settings
from tests.facts import LIMITS
from tests.platforms import FakeMessenger, FakeTelegram, FakeZalo

BASIC = {"SECRET_KEY": "x" * 32, "ENCRYPTION_KEYS": base64.urlsafe_b64encode(b"k" * 32).decode()}
USER = "520000001"


def env(telegram: FakeTelegram, messenger: FakeMessenger, zalo: FakeZalo) -> dict[str, str]:
    return {
        **BASIC,
        "TELEGRAM_BOT_TOKEN": telegram.token,
        "TELEGRAM_WEBHOOK_SECRET": telegram.secret,
        "TELEGRAM_API_BASE": telegram.base_url,
        "MESSENGER_PAGE_ID": messenger.page_id,
        "MESSENGER_PAGE_TOKEN": messenger.token,
        "MESSENGER_APP_SECRET": messenger.app_secret,
        "MESSENGER_VERIFY_TOKEN": messenger.verify_token,
        "MESSENGER_API_BASE": messenger.base_url,
        "ZALO_APP_ID": zalo.app_id,
        "ZALO_APP_SECRET": "app-secret",
        "ZALO_OA_ID": zalo.oa_id,
        "ZALO_OA_SECRET": zalo.oa_secret,
        "ZALO_ACCESS_TOKEN": zalo.token,
        "ZALO_API_BASE": zalo.base_url,
    }


async def test_serves_the_accounts_of_the_environment_over_one_session(
    fake_telegram: FakeTelegram, fake_messenger: FakeMessenger, fake_zalo: FakeZalo
) -> None:
    sessions: list[aiohttp.ClientSession] = []

    def session() -> aiohttp.ClientSession:
        sessions.append(aiohttp.ClientSession())
        return sessions[-1]

    accounts = [
        Account(1, ChannelKind.TELEGRAM, "bot", fake_telegram.bot_id),
        Account(2, ChannelKind.MESSENGER, "page", fake_messenger.page_id),
        Account(3, ChannelKind.ZALO, "oa", fake_zalo.oa_id),
        Account(4, ChannelKind.WEB, "web", "web"),
    ]
    channels = build_channels(
        load_settings(env(fake_telegram, fake_messenger, fake_zalo)), accounts, LIMITS, SharedSession(session)
    )
    for fake, account in zip((fake_telegram, fake_messenger, fake_zalo), channels.accounts, strict=False):
        (update,) = channels.for_account(account).receive(fake.webhook(USER, "Chào").request()).updates
        assert update.account_id == account.id
        await channels.for_account(account).send(account, USER, Message("Dạ chào anh/chị"), "k")
        assert fake.texts(USER) == ["Dạ chào anh/chị"]
    await channels.close()
    assert [one.closed for one in sessions] == [True]


def test_leaves_a_kind_without_accounts_off() -> None:
    channels = build_channels(load_settings(BASIC), [Account(4, ChannelKind.WEB, "web", "web")], LIMITS)
    assert list(channels.by_kind) == [ChannelKind.WEB]
    assert channels.telegram is None
    assert channels.messenger is None


def test_lets_an_accounts_own_secrets_win() -> None:
    settings = load_settings({**BASIC, "TELEGRAM_BOT_TOKEN": "7:aaaaaaaaaaaa", "TELEGRAM_WEBHOOK_SECRET": "s"})
    own = Account(1, ChannelKind.TELEGRAM, "bot", "7", secrets={"token": "7:bbbbbbbbbbbb", "secret": ""})
    (account,) = build_channels(settings, [own], LIMITS).accounts
    assert account.secrets == {"token": "7:bbbbbbbbbbbb", "secret": "s"}


@pytest.mark.parametrize("module", ["bot.channels.registry", "bot.channels.telegram_polling"])
def test_does_not_import_the_telegram_library_before_it_is_needed(module: str) -> None:
    code = f"import sys, {module}; sys.exit('telegram' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
