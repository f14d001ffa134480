"""It refuses what the platform refuses, in the platform's words: the fakes must not be kinder than the world."""

import asyncio
from typing import Any

import aiohttp
import pytest

from tests.platforms import FakeMessenger, FakeTelegram, FakeZalo

USER = "520000001"
COMMAND = {"command": "dangky", "description": "Đăng ký"}
PICTURE = {"type": "image", "payload": {"url": "https://vidu.vn/a.png"}}
REPLY = {"content_type": "text", "title": "a", "payload": "b"}


def menu(items: list[Any]) -> dict[str, Any]:
    return {"locale": "default", "composer_input_disabled": False, "call_to_actions": items}


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
    ("method", "body", "says"),
    [
        pytest.param("sendMessage", {"allow_paid_broadcast": True}, "unknown", id="paid broadcast"),
        pytest.param("sendMessage", {"entities": []}, "unknown", id="entities"),
        pytest.param("sendMessage", {"chat_id": 1 << 52}, "must be a number", id="an id of 53 bits"),
        pytest.param("sendMessage", {"link_preview_options": {"url": "x"}}, "preview", id="preview"),
        pytest.param("setMyCommands", {"commands": []}, "TOO_MUCH", id="no commands"),
        pytest.param("setMyCommands", {"commands": [COMMAND | {"command": "/Đk"}]}, "COMMAND_INVALID", id="name"),
        pytest.param("setMyCommands", {"commands": [COMMAND | {"description": ""}]}, "DESCRIPTION", id="no words"),
        pytest.param("setMyCommands", {"commands": [COMMAND | {"icon": "x"}]}, "parse BotCommand", id="more"),
        pytest.param("setMyCommands", {"commands": [COMMAND], "language_code": "vi-VN"}, "LANG", id="language"),
        pytest.param("setMyDescription", {"description": "x" * 513}, "too long", id="description"),
        pytest.param("setMyShortDescription", {"short_description": "x" * 121}, "too long", id="about"),
        pytest.param("setWebhook", {"url": "http://vidu.vn/x"}, "HTTPS", id="plain http"),
        pytest.param("setWebhook", {"url": "https://vidu.vn/x", "secret_token": "ạ"}, "unallowed", id="secret"),
    ],
)
async def test_telegram_refuses_of_each_method(method: str, body: dict[str, Any], says: str) -> None:
    async with FakeTelegram() as fake:
        fake.touch(USER)
        whole = {"chat_id": int(USER), "text": "x", **body} if method == "sendMessage" else body
        answer = await post(f"{fake.base_url}/bot{fake.token}/{method}", whole)
    assert (answer["ok"], answer["error_code"]) == (False, 400)
    assert says in answer["description"]


async def test_telegram_asks_whoever_is_too_fast_to_wait() -> None:
    seconds = [0.0]
    async with FakeTelegram(seconds=lambda: seconds[0]) as fake:
        fake.touch(USER)
        url = f"{fake.base_url}/bot{fake.token}/sendMessage"
        codes = [(await post(url, {"chat_id": int(USER), "text": "x"})).get("error_code", 200) for _ in range(11)]
        seconds[0] = 1.0
        answers = [await post(url, {"chat_id": int(USER), "text": "x"}) for _ in range(2)]
        for number in range(40):
            fake.touch(str(600 + number))
        crowd = [await post(url, {"chat_id": 600 + number, "text": "x"}) for number in range(40)]
    assert codes == [200] * 10 + [429]
    assert [answer["ok"] for answer in answers] == [True, False]
    assert answers[1]["parameters"] == {"retry_after": 1}
    assert sum(answer["ok"] for answer in crowd) == 29


async def test_telegram_lets_one_poll_at_a_time() -> None:
    async with FakeTelegram() as fake:
        url = f"{fake.base_url}/bot{fake.token}/getUpdates"
        first = asyncio.create_task(post(url, {"timeout": 30}))
        async with asyncio.timeout(10):
            while not fake.polls:
                await asyncio.sleep(0.01)
            second = asyncio.create_task(post(url, {"timeout": 30}))
            refused = await first
            fake.queue(fake.update("message", {**fake._message(USER), "text": "x"}))
            taken = await second
    assert (refused["error_code"], "terminated" in refused["description"]) == (409, True)
    assert [update["message"]["text"] for update in taken["result"]] == ["x"]


async def test_telegram_brings_only_what_was_asked_for() -> None:
    async with FakeTelegram() as fake:
        url = f"{fake.base_url}/bot{fake.token}/getUpdates"
        fake.queue(fake.update("poll_answer", {}))
        fake.queue(fake.update("chat_member", {}))
        await post(url, {"allowed_updates": ["message"]})
        fake.queue(fake.update("poll_answer", {}))
        fake.queue(fake.update("message", {**fake._message(USER), "text": "x"}))
        answer = await post(url, {})
    kinds = [next(key for key in update if key != "update_id") for update in answer["result"]]
    assert kinds == ["poll_answer", "message"]


@pytest.mark.parametrize(
    ("message", "says"),
    [
        pytest.param({"text": "x" * 2000}, "less than 2000", id="text too long"),
        pytest.param({}, "either text or attachment", id="nothing"),
        pytest.param({"text": "x", "attachment": PICTURE}, "either text or attachment", id="text beside a picture"),
        pytest.param({"text": "x", "template": {}}, "unknown message field", id="text beside a template"),
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
    ("kind", "fields", "later", "code"),
    [
        pytest.param("RESPONSE", {}, {"hours": 23}, 0, id="an answer in time"),
        pytest.param("UPDATE", {}, {"hours": 23}, 0, id="a notice in time"),
        pytest.param("UPDATE", {}, {"hours": 24}, 10, id="a notice too late"),
        pytest.param("UPDATE", {"tag": "HUMAN_AGENT"}, {}, 100, id="a tag on a notice"),
        pytest.param("MESSAGE_TAG", {}, {}, 100, id="no tag"),
        pytest.param("MESSAGE_TAG", {"tag": "HUMAN_AGENT"}, {"days": 6}, 0, id="a person within the week"),
        pytest.param("MESSAGE_TAG", {"tag": "HUMAN_AGENT"}, {"days": 7}, 10, id="a person after the week"),
        *(
            pytest.param("MESSAGE_TAG", {"tag": tag}, {}, 100, id=f"dead: {tag}")
            for tag in ("CONFIRMED_EVENT_UPDATE", "ACCOUNT_UPDATE", "POST_PURCHASE_UPDATE")
        ),
        pytest.param("UTILITY", {}, {}, 100, id="a text as a template"),
        pytest.param("NEWS", {}, {}, 100, id="another kind"),
        pytest.param("RESPONSE", {"recipient": {"id": USER, "comment_id": "1"}}, {}, 100, id="two recipients"),
        pytest.param("RESPONSE", {"recipient": {"notification_messages_token": "1"}}, {}, 100, id="a dead recipient"),
    ],
)
async def test_messenger_keeps_its_windows(
    kind: str, fields: dict[str, Any], later: dict[str, float], code: int
) -> None:
    async with FakeMessenger() as fake:
        fake.human_agent = True
        fake.touch(USER)
        fake.advance(**later)
        url = f"{fake.base_url}/{fake.version}/{fake.page_id}/messages?appsecret_proof={fake.proof()}"
        body = {"recipient": {"id": USER}, "messaging_type": kind, "message": {"text": "x"}, **fields}
        answer = await post(url, body, {"Authorization": f"Bearer {fake.token}"})
    assert answer.get("error", {}).get("code", 0) == code
    assert len(fake.sent) == (0 if code else 1)


MENU = {"type": "postback", "title": "Đăng ký", "payload": "m.register"}
STARTS = {"get_started": {"payload": "GET_STARTED"}}


@pytest.mark.parametrize(
    ("body", "right"),
    [
        pytest.param(STARTS, True, id="start alone"),
        pytest.param({"greeting": [{"locale": "vi_VN", "text": "Chào"}]}, False, id="no default locale"),
        pytest.param({"greeting": [{"locale": "default", "text": "x" * 161}]}, False, id="greeting too long"),
        pytest.param({"persistent_menu": [{"locale": "default"}]}, False, id="menu without start"),
        pytest.param({**STARTS, "persistent_menu": [menu([MENU])]}, True, id="menu"),
        pytest.param({**STARTS, "persistent_menu": [menu([MENU] * 21)]}, False, id="menu too long"),
        pytest.param({**STARTS, "persistent_menu": [menu([{**MENU, "title": "x" * 31}])]}, False, id="title too long"),
        pytest.param({"whatever": 1}, False, id="unknown"),
    ],
)
async def test_messenger_reads_a_profile(body: dict[str, Any], right: bool) -> None:
    async with FakeMessenger() as fake:
        url = f"{fake.base_url}/{fake.version}/me/messenger_profile?appsecret_proof={fake.proof()}"
        answer = await post(url, body, {"Authorization": f"Bearer {fake.token}"})
    assert (answer == {"result": "success"}) is right
    assert bool(fake.profile) is right


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
