"""It decodes what Telegram posts; what is no private talk with a person is counted and left alone."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from telegram import Update as TheirUpdate

from bot.channels.telegram_updates import decode
from bot.domain.updates import (
    Edited,
    Event,
    Left,
    Pressed,
    Returned,
    Said,
    SentSomething,
    SharedPhone,
    Started,
    Unknown,
)
from tests.channels.conftest import telegram_account
from tests.platforms import FakeTelegram

ACCOUNT = telegram_account(FakeTelegram())
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
        pytest.param({"message": message(text="/start@hienmau_thu_bot a")}, Started("a"), id="start with our name"),
        pytest.param({"message": message(text="/start@khac_bot")}, Started(), id="start with another's name"),
        pytest.param({"message": message(text="/start\n HM12 ")}, Started("HM12"), id="start on two lines"),
        pytest.param({"message": message(text="/dangky@khac_bot")}, Said("/dangky@khac_bot"), id="command with a name"),
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
        pytest.param({"message": message(photo=[])}, SentSomething("photo"), id="photo"),
        pytest.param({"message": message(photo=[], caption="x")}, Said("x"), id="words under a photo"),
        pytest.param({"message": message(voice={}, caption="/start a")}, Started("a"), id="start under a voice"),
        pytest.param({"edited_message": message(text="x", edit_date=1790000009)}, Edited("x"), id="edited"),
        pytest.param({"edited_message": message(photo=[], caption="y")}, Edited("y"), id="edited under a photo"),
        pytest.param({"edited_message": message(text="/start a")}, Edited("/start a"), id="an edit starts nothing"),
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
        pytest.param({"edited_message": message(location={"latitude": 1})}, "edited_message", id="a moving place"),
        pytest.param({"edited_message": {**message(text="x"), "chat": GROUP}}, "chat:group", id="edited in a group"),
        pytest.param({"edited_channel_post": message(text="x")}, "edited_channel_post", id="edited channel post"),
        pytest.param({"my_chat_member": {**member("member"), "chat": GROUP}}, "chat:group", id="added to a group"),
        pytest.param(
            {"message": {**message(text="x"), "from": {**PERSON, "is_bot": True}}}, "bot", id="another program"
        ),
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
        pytest.param(
            {"edited_message": message(text="x", edit_date=1790000009)},
            NOW,
            datetime.fromtimestamp(1790000009, UTC),
            id="an edit: when it was changed",
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


@pytest.mark.parametrize(
    ("update", "event"),
    [
        pytest.param(
            {"message": {**message(text="x"), "from": {"id": USER, "first_name": "Người"}}}, Said("x"), id="is_bot"
        ),
        pytest.param(
            {"callback_query": {key: value for key, value in press().items() if key != "chat_instance"}},
            Pressed("c:1"),
            id="chat_instance",
        ),
    ],
)
def test_the_library_trips_over_a_missing_field_and_we_do_not(update: Mapping[str, Any], event: Event) -> None:
    """Telegram's own published examples lack both."""
    raw = {"update_id": 900000001, **update}
    with pytest.raises(TypeError):
        TheirUpdate.de_json(raw, None)
    assert decode(ACCOUNT, raw, NOW).updates[0].event == event


def test_the_library_hides_an_unknown_kind_and_we_count_it() -> None:
    raw = {"update_id": 1, "thought_message": {"text": "x"}}
    assert "thought_message" in TheirUpdate.de_json(raw, None).api_kwargs
    assert decode(ACCOUNT, raw, NOW).left_alone == ("thought_message",)


def test_an_inaccessible_message_has_a_date_of_nought_and_no_keyboard() -> None:
    message_of_old = {"chat": CHAT, "message_id": 3, "date": 0}
    raw = {"update_id": 1, "callback_query": press(message=message_of_old)}
    their_query = TheirUpdate.de_json(raw, None).callback_query
    assert their_query is not None
    assert their_query.message is not None
    assert not their_query.message.is_accessible
    (update,) = decode(ACCOUNT, raw, NOW).updates
    assert (update.event, update.sent_at) == (Pressed("c:1", ""), NOW.replace(microsecond=0))


@pytest.mark.parametrize("odd", [None, 7, "x", [], {"inline_keyboard": None}, {"inline_keyboard": [7, [None]]}])
def test_a_keyboard_of_another_shape_costs_only_the_label(odd: Any) -> None:
    raw = {"update_id": 1, "callback_query": press(message=message(reply_markup=odd))}
    assert decode(ACCOUNT, raw, NOW).updates[0].event == Pressed("c:1", "")
