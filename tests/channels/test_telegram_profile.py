"""What people see of a bot before they write: registered in each language, and understood when they tap it."""

import pytest

from bot.channels.telegram import Telegram
from bot.channels.telegram_profile import COMMANDS, profiles
from bot.dialog.respond import COMMANDS as UNDERSTOOD
from bot.library import Library, content_root
from bot.understanding.stop import command
from tests.channels.conftest import telegram_account
from tests.platforms import FakeTelegram

WORDS = Library.load(content_root())
ASKED_FOR = ("start", "dangky", "lich", "dulieu", "xoa", "dung", "nguoi", "help")


async def test_registers_commands_and_descriptions(telegram: Telegram, fake_telegram: FakeTelegram) -> None:
    await telegram.set_profile(telegram_account(fake_telegram), profiles(WORDS.text, "vi"))
    assert set(fake_telegram.commands) == set(fake_telegram.descriptions) == set(fake_telegram.abouts) == {"", "en"}
    assert dict(fake_telegram.commands[""])["dangky"] == "Đăng ký hiến máu"
    assert dict(fake_telegram.commands["en"])["register"] == "Register to give blood"
    assert "trợ lý tự động" in fake_telegram.descriptions[""]
    assert "automatic assistant" in fake_telegram.abouts["en"]


async def test_the_first_language_is_everybodys(telegram: Telegram, fake_telegram: FakeTelegram) -> None:
    await telegram.set_profile(telegram_account(fake_telegram), profiles(WORDS.text, "en"))
    assert set(fake_telegram.commands) == {"", "vi"}
    assert "register" in dict(fake_telegram.commands[""])


def test_offers_all_that_people_were_promised() -> None:
    assert set(ASKED_FOR) <= {name for name, _ in COMMANDS["vi"]}
    assert [len(names) for names in COMMANDS.values()] == [13, 13]


@pytest.mark.parametrize("name", sorted({name for names in COMMANDS.values() for name, _ in names}))
def test_every_command_is_understood(name: str) -> None:
    for typed in (f"/{name}", f"/{name}@hienmau_thu_bot", f"/{name.upper()}", f"/{name}@khac_bot"):
        assert command(typed) in UNDERSTOOD, typed


@pytest.mark.parametrize("language", COMMANDS)
def test_its_words_fit_a_phone(language: str) -> None:
    (profile,) = (one for one in profiles(WORDS.text, "") if one.language == language)
    assert all(len(does) <= 45 for _, does in profile.commands)
    assert len(profile.description) <= 512
    assert len(profile.about) <= 120
    assert "115" in profile.description
