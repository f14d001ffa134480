"""It refuses what the platform refuses, in the platform's words: the fakes must not be kinder than the world."""

from typing import Any

import aiohttp
import pytest

from tests.platforms import FakeMessenger, FakeTelegram, FakeZalo

USER = "520000001"
REPLY = {"content_type": "text", "title": "a", "payload": "b"}


async def post(url: str, body: Any, headers: dict[str, str] | None = None) -> Any:
    async with aiohttp.ClientSession() as session, session.post(url, json=body, headers=headers) as answer:
        return await answer.json()


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        pytest.param({"text": "x" * 4097}, "too long", id="text too long"),
        pytest.param({"text": " "}, "empty", id="blank"),
        pytest.param({"chat_id": USER}, "must be a number", id="a chat id as text"),
        pytest.param({"chat_id": 7}, "chat not found", id="never started"),
        pytest.param({"parse_mode": "HTML"}, "unknown", id="something else"),
        pytest.param(
            {"reply_markup": {"inline_keyboard": [[{"text": "x", "callback_data": "ạ" * 22}]]}},
            "DATA_INVALID",
            id="data",
        ),
        pytest.param(
            {"reply_markup": {"inline_keyboard": [[{"text": "x", "url": "http://localhost/"}]]}},
            "URL_INVALID",
            id="url",
        ),
        pytest.param({"reply_markup": {"inline_keyboard": []}}, "TOO_MUCH", id="no buttons"),
    ],
)
async def test_telegram_refuses(fields: dict[str, Any], says: str) -> None:
    async with FakeTelegram() as fake:
        fake.touch(USER)
        url = f"{fake.base_url}/bot{fake.token}/sendMessage"
        answer = await post(url, {"chat_id": int(USER), "text": "x", **fields})
    assert (answer["ok"], answer["error_code"]) == (False, 400)
    assert says in answer["description"]
    assert fake.sent == []


@pytest.mark.parametrize(
    ("message", "says"),
    [
        pytest.param({"text": "x" * 2000}, "less than 2000", id="text too long"),
        pytest.param({}, "either text or attachment", id="nothing"),
        pytest.param({"text": "x", "quick_replies": [REPLY] * 14}, "13", id="quick replies"),
        pytest.param({"text": "x", "quick_replies": [{**REPLY, "title": "x" * 21}]}, "at most 20", id="title"),
        pytest.param({"text": "x", "quick_replies": [{**REPLY, "payload": "x" * 1001}]}, "at most 1000", id="payload"),
        pytest.param({"text": "x", "metadata": "x" * 1000}, "metadata", id="metadata"),
    ],
)
async def test_messenger_refuses(message: dict[str, Any], says: str) -> None:
    async with FakeMessenger() as fake:
        fake.touch(USER)
        answer = await send(fake, message, f"Bearer {fake.token}")
    assert answer["error"]["code"] == 100
    assert says in answer["error"]["message"]
    assert fake.sent == []


async def send(fake: FakeMessenger, message: dict[str, Any], authorization: str, proof: str | None = None) -> Any:
    proof = fake.proof() if proof is None else proof
    url = f"{fake.base_url}/{fake.version}/{fake.page_id}/messages?appsecret_proof={proof}"
    body = {"recipient": {"id": USER}, "messaging_type": "RESPONSE", "message": message}
    return await post(url, body, {"Authorization": authorization})


async def test_messenger_wants_token_and_proof() -> None:
    async with FakeMessenger() as fake:
        fake.touch(USER)
        assert (await send(fake, {"text": "x"}, "Bearer wrong"))["error"]["code"] == 190
        assert (await send(fake, {"text": "x"}, f"Bearer {fake.token}", "wrong"))["error"]["code"] == 100
        assert (await send(fake, {"text": "x"}, f"Bearer {fake.token}"))["recipient_id"] == USER


@pytest.mark.parametrize(
    ("message", "code"),
    [
        pytest.param({"text": "ạ" * 2001}, -210, id="text too long"),
        pytest.param({"text": ""}, -201, id="nothing"),
        pytest.param({"text": "x", "buttons": []}, -201, id="buttons"),
    ],
)
async def test_zalo_refuses_with_status_200(message: dict[str, Any], code: int) -> None:
    async with FakeZalo() as fake:
        fake.touch(USER)
        body = {"recipient": {"user_id": USER}, "message": message}
        answer = await post(f"{fake.base_url}/v3.0/oa/message/cs", body, {"access_token": fake.token})
    assert answer["error"] == code
    assert fake.sent == []
