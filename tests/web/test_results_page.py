"""A hospital's results brought in on the console: tried first, recorded by a second press."""

import io
from datetime import timedelta

import aiohttp
import pytest
from playwright.async_api import Browser, expect
from sqlalchemy import select, update

from bot.storage.tables import donations, drives, registrations
from bot.web.console.uploads import LARGEST, Shelf
from tests.web.conftest import CHROMIUM
from tests.web.house import House
from tests.web.test_browser import browser, nothing_sticks_out, open_page, site
from tests.web.test_browser_console import log_in
from tests.web.test_care_pages import charts_alone
from tests.web.test_console import Desk
from tests.web.test_console_people import registered

__all__ = ["browser", "site"]

HEADER = "Mã phiếu,Họ và tên,Kết quả,Thể tích (ml),HBsAg"


async def held(house: House) -> tuple[int, str]:
    """A drive of yesterday at which somebody holds a place, and their ticket."""
    contact = await registered(house)
    (row,) = await house.rows(
        select(registrations.c.drive_id, registrations.c.ticket).where(registrations.c.contact_id == contact)
    )
    over = {"starts_at": house.clock() - timedelta(hours=30), "ends_at": house.clock() - timedelta(hours=26)}
    await house.parts.db.write(lambda c: c.execute(update(drives).where(drives.c.id == row.drive_id).values(over)))
    return int(row.drive_id), str(row.ticket)


def form_of(content: bytes, **fields: str) -> aiohttp.FormData:
    form = aiohttp.FormData()
    for name, value in fields.items():
        form.add_field(name, value)
    form.add_field("file", io.BytesIO(content), filename="ket-qua.csv")
    return form


def ticket_in(page: str) -> str:
    return page.split('name="ticket" value="')[1].split('"')[0]


async def test_it_tries_and_then_records(small_house: House) -> None:
    drive, ticket = await held(small_house)
    path, content = f"/console/drives/{drive}/results", f"{HEADER}\n{ticket},,Đã hiến,350,âm tính\n".encode()
    async with await Desk(small_house).enter("organiser") as desk:
        token = await desk.csrf()
        status, page = await desk.send(path, form_of(content, csrf=token))
        assert (status, "Xem thử: chưa ghi gì cả" in page, "HBsAg" in page, "âm tính" in page) == (
            200,
            True,
            True,
            False,
        )
        assert await small_house.rows(select(donations)) == []
        second = ticket_in(page)
        status, page = await desk.send(path, form_of(b"", csrf=token, ticket=second))
        assert (status, "Đã ghi kết quả" in page) == (200, True)
        (given,) = await small_house.rows(select(donations))
        assert (given.ml, given.source) == (350, "results")
        status, page = await desk.send(path, form_of(b"", csrf=token, ticket=second))
        assert (status, "quá 15 phút" in page) == (422, True)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(b"", "chọn một tệp", id="empty"),
        pytest.param(b"\xd0\xcf\x11\xe0\0\0", "Không mở được tệp này", id="no table"),
        pytest.param(charts_alone(), "Tệp chỉ có biểu đồ", id="charts"),
        pytest.param(b"a,b\n1,2\n", "Không thấy hàng tên cột", id="no header"),
        pytest.param(b"x" * (LARGEST + 1), "lớn hơn 1 MB", id="too large"),
    ],
)
async def test_it_refuses_in_a_sentence(small_house: House, content: bytes, said: str) -> None:
    drive, _ = await held(small_house)
    async with await Desk(small_house).enter("organiser") as desk:
        status, page = await desk.send(f"/console/drives/{drive}/results", form_of(content, csrf=await desk.csrf()))
    assert (status, said in page) == (422, True)


async def test_it_is_for_those_alone_who_organise_there(small_house: House) -> None:
    drive, _ = await held(small_house)
    path = f"/console/drives/{drive}/results"
    for role in ("viewer", "volunteer", "health"):
        async with await Desk(small_house).enter(role) as desk:
            assert (await desk.send(path, form_of(b"x", csrf=await desk.csrf())))[0] == 403
    async with await Desk(small_house).enter("organiser") as desk:
        assert (await desk.send(path, form_of(b"x", csrf="forged")))[0] == 403


def test_a_file_on_the_shelf_opens_once_for_its_session_and_not_for_long(small_house: House) -> None:
    shelf, now = Shelf(), small_house.clock()
    mine = shelf.lay("mine", b"rows", now)
    assert shelf.take(mine, "another", now) is None
    assert shelf.take(mine, "mine", now) == b"rows"
    assert shelf.take(mine, "mine", now) is None
    old = shelf.lay("mine", b"rows", now)
    assert shelf.take(old, "mine", now + timedelta(minutes=15)) is None


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
@pytest.mark.parametrize("width", [390, 1280])
async def test_it_is_done_with_a_mouse_and_fits(site: House, browser: Browser, width: int) -> None:
    drive, ticket = await held(site)
    faults: list[str] = []
    page = await open_page(browser, width, faults)
    await log_in(site, page)
    await page.goto(str(site.client.make_url(f"/console/drives/{drive}/results")))
    rows = f"{HEADER}\n{ticket},,Đã hiến,350,âm tính\nZZZZZ-ZZZZZ,,Đã hiến,350,\n"
    file = {"name": "ket-qua.csv", "mimeType": "text/csv", "buffer": rows.encode()}
    await page.get_by_label("Tệp Excel").set_input_files([file])  # type: ignore[list-item]
    await nothing_sticks_out(page)
    await page.get_by_role("button", name="Xem thử").click()
    await expect(page.get_by_role("heading", name="Xem thử: chưa ghi gì cả")).to_be_visible()
    await expect(page.get_by_text("không có mã phiếu này")).to_be_visible()
    await nothing_sticks_out(page)
    await page.get_by_role("button", name="Ghi kết quả").click()
    await expect(page.get_by_role("heading", name="Đã ghi kết quả")).to_be_visible()
    assert faults == []
