"""Proposing, opening, moving and calling off a drive in the console."""

import pytest
from playwright.async_api import Browser
from sqlalchemy import select

from bot.storage.tables import drive_changes, drives
from tests.web.conftest import CHROMIUM
from tests.web.house import House
from tests.web.test_browser import browser, nothing_sticks_out, open_page, site
from tests.web.test_browser_console import log_in
from tests.web.test_console import Desk

__all__ = ["browser", "site"]


async def open_drive(house: House) -> int:
    (row,) = await house.rows(select(drives.c.id).where(drives.c.state == "open").limit(1))
    return int(row.id)


async def state_of(house: House, drive: int) -> str:
    (row,) = await house.rows(select(drives.c.state).where(drives.c.id == drive))
    return str(row.state)


async def test_it_shows_what_will_be_told_before_it_moves(small_house: House) -> None:
    drive = await open_drive(small_house)
    fields = {"date": "2027-03-06", "from": "08:00", "place": "Hội trường Mẫu", "address": "", "site_phone": ""}
    async with await Desk(small_house).enter("organiser") as desk:
        status, page = await desk.get(f"/console/drives/{drive}/change")
        assert status == 200
        assert "Huỷ đợt này" in page
        status, look = await desk.post(f"/console/drives/{drive}/move", fields)
        assert "sẽ được báo ngay" in look
        assert await small_house.rows(select(drive_changes)) == []
        status, _ = await desk.post(f"/console/drives/{drive}/move", {**fields, "sure": "yes"})
    (change,) = await small_house.rows(select(drive_changes))
    assert change.kind == "moved"
    (row,) = await small_house.rows(select(drives.c.place).where(drives.c.id == drive))
    assert row.place == "Hội trường Mẫu"


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"date": "2020-01-01"}, "Ngày giờ này đã qua."),
        ({"date": "hôm nay"}, "Chọn một ngày."),
        ({"from": "25:00"}, "Ghi giờ, ví dụ 07:30."),
        ({"place": "x"}, "Địa điểm từ 3 đến 100 chữ."),
    ],
)
async def test_it_says_what_is_wrong(small_house: House, fields: dict[str, str], fault: str) -> None:
    drive = await open_drive(small_house)
    right = {"date": "2027-03-06", "from": "08:00", "place": "Hội trường Mẫu", "address": "", "site_phone": ""}
    async with await Desk(small_house).enter("organiser") as desk:
        status, page = await desk.post(f"/console/drives/{drive}/move", {**right, **fields, "sure": "yes"})
    assert status == 422
    assert fault in page
    assert await small_house.rows(select(drive_changes)) == []


async def test_it_calls_off_only_who_is_sure(small_house: House) -> None:
    drive = await open_drive(small_house)
    async with await Desk(small_house).enter("organiser") as desk:
        await desk.post(f"/console/drives/{drive}/call-off")
        assert await state_of(small_house, drive) == "open"
        await desk.post(f"/console/drives/{drive}/call-off", {"sure": "yes"})
        assert await state_of(small_house, drive) == "cancelled"
        assert (await desk.get(f"/console/drives/{drive}/change"))[0] == 409


async def test_it_is_proposed_by_one_and_opened_by_another(small_house: House) -> None:
    drive = await open_drive(small_house)
    await small_house.parts.db.write(lambda c: c.execute(drives.update().values(state="draft")))
    async with await Desk(small_house).enter("organiser") as desk:
        await desk.post(f"/console/drives/{drive}/propose")
        assert await state_of(small_house, drive) == "proposed"
        assert (await desk.post(f"/console/drives/{drive}/open"))[0] == 403
    async with await Desk(small_house).enter("approver") as desk:
        await desk.post(f"/console/drives/{drive}/return")
        assert await state_of(small_house, drive) == "draft"
    async with await Desk(small_house).enter("organiser") as desk:
        await desk.post(f"/console/drives/{drive}/propose")
    async with await Desk(small_house).enter("approver") as desk:
        await desk.post(f"/console/drives/{drive}/open")
    (row,) = await small_house.rows(select(drives).where(drives.c.id == drive))
    assert (row.state, row.proposed_by, row.opened_by) == ("open", "organiser", "approver")


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
@pytest.mark.parametrize("width", [390, 1280])
async def test_it_fits_the_screen(site: House, browser: Browser, width: int) -> None:
    drive = await open_drive(site)
    faults: list[str] = []
    page = await open_page(browser, width, faults)
    await log_in(site, page)
    await page.goto(str(site.client.make_url(f"/console/drives/{drive}/change")))
    await nothing_sticks_out(page)
    assert faults == []
