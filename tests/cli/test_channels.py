"""`giothong channels` and polling, against a strict Telegram on loopback."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.bootstrap import open_house, open_rooms
from bot.cli import main
from bot.cli.channels import _check, _set_webhooks
from bot.cli.templates import _hand_in
from bot.domain.platforms import RouteKind
from bot.domain.updates import ChannelKind
from bot.envfile import write_env_file
from bot.settings import Settings, load_settings
from bot.storage.approved_templates import approved_templates
from tests.cli.conftest import KEYS
from tests.platforms.messenger import FakeMessenger
from tests.platforms.telegram import FakeTelegram

PUBLIC = "https://hien-mau.example"


def settings_of(platform: FakeTelegram, database_url: str, **more: str) -> Settings:
    return load_settings(
        {
            **KEYS,
            "DATABASE_URL": database_url,
            "TELEGRAM_BOT_TOKEN": platform.token,
            "TELEGRAM_WEBHOOK_SECRET": platform.secret,
            "TELEGRAM_API_BASE": platform.base_url,
            **more,
        }
    )


async def test_it_registers_the_webhook_and_then_finds_the_account_healthy(
    database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    async with FakeTelegram() as platform:
        settings = settings_of(platform, database_url, PUBLIC_URL=PUBLIC)
        assert await _check(settings) == 1
        assert "telegram (telegram): PROBLEM: no webhook is registered" in capsys.readouterr().out
        assert await _set_webhooks(settings) == 0
        assert platform.hook["url"] == f"{PUBLIC}/webhooks/telegram/{platform.bot_id}"
        assert dict(platform.commands[""])["dangky"] == "Đăng ký hiến máu"
        assert set(platform.descriptions) == set(platform.abouts) == {"", "en"}
        assert await _check(settings) == 0
        told = capsys.readouterr().out
    assert "telegram (telegram): ok" in told
    assert platform.token not in told


async def test_it_gives_a_polled_bot_its_words_without_a_public_address(
    database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    async with FakeTelegram() as platform:
        settings = settings_of(platform, database_url, TELEGRAM_MODE="polling", TELEGRAM_WEBHOOK_SECRET="")
        assert await _set_webhooks(settings) == 0
        assert "commands and descriptions are set; TELEGRAM_MODE is polling" in capsys.readouterr().out
        assert set(platform.commands) == {"", "en"}
        assert platform.hook["url"] == ""


async def test_it_tells_of_updates_that_telegram_cannot_deliver(
    database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    async with FakeTelegram() as platform:
        settings = settings_of(platform, database_url, PUBLIC_URL=PUBLIC)
        assert await _set_webhooks(settings) == 0
        platform.hook["last_error_date"] = int(datetime.now(UTC).timestamp())
        platform.hook["last_error_message"] = "Wrong response from the webhook: 502 Bad Gateway"
        platform.queue(platform.update("message", {**platform._message(501), "text": "xin chào"}))
        assert await _check(settings) == 1
    told = capsys.readouterr().out
    assert "PROBLEM: Telegram cannot deliver 1 updates: Wrong response from the webhook: 502 Bad Gateway" in told
    assert "pending: 1" in told


async def test_it_subscribes_the_app_to_the_page_and_says_what_is_left(
    database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    async with FakeMessenger() as platform:
        settings = page_settings(platform, database_url)
        assert await _check(settings) == 1
        assert await _set_webhooks(settings) == 0
        assert {"messages", "messaging_postbacks"} <= set(platform.subscribed)
        assert f"{PUBLIC}/webhooks/messenger" in capsys.readouterr().out
        assert await _check(settings) == 0


async def test_it_names_a_bot_with_a_wrong_token(database_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    async with FakeTelegram() as platform:
        settings = settings_of(platform, database_url, TELEGRAM_BOT_TOKEN=f"{platform.bot_id}:another-token")
        assert await _check(settings) == 1
    told = capsys.readouterr().out
    assert "telegram (telegram): PROBLEM" in told
    assert "another-token" not in told


def test_it_registers_nothing_without_a_public_address(
    folder: Path, sqlite_template: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_env_file(folder / ".env", {**KEYS, "DATABASE_URL": f"sqlite:///{sqlite_template}"})
    assert main(["channels", "set-webhook"]) == 2
    assert "PUBLIC_URL is empty" in capsys.readouterr().err


async def test_it_polls_commits_and_answers_without_a_public_address(database_url: str, tmp_path: Path) -> None:
    async with FakeTelegram(now=datetime.now(UTC)) as platform:
        platform.queue(platform.update("message", {**platform._message(501), "text": "/start"}))
        settings = settings_of(platform, database_url, TELEGRAM_MODE="polling", TELEGRAM_WEBHOOK_SECRET="")
        async with open_house(settings, tmp_path, frozenset({"web", "sender"})) as house, asyncio.timeout(15):
            assert {"polling telegram", "sender"} <= {task.get_name() for task in house.tasks}
            while not platform.sent:
                await asyncio.sleep(0.02)
            assert "trợ lý tự động" in platform.sent[0].text
            while platform.waiting:
                await asyncio.sleep(0.02)  # the offset moves on after the commit


def page_settings(platform: FakeMessenger, database_url: str, **more: str) -> Settings:
    page = {
        "MESSENGER_PAGE_ID": platform.page_id,
        "MESSENGER_PAGE_TOKEN": platform.token,
        "MESSENGER_APP_SECRET": platform.app_secret,
        "MESSENGER_APP_ID": platform.app_id,
        "MESSENGER_VERIFY_TOKEN": platform.verify_token,
        "MESSENGER_API_BASE": platform.base_url,
    }
    return load_settings({**KEYS, "DATABASE_URL": database_url, "PUBLIC_URL": PUBLIC, **page, **more})


async def test_it_sets_the_pages_greeting_and_menu_and_says_what_meta_refused(
    database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    async with FakeMessenger() as platform:
        platform.status_field = "another_name"
        assert await _set_webhooks(page_settings(platform, database_url)) == 0
        assert "trợ lý tự động" in platform.profile["greeting"][0]["text"]
    assert "without message_template_status_update, which Meta refuses" in capsys.readouterr().out


async def test_it_hands_in_what_is_missing_and_says_why_one_was_refused(
    database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    async with FakeMessenger() as platform:
        platform.templates.verdicts = {
            "thanks_v1": ("REJECTED", "TAG_SHOULD_BE_MARKETING"),
            "reminder_v1": ("PENDING", "NONE"),
        }
        settings = page_settings(platform, database_url)
        assert await _hand_in(settings, look=True) == 0
        assert platform.templates.rows == {}
        assert "drive_eve_v1 (vi): missing" in capsys.readouterr().out
        assert await _hand_in(settings, look=False) == 1
        told = capsys.readouterr().out
        handed_in = len(platform.templates.rows)
        assert await _hand_in(settings, look=False) == 1
        assert len(platform.templates.rows) == handed_in == 12
        assert capsys.readouterr().out == told
        async with open_rooms(settings) as rooms:
            kept = await rooms.db.read(approved_templates)
    assert "messenger: drive_eve_v1 (vi): approved\n" in told
    assert "messenger: reminder_v1 (en): pending\n" in told
    refused = "refused as TAG_SHOULD_BE_MARKETING: mend content/templates/thanks.yaml and raise its version"
    assert f"messenger: thanks_v1 (vi): disabled, {refused}\n" in told
    usable = {(one.template_id, one.language): one.usable for each in kept.values() for one in each}
    assert (usable["drive_eve_v1", "vi"], usable["thanks_v1", "vi"], usable["reminder_v1", "en"]) == (
        True,
        False,
        False,
    )


async def test_it_notices_words_that_changed_under_an_approved_name(
    database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    async with FakeMessenger() as platform:
        settings = page_settings(platform, database_url)
        await _hand_in(settings, look=False)
        platform.templates.rows["drive_eve_v1", "vi"].body = "Chào {{1}}, lời cũ ạ."
        capsys.readouterr()
        assert await _hand_in(settings, look=True) == 0
    told = (
        "drive_eve_v1 (vi): approved with other words than content/templates/drive-eve.yaml has now: raise its version"
    )
    assert told in capsys.readouterr().out


async def test_it_says_when_a_page_cannot_be_asked_for_its_templates(
    database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    async with FakeMessenger() as platform:
        settings = page_settings(platform, database_url, MESSENGER_PAGE_TOKEN="EAAold-token")
        assert await _hand_in(settings, look=False) == 1
    told = capsys.readouterr().out
    assert "messenger: PROBLEM: " in told
    assert "(190)" in told
    assert "EAAold" not in told


@pytest.mark.parametrize(("word", "granted"), [("off", False), ("on", True)])
async def test_staffs_own_words_have_a_week_only_where_the_settings_say_so(
    database_url: str, word: str, granted: bool
) -> None:
    async with FakeMessenger() as platform:
        settings = page_settings(platform, database_url, MESSENGER_HUMAN_AGENT=word)
        async with open_rooms(settings) as rooms:
            windows = rooms.library.platforms[ChannelKind.MESSENGER].windows
            assert (RouteKind.HUMAN_AGENT in windows) is granted
            assert rooms.accounts[-1].secrets["app_id"] == platform.app_id
