"""What platforms get back: 200 only when it is durable, 401 with nothing stored, never a 500."""

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.channels.base import Received, WebhookRequest
from bot.channels.telegram import Telegram
from bot.domain.updates import ChannelKind
from bot.storage.database import Database
from bot.storage.tables import kept_aside, outbox, seen
from tests.platforms import Webhook
from tests.web.house import House, open_house

Make = Callable[[House], Webhook]

PATHS: dict[str, Callable[[House], str]] = {
    "telegram": lambda house: f"/webhooks/telegram/{house.telegram.bot_id}",
    "messenger": lambda house: "/webhooks/messenger",
    "zalo": lambda house: "/webhooks/zalo",
}
TEXTS: dict[str, Make] = {
    "telegram": lambda house: house.telegram.webhook(5001, "xin chào"),
    "messenger": lambda house: house.messenger.webhook("6001", "xin chào"),
    "zalo": lambda house: house.zalo.webhook("7001", "xin chào"),
}
CHANNELS = pytest.mark.parametrize("channel", list(PATHS))


async def post(house: House, channel: str, call: Webhook) -> int:
    async with house.client.post(PATHS[channel](house), data=call.body, headers=dict(call.headers)) as answer:
        return answer.status


@CHANNELS
async def test_it_answers_200_when_update_and_reply_are_committed(house: House, channel: str) -> None:
    assert await post(house, channel, TEXTS[channel](house)) == 200
    assert len(await house.rows(select(seen))) == 1
    assert {row.state for row in await house.rows(select(outbox))} == {"waiting"}


@CHANNELS
async def test_it_does_nothing_with_a_repeat(house: House, channel: str) -> None:
    call = TEXTS[channel](house)
    await post(house, channel, call)
    before = len(await house.rows(select(outbox)))
    assert await post(house, channel, call) == 200
    assert len(await house.rows(select(outbox))) == before


@CHANNELS
@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda call: call._replace(headers={}), id="no signature"),
        pytest.param(
            lambda call: call._replace(headers={name: value[:-3] + "xyz" for name, value in call.headers.items()}),
            id="a wrong one",
        ),
        pytest.param(lambda call: call._replace(headers=dict.fromkeys(call.headers, "đỏ")), id="one that is not ASCII"),
    ],
)
async def test_it_answers_401_and_stores_nothing(
    small_house: House, channel: str, spoil: Callable[[Webhook], Webhook]
) -> None:
    call = TEXTS[channel](small_house)
    assert await post(small_house, channel, spoil(call)) == 401
    for table in (seen, outbox, kept_aside):
        assert await small_house.rows(select(table)) == []


async def test_it_refuses_a_body_changed_on_the_way(small_house: House) -> None:
    for channel in ("messenger", "zalo"):
        call = TEXTS[channel](small_house)
        assert await post(small_house, channel, call._replace(body=call.body.replace(b"xin", b"XIN"))) == 401


@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff\xfe", b'"text"'], ids=["cut", "a list", "no text", "a word"])
async def test_it_keeps_an_unreadable_body_aside(house: House, body: bytes) -> None:
    signed = house.messenger.signed(body)
    telegram = house.telegram.webhook(1, "x")._replace(body=body)
    assert await post(house, "messenger", signed) == 200
    assert await post(house, "telegram", telegram) == 200
    rows = await house.rows(select(kept_aside))
    assert {house.parts.ring.open(row.body_sealed, "kept_aside.body") for row in rows} == {body}


async def test_it_answers_401_to_an_unreadable_zalo_body(small_house: House) -> None:
    assert await post(small_house, "zalo", small_house.zalo.signed(b"{", "1790000000123")) == 401


async def test_it_knows_its_bots(small_house: House) -> None:
    call = small_house.telegram.webhook(1, "x")
    async with small_house.client.post("/webhooks/telegram/999", data=call.body, headers=dict(call.headers)) as answer:
        assert answer.status == 404


@pytest.mark.parametrize(("size", "status"), [(1 << 20, 401), ((1 << 20) + 1, 413)], ids=["1 MiB", "one byte more"])
async def test_it_takes_bodies_up_to_a_mebibyte(small_house: House, size: int, status: int) -> None:
    async with small_house.client.post("/webhooks/messenger", data=BytesIO(b" " * size)) as answer:
        assert answer.status == status


async def test_it_takes_no_longer_body_in_pieces(small_house: House) -> None:
    async def pieces() -> object:
        for _ in range(17):
            yield b" " * (1 << 16)

    async with small_house.client.post("/webhooks/messenger", data=pieces()) as answer:
        assert answer.status == 413


async def test_it_returns_the_answer_to_a_tap(small_house: House) -> None:
    call = small_house.telegram.webhook_press(5001, "m.menu")
    url = PATHS["telegram"](small_house)
    async with small_house.client.post(url, data=call.body, headers=dict(call.headers)) as answer:
        assert (await answer.json())["method"] == "answerCallbackQuery"


async def test_it_keeps_aside_what_it_cannot_decode_for_a_fault_of_ours(small_house: House) -> None:
    class Broken(Telegram):
        def receive(self, request: WebhookRequest) -> Received:
            super().receive(request)
            raise ZeroDivisionError

    secrets = {"token": small_house.telegram.token, "secret": small_house.telegram.secret}
    sound = small_house.parts.channels[ChannelKind.TELEGRAM]
    assert isinstance(sound, Telegram)
    account = replace(next(iter(sound._accounts.values())), secrets=secrets)
    small_house.parts.channels[ChannelKind.TELEGRAM] = Broken(  # type: ignore[index]
        [account],
        lambda: None,
        limits=sound.limits,  # type: ignore[arg-type, return-value]
    )
    assert await post(small_house, "telegram", TEXTS["telegram"](small_house)) == 200
    assert [row.reason for row in await small_house.rows(select(kept_aside))] == [
        "telegram: not decoded, ZeroDivisionError"
    ]


async def test_it_answers_503_when_neither_database_nor_spool_takes_the_call(
    small_db: Database, tmp_path: Path
) -> None:
    async with open_house(small_db, tmp_path) as house:
        (tmp_path / "spool").mkdir()  # a folder where the file should be
        holder = sqlite3.connect(tmp_path / "small.db", isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        try:
            assert await post(house, "telegram", TEXTS["telegram"](house)) == 503
        finally:
            holder.execute("ROLLBACK")
            holder.close()
            (tmp_path / "spool").rmdir()


@pytest.mark.parametrize(
    ("query", "status"),
    [
        pytest.param({"hub.mode": "subscribe", "hub.verify_token": "right", "hub.challenge": "115820"}, 200, id="ours"),
        pytest.param(
            {"hub.mode": "subscribe", "hub.verify_token": "wrong", "hub.challenge": "115820"}, 403, id="wrong"
        ),
        pytest.param({"hub.mode": "other", "hub.verify_token": "right", "hub.challenge": "115820"}, 403, id="mode"),
        pytest.param({}, 403, id="nothing asked"),
    ],
)
async def test_it_verifies_the_messenger_webhook(small_house: House, query: dict[str, str], status: int) -> None:
    if query.get("hub.verify_token") == "right":
        query = {**query, "hub.verify_token": small_house.messenger.verify_token}
    async with small_house.client.get("/webhooks/messenger", params=query) as answer:
        assert answer.status == status
        if status == 200:
            assert await answer.text() == "115820"


async def test_it_proves_the_domain_to_zalo(small_house: House) -> None:
    async with small_house.client.get("/zalo_verifierCodeOfTheDomain123.html") as answer:
        assert answer.status == 200
        assert 'content="CodeOfTheDomain123"' in await answer.text()
    async with small_house.client.get("/zalo_verifierOther.html") as answer:
        assert answer.status == 404
