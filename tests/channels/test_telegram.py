"""It sends what Telegram takes, as plain words, and refuses what was not fitted."""

import json
import logging
from dataclasses import replace

import pytest

from bot.channels.base import ContactGone, Rejected, Uncertain, UnreadableBody
from bot.channels.fit import fit
from bot.channels.http import SharedSession
from bot.channels.telegram import Telegram
from bot.domain.messages import Choice, Link, Message
from tests.channels.conftest import telegram_account
from tests.facts import TELEGRAM
from tests.platforms import FakeTelegram, Trouble

FAKE = FakeTelegram()
ACCOUNT = telegram_account(FAKE)
USER = 520000001


async def test_sends_text_with_buttons(telegram: Telegram, fake_telegram: FakeTelegram) -> None:
    fake_telegram.touch(str(USER))
    text = Message(
        "Chọn ca ạ?", (Choice("Ca sáng", "c:1"), Choice("Ca chiều", "c:2")), Link("Mẫu", "https://vidu.vn/f")
    )
    receipt = await telegram.send(ACCOUNT, str(USER), text, "reply:1:0")
    (sent,) = fake_telegram.sent
    assert receipt.platform_id == sent.platform_id
    assert (sent.user_id, sent.text, sent.link) == (str(USER), "Chọn ca ạ?", "https://vidu.vn/f")
    assert sent.choices == (("Ca sáng", "c:1"), ("Ca chiều", "c:2"))
    rows = fake_telegram.calls[-1].body["reply_markup"]["inline_keyboard"]
    assert [len(row) for row in rows] == [2, 1]


async def test_asks_for_the_phone_with_a_reply_keyboard(fake_telegram: FakeTelegram, session: SharedSession) -> None:
    fake_telegram.touch(str(USER))
    channel = Telegram([ACCOUNT], session, limits=TELEGRAM, base=fake_telegram.base_url, phone_label="Gửi số của tôi")
    await channel.send(ACCOUNT, str(USER), Message("Số ạ?", (Choice("Bỏ qua", "c:1"),), ask_phone=True), "k")
    assert fake_telegram.sent[0].asks_phone
    assert fake_telegram.calls[-1].body["reply_markup"] == {
        "keyboard": [[{"text": "Gửi số của tôi", "request_contact": True}], [{"text": "Bỏ qua"}]],
        "resize_keyboard": True,
        "one_time_keyboard": True,
    }


async def test_sends_every_part_of_a_long_turn(telegram: Telegram, fake_telegram: FakeTelegram) -> None:
    fake_telegram.touch(str(USER))
    turn = [
        Message("Câu hỏi dài. " * 700, tuple(Choice(f"Đơn vị {n}", f"u:{n}") for n in range(120))),
        Message("Ảnh", image="https://vidu.vn/a.png"),
    ]
    for part in fit(turn, TELEGRAM, "Trả lời bằng số."):
        await telegram.send(ACCOUNT, str(USER), part, "k")
    assert [len(sent.choices) for sent in fake_telegram.sent] == [0, 0, 100, 0]
    assert fake_telegram.sent[-1].image == "https://vidu.vn/a.png"


async def test_logs_neither_token_nor_text(
    telegram: Telegram, fake_telegram: FakeTelegram, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    fake_telegram.touch(str(USER))
    fake_telegram.fail_next(Trouble(200, '{"ok": tru', after=True))
    with pytest.raises(Uncertain):
        await telegram.send(ACCOUNT, str(USER), Message("lời riêng"), "k")
    await telegram.send(ACCOUNT, str(USER), Message("lời riêng"), "k")
    assert fake_telegram.token not in caplog.text
    assert "lời riêng" not in caplog.text


async def test_stops_writing_to_who_blocked_it(telegram: Telegram, fake_telegram: FakeTelegram) -> None:
    fake_telegram.webhook_member(USER, "kicked")
    with pytest.raises(ContactGone):
        await telegram.send(ACCOUNT, str(USER), Message("x"), "k")


@pytest.mark.parametrize(
    "unfit",
    [
        pytest.param(Message("x" * 4097), id="too long"),
        pytest.param(Message(""), id="empty"),
        pytest.param(Message("x", (Choice("a", "ạ" * 30),)), id="payload of 90 bytes"),
        pytest.param(Message("x", link=Link("a", "http://127.0.0.1/")), id="local link"),
    ],
)
async def test_refuses_what_was_not_fitted(telegram: Telegram, fake_telegram: FakeTelegram, unfit: Message) -> None:
    with pytest.raises(Rejected):
        await telegram.send(ACCOUNT, str(USER), unfit, "k")
    assert fake_telegram.calls == []


def test_knows_its_bots(telegram: Telegram) -> None:
    assert telegram.knows(FAKE.bot_id)
    assert not telegram.knows("1")


def test_reads_an_update_of_another_shape_as_unreadable(telegram: Telegram, fake_telegram: FakeTelegram) -> None:
    request = fake_telegram.webhook(USER, "x").request()
    with pytest.raises(UnreadableBody):
        telegram.receive(replace(request, body=json.dumps([1]).encode()))


HOSTILE = (
    "<b>Đậm</b> &lt; *sao* _gạch_ [bấm đây](https://vidu.vn) `mã` ||ẩn|| \\ </script> &#60;",
    '<a href="tg://user?id=520000001">Người Thử</a> @everyone /xoa #the https://vidu.vn/me/abc',
    "\u202eđảo chiều\u202c \u200b 🩸🩸🩸 <tg-spoiler>",
)


@pytest.mark.parametrize("words", HOSTILE)
@pytest.mark.parametrize("image", [None, "https://vidu.vn/a.png"])
async def test_words_arrive_as_they_are_whatever_they_look_like(
    telegram: Telegram, fake_telegram: FakeTelegram, words: str, image: str | None
) -> None:
    """Somebody's name may be written so. Without `parse_mode` and entities Telegram parses nothing."""
    fake_telegram.touch(str(USER))
    hostile = Message(words, (Choice(words[:20], "c:1"),), Link(words[:20], "https://vidu.vn/f"), image)
    await telegram.send(ACCOUNT, str(USER), hostile, "k")
    assert fake_telegram.sent[0].text == words
    assert fake_telegram.sent[0].choices == ((words[:20], "c:1"),)
    plain = {"chat_id", "text", "link_preview_options", "photo", "caption", "reply_markup"}
    assert set(fake_telegram.calls[-1].body) <= plain


async def test_the_limit_counts_as_telegram_does(telegram: Telegram, fake_telegram: FakeTelegram) -> None:
    fake_telegram.touch(str(USER))
    parts = fit([Message("🩸" * 4000)], TELEGRAM)
    for part in parts:
        await telegram.send(ACCOUNT, str(USER), part, "k")
    assert "".join(sent.text for sent in fake_telegram.sent) == "🩸" * 4000
    assert len(parts) == 2


async def test_no_preview_opens_a_link(telegram: Telegram, fake_telegram: FakeTelegram) -> None:
    """Telegram makes a preview by opening the address, which would use up a link that works once."""
    fake_telegram.touch(str(USER))
    await telegram.send(ACCOUNT, str(USER), Message("https://vidu.vn/me/abc"), "k")
    assert fake_telegram.calls[-1].body["link_preview_options"] == {"is_disabled": True}
