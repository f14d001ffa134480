"""It decodes what Telegram posts and sends what Telegram takes."""

import json
import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.channels.base import (
    ContactGone,
    Misconfigured,
    Rejected,
    SendError,
    Throttled,
    Unavailable,
    Uncertain,
    UnreadableBody,
)
from bot.channels.fit import fit
from bot.channels.http import SharedSession
from bot.channels.telegram import ALLOWED_UPDATES, Telegram, decode
from bot.domain.messages import Choice, Link, Message
from bot.domain.updates import Event, Left, Pressed, Returned, Said, SentSomething, SharedPhone, Started, Unknown
from tests.channels.conftest import telegram_account
from tests.facts import TELEGRAM
from tests.platforms import LOST_AFTER, LOST_BEFORE, FakeTelegram, Trouble

FAKE = FakeTelegram()
ACCOUNT = telegram_account(FAKE)
USER = 520000001
NOW = datetime(2026, 11, 22, 3, 0, 7, 500_000, tzinfo=UTC)
PERSON = {"id": USER, "is_bot": False, "first_name": "Người", "last_name": "Thử", "language_code": "vi"}
CHAT = {"id": USER, "first_name": "Người", "last_name": "Thử", "type": "private"}
GROUP = {"id": -400000001, "title": "CĐCS thử", "type": "group"}


def message(**fields: Any) -> dict[str, Any]:
    return {"message_id": 11, "from": PERSON, "chat": CHAT, "date": 1790000000, **fields}


def press(**fields: Any) -> dict[str, Any]:
    return {"id": "2233445566778899001", "from": PERSON, "chat_instance": "-44", "data": "c:1", **fields}


def member(status: str) -> dict[str, Any]:
    bot = {"id": 7000000001, "is_bot": True, "first_name": "Hiến máu"}
    return message(
        old_chat_member={"user": bot, "status": "member"},
        new_chat_member={"user": bot, "status": status, "until_date": 0},
    )


@pytest.mark.parametrize(
    ("update", "event"),
    [
        pytest.param({"message": message(text="Tôi muốn đăng ký")}, Said("Tôi muốn đăng ký"), id="text"),
        pytest.param({"message": message(text="/start drive17_poster-A")}, Started("drive17_poster-A"), id="deep link"),
        pytest.param({"message": message(text="/start")}, Started(), id="start"),
        pytest.param({"message": message(text="/startled")}, Said("/startled"), id="not quite start"),
        pytest.param({"message": message(text="/xoa")}, Said("/xoa"), id="another command is words"),
        pytest.param({"callback_query": press(message=message(text="Ca?"))}, Pressed("c:1"), id="press"),
        pytest.param({"callback_query": press(inline_message_id="9")}, Pressed("c:1"), id="press without its message"),
        pytest.param(
            {"callback_query": press(message={"chat": CHAT, "message_id": 3, "date": 0})},
            Pressed("c:1"),
            id="press on an inaccessible message",
        ),
        pytest.param(
            {"message": message(contact={"phone_number": "+84900000001", "first_name": "Thử", "user_id": USER})},
            SharedPhone("+84900000001", "Thử"),
            id="own contact",
        ),
        pytest.param(
            {"message": message(contact={"phone_number": "0900000002", "first_name": "B", "user_id": 7})},
            SentSomething("foreign-contact"),
            id="a friend's contact",
        ),
        pytest.param(
            {"message": message(contact={"phone_number": "0900000002", "first_name": "B"})},
            SentSomething("foreign-contact"),
            id="a contact of nobody on Telegram",
        ),
        pytest.param({"message": message(sticker={"emoji": "🩸"})}, SentSomething("sticker"), id="sticker"),
        pytest.param({"message": message(photo=[], caption="x")}, SentSomething("photo"), id="photo"),
        pytest.param({"message": message(location={"latitude": 1})}, SentSomething("location"), id="location"),
        pytest.param({"message": message(pinned_message={})}, Unknown("message"), id="service message"),
        pytest.param({"my_chat_member": member("kicked")}, Left(), id="blocked"),
        pytest.param({"my_chat_member": member("member")}, Returned(), id="unblocked"),
        pytest.param({"my_chat_member": member("restricted")}, Unknown("my_chat_member"), id="another status"),
    ],
)
def test_decodes(update: Mapping[str, Any], event: Event) -> None:
    (got,) = decode(ACCOUNT, {"update_id": 900000001, **update}, NOW).updates
    assert got.event == event
    assert (got.account_id, got.user_id, got.update_id) == (1, str(USER), "900000001")


@pytest.mark.parametrize(
    ("update", "kind"),
    [
        pytest.param({"message": {**message(text="x"), "chat": GROUP}}, "chat:group", id="group"),
        pytest.param(
            {"message": {**message(migrate_to_chat_id=-1001900000001), "chat": GROUP}}, "chat:group", id="migration"
        ),
        pytest.param({"channel_post": message(text="x")}, "channel_post", id="channel post"),
        pytest.param({"edited_message": message(text="x")}, "edited_message", id="edited"),
        pytest.param({"message": {"text": "x"}}, "chat:unknown", id="no chat"),
        pytest.param({"message": {"chat": CHAT, "text": "x"}}, "partial", id="no sender"),
        pytest.param({"callback_query": press(data=None)}, "callback_query", id="press of a game"),
        pytest.param(
            {"callback_query": press(message={**message(), "chat": GROUP})}, "callback_query", id="press in a group"
        ),
        pytest.param({}, "empty", id="nothing"),
    ],
)
def test_leaves_alone(update: Mapping[str, Any], kind: str) -> None:
    got = decode(ACCOUNT, {"update_id": 900000001, **update}, NOW)
    assert (got.updates, got.left_alone) == ((), (kind,))


def test_answers_a_press_in_the_webhook_answer_and_names_its_label() -> None:
    keyboard = {"inline_keyboard": [[{"text": "Ca sáng", "callback_data": "c:1"}]]}
    got = decode(
        ACCOUNT, {"update_id": 1, "callback_query": press(message=message(text="Ca?", reply_markup=keyboard))}, NOW
    )
    assert got.answer == {"method": "answerCallbackQuery", "callback_query_id": "2233445566778899001"}
    assert got.updates[0].event == Pressed("c:1", "Ca sáng")


@pytest.mark.parametrize(
    ("update", "received_at", "sent_at"),
    [
        pytest.param(
            {"message": message(text="x")}, NOW, datetime.fromtimestamp(1790000000, UTC), id="a message has its own"
        ),
        pytest.param({"callback_query": press(message=message())}, NOW, NOW.replace(microsecond=0), id="a press: ours"),
        pytest.param(
            {"callback_query": press(message=message())},
            None,
            datetime.fromtimestamp(1790000000, UTC),
            id="a press, ours not known: its message's",
        ),
        pytest.param(
            {"callback_query": press()}, None, datetime(1970, 1, 1, tzinfo=UTC), id="a press without any: the oldest"
        ),
    ],
)
def test_knows_when(update: Mapping[str, Any], received_at: datetime | None, sent_at: datetime) -> None:
    (got,) = decode(ACCOUNT, {"update_id": 1, **update}, received_at).updates
    assert got.sent_at == sent_at


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


@pytest.mark.parametrize(
    ("trouble", "error", "code"),
    [
        pytest.param(
            Trouble(429, {"ok": False, "error_code": 429, "description": "x", "parameters": {"retry_after": 7}}),
            Throttled,
            "429",
            id="429",
        ),
        pytest.param(Trouble(429, "<html>"), Throttled, "429", id="429 of a proxy"),
        pytest.param(
            Trouble(400, {"ok": False, "description": "x", "parameters": {"migrate_to_chat_id": -100}}),
            Rejected,
            "400",
            id="migrated",
        ),
        pytest.param(
            Trouble(403, {"ok": False, "error_code": 403, "description": "Forbidden: user is deactivated"}),
            ContactGone,
            "403",
            id="deactivated",
        ),
        pytest.param(
            Trouble(400, {"ok": False, "error_code": 400, "description": "Bad Request: chat not found"}),
            ContactGone,
            "400",
            id="chat not found",
        ),
        pytest.param(
            Trouble(400, {"ok": False, "error_code": 400, "description": "Bad Request: can't parse entities"}),
            Rejected,
            "400",
            id="bad request",
        ),
        pytest.param(Trouble(401, {"ok": False, "description": "Unauthorized"}), Misconfigured, "401", id="401"),
        pytest.param(Trouble(404, {"ok": False, "description": "Not Found"}), Misconfigured, "401", id="404"),
        pytest.param(Trouble(409, {"ok": False, "description": "Conflict"}), Misconfigured, "409", id="409"),
        pytest.param(
            Trouble(500, {"ok": False, "error_code": 500, "description": "Internal"}), Unavailable, "", id="500"
        ),
        pytest.param(Trouble(500, "<html>"), Uncertain, "", id="500 of a proxy"),
        pytest.param(Trouble(502, {"ok": False, "description": "Bad Gateway"}), Uncertain, "", id="502"),
        pytest.param(
            Trouble(200, {"ok": False, "error_code": 400, "description": "chat not found"}),
            ContactGone,
            "400",
            id="200 but no",
        ),
        pytest.param(Trouble(200, "<html>"), Uncertain, "", id="200 but no JSON"),
        pytest.param(Trouble(200, {"ok": True, "result": {}}, after=True), Uncertain, "", id="200 without an id"),
        pytest.param(LOST_BEFORE, Uncertain, "", id="lost before"),
        pytest.param(LOST_AFTER, Uncertain, "", id="lost after"),
    ],
)
async def test_says_what_to_do(
    telegram: Telegram, fake_telegram: FakeTelegram, trouble: Trouble, error: type[SendError], code: str
) -> None:
    fake_telegram.touch(str(USER))
    fake_telegram.fail_next(trouble)
    with pytest.raises(error) as raised:
        await telegram.send(ACCOUNT, str(USER), Message("x"), "k")
    assert type(raised.value) is error
    assert raised.value.code == code
    assert len(fake_telegram.sent) == (1 if trouble.after else 0)


async def test_passes_on_how_long_to_wait(telegram: Telegram, fake_telegram: FakeTelegram) -> None:
    fake_telegram.fail_next(Trouble(429, {"ok": False, "description": "x", "parameters": {"retry_after": 7}}))
    with pytest.raises(Throttled) as raised:
        await telegram.send(ACCOUNT, str(USER), Message("x"), "k")
    assert raised.value.retry_after == 7


async def test_knows_that_nothing_was_sent_without_a_connection(
    telegram: Telegram, fake_telegram: FakeTelegram
) -> None:
    await fake_telegram.stop()
    with pytest.raises(Unavailable):
        await telegram.send(ACCOUNT, str(USER), Message("x"), "k")


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


async def test_checks_the_bot_and_its_webhook(telegram: Telegram, fake_telegram: FakeTelegram) -> None:
    assert "set-webhook" in (await telegram.check(ACCOUNT)).problem
    await telegram.set_webhook(ACCOUNT, "https://vidu.vn/webhooks/telegram/7000000001", "new_secret")
    assert fake_telegram.hook["allowed_updates"] == list(ALLOWED_UPDATES)
    health = await telegram.check(ACCOUNT)
    assert health.ok
    assert health.facts["bot"] == "hienmau_thu_bot"
    other = replace(ACCOUNT, id=7, secrets={"token": "7000000001:wrong-token-wrong"})
    assert not (await telegram.check(other)).ok


def test_knows_its_bots(telegram: Telegram) -> None:
    assert telegram.knows(FAKE.bot_id)
    assert not telegram.knows("1")


def test_reads_an_update_of_another_shape_as_unreadable(telegram: Telegram, fake_telegram: FakeTelegram) -> None:
    request = fake_telegram.webhook(USER, "x").request()
    with pytest.raises(UnreadableBody):
        telegram.receive(replace(request, body=json.dumps([1]).encode()))
