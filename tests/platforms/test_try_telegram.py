"""The Telegram to try without an account: what is typed goes to the bot, what the bot sends is shown."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.bootstrap import open_house
from bot.settings import load_settings
from tests.cli.conftest import KEYS
from tests.platforms.server import Sent
from tests.platforms.try_telegram import USER, Phone, on_screen

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
ASKED = Sent(str(USER), "Chọn ca ạ?", "7", NOW, (("Ca sáng", "c:1"), ("Ca chiều", "c:2")))
ASKED_PHONE = Sent(str(USER), "Số ạ?", "8", NOW, (("Bỏ qua", ""),), asks_phone=True)


@pytest.mark.parametrize(
    ("line", "kind", "fields"),
    [
        ("hien mau co dau ko", "message", {"text": "hien mau co dau ko"}),
        ("+0912345678", "message", {"contact": {"phone_number": "84912345678", "user_id": USER}}),
        ("+ 84 không phải số", "message", {"text": "+ 84 không phải số"}),
        ("!edit đổi ý rồi", "edited_message", {"text": "đổi ý rồi"}),
        ("!photo đây ạ", "message", {"caption": "đây ạ"}),
        ("!block", "my_chat_member", {"new_chat_member": {"status": "kicked"}}),
        (">2", "callback_query", {"data": "c:2"}),
        (">Ca sáng", "callback_query", {"data": "c:1"}),
    ],
)
def test_a_line_becomes_an_update(line: str, kind: str, fields: dict[str, Any]) -> None:
    phone = Phone()
    phone.sent.append(ASKED)
    assert phone.type(line) == ""
    (update,) = phone.waiting
    assert fields.items() <= {name: only_known(value) for name, value in update[kind].items()}.items()


def only_known(value: Any) -> Any:
    """A contact without its names."""
    if isinstance(value, dict):
        return {key: part for key, part in value.items() if key not in ("first_name", "last_name")}
    return value


@pytest.mark.parametrize("line", [">9", ">Ca tối", ">", "!gì đó"])
def test_it_says_what_cannot_be_done(line: str) -> None:
    phone = Phone()
    phone.sent.append(ASKED)
    assert phone.type(line) != ""
    assert phone.waiting == []


def test_a_key_beside_the_phone_button_types_its_words() -> None:
    phone = Phone()
    phone.sent.append(ASKED_PHONE)
    assert phone.type(">Bỏ") == ""
    assert phone.waiting[0]["message"]["text"] == "Bỏ qua"


def test_a_message_is_shown_with_its_buttons() -> None:
    assert on_screen(ASKED) == "  bot │ Chọn ca ạ?\n  bot │ [1]\u00a0Ca\u00a0sáng   [2]\u00a0Ca\u00a0chiều"
    assert "share my number" in on_screen(ASKED_PHONE)


async def test_a_newcomer_is_answered(database_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With the settings that it tells: no account, no public address."""
    async with Phone() as phone:
        settings = load_settings(
            {
                **KEYS,
                "DATABASE_URL": database_url,
                "TELEGRAM_BOT_TOKEN": phone.token,
                "TELEGRAM_MODE": "polling",
                "TELEGRAM_API_BASE": phone.base_url,
            }
        )
        async with open_house(settings, tmp_path, frozenset({"web", "sender"})), asyncio.timeout(30):
            await phone.polled.wait()
            phone.type("/start")
            await phone.news.wait()
            phone.news.clear()
            phone.type(">English")
            await phone.news.wait()
    assert "trợ lý tự động" in phone.sent[0].text
    assert "English" in phone.sent[1].text
    assert "[1]\u00a0Đăng\u00a0ký" in capsys.readouterr().out
