"""It decodes what Zalo posts and sends what an OA may send."""

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.channels.base import (
    Account,
    BadWebhook,
    ContactGone,
    Misconfigured,
    Notice,
    OutsideWindow,
    Received,
    Rejected,
    SendError,
    Throttled,
    Unavailable,
    Uncertain,
    Unpaid,
    WebhookRequest,
)
from bot.channels.fit import fit
from bot.channels.http import SharedSession
from bot.channels.zalo import Zalo
from bot.channels.zalo_sending import tracking_id
from bot.domain.messages import Choice, Link, Message, TemplateCall
from bot.domain.updates import (
    AskedErasure,
    ChannelKind,
    Echoed,
    Event,
    Left,
    Pressed,
    Receipted,
    Said,
    SentSomething,
    SharedPhone,
    Started,
    Unknown,
)
from tests.channels.conftest import zalo_account
from tests.facts import ZALO
from tests.platforms import LOST_AFTER, LOST_BEFORE, FakeTemplate, FakeZalo, Sent, Trouble, Webhook

FAKE = FakeZalo()
ACCOUNT = zalo_account(FAKE)
USER = "2000000000000000001"
NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


def no_session() -> Any:
    raise AssertionError("receiving makes no calls")


CHANNEL = Zalo([ACCOUNT], no_session, limits=ZALO)
FROM_USER = {"sender": {"id": USER}, "recipient": {"id": FAKE.oa_id}}
FROM_OA = {"sender": {"id": FAKE.oa_id}, "recipient": {"id": USER}}
MANAGED = {"oa_id": FAKE.oa_id, "user_id": USER}
INFO = {"name": "Nguyễn Văn A", "phone": "84900000001", "user_dob": "30/10/1990", "gender": "Nam"}

VECTOR = (
    '{"app_id":"1000000000000000001","sender":{"id":"2000000000000000001"},"user_id_by_app":"3000000000000000001",'
    '"recipient":{"id":"4000000000000000001"},"event_name":"user_send_text",'
    '"message":{"text":"Chào bạn","msg_id":"a1b2c3d4e5f60718293a"},"timestamp":"1790000000123"}'
).encode()
VECTOR_MAC = "a509313203678c81ee74bcd71f5f6676ca59602cd91694a3b26034b44b55cddd"


def receive(call: Webhook) -> Received:
    return CHANNEL.receive(call.request(NOW))


@pytest.mark.parametrize(
    "header",
    [
        pytest.param(f"mac={VECTOR_MAC}", id="as documented"),
        pytest.param(f" mac = {VECTOR_MAC.upper()} ", id="spaces and upper case"),
        pytest.param(VECTOR_MAC, id="bare"),
    ],
)
def test_takes_the_documented_signature(header: str) -> None:
    request = WebhookRequest(ChannelKind.ZALO, {"x-zevent-signature": header}, VECTOR)
    (update,) = CHANNEL.receive(request).updates
    assert update.event == Said("Chào bạn")
    assert update.update_id == "user_send_text:a1b2c3d4e5f60718293a"
    assert update.sent_at == datetime(2026, 9, 21, 14, 13, 20, 123_000, tzinfo=UTC)


@pytest.mark.parametrize(
    "account",
    [
        pytest.param(replace(ACCOUNT, secrets={**ACCOUNT.secrets, "app_id": "7"}), id="another app"),
        pytest.param(replace(ACCOUNT, secrets={**ACCOUNT.secrets, "secret": "x"}), id="another secret"),
        pytest.param(replace(ACCOUNT, secrets={"app_id": FAKE.app_id}), id="no secret of ours"),
    ],
)
def test_refuses_what_others_signed(account: Account) -> None:
    request = WebhookRequest(ChannelKind.ZALO, {"x-zevent-signature": f"mac={VECTOR_MAC}"}, VECTOR)
    with pytest.raises(BadWebhook):
        Zalo([account], no_session, limits=ZALO).receive(request)


def test_does_not_take_an_empty_secret_for_a_key() -> None:
    mac = hashlib.sha256(FAKE.app_id.encode() + VECTOR + b"1790000000123").hexdigest()
    request = WebhookRequest(ChannelKind.ZALO, {"x-zevent-signature": mac}, VECTOR)
    empty = replace(ACCOUNT, secrets={"app_id": FAKE.app_id, "secret": ""})
    with pytest.raises(BadWebhook):
        Zalo([empty], no_session, limits=ZALO).receive(request)


@pytest.mark.parametrize(
    ("name", "fields", "expected"),
    [
        pytest.param(
            "user_send_text",
            {**FROM_USER, "message": {"text": "#HM:REG:7f", "msg_id": "c1"}},
            Said("#HM:REG:7f"),
            id="text",
        ),
        pytest.param(
            "user_send_text", {**FROM_USER, "message": {"msg_id": "c1"}}, Unknown("user_send_text"), id="none"
        ),
        *(
            pytest.param(
                f"user_send_{kind}",
                {**FROM_USER, "message": {"msg_id": "b1", "text": "Trần Văn B", "attachments": [{"type": kind}]}},
                SentSomething(kind),
                id=kind,
            )
            for kind in ("image", "gif", "link", "audio", "video", "sticker", "location", "file", "business_card")
        ),
        pytest.param("follow", {"oa_id": FAKE.oa_id, "follower": {"id": USER}}, Started(), id="follow"),
        pytest.param("unfollow", {"oa_id": FAKE.oa_id, "follower": {"id": USER}}, Left(), id="unfollow"),
        pytest.param("user_click_chatnow", MANAGED, Started(), id="chat now"),
        pytest.param("user_withdraw", MANAGED, AskedErasure(), id="withdraw"),
        pytest.param(
            "user_send_text",
            {**FROM_USER, "message": {"text": "#gh:m.menu", "msg_id": "c1"}},
            Pressed("m.menu"),
            id="a tapped button of ours",
        ),
        pytest.param(
            "user_click_response_button",
            {**FROM_USER, "msg_id": "z1", "message": {"button_type": "response", "data": "Tôi sẽ đến"}},
            Said("Tôi sẽ đến"),
            id="the reply button of a template",
        ),
        pytest.param(
            "widget_interaction_accepted",
            {"oa_id": FAKE.oa_id, "data": {"user_id": USER, "url": "https://hienmau.example/?ref=HM12"}},
            Started("HM12"),
            id="consent in the web widget",
        ),
        pytest.param(
            "user_submit_info",
            {**FROM_USER, "info": INFO},
            SharedPhone("84900000001", "Nguyễn Văn A", "30/10/1990"),
            id="info",
        ),
        pytest.param(
            "user_submit_info",
            {**FROM_USER, "info": {"phone": 84900000001}},
            SharedPhone("84900000001"),
            id="as number",
        ),
        pytest.param("user_submit_info", FROM_USER, Unknown("user_submit_info"), id="info without info"),
        pytest.param(
            "user_seen_message",
            {**FROM_OA, "message": {"msg_ids": ["d1", "d2"]}},
            Receipted("seen", ("d1", "d2")),
            id="seen",
        ),
        pytest.param(
            "user_received_message", {**FROM_OA, "message": {"msg_id": "d1"}}, Receipted("delivered", ("d1",)), id="got"
        ),
        pytest.param(
            "oa_send_text", {**FROM_OA, "message": {"text": "Dạ", "msg_id": "d1"}}, Echoed("d1", "Dạ"), id="our echo"
        ),
        pytest.param(
            "oa_send_image",
            {**FROM_OA, "sender": {"id": FAKE.oa_id, "admin_id": "5"}, "message": {"msg_id": "d1"}},
            Echoed("d1", by_human=True),
            id="a human's echo",
        ),
    ],
)
def test_decodes(name: str, fields: dict[str, Any], expected: Event) -> None:
    (update,) = receive(FAKE.posted(name, fields)).updates
    assert (update.event, update.user_id, update.account_id, update.sent_at) == (expected, USER, 3, NOW)


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        pytest.param("user_send_group_text", {**FROM_USER, "message": {"text": "x", "msg_id": "1"}}, id="group"),
        pytest.param("oa_send_group_text", {**FROM_OA, "message": {"text": "x", "msg_id": "1"}}, id="our group echo"),
        pytest.param("anonymous_send_text", {**FROM_USER, "message": {"text": "x", "msg_id": "1"}}, id="anonymous"),
        pytest.param("oa_send_anonymous_text", {**FROM_OA, "message": {"text": "x", "msg_id": "1"}}, id="to anonymous"),
        pytest.param("user_reacted_message", {**FROM_USER, "message": {"msg_id": "1"}}, id="reaction"),
        pytest.param("add_user_to_tag", {"oa_id": FAKE.oa_id, "tag": {"user_ids": [USER]}}, id="tag"),
        pytest.param("widget_failed_to_sync_user_external_id", {"data": {"user_id": USER}}, id="widget trouble"),
        pytest.param("user_call_oa", MANAGED, id="call"),
        pytest.param("user_feedback", MANAGED, id="feedback"),
        pytest.param("oa_send_consent", {**FROM_OA}, id="call consent"),
    ],
)
def test_leaves_alone(name: str, fields: dict[str, Any]) -> None:
    got = receive(FAKE.posted(name, fields))
    assert (got.updates, got.left_alone, got.faulty) == ((), (name,), ())


def test_answers_the_consoles_signed_sample_of_a_foreign_oa() -> None:
    fields = {"sender": {"id": "1"}, "recipient": {"id": "2"}, "message": {"text": "This is testing", "msg_id": "x"}}
    assert receive(FAKE.posted("user_send_text", fields)) == Received(left_alone=("account",))


@pytest.mark.parametrize(
    ("name", "fields", "subject", "detail"),
    [
        pytest.param(
            "change_template_status",
            {"oa_id": FAKE.oa_id, "template_id": 300123, "new_status": "DISABLE"},
            "300123",
            "DISABLE",
            id="template status",
        ),
        pytest.param(
            "change_template_quality",
            {"oa_id": FAKE.oa_id, "data": {"template_id": "300123", "new_quality": "LOW"}},
            "300123",
            "LOW",
            id="template quality",
        ),
        pytest.param("change_oa_daily_quota", {"oaId": FAKE.oa_id, "new_quota": 1000}, "", "1000", id="quota"),
        pytest.param(
            "user_received_message",
            {**FROM_OA, "recipient": {"id": "84900000001"}, "message": {"msg_id": "1", "tracking_id": "t1"}},
            "t1",
            "delivered",
            id="a receipt by phone number",
        ),
    ],
)
def test_passes_on_what_zalo_says_of_the_oa(name: str, fields: dict[str, Any], subject: str, detail: str) -> None:
    call = FAKE.posted(name, fields)
    call.headers["X-ZEvent-Server"] = "ZNS"
    got = receive(call)
    (notice,) = got.notices
    assert replace(notice, key="") == Notice(3, name, subject, detail)
    assert notice.key == receive(call).notices[0].key != ""
    assert got.updates == ()


def test_keeps_an_event_without_its_person_aside() -> None:
    call = FAKE.posted("follow", {"oa_id": FAKE.oa_id, "follower": {}})
    assert receive(call).faulty == (("partial", call.body),)


@pytest.mark.parametrize("timestamp", ["179000000012", "17900000001", "-5", "9" * 30])
def test_takes_our_time_for_the_times_of_samples(timestamp: str) -> None:
    body = {**json.loads(VECTOR), "timestamp": timestamp}
    (update,) = receive(FAKE.signed(json.dumps(body).encode(), timestamp)).updates
    assert update.sent_at == NOW


def test_keeps_a_timestamp_that_is_a_number() -> None:
    raw = VECTOR.replace(b'"1790000000123"', b"1790000000123")
    (update,) = receive(FAKE.signed(raw, "1790000000123")).updates
    assert update.sent_at.year == 2026


def test_makes_ids_of_what_zalo_gives() -> None:
    follow = FAKE.posted("follow", {"oa_id": FAKE.oa_id, "follower": {"id": USER}})
    seen = FAKE.posted("user_seen_message", {**FROM_OA, "message": {"msg_ids": ["d1"]}})
    also = FAKE.posted("user_seen_message", {**FROM_OA, "message": {"msg_ids": ["d2"]}})
    ids = [receive(call).updates[0].update_id for call in (follow, seen, seen, also)]
    assert ids[0] == f"follow:{USER}:{FAKE.millis()}"
    assert ids[1] == ids[2] != ids[3]


async def test_sends_one_turn_as_one_call(zalo: Zalo, fake_zalo: FakeZalo) -> None:
    fake_zalo.touch(USER)
    turn = [
        Message("Cảm ơn.", link=Link("Mẫu", "https://vidu.vn/form/t"), image="https://vidu.vn/a.png"),
        Message("Ca nào ạ?", (Choice("Sáng", "c:1"), Choice("Chiều", "c:2"))),
    ]
    (part,) = fit(turn, ZALO, "Trả lời bằng số.")
    receipt = await zalo.send(ACCOUNT, USER, part, "k")
    (sent,) = fake_zalo.sent
    assert receipt.platform_id == sent.platform_id
    assert (sent.text, sent.image) == (part.text, "https://vidu.vn/a.png")
    assert fake_zalo.calls[-1].path == "/v3.0/oa/message/cs"


async def test_recognises_its_echo(zalo: Zalo, fake_zalo: FakeZalo) -> None:
    fake_zalo.touch(USER)
    receipt = await zalo.send(ACCOUNT, USER, Message("Dạ"), "k")
    (echo,) = zalo.receive(fake_zalo.webhook_echo(fake_zalo.sent[0]).request()).updates
    assert echo.event == Echoed(receipt.platform_id, "Dạ")


ACTIONS: dict[type[SendError], tuple[int, ...]] = {
    Throttled: (-32,),
    Unavailable: (-200, -214),
    Rejected: (-100, -201, -210, -233, -240, -249, -9999),
    Misconfigured: (
        -204, -205, -209, -212, -219, -221, -223, -224, -235, -242, -248, -501,
    ),
    Unpaid: (-115, -136, -137, -320, -321),
    ContactGone: (-213, -217, -227, -244),
    OutsideWindow: (-211, -218, -230, -232),
}  # fmt: skip


@pytest.mark.parametrize(("error", "code"), [(error, code) for error, codes in ACTIONS.items() for code in codes])
async def test_says_what_to_do_by_number(zalo: Zalo, fake_zalo: FakeZalo, error: type[SendError], code: int) -> None:
    fake_zalo.fail_next(Trouble(200, {"error": code, "message": "Words that change, some typos in them"}))
    with pytest.raises(error) as raised:
        await zalo.send(ACCOUNT, USER, Message("x"), "k")
    assert type(raised.value) is error
    assert raised.value.code == str(code)
    assert "typos" not in str(raised.value)
    assert raised.value.retry_after == (60.0 if error is Throttled else None)


BY_PHONE: dict[type[SendError], tuple[int, ...]] = {
    Throttled: (-32,),
    Unavailable: (-100, -200),
    Rejected: (-108, -114, -118, -119, -139, -141, -109, -131, -146, -1121),
    Misconfigured: (-209, -501),
    Unpaid: (-115, -136, -137, -320, -321),
    OutsideWindow: (-144, -147, -1441, -1471, -1472),
}
THANKS = TemplateCall("thanks", "300123", {"name": "Hoa"}, "phone", "+84900000001")


@pytest.mark.parametrize(("error", "code"), [(error, code) for error, codes in BY_PHONE.items() for code in codes])
async def test_reads_the_numbers_of_the_business_host(
    zalo: Zalo, fake_zalo: FakeZalo, error: type[SendError], code: int
) -> None:
    fake_zalo.fail_next(Trouble(200, {"error": code, "message": "x"}))
    with pytest.raises(error) as raised:
        await zalo.send(ACCOUNT, USER, Message("x", template=THANKS), "k")
    assert (type(raised.value), raised.value.code) == (error, str(code))


@pytest.mark.parametrize(
    ("now", "hours"),
    [
        pytest.param(datetime(2026, 11, 22, 15, 0, tzinfo=UTC), 8, id="22:00 in Viet Nam"),
        pytest.param(datetime(2026, 11, 22, 22, 59, 59, tzinfo=UTC), 1 / 3600, id="a second before six"),
    ],
)
async def test_waits_for_the_morning_where_zalo_says_night(
    fake_zalo: FakeZalo, session: SharedSession, now: datetime, hours: float
) -> None:
    channel = over(fake_zalo, session, clock=lambda: now)
    for code in (-234, -133):
        fake_zalo.fail_next(Trouble(200, {"error": code, "message": "night"}))
        with pytest.raises(Unavailable) as raised:
            await channel.send(ACCOUNT, USER, Message("x"), "k")
        assert raised.value.retry_after == pytest.approx(hours * 3600)


@pytest.mark.parametrize(
    ("trouble", "error"),
    [
        pytest.param(Trouble(500, {"message": "x"}), Uncertain, id="500"),
        pytest.param(Trouble(503, "<html>"), Uncertain, id="503"),
        pytest.param(Trouble(200, "<html>", after=True), Uncertain, id="no JSON"),
        pytest.param(Trouble(200, {"data": {}}), Uncertain, id="no error number"),
        pytest.param(Trouble(200, {"error": "-216"}), Misconfigured, id="a number as text"),
        pytest.param(Trouble(429, "<html>"), Throttled, id="429"),
        pytest.param(LOST_BEFORE, Uncertain, id="lost before"),
        pytest.param(LOST_AFTER, Uncertain, id="lost after"),
    ],
)
async def test_says_what_to_do_by_answer(
    zalo: Zalo, fake_zalo: FakeZalo, trouble: Trouble, error: type[SendError]
) -> None:
    fake_zalo.touch(USER)
    fake_zalo.fail_next(trouble)
    with pytest.raises(error) as raised:
        await zalo.send(ACCOUNT, USER, Message("x"), "k")
    assert type(raised.value) is error


async def test_meets_the_window_the_pace_and_who_left(zalo: Zalo, fake_zalo: FakeZalo) -> None:
    with pytest.raises(Rejected):
        await zalo.send(ACCOUNT, "1", Message("x"), "k")
    fake_zalo.touch(USER)
    fake_zalo.advance(days=7, seconds=1)
    with pytest.raises(OutsideWindow):
        await zalo.send(ACCOUNT, USER, Message("x"), "k")
    fake_zalo.touch(USER)
    fake_zalo.per_minute = 2
    await zalo.send(ACCOUNT, USER, Message("x"), "k")
    with pytest.raises(Throttled):
        await zalo.send(ACCOUNT, USER, Message("x"), "k")
    fake_zalo.advance(minutes=1)
    fake_zalo.webhook_follow(USER, "unfollow")
    with pytest.raises(ContactGone):
        await zalo.send(ACCOUNT, USER, Message("x"), "k")


class Keys:
    """Tokens by the hour: `renewed` gives the next one."""

    def __init__(self, *tokens: str) -> None:
        self.tokens = list(tokens)

    async def __call__(self, account: Account) -> str:
        return self.tokens[0]

    async def renewed(self, account: Account, stale: str) -> str:
        assert stale == self.tokens.pop(0)
        if not self.tokens:
            raise Misconfigured("dead", code="token-lost")
        return self.tokens[0]


async def test_renews_a_stale_token_once_and_calls_once_more(fake_zalo: FakeZalo, session: SharedSession) -> None:
    fake_zalo.token = "second"
    fake_zalo.touch(USER)
    channel = over(fake_zalo, session, tokens=Keys("first", "second"))
    await channel.send(ACCOUNT, USER, Message("x"), "k")
    assert [call.headers["access_token"] for call in fake_zalo.calls] == ["first", "second"]
    assert fake_zalo.texts(USER) == ["x"]
    fake_zalo.expired_tokens.add("second")
    with pytest.raises(Misconfigured) as raised:
        await channel.send(ACCOUNT, USER, Message("x"), "k")
    assert raised.value.code == "token-lost"


async def test_sends_templates_by_uid_and_by_phone(zalo: Zalo, fake_zalo: FakeZalo) -> None:
    fake_zalo.templates["300123"] = FakeTemplate({"name": 30})
    fake_zalo.phones.add("84900000001")
    fake_zalo.touch(USER)
    by_uid = replace(THANKS, by="uid", phone="")
    first = await zalo.send(ACCOUNT, USER, Message("Cảm ơn Hoa", template=by_uid), "k")
    second = await zalo.send(ACCOUNT, USER, Message("Cảm ơn Hoa", template=THANKS), "intent:1:2:0")
    assert [(one.user_id, one.params, one.price) for one in fake_zalo.sent] == [
        (USER, (("name", "Hoa"),), 200),
        ("84900000001", (("name", "Hoa"),), 300),
    ]
    assert [first.platform_id, second.platform_id] == [one.platform_id for one in fake_zalo.sent]
    assert first.charged  # `quota` in these answers is how many more may go today
    assert second.charged
    assert fake_zalo.calls[-1].body["tracking_id"] == tracking_id("intent:1:2:0")
    assert "tracking_id" not in fake_zalo.calls[0].body


async def test_says_what_a_message_cost_and_what_is_left_of_the_minute(zalo: Zalo, fake_zalo: FakeZalo) -> None:
    fake_zalo.touch(USER)
    free = await zalo.send(ACCOUNT, USER, Message("x"), "k")
    assert (free.charged, free.remaining, free.limit) == (False, 99, 100)
    fake_zalo.advance(hours=48, seconds=1)
    assert (await zalo.send(ACCOUNT, USER, Message("x"), "k")).charged is True
    assert fake_zalo.sent[-1].price == 55


async def test_asks_for_a_phone_number_with_a_card_where_it_has_a_picture(
    fake_zalo: FakeZalo, session: SharedSession
) -> None:
    fake_zalo.touch(USER)
    question = Message("Số điện thoại của anh/chị?\n1. Giữ số cũ", ask_phone=True)
    await over(fake_zalo, session, card_image="https://giothong.example/drop.png").send(ACCOUNT, USER, question, "k")
    assert fake_zalo.calls[-1].body["message"]["attachment"]["payload"]["template_type"] == "request_user_info"
    await over(fake_zalo, session).send(ACCOUNT, USER, question, "k")
    assert fake_zalo.calls[-1].body["message"] == {"text": question.text}
    assert fake_zalo.texts(USER) == [question.text, question.text]


async def test_writes_menus_as_buttons_only_where_they_are_switched_on(
    fake_zalo: FakeZalo, session: SharedSession
) -> None:
    fake_zalo.touch(USER)
    fake_zalo.buttons = True
    channel = over(fake_zalo, session, buttons=True)
    (part,) = fit((Message("Chọn ạ", (Choice("Đăng ký", "m.register"), Choice("Hỏi", "m.topics"))),), channel.limits)
    await channel.send(ACCOUNT, USER, part, "k")
    assert fake_zalo.sent[-1].choices == (("Đăng ký", "#gh:m.register"), ("Hỏi", "#gh:m.topics"))


def over(fake_zalo: FakeZalo, session: SharedSession, **options: Any) -> Zalo:
    return Zalo([ACCOUNT], session, limits=ZALO, base=fake_zalo.base_url, business=fake_zalo.base_url, **options)


async def test_refuses_a_menu_that_was_not_written_out(zalo: Zalo, fake_zalo: FakeZalo) -> None:
    with pytest.raises(Rejected):
        await zalo.send(ACCOUNT, USER, Message("x", (Choice("a", "b"),)), "k")
    assert fake_zalo.calls == []


async def test_checks_the_oa(zalo: Zalo) -> None:
    health = await zalo.check(ACCOUNT)
    assert (health.ok, health.facts["package"]) == (True, "Tăng trưởng")
    assert "another OA" in (await zalo.check(replace(ACCOUNT, external_id="7"))).problem
    assert (await zalo.check(replace(ACCOUNT, secrets={"token": "x"}))).problem.endswith("(-216)")
    assert "zalo-link" in (await zalo.check(replace(ACCOUNT, secrets={}))).problem


def test_echoes_as_a_human_from_the_console() -> None:
    sent = Sent(USER, "Chào anh, tôi là Thuỷ", "d9", NOW)
    (update,) = receive(FAKE.webhook_echo(sent, admin_id="5000000000000000001")).updates
    assert update.event == Echoed("d9", "Chào anh, tôi là Thuỷ", by_human=True)
