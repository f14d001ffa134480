"""Posters in the console, and somebody who comes by one."""

from datetime import timedelta
from io import BytesIO
from zoneinfo import ZoneInfo

import pytest
from pypdf import PdfReader
from sqlalchemy import select, update

from bot.domain.references import code_of
from bot.storage.references import numbers_of
from bot.storage.tables import audit, drives, poster_codes, registrations
from tests.web.house import House
from tests.web.test_console import Desk

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
CHE = "CĐCS Công ty Chè Hoa Ban"


async def code(house: House, drive: str, unit: str) -> str:
    drive_id, unit_id = house.ids[drive], house.ids[unit]
    numbers = await house.parts.db.write(lambda c: numbers_of(c, drive_id, [unit_id], house.clock()))
    house.parts.catalogues.forget()
    return code_of(numbers[unit_id])


async def test_staff_take_the_posters_of_a_drive(house: House) -> None:
    async with Desk(house) as desk:
        await desk.enter("organiser")
        _, page = await desk.get("/console/drives")
        assert f'action="/console/drives/{house.ids["drive"]}/posters"' in page
        fields = {"csrf": await desk.csrf()}
        async with desk.session.post(f"/console/drives/{house.ids['drive']}/posters", data=fields) as answer:
            assert answer.status == 200
            assert answer.headers["Content-Disposition"] == 'attachment; filename="ap-phich-mau-1.pdf"'
            pages = PdfReader(BytesIO(await answer.read())).pages
    codes = [code_of(row.number) for row in await house.rows(select(poster_codes).order_by(poster_codes.c.number))]
    assert len(pages) == len(codes) == 3
    assert all(code in page.extract_text() for page, code in zip(pages, codes, strict=True))
    assert CHE in pages[1].extract_text()
    assert [row.action for row in await house.rows(select(audit)) if row.subject == "mau-1"] == ["posters-printed"]


@pytest.mark.parametrize(("login", "drive"), [("viewer", "drive"), ("volunteer", "drive"), ("health", "drive")])
async def test_others_have_no_button_and_no_right(small_house: House, login: str, drive: str) -> None:
    async with Desk(small_house) as desk:
        await desk.enter(login)
        assert "/posters" not in (await desk.get("/console/drives"))[1]
        assert (await desk.post(f"/console/drives/{small_house.ids[drive]}/posters"))[0] == 403
    assert await small_house.rows(select(poster_codes)) == []


async def test_a_drive_that_is_over_has_no_posters(small_house: House) -> None:
    over = update(drives).values(starts_at=small_house.clock() - timedelta(days=2), ends_at=small_house.clock())
    await small_house.parts.db.write(lambda c: c.execute(over))
    async with Desk(small_house) as desk:
        await desk.enter("organiser")
        assert "/posters" not in (await desk.get("/console/drives"))[1]
        assert (await desk.post(f"/console/drives/{small_house.ids['drive']}/posters"))[0] == 403


async def test_the_web_chat_opens_with_the_poster_and_registers_its_unit(house: House) -> None:
    poster = await code(house, "drive", "cdcs-che")
    chat = await house.chat(ref=poster.lower())
    hello = await chat.message()
    assert CHE in hello["text"]
    join = next(choice for choice in hello["choices"] if choice["label"] == "Đăng ký đợt này")
    await chat.press(join)
    for words in ("đồng ý", "không cần", "Lò Thị Thử", "20/11/1990", "0912345678", "không", "1", "đúng rồi"):
        await chat.say(words)
    query = select(registrations.c.drive_id, registrations.c.unit_id)
    assert [tuple(row) for row in await house.rows(query)] == [(house.ids["drive"], house.ids["cdcs-che"])]


async def test_a_visitor_with_a_talk_is_asked_before_a_poster_changes_it(small_house: House) -> None:
    first, second = await code(small_house, "drive", "cdcs-che"), await code(small_house, "drive-2", "cdcs-che")
    chat = await small_house.chat()
    await chat.message()
    await chat.say(f"đăng ký {first}")
    again = await small_house.chat(chat.token, ref=second, id="poster-2")
    while "đăng ký dở" not in (asked := await again.message())["text"]:
        pass
    assert [choice["label"] for choice in asked["choices"]] == ["Đổi theo mã này", "Giữ như cũ"]


async def test_the_one_page_form_knows_the_unit_of_the_poster(small_house: House) -> None:
    poster = await code(small_house, "drive-2", "cdcs-may")
    chat = await small_house.chat(ref=poster)
    await chat.message()
    shown = await chat.say("đăng ký")
    async with small_house.client.get(shown["link"]["url"].removeprefix("https://giothong.example")) as answer:
        page = await answer.text()
    assert 'value="CĐCS Công ty May Lụa Hồng"' in page
    starts = await small_house.rows(select(drives.c.starts_at).order_by(drives.c.starts_at.desc()))
    places = [page.index(f"{row.starts_at.astimezone(ZONE):%d/%m/%Y}") for row in starts]
    assert places == sorted(places), "the poster's drive, which is the later one, stands first"
