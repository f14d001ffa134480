"""It keeps the contract of a channel, whichever the platform: what comes in is verified, decoded once, never fatal."""

import json
import logging
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest

from bot.channels.base import (
    Account,
    BadWebhook,
    Channel,
    Misconfigured,
    Received,
    Unavailable,
    Uncertain,
    UnreadableBody,
)
from bot.channels.http import SharedSession
from bot.channels.messenger import Messenger
from bot.channels.telegram import Telegram
from bot.channels.webchat import WebChat
from bot.channels.zalo import Zalo
from bot.domain.messages import Message
from bot.domain.updates import ChannelKind, Echoed, Said
from tests.channels.conftest import messenger_account, telegram_account, zalo_account
from tests.facts import LIMITS, MESSENGER, TELEGRAM, WEB, ZALO
from tests.platforms import LOST_AFTER, FakeMessenger, FakeTelegram, FakeZalo, Webhook

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
USER = "520000001"


def no_session() -> Any:
    raise AssertionError("receiving makes no calls")


@dataclass
class Line:
    """One platform and our channel: how it signs a body, and how it says something. `stolen`: signed by our other account."""

    channel: Channel
    header: str
    say: Callable[[str, str], Webhook]
    sign: Callable[[Mapping[str, Any]], Webhook]
    raw: Callable[[bytes], Webhook]
    stolen: Callable[[], Webhook]


OTHER = "the-secret-of-our-other-account-01"


def with_other(account: Account, **secrets: str) -> list[Account]:
    """Ours, and another of the same channel with a secret of its own."""
    return [account, replace(account, id=99, external_id="990000000000009", secrets={**account.secrets, **secrets})]


def telegram_line() -> Line:
    fake = FakeTelegram()
    headers = {"X-Telegram-Bot-Api-Secret-Token": fake.secret}

    def raw(body: bytes) -> Webhook:
        return Webhook(f"/webhooks/telegram/{fake.bot_id}", headers, body)

    def stolen() -> Webhook:
        call = fake.webhook(USER, "xin chào")
        return call._replace(headers={**call.headers, "X-Telegram-Bot-Api-Secret-Token": OTHER})

    channel = Telegram(with_other(telegram_account(fake), secret=OTHER), no_session, limits=TELEGRAM)
    return Line(channel, "x-telegram-bot-api-secret-token", fake.webhook, fake.posted, raw, stolen)


def messenger_line() -> Line:
    fake = FakeMessenger()
    channel = Messenger(with_other(messenger_account(fake), app_secret=OTHER), no_session, limits=MESSENGER)

    def sign(body: Mapping[str, Any]) -> Webhook:
        return fake.signed(json.dumps(body).encode())

    def stolen() -> Webhook:
        thief = FakeMessenger()
        thief.app_secret = OTHER
        return thief.webhook(USER, "xin chào")

    return Line(channel, "x-hub-signature-256", fake.webhook, sign, fake.signed, stolen)


def zalo_line() -> Line:
    fake = FakeZalo()
    channel = Zalo(with_other(zalo_account(fake), secret=OTHER), no_session, limits=ZALO)

    def sign(body: Mapping[str, Any]) -> Webhook:
        whole = {"app_id": fake.app_id, "timestamp": "1790000000123", **body}
        return fake.signed(json.dumps(whole).encode(), str(whole["timestamp"]))

    def raw(body: bytes) -> Webhook:
        return fake.signed(body, "1790000000123")

    def stolen() -> Webhook:
        thief = FakeZalo()
        thief.oa_secret = OTHER
        return thief.webhook(USER, "xin chào")

    return Line(channel, "x-zevent-signature", fake.webhook, sign, raw, stolen)


def web_line() -> Line:
    """Our own page: the web floor has verified the visitor's token, and says who they are; nobody else signs."""
    channel, numbers = WebChat([Account(9, ChannelKind.WEB, "web", "web")], limits=WEB), count(1)

    def say(user: str, words: str) -> Webhook:
        frame = {"type": "text", "id": str(next(numbers)), "text": words}
        return Webhook(f"/webhooks/web/{user}", {}, json.dumps(frame).encode())

    def raw(body: bytes) -> Webhook:
        return Webhook(f"/webhooks/web/{USER}", {}, body)

    return Line(
        channel,
        "",
        say,
        lambda body: raw(json.dumps(body).encode()),
        raw,
        lambda: Webhook("/webhooks/web", {}, say(USER, "x").body),
    )


SIGNED = {"telegram": telegram_line, "messenger": messenger_line, "zalo": zalo_line}
LINES = {**SIGNED, "web": web_line}
signed_lines = pytest.mark.parametrize("line", SIGNED, indirect=True)


@pytest.fixture(params=LINES)
def line(request: pytest.FixtureRequest) -> Line:
    made: Line = LINES[request.param]()
    return made


def received(line: Line, call: Webhook) -> Received:
    return line.channel.receive(call.request(NOW))


def test_reads_what_a_person_says(line: Line) -> None:
    (update,) = received(line, line.say(USER, "Tôi muốn đăng ký hiến máu ạ 🩸")).updates
    assert update.event == Said("Tôi muốn đăng ký hiến máu ạ 🩸")
    assert (update.user_id, update.channel, update.sent_at) == (USER, line.channel.kind, NOW)


def test_gives_a_repeat_the_same_id_and_another_event_another(line: Line) -> None:
    first, second = line.say(USER, "một"), line.say(USER, "một")
    ids = [received(line, call).updates[0].update_id for call in (first, first, second)]
    assert ids[0] == ids[1] != ids[2]


@pytest.mark.parametrize(
    "forged",
    [
        pytest.param("", id="empty"),
        pytest.param("sha256=" + "0" * 64, id="another digest"),
        pytest.param("mac=" + "0" * 64, id="another mac"),
        pytest.param("ảậ\udce1\ud800", id="not ASCII"),
        pytest.param("mac=", id="no digest"),
        pytest.param("x" * 100_000, id="huge"),
    ],
)
@signed_lines
def test_refuses_a_forged_signature(line: Line, forged: str) -> None:
    request = line.say(USER, "xin chào").request(NOW)
    with pytest.raises(BadWebhook):
        line.channel.receive(replace(request, headers={**request.headers, line.header: forged}))


def test_refuses_a_missing_signature(line: Line) -> None:
    """On the web the visitor whom nobody has verified."""
    request = line.say(USER, "xin chào").request(NOW)
    with pytest.raises(BadWebhook):
        line.channel.receive(replace(request, headers={}, path_id="" if not line.header else request.path_id))


def test_takes_nothing_signed_by_another_account(line: Line) -> None:
    """Refused, or seen to be about an account that did not sign it."""
    try:
        got = received(line, line.stolen())
    except BadWebhook:
        return
    assert (got.updates, got.faulty, len(got.left_alone)) == ((), (), 1)


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "ảậ", ""])
def test_reads_the_bytes_whatever_they_are_called(line: Line, content_type: str) -> None:
    request = line.say(USER, "xin chào").request(NOW)
    called = replace(request, headers={**request.headers, "content-type": content_type})
    assert line.channel.receive(called) == line.channel.receive(request)


@pytest.mark.parametrize("line", ["messenger", "zalo"], indirect=True)
def test_refuses_a_changed_body(line: Line) -> None:
    request = line.say(USER, "xin chao").request(NOW)
    with pytest.raises(BadWebhook):
        line.channel.receive(replace(request, body=request.body.replace(b"chao", b"ciao")))


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\xff\xfe\x00", id="not UTF-8"),
        pytest.param(b"<html>", id="not JSON"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b"7", id="a number"),
        pytest.param(b"[" * 100_000, id="very deep"),
        pytest.param(b'{"a":' + b"9" * 5000 + b"}", id="a number too long to read"),
    ],
)
def test_tells_an_unreadable_body_apart(line: Line, body: bytes) -> None:
    # Zalo signs a field inside the body: what cannot be read cannot be verified.
    with pytest.raises(BadWebhook if line.channel.kind is ChannelKind.ZALO else UnreadableBody):
        received(line, line.raw(body))


ODD: list[Any] = [None, True, 7, 1.5, "", "x", [], {}, [None], {"id": None}, 10**30, "9" * 300, "\x00"]


@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_survives_anything_in_any_place(line: Line, odd: Any) -> None:
    for body in mutilated(json.loads(line.say(USER, "xin chào").body), odd):
        signed = line.sign(body)
        try:
            got = received(line, signed)
        except BadWebhook:
            assert line.channel.kind is ChannelKind.ZALO  # its app id and time are part of the signature
            continue
        assert len(got.updates) <= 1
        for update in got.updates:
            assert update.sent_at.tzinfo is not None
            assert 0 < len(update.user_id) <= 200
            assert 0 < len(update.update_id) <= 500
            json.dumps(repr(update)).encode()


def mutilated(value: Any, odd: Any) -> list[Any]:
    """The same JSON with one place after another replaced, and with it left out."""
    if isinstance(value, dict):
        less = [{k: v for k, v in value.items() if k != key} for key in value]
        inner = [{**value, key: changed} for key, old in value.items() for changed in [odd, *mutilated(old, odd)]]
        return less + inner
    if isinstance(value, list):
        return [[changed] for old in value for changed in [odd, *mutilated(old, odd)]]
    return []


def test_leaves_unknown_events_alone(line: Line) -> None:
    body = json.loads(line.say(USER, "x").body)
    if line.channel.kind is ChannelKind.MESSENGER:
        body["entry"][0]["messaging"] = [
            {"sender": {"id": USER}, "recipient": {"id": "109900000000001"}, "timestamp": 1, "wave": {}}
        ]
    elif line.channel.kind is ChannelKind.ZALO:
        body["event_name"] = "user_did_something_new"
    elif line.channel.kind is ChannelKind.WEB:
        body["type"] = "dance"
    else:
        body = {"update_id": 1, "purchased_paid_media": {"from": {"id": 1}}}
    got = received(line, line.sign(body))
    assert (got.updates, got.faulty, len(got.left_alone)) == ((), (), 1)


@signed_lines
@pytest.mark.parametrize("number", [2**53 + 1, 2**63 - 1, 2**64 + 1, 10**21 + 7])
def test_keeps_huge_numeric_ids_exact(line: Line, number: int) -> None:
    call = line.say(USER, "x")
    text = call.body.decode().replace(f'"{USER}"', USER).replace(USER, str(number))
    (update,) = received(line, line.sign(json.loads(text))).updates
    assert update.user_id == str(number)


@pytest.mark.parametrize("size", [100_000, 300_000])
def test_cuts_a_text_longer_than_anybody_types(line: Line, size: int) -> None:
    (update,) = received(line, line.say(USER, "á" * size)).updates
    assert isinstance(update.event, Said)
    assert len(update.event.text) == 10_000


def test_takes_half_an_emoji_and_zero_bytes_out(line: Line) -> None:
    body = json.loads(line.say(USER, "chao").body)
    raw = json.dumps(body).replace("chao", "a\\ud83d b\\u0000c")
    signed = line.raw(raw.encode())
    if line.channel.kind is ChannelKind.ZALO:
        signed = FakeZalo().signed(raw.encode(), body["timestamp"])
    (update,) = received(line, signed).updates
    assert update.event == Said("a bc")


@signed_lines
async def test_names_no_secret_in_its_errors_and_logs(
    line: Line, session: SharedSession, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    fakes: dict[ChannelKind, Any] = {
        ChannelKind.TELEGRAM: (FakeTelegram(), Telegram, telegram_account),
        ChannelKind.MESSENGER: (FakeMessenger(), Messenger, messenger_account),
        ChannelKind.ZALO: (FakeZalo(), Zalo, zalo_account),
    }
    fake, make, account_of = fakes[line.channel.kind]
    account, words = account_of(fake), Message("bí mật của tôi")
    async with fake:
        channel: Channel = make([account], session, limits=LIMITS[line.channel.kind], base=fake.base_url)
        fake.token = "7000000001:another-token-now"  # ours is refused
        with pytest.raises(Misconfigured) as refused:
            await channel.send(account, USER, words, "k:1")
        fake.fail_next(LOST_AFTER)
        with pytest.raises(Uncertain) as lost:
            await channel.send(account, USER, words, "k:1")
    await session.close()  # no connection of before is left
    with pytest.raises(Unavailable) as away:
        await channel.send(account, USER, words, "k:1")
    told = ["".join(traceback.format_exception(raised.value)) for raised in (refused, lost, away)]
    for said in (*told, caplog.text):
        assert not [secret for secret in account.secrets.values() if secret in said]
        assert words.text not in said
    assert not [secret for secret in account.secrets.values() if secret in repr(account)]


@pytest.mark.parametrize("line", ["messenger", "zalo"], indirect=True)
def test_never_takes_our_own_echo_for_a_person(line: Line) -> None:
    if line.channel.kind is ChannelKind.MESSENGER:
        fake = FakeMessenger()
        item = {
            "sender": {"id": fake.page_id},
            "recipient": {"id": USER},
            "timestamp": 1790000000123,
            "message": {"mid": "m_1", "is_echo": True, "app_id": int(fake.app_id), "metadata": "reply:9", "text": "Dạ"},
        }
        got = received(line, fake.posted(item))
    else:
        zalo = FakeZalo()
        fields = {"sender": {"id": zalo.oa_id}, "recipient": {"id": USER}, "message": {"text": "Dạ", "msg_id": "m_1"}}
        got = received(line, zalo.posted("oa_send_text", fields))
    (update,) = got.updates
    assert update.user_id == USER
    assert isinstance(update.event, Echoed)
    assert (update.event.platform_id, update.event.by_human) == ("m_1", False)
