"""It decodes what Meta posts: people's words, taps and links, echoes, and who may answer."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.channels.base import Account, BadWebhook, Notice, WebhookRequest
from bot.channels.messenger import Messenger, signature
from bot.domain.updates import (
    ChannelKind,
    Commented,
    Echoed,
    Edited,
    Event,
    Pressed,
    Receipted,
    Routed,
    Said,
    SentSomething,
    Started,
    TookBack,
    Unknown,
)
from tests.channels.messenger_ground import ACCOUNT, AT, CHANNEL, FAKE, NOW, USER, item, no_session, receive
from tests.facts import MESSENGER
from tests.platforms import FakeMessenger


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
STICKER = {"type": "sticker", "payload": {"sticker_id": 369239263222822}}
UNKNOWN_APP = replace(ACCOUNT, secrets={"app_secret": FAKE.app_secret})


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
        pytest.param({"message": {"mid": "m_11", "attachments": [STICKER]}}, SentSomething("sticker"), id="sticker"),
        pytest.param(
            {"message": {"mid": "m_12", "attachments": [THUMB, STICKER]}},
            SentSomething("sticker"),
            id="one sticker twice",
        ),
        pytest.param(
            {"message_edit": {"mid": "m_1", "text": "Em chào ạ", "num_edit": 1}}, Edited("Em chào ạ", "m_1"), id="edit"
        ),
        pytest.param({"message_edit": {"mid": "m_1", "text": ""}}, TookBack("m_1"), id="edited away"),
        pytest.param({"message": {"mid": "m_1", "is_deleted": True}}, TookBack("m_1"), id="taken back"),
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
            UNKNOWN_APP,
            {"app_id": 7, "metadata": "k:1"},
            "k:1",
            False,
            id="app not known, metadata",
        ),
        pytest.param(UNKNOWN_APP, {"app_id": 7}, "", True, id="app not known"),
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


OURS, THEIRS = {"new_owner_app_id": FAKE.app_id}, {"new_owner_app_id": 263902037430900}


@pytest.mark.parametrize(
    ("account", "name", "routing", "expected"),
    [
        pytest.param(ACCOUNT, "pass_thread_control", OURS, Routed(to_us=True), id="given to us"),
        pytest.param(ACCOUNT, "pass_thread_control", THEIRS, Routed(to_us=False), id="given to another"),
        pytest.param(ACCOUNT, "take_thread_control", THEIRS, Routed(to_us=False), id="taken by another"),
        pytest.param(ACCOUNT, "take_thread_control", OURS, Routed(to_us=True), id="taken by us"),
        pytest.param(UNKNOWN_APP, "take_thread_control", THEIRS, Routed(to_us=False), id="taken, app not known"),
        pytest.param(
            ACCOUNT, "take_thread_control", {"metadata": "x"}, Routed(to_us=False), id="taken by nobody named"
        ),
    ],
)
def test_knows_whose_turn_it_is(account: Account, name: str, routing: dict[str, Any], expected: Event) -> None:
    channel = Messenger([account], no_session, limits=MESSENGER)
    (update,) = receive(item(**{name: routing}), channel=channel).updates
    assert (update.user_id, update.event) == (USER, expected)


@pytest.mark.parametrize(
    ("account", "kind"),
    [
        *((ACCOUNT, kind) for kind in ("optin", "reaction", "request_thread_control", "app_roles", "game_play")),
        pytest.param(UNKNOWN_APP, "pass_thread_control", id="passed, app not known"),
    ],
)
def test_leaves_alone(account: Account, kind: str) -> None:
    """An opt-in to topics of messages that no longer exist is counted like any other, and is no way to a person."""
    channel = Messenger([account], no_session, limits=MESSENGER)
    got = receive(item(**{kind: {"type": "x", "new_owner_app_id": 7}}), channel=channel)
    assert (got.updates, got.notices, got.left_alone, got.faulty) == ((), (), (kind,), ())


@pytest.mark.parametrize("kind", ["message_edit", "take_thread_control", "postback", "referral"])
def test_keeps_aside_what_should_have_been_something(kind: str) -> None:
    assert [reason for reason, _ in receive(item(**{kind: {}})).faulty] == ["partial"]


@pytest.mark.parametrize("action", ["warning", "block", "unblock"])
def test_passes_on_what_meta_says_of_the_page(action: str) -> None:
    first, again = (CHANNEL.receive(FAKE.webhook_policy(action).request(NOW)) for _ in range(2))
    (notice,) = first.notices
    assert (notice.account_id, notice.kind, notice.detail) == (ACCOUNT.id, "policy_enforcement", action)
    assert "respond" not in notice.detail
    assert notice.key == again.notices[0].key != ""


@pytest.mark.parametrize("field", ["message_template_status_update", "messenger_template_status_update"])
def test_hears_of_a_template_under_both_names(field: str) -> None:
    platform = FakeMessenger()
    platform.status_field = field
    call = platform.webhook_template("drive_eve_v1", "REJECTED", "TAG_SHOULD_BE_MARKETING")
    (notice,) = CHANNEL.receive(call.request(NOW)).notices
    told = "REJECTED TAG_SHOULD_BE_MARKETING"
    assert notice == Notice(ACCOUNT.id, "message_template_status_update", "drive_eve_v1", told, notice.key, "vi")


def test_hears_of_a_comment_without_its_author() -> None:
    (comment,) = CHANNEL.receive(FAKE.webhook_comment("77_1", "em muốn đăng ký").request(NOW)).comments
    assert comment == Commented(ACCOUNT.id, "77_1", f"{FAKE.page_id}_77", "em muốn đăng ký", FAKE.now)
    assert "đăng ký" not in repr(comment)
    assert "9001" not in repr(comment)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"verb": "edited"}, id="edited"),
        pytest.param({"item": "reaction"}, id="a reaction"),
        pytest.param({"from": {"id": FAKE.page_id}}, id="our own"),
    ],
)
def test_leaves_other_changes_of_posts_alone(other: dict[str, Any]) -> None:
    got = CHANNEL.receive(FAKE.webhook_comment("77_2", "x", **other).request(NOW))
    assert (got.comments, got.left_alone, got.faulty) == ((), ("changes:feed",), ())
    unnamed = FAKE.changed("feed", {"item": "comment", "verb": "add", "message": "x"})
    assert CHANNEL.receive(unnamed.request(NOW)).comments == ()


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
