"""The web chat over its socket: a registration by taps, and everything a bad line or a bad page can do."""

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import WSCloseCode, WSMsgType, WSServerHandshakeError
from sqlalchemy import select, update

from bot.domain.messages import Message
from bot.domain.tokens import sign
from bot.storage.ids import address_id, new_id
from bot.storage.tables import outbox, registrations, seen
from bot.web.chat import poll
from bot.web.guard import DOORS, Seats
from bot.web.hub import PAGES_AT_MOST
from bot.web.origin import Pace
from bot.web.visits import CROWDED, TRIES_AT_HELLO
from tests.web.house import SECRET_KEY, Chat, House


def choice(message: Mapping[str, Any], label: str) -> dict[str, str]:
    return next(one for one in message["choices"] if label in one["label"])


async def register(chat: Chat) -> dict[str, Any]:
    """Walk through the whole form; the confirmation."""
    asked = await chat.say("đăng ký")
    asked = await chat.press(choice(asked, "Đồng ý"))
    asked = await chat.press(asked["choices"][1])
    for words in ("Lò Thị Thử", "12/5/1990", "0912345678", "may lua hong"):
        asked = await chat.say(words)
    asked = await chat.press(choice(asked, "May Lụa Hồng"))
    for _ in range(4):  # dangerous work: no; drive, slot, review: the first choice
        label = (
            asked["choices"][1] if any("Không" in one["label"] for one in asked["choices"][:2]) else asked["choices"][0]
        )
        asked = await chat.press(label)
    return asked


async def test_it_greets_a_newcomer_and_registers_by_taps(house: House) -> None:
    chat = await house.chat()
    hello = await chat.message()
    assert "trợ lý tự động" in hello["text"]
    assert all(set(one) == {"label", "payload"} for one in hello["choices"])
    confirmed = await register(chat)
    booked = await house.rows(select(registrations))
    assert [row.state for row in booked] == ["booked"]
    ticket = booked[0].ticket
    assert f"{ticket[:5]}-{ticket[5:]}" in confirmed["text"]


async def test_it_brings_the_history_back_after_a_reload(house: House) -> None:
    chat = await house.chat()
    first = await chat.message()
    answer = await chat.say("đăng ký")
    await chat.ws.close()
    again = await house.chat(chat.token, history=True)
    assert again.token == chat.token
    got = [await again.ws.receive_json(timeout=5) for _ in range(3)]
    assert [frame["type"] for frame in got] == ["message", "said", "message"]
    assert [got[0]["id"], got[1]["text"], got[2]["id"]] == [first["id"], "đăng ký", answer["id"]]


async def test_it_sends_only_what_was_missed_after_a_known_message(house: House) -> None:
    chat = await house.chat()
    first = await chat.message()
    answer = await chat.say("đăng ký")
    again = await house.chat(chat.token, after=first["id"])
    assert (await again.message())["id"] == answer["id"]


async def test_it_sends_the_last_minute_again_to_a_page_that_knows_ids(house: House) -> None:
    """Another process may have committed a little later than its ids say; the page drops what it has."""
    chat = await house.chat()
    first = await chat.message()
    await chat.say("đăng ký")
    again = await house.chat(chat.token, after=first["id"], history=True)
    got = [await again.ws.receive_json(timeout=5) for _ in range(4)]
    assert [frame["type"] for frame in got] == ["message", "said", "message", "ready"]
    house.clock.ahead = timedelta(minutes=5)
    await chat.ws.send_json({"type": "text", "id": "late", "text": "xin chào"})
    await chat.until("taken")
    row = (await house.rows(select(outbox.c.id).order_by(outbox.c.id.desc()).limit(1)))[0]
    old = await house.chat(chat.token, after=row.id + (300_000 << 22), history=True)
    got = [await old.ws.receive_json(timeout=5) for _ in range(2)]
    assert [(frame["type"], frame.get("text")) for frame in got] == [("said", "xin chào"), ("ready", None)]


async def test_it_tells_a_page_which_lines_came_even_when_their_words_are_not_kept(house: House) -> None:
    chat = await house.chat()
    await chat.message()
    await chat.ws.send_json({"type": "choice", "id": "tongue", "payload": "n.gone"})  # a button of no message
    await chat.until("taken")
    await chat.ws.send_json({"type": "text", "id": "forgotten", "text": "hello"})
    await chat.until("taken")
    forget = update(seen).where(seen.c.update_id.like("%forgotten")).values(text_sealed=None)
    await house.parts.db.write(lambda connection: connection.execute(forget))
    again = await house.chat(chat.token, history=True)
    got = await frames_until_ready(again)
    assert [frame["id"] for frame in got if frame["type"] == "taken"] == ["tongue", "forgotten"]
    assert not any(frame["type"] == "said" for frame in got)


async def frames_until_ready(chat: Chat) -> list[dict[str, Any]]:
    got: list[dict[str, Any]] = []
    while not got or got[-1]["type"] != "ready":
        got.append(await chat.ws.receive_json(timeout=5))
    return got


async def test_an_answer_comes_before_the_word_that_its_line_has_arrived(house: House) -> None:
    """So a page may send the next line on that word, and everything stands in its order."""
    chat = await house.chat()
    await chat.message()
    for number in range(10):
        await chat.ws.send_json({"type": "text", "id": str(number), "text": "xin chào"})
        kinds = []
        while not kinds or kinds[-1] != "taken":
            kinds.append((await chat.ws.receive_json(timeout=5))["type"])
        assert kinds == ["typing", "message", "taken"]


async def test_it_tells_when_a_message_was_made(small_house: House) -> None:
    chat = await small_house.chat()
    live = datetime.fromisoformat((await chat.message())["at"])
    again = await small_house.chat(chat.token)
    kept = datetime.fromisoformat((await again.message())["at"])
    assert abs(live - kept) < timedelta(minutes=1)


async def test_it_answers_whether_it_is_there(small_house: House) -> None:
    chat = await small_house.chat()
    await chat.ws.send_json({"type": "ping"})
    assert (await chat.until("pong")) == {"type": "pong"}


async def test_it_does_nothing_with_a_repeated_frame(house: House) -> None:
    chat = await house.chat()
    await chat.message()
    frame = {"type": "text", "id": "same", "text": "xin chào"}
    for _ in range(2):
        await chat.ws.send_json(frame)
        assert (await chat.until("taken"))["id"] == "same"
    assert len(await house.rows(select(seen).where(seen.c.kind == "said"))) == 1


async def test_it_shows_that_it_is_working(small_house: House) -> None:
    chat = await small_house.chat()
    await chat.message()
    await chat.ws.send_json({"type": "text", "id": "1", "text": "xin chào"})
    assert (await chat.ws.receive_json(timeout=5))["type"] == "typing"


BAD = [
    pytest.param("{", "unreadable", id="not JSON"),
    pytest.param("[1]", "unreadable", id="not an object"),
    pytest.param('{"type": "dance", "id": "1"}', "unknown-type", id="a type we do not know"),
    pytest.param('{"type": "text", "text": "x"}', "id-missing", id="no id"),
    pytest.param('{"type": "text", "id": true, "text": "x"}', "id-missing", id="an id that is none"),
    pytest.param('{"type": "text", "id": "1"}', "empty", id="no text"),
    pytest.param('{"type": "text", "id": "2", "text": 7}', "empty", id="text that is none"),
    pytest.param('{"type": "choice", "id": "3", "payload": null}', "empty", id="no payload"),
    pytest.param('{"type": "text", "id": "4", "text": "' + "x" * 9000 + '"}', "too-long", id="over 8 kB"),
]


@pytest.mark.parametrize(("raw", "reason"), BAD)
async def test_it_says_what_is_wrong_with_a_frame_and_goes_on(small_house: House, raw: str, reason: str) -> None:
    chat = await small_house.chat()
    await chat.message()
    await chat.ws.send_str(raw)
    assert (await chat.until("error"))["reason"] == reason
    assert (await chat.say("xin chào"))["text"]


async def test_it_wants_hello_first(small_house: House) -> None:
    ws = await small_house.client.ws_connect("/chat/ws")
    await ws.send_json({"type": "text", "id": "1", "text": "x"})
    assert (await ws.receive_json(timeout=5))["reason"] == "hello-first"
    await ws.send_bytes(b"x")
    assert (await ws.receive_json(timeout=5))["reason"] == "unreadable"


@pytest.mark.parametrize(
    "forge",
    [
        pytest.param(lambda token: token[:-2] + "xx", id="a changed token"),
        pytest.param(lambda token: "nonsense", id="nonsense"),
        pytest.param(
            lambda token: sign("form", token.split(".")[0], None, SECRET_KEY), id="a token for something else"
        ),
    ],
)
async def test_it_gives_a_forged_token_nothing_of_the_other_talk(
    small_house: House, forge: Callable[[str], str]
) -> None:
    chat = await small_house.chat()
    await chat.say("đăng ký")
    other = await small_house.chat(forge(chat.token), history=True)
    assert other.token.split(".")[0] != chat.token.split(".")[0]
    assert "trợ lý tự động" in (await other.message())["text"]


async def test_it_asks_a_visitor_to_slow_down(small_house: House) -> None:
    chat = await small_house.chat()
    await chat.message()
    for number in range(26):
        await chat.ws.send_json({"type": "text", "id": str(number), "text": "xin chào"})
    assert (await chat.until("error"))["reason"] == "too-fast"


async def test_it_hangs_up_on_a_page_that_floods_it(small_house: House) -> None:
    small_house.app[DOORS].frames = Pace(burst=5, per_second=0)
    chat = await small_house.chat()
    for _ in range(6):
        await chat.ws.send_json({"type": "ping"})
    while (await chat.ws.receive(timeout=5)).type is not WSMsgType.CLOSE:
        pass
    assert chat.ws.close_code == WSCloseCode.POLICY_VIOLATION


async def test_it_does_not_listen_for_ever_to_somebody_who_says_no_hello(small_house: House) -> None:
    ws = await small_house.client.ws_connect("/chat/ws")
    for _ in range(TRIES_AT_HELLO):
        await ws.send_str("{")
        assert (await ws.receive_json(timeout=5))["reason"] == "unreadable"
    assert (await ws.receive(timeout=5)).type is WSMsgType.CLOSE


async def test_it_has_a_seat_for_so_many_sockets_of_one_caller(small_house: House) -> None:
    small_house.app[DOORS].sockets = Seats(1)
    first = await small_house.client.ws_connect("/chat/ws")
    with pytest.raises(WSServerHandshakeError) as refused:
        await small_house.client.ws_connect("/chat/ws")
    assert refused.value.status == 429
    await first.close()
    async with asyncio.timeout(5):
        while True:  # the seat is free again once the server has seen the page go
            with contextlib.suppress(WSServerHandshakeError):
                assert await small_house.client.ws_connect("/chat/ws")
                return


async def test_the_oldest_of_too_many_pages_of_one_visitor_makes_room(small_house: House) -> None:
    oldest = await small_house.chat()
    await oldest.message()
    pages = [await small_house.chat(oldest.token) for _ in range(PAGES_AT_MOST)]
    while (await oldest.ws.receive(timeout=5)).type is not WSMsgType.CLOSE:
        pass
    assert oldest.ws.close_code == CROWDED
    assert (await pages[-1].say("đăng ký"))["text"]


async def test_a_newcomer_is_greeted_once_by_a_poster_although_the_line_was_cut(small_house: House) -> None:
    chat = await small_house.chat(ref="mau-2", id="poster-1")
    await chat.message()
    again = await small_house.chat(chat.token, ref="mau-2", id="poster-1", history=True)
    got = await frames_until_ready(again)
    assert [frame["type"] for frame in got] == ["message", "ready"]
    assert len(await small_house.rows(select(outbox))) == 1


@pytest.mark.parametrize("ref", ["nothing-like-that", "<b>", "x" * 500, "HM000", "../../etc"])
async def test_a_wrong_reference_is_harmless(small_house: House, ref: str) -> None:
    chat = await small_house.chat(ref=ref, id="poster-1")
    assert (await chat.message())["choices"]
    answer = await chat.say("đăng ký")
    again = await small_house.chat(chat.token, ref=ref, id="poster-2", history=True)
    await frames_until_ready(again)
    pressed = await again.press(choice(answer, "Đồng ý"))  # the form that was open still is
    assert pressed["choices"]


async def test_it_says_that_an_answer_comes_later_while_the_database_is_held(
    small_house: House, tmp_path: Path
) -> None:
    chat = await small_house.chat()
    await chat.message()
    holder = sqlite3.connect(tmp_path / "small.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    try:
        await chat.ws.send_json({"type": "text", "id": "1", "text": "xin chào"})
        assert await chat.until("taken") == {"type": "taken", "id": "1", "later": True}
    finally:
        holder.execute("ROLLBACK")
        holder.close()
    assert (await chat.message())["text"]


async def test_a_phone_may_install_it(small_house: House) -> None:
    async with small_house.client.get("/chat/app.webmanifest") as answer:
        told = await answer.json(content_type="application/manifest+json")
    assert (told["name"], told["lang"], told["start_url"]) == ("Giọt Hồng", "vi", "/chat")
    for icon in told["icons"]:
        async with small_house.client.get(icon["src"]) as picture:
            assert (picture.status, picture.content_type) == (200, icon["type"])


@pytest.mark.parametrize(("origin", "let_in"), [("same", True), ("https://elsewhere.example", False), ("null", False)])
async def test_it_opens_to_its_own_page_only(small_house: House, origin: str, let_in: bool) -> None:
    told = str(small_house.client.make_url("/")).rstrip("/") if origin == "same" else origin
    if let_in:
        assert await small_house.client.ws_connect("/chat/ws", headers={"Origin": told})
        return
    with pytest.raises(WSServerHandshakeError) as refused:
        await small_house.client.ws_connect("/chat/ws", headers={"Origin": told})
    assert refused.value.status == 403


async def test_it_keeps_the_code_of_the_poster(small_house: House) -> None:
    chat = await small_house.chat(ref="mau-2")
    hello = await chat.message()
    assert any(f"d.{small_house.ids['drive-2']}" == one["payload"] for one in hello["choices"])


async def test_it_greets_again_when_a_known_visitor_comes_from_a_poster(small_house: House) -> None:
    chat = await small_house.chat()
    await chat.message()
    again = await small_house.chat(chat.token, ref="mau-2", id="poster-1")
    await again.message()
    assert any(f"d.{small_house.ids['drive-2']}" == one["payload"] for one in (await again.message())["choices"])


async def test_it_brings_what_another_process_committed(house: House) -> None:
    chat = await house.chat()
    await chat.message()
    visitor = chat.token.split(".")[0]
    row = {
        "id": new_id(),
        "key": "staff:1:0",
        "account_id": house.ids["web"],
        "address_id": address_id(house.ids["web"], visitor),
        "purpose": "staff",
        "priority": 0,
        "body_sealed": house.parts.ring.seal_json(Message("Chào anh/chị").to_json(), "outbox.body"),
        "state": "sent",
        "created_at": house.clock(),
        "due_at": house.clock(),
    }
    await house.parts.db.write(lambda connection: connection.execute(outbox.insert().values(row)))
    await poll(house.parts)
    await poll(house.parts)  # the second look finds it again; the page gets it once
    assert (await chat.message())["text"] == "Chào anh/chị"
    with pytest.raises(asyncio.TimeoutError):
        await chat.ws.receive_json(timeout=0.1)


async def test_it_reaches_every_open_page_of_a_visitor(small_house: House) -> None:
    one = await small_house.chat()
    await one.message()
    other = await small_house.chat(one.token)
    await other.message()
    answer = await one.say("đăng ký")
    assert (await other.message())["id"] == answer["id"]


async def test_it_forgets_closed_pages(small_house: House) -> None:
    chat = await small_house.chat()
    await chat.message()
    assert small_house.parts.hub.sockets == 1
    await chat.ws.close()
    for _ in range(100):
        if not small_house.parts.hub.sockets:
            break
        await asyncio.sleep(0.01)
    assert small_house.parts.hub.sockets == 0


async def test_it_loads_in_under_60_kilobytes(small_house: House) -> None:
    async with small_house.client.get("/chat") as answer:
        page = await answer.text()
    total = len(page.encode())
    for part in page.split('"'):
        if part.startswith("/static/"):
            async with small_house.client.get(part, headers={"Accept-Encoding": "identity"}) as answer:
                assert answer.status == 200
                assert "immutable" in answer.headers["Cache-Control"]
                total += len(await answer.read())
    assert total < 60_000


async def test_it_takes_tokens_without_an_end(small_house: House) -> None:
    chat = await small_house.chat()
    await chat.message()
    small_house.clock.ahead = timedelta(days=400)
    assert (await small_house.chat(chat.token)).token == chat.token
