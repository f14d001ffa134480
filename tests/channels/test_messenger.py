"""It decodes what Meta posts and sends what Messenger takes."""

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
    OutsideWindow,
    Received,
    Rejected,
    SendError,
    Throttled,
    Unavailable,
    Uncertain,
    WebhookRequest,
)
from bot.channels.fit import fit
from bot.channels.messenger import Messenger, signature
from bot.domain.messages import Choice, Link, Message, TemplateCall
from bot.domain.updates import (
    ChannelKind,
    Echoed,
    Event,
    Pressed,
    Receipted,
    Said,
    SentSomething,
    Started,
    Unknown,
)
from tests.channels.conftest import messenger_account
from tests.facts import MESSENGER
from tests.platforms import LOST_AFTER, LOST_BEFORE, FakeMessenger, Trouble
from tests.platforms.messenger import refusal

FAKE = FakeMessenger()
ACCOUNT = messenger_account(FAKE)
USER = "7300000000000042"
NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
AT = 1790000000123


def no_session() -> Any:
    raise AssertionError("receiving makes no calls")


CHANNEL = Messenger([ACCOUNT], no_session, limits=MESSENGER)


def item(**event: Any) -> dict[str, Any]:
    return {"sender": {"id": USER}, "recipient": {"id": FAKE.page_id}, "timestamp": AT, **event}


def receive(*items: Any, channel: Messenger = CHANNEL) -> Received:
    return channel.receive(FAKE.posted(*items).request(NOW))


def test_hashes_the_raw_bytes_and_not_what_they_mean() -> None:
    body = (
        rb'{"object":"page","entry":[{"id":"1","time":1790000000000,'
        rb'"messaging":[{"message":{"text":"m\u00e1u \u0111\u1ecf"}}]}]}'
    )
    given = "sha256=60377f5980ecc7dff80bdeeaf2b7024f9ef5714a2affabdc79165c62b6a10b28"
    assert signature("bi-mat-app", body) == given
    request = WebhookRequest(ChannelKind.MESSENGER, {"x-hub-signature-256": given}, body)
    assert CHANNEL.receive(request).left_alone == ("account",)
    with pytest.raises(BadWebhook):
        CHANNEL.receive(replace(request, body=json.dumps(json.loads(body), ensure_ascii=False).encode()))


QUICK = {"mid": "m_2", "text": "Ca sáng", "quick_reply": {"payload": "SHIFT:AM:drive-17"}}
REFERRAL = {"ref": "drive17_poster-A", "source": "SHORTLINK", "type": "OPEN_THREAD"}
IMAGE = {"type": "image", "payload": {"url": "https://cdn.example.test/p/1.jpg"}}
THUMB = {"type": "image", "payload": {"url": "https://cdn.example.test/t.png", "sticker_id": 369239263222822}}


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        pytest.param({"message": {"mid": "m_1", "text": "Em chào"}}, Said("Em chào"), id="text"),
        pytest.param({"message": QUICK}, Pressed("SHIFT:AM:drive-17", "Ca sáng"), id="quick reply"),
        pytest.param({"postback": {"mid": "m_3", "payload": "GET_STARTED"}}, Started(), id="get started"),
        pytest.param(
            {"postback": {"mid": "m_4", "payload": "GET_STARTED", "referral": REFERRAL}},
            Started("drive17_poster-A"),
            id="get started behind a link",
        ),
        pytest.param(
            {"postback": {"mid": "m_5", "payload": "m:help", "title": "Giúp"}}, Pressed("m:help", "Giúp"), id="menu"
        ),
        pytest.param({"referral": REFERRAL}, Started("drive17_poster-A"), id="link into an old thread"),
        pytest.param({"message": {"mid": "m_6", "attachments": [IMAGE]}}, SentSomething("image"), id="picture"),
        pytest.param({"message": {"mid": "m_7", "attachments": [THUMB]}}, SentSomething("sticker"), id="thumb"),
        pytest.param(
            {"message": {"mid": "m_8", "attachments": [{"type": "fallback", "payload": None}]}},
            SentSomething("fallback"),
            id="fallback without payload",
        ),
        pytest.param(
            {"message": {"mid": "m_9", "text": "xem này", "attachments": [IMAGE]}}, Said("xem này"), id="text with it"
        ),
        pytest.param({"message": {"mid": "m_10"}}, Unknown("message"), id="empty message"),
        pytest.param(
            {"delivery": {"mids": ["m_a", "m_b"], "watermark": AT}},
            Receipted("delivered", ("m_a", "m_b")),
            id="delivery",
        ),
        pytest.param({"delivery": {"watermark": AT}}, Receipted("delivered"), id="delivery without mids"),
        pytest.param({"read": {"watermark": AT}}, Receipted("seen"), id="read"),
    ],
)
def test_decodes(event: dict[str, Any], expected: Event) -> None:
    (update,) = receive(item(**event)).updates
    assert update.event == expected
    assert (update.account_id, update.user_id) == (2, USER)
    assert update.sent_at == datetime.fromtimestamp(AT / 1000, UTC)


@pytest.mark.parametrize(
    ("account", "fields", "metadata", "by_human"),
    [
        pytest.param(ACCOUNT, {"app_id": 880000000000009, "metadata": "k:1"}, "k:1", False, id="ours"),
        pytest.param(ACCOUNT, {"app_id": 263902037430900}, "", True, id="the page inbox"),
        pytest.param(ACCOUNT, {}, "", True, id="no app"),
        pytest.param(ACCOUNT, {"app_id": 5, "metadata": "k:1"}, "", True, id="another app with metadata"),
        pytest.param(
            replace(ACCOUNT, secrets={"app_secret": "bi-mat-app"}),
            {"app_id": 7, "metadata": "k:1"},
            "k:1",
            False,
            id="app not known, metadata",
        ),
        pytest.param(
            replace(ACCOUNT, secrets={"app_secret": "bi-mat-app"}), {"app_id": 7}, "", True, id="app not known"
        ),
    ],
)
def test_tells_its_own_echo_from_a_humans(
    account: Account, fields: dict[str, Any], metadata: str, by_human: bool
) -> None:
    echo = {
        "sender": {"id": FAKE.page_id},
        "recipient": {"id": USER},
        "timestamp": AT,
        "message": {"mid": "m_out", "is_echo": True, "text": "Dạ", **fields},
    }
    (update,) = receive(echo, channel=Messenger([account], no_session, limits=MESSENGER)).updates
    assert (update.user_id, update.event) == (USER, Echoed("m_out", "Dạ", metadata, by_human))


@pytest.mark.parametrize(
    "kind", ["optin", "reaction", "pass_thread_control", "take_thread_control", "policy_enforcement", "message_edit"]
)
def test_leaves_alone(kind: str) -> None:
    got = receive(item(**{kind: {"x": 1}}))
    assert (got.updates, got.left_alone, got.faulty) == ((), (kind,), ())


def test_serves_the_others_when_one_is_partial() -> None:
    good = item(message={"mid": "m_1", "text": "một"})
    bad = {"recipient": {"id": FAKE.page_id}, "message": {"mid": "m_2", "text": "ai?"}}
    got = receive(good, bad, 7, None, item(message={"mid": "m_3", "text": "ba"}))
    assert [update.event for update in got.updates] == [Said("một"), Said("ba")]
    assert [reason for reason, _ in got.faulty] == ["partial"]
    assert json.loads(got.faulty[0][1]) == bad


def test_serves_several_pages_and_leaves_standby_changes_and_strangers_alone() -> None:
    second = replace(ACCOUNT, id=8, external_id="2")
    entries = [
        {"id": FAKE.page_id, "time": AT, "messaging": [item(message={"mid": "m_1", "text": "một"})]},
        {"id": "2", "time": AT, "messaging": [item(message={"mid": "m_2", "text": "hai"})]},
        {"id": "3", "time": AT, "messaging": [item(message={"mid": "m_3", "text": "ba"})]},
        {"id": "2", "time": AT, "standby": [item(message={"mid": "m_4", "text": "bốn"})]},
        {"id": "2", "time": 1790000000, "changes": [{"field": "message_template_status_update", "value": {}}]},
    ]
    call = FAKE.signed(json.dumps({"object": "page", "entry": entries}).encode())
    got = Messenger([ACCOUNT, second], no_session, limits=MESSENGER).receive(call.request(NOW))
    assert [update.account_id for update in got.updates] == [2, 8]
    assert got.left_alone == ("account", "standby", "changes:message_template_status_update")


def test_lets_an_apps_secret_speak_for_its_own_pages_only() -> None:
    other = replace(ACCOUNT, id=8, external_id="2", secrets={"app_secret": "another-app"})
    entry = {"id": "2", "time": AT, "messaging": [item(message={"mid": "m_2", "text": "hai"})]}
    call = FAKE.signed(json.dumps({"object": "page", "entry": [entry]}).encode())
    assert Messenger([ACCOUNT, other], no_session, limits=MESSENGER).receive(call.request(NOW)).updates == ()


@pytest.mark.parametrize(
    ("timestamp", "expected"),
    [
        pytest.param(1790000000123, 1790000000.123, id="milliseconds"),
        pytest.param("1790000000123", 1790000000.123, id="as text"),
        pytest.param(1790000000, 1790000000.0, id="seconds"),
        pytest.param(None, 1790000005.0, id="none: the entry's"),
        pytest.param("soon", 1790000005.0, id="nonsense: the entry's"),
        pytest.param(10**30, 1790000005.0, id="beyond the calendar: the entry's"),
    ],
)
def test_reads_times_in_any_unit(timestamp: Any, expected: float) -> None:
    entry = {"id": FAKE.page_id, "time": 1790000005000}
    entry["messaging"] = [{**item(message={"mid": "m_1", "text": "x"}), "timestamp": timestamp}]
    call = FAKE.signed(json.dumps({"object": "page", "entry": [entry]}).encode())
    (update,) = CHANNEL.receive(call.request(NOW)).updates
    assert update.sent_at.timestamp() == pytest.approx(expected, abs=0.001)


def test_gives_events_without_an_id_the_same_one_each_time() -> None:
    once, again = receive(item(read={"watermark": AT})), receive(item(read={"watermark": AT}))
    later = receive(item(read={"watermark": AT + 1}))
    assert once.updates[0].update_id == again.updates[0].update_id != later.updates[0].update_id


@pytest.mark.parametrize(
    ("query", "challenge"),
    [
        pytest.param(("subscribe", "xac-minh", "1158201444"), "1158201444", id="right"),
        pytest.param(("subscribe", "xac-mính", "1158201444"), None, id="wrong token, not ASCII"),
        pytest.param(("unsubscribe", "xac-minh", "1158201444"), None, id="wrong mode"),
        pytest.param(("subscribe", "xac-minh", "<script>"), None, id="a challenge that is no number"),
        pytest.param(("subscribe", "", "1"), None, id="no token"),
    ],
)
def test_verifies_the_address(query: tuple[str, str, str], challenge: str | None) -> None:
    names = ("hub.mode", "hub.verify_token", "hub.challenge")
    assert CHANNEL.verify(dict(zip(names, query, strict=True))) == challenge
    assert CHANNEL.verify({}) is None


def test_never_verifies_without_a_token_of_its_own() -> None:
    nobody = Messenger([replace(ACCOUNT, secrets={})], no_session, limits=MESSENGER)
    assert nobody.verify({"hub.mode": "subscribe", "hub.verify_token": "", "hub.challenge": "1"}) is None


async def test_sends_and_recognises_its_echo(messenger: Messenger, fake_messenger: FakeMessenger) -> None:
    fake_messenger.touch(USER)
    receipt = await messenger.send(ACCOUNT, USER, Message("Ca nào ạ?", (Choice("Ca sáng", "c:1"),)), "reply:12:0")
    (sent,) = fake_messenger.sent
    assert (sent.text, sent.choices, sent.metadata) == ("Ca nào ạ?", (("Ca sáng", "c:1"),), "reply:12:0")
    call = fake_messenger.calls[-1]
    assert call.body["messaging_type"] == "RESPONSE"
    assert fake_messenger.token not in str(call.query)
    (echo,) = messenger.receive(fake_messenger.webhook_echo(sent).request()).updates
    assert echo.event == Echoed(receipt.platform_id, "Ca nào ạ?", "reply:12:0")


async def test_sends_every_part_of_a_turn(messenger: Messenger, fake_messenger: FakeMessenger) -> None:
    fake_messenger.touch(USER)
    turn = [
        Message(
            "Đợt hiến máu", image="https://vidu.vn/a.png", link=Link("Xem chỉ đường đến điểm", "https://vidu.vn/d")
        ),
        Message("Câu hỏi dài. " * 300, tuple(Choice(f"Công đoàn cơ sở trường {n}", f"u:{n}") for n in range(20))),
    ]
    for part in fit(turn, MESSENGER, "Trả lời bằng số."):
        await messenger.send(ACCOUNT, USER, part, "k")
    sent = fake_messenger.sent
    assert [bool(one.image) for one in sent] == [True] + [False] * (len(sent) - 1)
    assert sent[1].link == "https://vidu.vn/d"
    assert [len(one.choices) for one in sent] == [0] * (len(sent) - 1) + [13]


@pytest.mark.parametrize(
    ("code", "subcode", "error"),
    [
        *((code, 0, Unavailable) for code in (1, 2, 1200)),
        (1, 1357046, Uncertain),
        *((code, 0, Throttled) for code in (4, 17, 32, 613, 80001, 80006)),
        (613, 2534040, Throttled),
        *((code, sub, Rejected) for code, sub in ((613, 2018338), (4, 2018354), (9, 2018352), (613, 1893016))),
        *((10, sub, OutsideWindow) for sub in (2018278, 2018065, 2534022)),
        *((code, sub, ContactGone) for code, sub in ((200, 1545041), (551, 1545041), (551, 0), (10, 2018108))),
        *((100, sub, ContactGone) for sub in (2018001, 33)),
        *((100, sub, Rejected) for sub in (0, 2018008, 2018047, 2018074, 2018109, 2018294)),
        *((190, sub, Misconfigured) for sub in (0, 458, 459, 460, 463, 464, 467)),
        *((code, 0, Misconfigured) for code in (102, 200, 230, 10, 3, 2022, 368)),
        *((200, sub, Misconfigured) for sub in (2018028, 2018027)),
        *((10, sub, Misconfigured) for sub in (1893063, 1404170)),
        (10, 1893015, Rejected),
        *((10, sub, Unavailable) for sub in (2018300, 2018321)),
        (2018300, 0, Unavailable),
        (99999, 0, Rejected),
    ],
)
async def test_says_what_to_do_by_code(
    messenger: Messenger, fake_messenger: FakeMessenger, code: int, subcode: int, error: type[SendError]
) -> None:
    fake_messenger.fail_next(Trouble(400, refusal(code, subcode, "Lời giải thích đổi theo ngôn ngữ").body))
    with pytest.raises(error) as raised:
        await messenger.send(ACCOUNT, USER, Message("x"), "k")
    assert type(raised.value) is error
    assert raised.value.code == (f"{code}/{subcode}" if subcode else str(code))
    assert "Lời giải thích" not in str(raised.value)


@pytest.mark.parametrize(
    ("trouble", "error"),
    [
        pytest.param(Trouble(200, {"recipient_id": USER}, after=True), Uncertain, id="200 without an id"),
        pytest.param(Trouble(200, "<html>", after=True), Uncertain, id="200 without JSON"),
        pytest.param(Trouble(200, refusal(190, 0, "x").body), Misconfigured, id="an error with status 200"),
        pytest.param(Trouble(429, "<html>"), Throttled, id="429 of a proxy"),
        pytest.param(Trouble(500, "<html>"), Uncertain, id="500 of a proxy"),
        pytest.param(Trouble(500, refusal(99999, 0, "x").body), Unavailable, id="500 of Graph"),
        pytest.param(Trouble(502, refusal(99999, 0, "x").body), Uncertain, id="502"),
        pytest.param(Trouble(302, "", {"Location": "https://vidu.vn"}), Uncertain, id="sent elsewhere"),
        pytest.param(LOST_BEFORE, Uncertain, id="lost before"),
        pytest.param(LOST_AFTER, Uncertain, id="lost after"),
    ],
)
async def test_says_what_to_do_by_answer(
    messenger: Messenger, fake_messenger: FakeMessenger, trouble: Trouble, error: type[SendError]
) -> None:
    fake_messenger.touch(USER)
    fake_messenger.fail_next(trouble)
    with pytest.raises(error) as raised:
        await messenger.send(ACCOUNT, USER, Message("x"), "k")
    assert type(raised.value) is error


async def test_waits_as_long_as_the_usage_header_says(messenger: Messenger, fake_messenger: FakeMessenger) -> None:
    usage = {FAKE.page_id: [{"type": "messenger", "estimated_time_to_regain_access": 7}]}
    headers = {"X-Business-Use-Case-Usage": json.dumps(usage)}
    fake_messenger.fail_next(Trouble(400, refusal(613, 0, "x").body, headers))
    with pytest.raises(Throttled) as raised:
        await messenger.send(ACCOUNT, USER, Message("x"), "k")
    assert raised.value.retry_after == 420


async def test_meets_the_window_the_stranger_and_the_blocked(
    messenger: Messenger, fake_messenger: FakeMessenger
) -> None:
    with pytest.raises(ContactGone):
        await messenger.send(ACCOUNT, "1", Message("x"), "k")
    fake_messenger.touch(USER)
    fake_messenger.advance(hours=24, seconds=1)
    with pytest.raises(OutsideWindow):
        await messenger.send(ACCOUNT, USER, Message("x"), "k")
    fake_messenger.touch(USER)
    fake_messenger.blocked.add(USER)
    with pytest.raises(ContactGone):
        await messenger.send(ACCOUNT, USER, Message("x"), "k")


async def test_subscribes_and_checks(messenger: Messenger, fake_messenger: FakeMessenger) -> None:
    assert "set-webhook" in (await messenger.check(ACCOUNT)).problem
    await messenger.set_webhook(ACCOUNT)
    assert fake_messenger.profile == {"get_started": {"payload": "GET_STARTED"}}
    health = await messenger.check(ACCOUNT)
    assert (health.ok, health.facts["page"]) == (True, "Giọt Hồng thử")
    wrong = replace(ACCOUNT, secrets={**ACCOUNT.secrets, "token": "EAAwrong"})
    assert (await messenger.check(wrong)).problem.endswith("(190)")
    assert not (await messenger.check(replace(ACCOUNT, secrets={}))).ok


async def test_sends_a_utility_template_outside_the_window(messenger: Messenger, fake_messenger: FakeMessenger) -> None:
    fake_messenger.touch(USER)
    fake_messenger.advance(days=84)
    fake_messenger.templates["drive_eve"] = 2
    call = TemplateCall("drive-eve", "drive_eve", {"time": "07:30", "place": "Nhà văn hoá"}, "page")
    await messenger.send(ACCOUNT, USER, Message("Em xin nhắc lịch", template=call), "k")
    assert (fake_messenger.sent[-1].template, [value for _, value in fake_messenger.sent[-1].params]) == (
        "drive_eve",
        ["07:30", "Nhà văn hoá"],
    )
    with pytest.raises(Rejected):
        await messenger.send(ACCOUNT, USER, Message("x", template=replace(call, params={"time": "07:30"})), "k")
