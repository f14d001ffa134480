"""A person's own page: one press opens it once, it shows everything, and what it offers works as in the chat."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest
from aiohttp import ClientSession, CookieJar
from sqlalchemy import insert, select, update

from bot.dialog.payloads import Agree
from bot.domain.consents import Purpose
from bot.domain.tokens import sign
from bot.storage.database import Database
from bot.storage.erasing import erase_person
from bot.storage.ids import address_id, new_id
from bot.storage.tables import addresses, consents, data_requests, donors, registrations, seen, slots, used_links
from tests.web.house import SECRET_KEY, Chat, House, open_house
from tests.web.test_form import filled, send

PERSONAL = ("Lò Thị Thử", "0912 345 678", "12/05/1990", "May Lụa Hồng")


def link(house: House, address: int, *, minutes: float = 30, nonce: str = "abcDEF123_-x") -> str:
    return f"/me/{sign('me', f'{address}-{nonce}', house.clock() + timedelta(minutes=minutes), SECRET_KEY)}"


@pytest.fixture
async def browser(small_house: House) -> AsyncIterator[ClientSession]:
    """Somebody else's."""
    async with stranger(small_house) as session:
        yield session


def stranger(house: House) -> ClientSession:
    return ClientSession(house.client.make_url("/"), cookie_jar=CookieJar(unsafe=True))


async def talking(house: House) -> tuple[Chat, int]:
    chat = await house.chat()
    await chat.message()
    return chat, address_id(house.ids["web"], chat.token.split(".")[0])


async def registered(house: House, **fields: str) -> tuple[Chat, int]:
    """Somebody who asked something and registered on the form's page."""
    chat, address = await talking(house)
    await chat.say("hiến máu có đau không")
    await send(house, house.form_link(address), filled(house, **fields))
    return chat, address


async def look(house: House, path: str) -> tuple[int, str]:
    async with house.client.get(path) as answer:
        return answer.status, unescape(await answer.text())


async def press(house: House, path: str, **fields: str) -> tuple[int, str]:
    async with house.client.post(path, data=fields) as answer:
        return answer.status, unescape(await answer.text())


def nonce_in(page: str) -> str:
    found = re.search(r'name="nonce" value="([\w-]+)"', page)
    assert found is not None
    return found[1]


async def test_it_shows_a_robot_only_a_button(house: House) -> None:
    _, address = await registered(house)
    path = link(house, address)
    for _ in range(2):
        status, page = await look(house, path)
        assert status == 200
        assert "Mở dữ liệu của tôi" in page
        assert not [words for words in PERSONAL if words in page]
    assert await house.rows(select(used_links)) == []
    assert (await press(house, path))[0] == 200


async def test_it_shows_everything_after_the_press(house: House) -> None:
    _, address = await registered(house, consent_reminder="on")
    status, page = await press(house, link(house, address))
    assert status == 200
    (booked,) = await house.rows(select(registrations))
    ticket = f"{booked.ticket[:5]}-{booked.ticket[5:]}"
    for words in (*PERSONAL, ticket, "Nhà văn hoá", "hiến máu có đau không", "Nhắc khi có thể hiến lại", "/xoa"):
        assert words in page, words
    assert [row.kind for row in await house.rows(select(data_requests))] == ["page"]
    assert "Mở trang này" in page


async def test_it_stays_open_over_a_reload_and_locks_itself(house: House) -> None:
    _, address = await registered(house)
    path = link(house, address)
    await press(house, path)
    house.clock.ahead = timedelta(minutes=14)
    assert "Lò Thị Thử" in (await look(house, path))[1]
    assert "Lò Thị Thử" in (await press(house, path))[1]
    house.clock.ahead = timedelta(minutes=16)
    status, page = await look(house, path)
    assert (status, "Lò Thị Thử" in page, "đã được dùng" in page, "/dulieu" in page) == (410, False, True, True)


async def test_it_stays_open_although_the_link_ends_meanwhile(small_house: House) -> None:
    _, address = await registered(small_house)
    path = link(small_house, address, minutes=1)
    await press(small_house, path)
    small_house.clock.ahead = timedelta(minutes=10)
    assert "Lò Thị Thử" in (await look(small_house, path))[1]
    small_house.clock.ahead = timedelta(minutes=16)
    assert (await look(small_house, path))[0] == 410


@pytest.mark.parametrize(("public", "secure"), [("", False), ("https://hm.example", True)])
async def test_it_keeps_its_session_in_a_cookie_of_this_page_alone(
    small_db: Database, tmp_path: Path, public: str, secure: bool
) -> None:
    async with open_house(small_db, tmp_path, {"PUBLIC_URL": public}) as house:
        _, address = await talking(house)
        async with house.client.post(link(house, address), allow_redirects=False) as answer:
            assert answer.status == 303
            cookie = answer.cookies["giothong_me"]
    assert cookie["httponly"]
    assert (cookie["samesite"], cookie["path"], cookie["max-age"]) == ("Strict", "/me", "900")
    assert bool(cookie["secure"]) is secure


async def test_it_opens_once(small_house: House, browser: ClientSession) -> None:
    _, address = await registered(small_house)
    path = link(small_house, address)
    await press(small_house, path)
    for call in (browser.get, browser.post):
        async with call(path) as answer:
            page = unescape(await answer.text())
            assert answer.status == 410
            assert "đã được dùng" in page
            assert "/dulieu" in page
            assert "Lò Thị Thử" not in page
    (asked,) = await small_house.rows(select(data_requests))
    assert asked.kind == "page"


async def test_it_opens_for_one_of_many_who_press_at_once(house: House) -> None:
    _, address = await registered(house)
    path = link(house, address)
    sessions = [stranger(house) for _ in range(6)]
    try:
        answers = await asyncio.gather(*(session.post(path, allow_redirects=False) for session in sessions))
        assert sorted(answer.status for answer in answers) == [303, 410, 410, 410, 410, 410]
    finally:
        for session in sessions:
            await session.close()


async def test_it_opens_nothing_with_the_session_of_another_link(small_house: House) -> None:
    _, one = await registered(small_house)
    _, other = await talking(small_house)
    await press(small_house, link(small_house, other))
    status, page = await look(small_house, link(small_house, one))
    assert (status, "Lò Thị Thử" in page) == (200, False)
    again = link(small_house, other, nonce="another-nonce")
    assert "Mở dữ liệu của tôi" in (await look(small_house, again))[1]


async def test_it_ends_after_its_time(small_house: House) -> None:
    _, address = await registered(small_house)
    path = link(small_house, address)
    small_house.clock.ahead = timedelta(minutes=31)
    for status, page in (await look(small_house, path), await press(small_house, path)):
        assert status == 410
        assert "đã hết hạn" in page
        assert "gõ /dulieu" in page
    assert await small_house.rows(select(used_links)) == []


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("tail", ["", "/data.json", "/messages.html", "/withdraw"])
async def test_it_knows_no_forged_link(small_house: House, method: str, tail: str) -> None:
    _, address = await talking(small_house)
    right = link(small_house, address)
    other = f"/me/{sign('form', str(address), small_house.clock() + timedelta(minutes=5), SECRET_KEY)}"
    for path in ("/me/nonsense", right[:-2] + ("AA" if right[-2:] != "AA" else "BB"), other):
        async with small_house.client.request(method, path + tail) as answer:
            assert answer.status == 404


async def test_it_refuses_a_press_from_another_site(small_house: House) -> None:
    _, address = await registered(small_house)
    path = link(small_house, address)
    async with small_house.client.post(path, headers={"Sec-Fetch-Site": "cross-site"}) as answer:
        assert answer.status == 403
    assert await small_house.rows(select(used_links)) == []


async def test_it_shows_somebody_who_only_asked(small_house: House) -> None:
    chat, address = await talking(small_house)
    await chat.say("hiến máu có đau không")
    _, page = await press(small_house, link(small_house, address))
    for words in ("chưa đăng ký lần nào", "hiến máu có đau không", chat.token.split(".")[0], "Mở trang này"):
        assert words in page


async def test_it_speaks_the_language_of_the_talk(small_house: House) -> None:
    chat, address = await talking(small_house)
    await chat.say("English")
    path = link(small_house, address)
    assert "Open my data" in (await look(small_house, path))[1]
    assert "Messages both ways" in (await press(small_house, path))[1]


async def test_it_shows_the_donor_s_data(small_house: House) -> None:
    _, address = await registered(small_house)
    (home,) = await small_house.rows(select(addresses))
    sealed = small_house.parts.ring.seal_text("AB-", "donors.blood_group")
    row = insert(donors).values(contact_id=home.contact_id, blood_group_sealed=sealed, donations=3)
    await small_house.parts.db.write(lambda connection: connection.execute(row))
    _, page = await press(small_house, link(small_house, address))
    assert "AB-" in page
    assert "Số lần đã ghi nhận" in page


async def test_it_shows_older_messages_on_further_pages(small_house: House) -> None:
    _, address = await talking(small_house)
    at = small_house.clock()
    rows = [
        {
            "address_id": address,
            "update_id": f"old-{number:03}",
            "received_at": at - timedelta(minutes=500 - number),
            "kind": "said",
            "text_sealed": small_house.parts.ring.seal_text(f"câu số {number:03}.", "seen.text"),
        }
        for number in range(120)
    ]
    await small_house.parts.db.write(lambda connection: connection.execute(insert(seen), rows))
    path = link(small_house, address)
    _, page = await press(small_house, path)
    assert "câu số 119." in page
    assert "câu số 060." not in page
    found: list[str] = []
    for number in (1, 2, 3):
        _, page = await look(small_house, f"{path}?page={number}")
        found += re.findall(r"câu số \d+\.", page)
        assert ("Xem thêm" in page) is (number < 3)
    assert len(found) == len(set(found)) == 120
    for odd in ("0", "-1", "x", "99999999999999999999"):
        assert (await look(small_house, f"{path}?page={odd}"))[0] == 200


async def test_it_puts_nothing_personal_into_an_address(small_house: House) -> None:
    chat, address = await registered(small_house)
    path = link(small_house, address)
    _, page = await press(small_house, path)
    for target in re.findall(r'(?:href|action|src)="([^"]*)"', page):
        assert not target.startswith("http")
        assert not [words for words in (*PERSONAL, chat.token.split(".")[0], "0912345678") if words in target]


# --- withdrawing ------------------------------------------------------------------------------------------------------


async def test_it_withdraws_one_consent_as_the_chat_does(house: House) -> None:
    chat, address = await registered(house, consent_reminder="on")
    await chat.message()
    path = link(house, address)
    _, page = await press(house, path)
    for _ in range(2):  # a second press of the same page changes nothing
        status, after = await press(house, f"{path}/withdraw", purpose="reminder", nonce=nonce_in(page))
        assert status == 200
    assert "đã rút lại" in after
    rows = {row.purpose: row.withdrawn_at for row in await house.rows(select(consents))}
    assert rows["reminder"] is not None
    assert rows["registration"] is None
    answers = [frame async for frame in _messages(chat, 1)]
    assert len([text for text in answers if "nhắc" in text.lower()]) >= 1
    kinds = [row.kind for row in await house.rows(select(data_requests.c.kind).order_by(data_requests.c.id))]
    assert kinds == ["page", "withdraw"]


async def _messages(chat: Chat, most: int) -> AsyncIterator[str]:
    for _ in range(most):
        yield (await chat.message())["text"]


async def test_it_asks_before_a_place_is_given_back(house: House) -> None:
    _, address = await registered(house)
    path = link(house, address)
    _, page = await press(house, path)
    status, asked = await press(house, f"{path}/withdraw", purpose="registration", nonce=nonce_in(page))
    assert (status, "trả lại cho người khác" in asked) == (200, True)
    assert [row.state for row in await house.rows(select(registrations))] == ["booked"]
    fields = {"purpose": "registration", "nonce": nonce_in(asked), "sure": "yes"}
    status, page = await press(house, f"{path}/withdraw", **fields)
    assert (status, "đã huỷ" in page) == (200, True)
    assert [row.state for row in await house.rows(select(registrations))] == ["cancelled"]
    (slot,) = await house.rows(select(slots.c.taken).where(slots.c.id == house.slots[0]))
    assert slot.taken == 0
    (given,) = await house.rows(select(consents))
    assert given.withdrawn_at is not None


async def test_it_withdraws_while_staff_own_the_talk(small_house: House) -> None:
    _, address = await registered(small_house, consent_reminder="on")
    owned = update(addresses).values(handoff="talking", handoff_since=small_house.clock())
    await small_house.parts.db.write(lambda connection: connection.execute(owned))
    path = link(small_house, address)
    _, page = await press(small_house, path)
    await press(small_house, f"{path}/withdraw", purpose="reminder", nonce=nonce_in(page))
    rows = {row.purpose: row.withdrawn_at for row in await small_house.rows(select(consents))}
    assert rows["reminder"] is not None


async def test_it_withdraws_every_kind(small_house: House) -> None:
    _, address = await registered(small_house)
    (home,) = await small_house.rows(select(addresses))
    rows = [
        {
            "id": new_id(),
            "contact_id": home.contact_id,
            "purpose": purpose.value,
            "wording": f"consent.{purpose}@2",
            "given_at": small_house.clock(),
            "address_id": address,
        }
        for purpose in Purpose
        if purpose is not Purpose.REGISTRATION
    ]
    await small_house.parts.db.write(lambda connection: connection.execute(insert(consents), rows))
    path = link(small_house, address)
    _, page = await press(small_house, path)
    assert sorted(re.findall(r'name="purpose" value="(\w+)"', page)) == sorted(purpose.value for purpose in Purpose)
    for purpose in Purpose:
        sure = {"sure": "yes"} if purpose is Purpose.REGISTRATION else {}
        await press(small_house, f"{path}/withdraw", purpose=purpose, nonce=nonce_in(page), **sure)
    assert not [row for row in await small_house.rows(select(consents)) if row.withdrawn_at is None]
    assert 'name="purpose"' not in (await look(small_house, path))[1]


@pytest.mark.parametrize(
    "fields",
    [{"purpose": "x", "nonce": "n" * 22}, {"purpose": "news", "nonce": "ngắn"}, {}],
    ids=["what", "nonce", "no"],
)
async def test_it_withdraws_nothing_it_does_not_know(small_house: House, fields: dict[str, str]) -> None:
    _, address = await registered(small_house)
    path = link(small_house, address)
    await press(small_house, path)
    assert (await press(small_house, f"{path}/withdraw", **fields))[0] == 404


async def test_it_withdraws_nothing_behind_a_closed_door(small_house: House, browser: ClientSession) -> None:
    _, address = await registered(small_house, consent_reminder="on")
    fields = {"purpose": "reminder", "nonce": "n" * 22}
    async with browser.post(f"{link(small_house, address)}/withdraw", data=fields) as answer:
        assert "Mở dữ liệu của tôi" in await answer.text()
    assert not [row for row in await small_house.rows(select(consents)) if row.withdrawn_at]


# --- taking it along --------------------------------------------------------------------------------------------------


async def test_it_gives_everything_as_json(house: House) -> None:
    chat, address = await registered(house, consent_reminder="on")
    path = link(house, address)
    await press(house, path)
    async with house.client.get(f"{path}/data.json") as answer:
        assert answer.status == 200
        assert answer.headers["Content-Disposition"] == 'attachment; filename="giot-hong.json"'
        assert answer.headers["Cache-Control"] == "no-store"
        told = json.loads(await answer.read())
    assert told["person"]["name"] == "Lò Thị Thử"
    assert told["person"]["birth_date"] == "1990-05-12"
    assert told["person"]["phone"] == "+84912345678"
    assert told["addresses"][0]["user_id"] == chat.token.split(".")[0]
    assert {given["purpose"] for given in told["consents"]} == {"registration", "reminder"}
    assert told["registrations"][0]["state"] == "booked"
    assert "hiến máu có đau không" in [message["text"] for message in told["messages"] if message["from"] == "you"]
    assert [request["kind"] for request in told["requests"]] == ["page"]
    kinds = [row.kind for row in await house.rows(select(data_requests.c.kind).order_by(data_requests.c.id))]
    assert kinds == ["page", "download"]


async def test_it_gives_the_messages_to_read(small_house: House) -> None:
    chat, address = await talking(small_house)
    await chat.say("<script>alert(1)</script> & bạn")
    path = link(small_house, address)
    await press(small_house, path)
    async with small_house.client.get(f"{path}/messages.html") as answer:
        assert answer.headers["Content-Disposition"].startswith("attachment")
        page = await answer.text()
    assert page.startswith("<!doctype html>")
    assert page.rstrip().endswith("</html>")
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; bạn" in page
    assert "<script" not in page
    assert "href=" not in page
    assert page.index("trợ lý tự động") < page.index("alert(1)")


@pytest.mark.parametrize("name", ["data.json", "messages.html"])
async def test_it_gives_no_file_to_others(small_house: House, browser: ClientSession, name: str) -> None:
    _, address = await registered(small_house)
    path = link(small_house, address)
    async with browser.get(f"{path}/{name}") as answer:
        page = unescape(await answer.text())
    assert "Mở dữ liệu của tôi" in page
    assert "Lò Thị Thử" not in page
    assert await small_house.rows(select(data_requests)) == []


async def test_it_shows_nothing_after_an_erasure(house: House) -> None:
    _, address = await registered(house)
    path = link(house, address)
    await press(house, path)
    (home,) = await house.rows(select(addresses))
    now = house.clock()
    await house.parts.db.write(
        lambda connection: erase_person(connection, house.parts.ring, home.contact_id, now, source="chat")
    )
    for tail in ("", "/data.json", "/messages.html"):
        status, page = await look(house, path + tail)
        assert (status, "Lò Thị Thử" in page, "Không còn gì" in page) == (410, False, True)


async def test_it_reads_the_button_it_was_pressed(small_house: House) -> None:
    chat, address = await talking(small_house)
    await chat.send({"type": "choice", "payload": str(Agree(Purpose.NEWS, "ask"))})
    _, page = await press(small_house, link(small_house, address))
    assert "c.news.ask" not in page
    assert "đã bấm một nút" in page
