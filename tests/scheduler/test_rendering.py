"""Every reminder, in every language, is one legal call on every channel."""

from datetime import date

import pytest

from bot.channels.fit import fit, trouble
from bot.dialog.payloads import parse
from bot.domain.consents import Purpose
from bot.domain.conversations import Conversation
from bot.domain.messages import Message
from bot.domain.platforms import Limits
from bot.storage.talks import dump_talk
from tests.facts import MESSENGER, TELEGRAM, ZALO
from tests.scheduler.conftest import Stage, library
from tests.scheduler.ground import Tape, days, local

LONG = "Ngày hội hiến máu tình nguyện của công nhân viên chức lao động các huyện vùng cao"


async def message_of(stage: Stage, language: str, occasion: str) -> Message:
    """The message as the due sweep renders it, with a drive that has long words."""
    account = stage.rows.account()
    talk = dump_talk(Conversation(language=language, greeted=True), stage.ring)
    person = stage.rows.person(account, "1", talk_sealed=talk)
    tape = Tape()
    parts = stage.with_tape(tape, account)
    if occasion == "next-donation":
        stage.rows.consent(person, Purpose.REMINDER)
        stage.rows.give(person, local(5, "12:00").date() - days(84))
        await stage.sweep(parts, local(5, "18:00"))
    else:
        slot = stage.rows.drive(local(5, "07:30" if occasion == "drive-eve-early" else "09:30"))[0]
        stage.rows.book(person, slot)
        await stage.sweep(parts, local(5, "07:30") if occasion == "drive-morning" else local(4, "18:00"))
    (row,) = stage.rows.outbox()
    return stage.rows.body(row)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("occasion", ["drive-eve", "drive-eve-early", "drive-morning", "next-donation"])
@pytest.mark.parametrize("language", ["vi", "en"])
async def test_it_is_one_legal_call(stage: Stage, language: str, occasion: str) -> None:
    message = await message_of(stage, language, occasion)
    assert "{" not in message.text
    assert all(parse(choice.payload) is not None for choice in message.choices)
    for limits in (TELEGRAM, MESSENGER, ZALO):
        parts = fit((message,), limits, library().text("channels.answer-with-number", language))
        assert len(parts) == 1, limits
        assert trouble(parts[0], limits) == ""


@pytest.mark.parametrize("limits", [TELEGRAM, MESSENGER, ZALO])
def test_it_leaves_room_for_long_names(limits: Limits) -> None:
    values = {"drive": LONG, "place": LONG * 2, "time": "09:30", "day": "Thứ Bảy, 05/12/2026", "ticket": "ABCDE-12345"}
    words = library()
    text = "\n\n".join(
        (
            words.text("remind.drive-eve-early", "vi", values),
            words.text(words.safety_note(date(2026, 12, 5)), "vi", {"date": "05/12/2026"}),
        )
    )
    assert len(text) + 200 < limits.text


@pytest.mark.parametrize("text_id", ["drive-eve", "drive-eve-early", "drive-morning", "next-donation"])
def test_it_never_says_tomorrow_and_always_who_speaks(text_id: str) -> None:
    names = ("drive", "time", "day", "place", "ticket", "date", "last_on")
    for language, who in (("vi", "trợ lý tự động"), ("en", "automatic assistant")):
        text = library().text(f"remind.{text_id}", language, dict.fromkeys(names, "X"))
        assert who in text
        assert "ngày mai" not in text.lower()
        assert "tomorrow" not in text.lower()
