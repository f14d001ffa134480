"""The console's page on reach: counts of what the member may see, on planned days or on one day."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from playwright.async_api import Browser, expect
from sqlalchemy import Connection, insert, select, update

from bot.domain.consents import Purpose
from bot.domain.registrations import RegistrationState
from bot.storage.ids import new_id
from bot.storage.tables import addresses, consents, contacts, drives, registrations, slots
from tests.web.conftest import CHROMIUM
from tests.web.house import ROLES, House
from tests.web.test_browser import browser, nothing_sticks_out, open_page, site
from tests.web.test_browser_console import log_in
from tests.web.test_console import Desk

__all__ = ["browser", "site"]
ORGANISERS = {"admin", "approver", "organiser"}


def furnish(connection: Connection, house: House, now: datetime) -> None:
    """Forty people with a place: on three channels, some silent for long; half of them asked for the reminder."""
    slot, drive = connection.execute(
        select(slots.c.id, slots.c.drive_id).join(drives).where(drives.c.starts_at > now).order_by(slots.c.id)
    ).first() or (0, 0)
    unit = connection.execute(select(drives.c.unit_id).where(drives.c.id == drive)).scalar()
    for number in range(40):
        kind = ("telegram", "zalo", "messenger", "web")[number % 4]
        person, moments = new_id(), {"created_at": now, "updated_at": now}
        place = {"drive_id": drive, "slot_id": slot, "unit_id": unit if number % 3 else None}
        address: dict[str, Any] = {"account_id": house.ids[kind], "user_id": f"reach-{number}", "first_seen_at": now}
        wrote = now - timedelta(days=number / 5)
        connection.execute(insert(contacts).values(id=person, **moments))
        connection.execute(insert(addresses).values(id=person, contact_id=person, last_inbound_at=wrote, **address))
        purposes = (Purpose.REGISTRATION, Purpose.REMINDER) if number % 2 else (Purpose.REGISTRATION,)
        for purpose in purposes:
            given = {"purpose": purpose.value, "wording": "x@1", "given_at": now, "address_id": person}
            connection.execute(insert(consents).values(id=new_id(), contact_id=person, **given))
        connection.execute(
            insert(registrations).values(
                id=new_id(), contact_id=person, address_id=person, ticket=f"REACH{number:05}",
                state=RegistrationState.BOOKED.value, planned_at=now, **place, **moments,
            )
        )  # fmt: skip


@pytest.mark.parametrize("role", ROLES)
async def test_it_opens_to_those_who_see_names(small_house: House, role: str) -> None:
    async with await Desk(small_house).enter(role) as desk:
        status, _ = await desk.get("/console/reach")
        assert status == (200 if role in ORGANISERS else 403)
        _, page = await desk.get("/console/drives")
        assert ('href="/console/reach"' in page) is (role in ORGANISERS)


async def test_it_counts_a_day_by_way_and_reason(small_house: House) -> None:
    now = small_house.clock()
    await small_house.parts.db.write(lambda c: furnish(c, small_house, now))
    tomorrow = (now + timedelta(hours=7)).date().isoformat()
    async with await Desk(small_house).enter("admin") as desk:
        _, empty = await desk.get("/console/reach")
        assert "Chưa có tin nào để đếm" in empty
        _, page = await desk.get(f"/console/reach?on={tomorrow}")
    assert "Telegram: tin nhắn thường" in page
    assert "quá 24 giờ chưa nhắn trên Messenger" in page
    assert "chỉ trò chuyện trên trang web" in page
    (name,) = {row.name for row in await small_house.rows(select(drives).join(registrations))}
    assert f"<strong>{name}</strong>" in page
    assert f">{name} – " in page
    assert "Nhắc lịch hiến lại" in page
    assert "Chưa rõ đơn vị" in page
    assert " đồng" in page


async def test_it_shows_a_unit_only_its_own(small_house: House) -> None:
    now = small_house.clock()
    await small_house.parts.db.write(lambda c: furnish(c, small_house, now))
    day = (now + timedelta(hours=7)).date().isoformat()
    async with await Desk(small_house).enter("organiser-che") as desk:
        _, page = await desk.get(f"/console/reach?on={day}")
    assert "Chưa rõ đơn vị" not in page
    assert "Chưa có tin nào để đếm" in page


@pytest.mark.parametrize("path", ["reach?drive={}", "contacts/{}", "drives/{}", "people/{}"])
async def test_it_takes_a_number_too_large_for_an_id(small_house: House, path: str) -> None:
    async with await Desk(small_house).enter("admin") as desk:
        for number in (2**63, 10**19 - 1, 10**30):
            status, _ = await desk.get(f"/console/{path.format(number)}")
            assert status == (200 if "reach" in path else 404)


@pytest.mark.parametrize("day", ["hôm nay", "2026-02-30", "x" * 50])
async def test_it_says_what_is_no_day(small_house: House, day: str) -> None:
    async with await Desk(small_house).enter("admin") as desk:
        status, page = await desk.get(f"/console/reach?on={day}")
    assert status == 422
    assert "Ngày chưa đúng" in page


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
@pytest.mark.parametrize("width", [360, 390, 1280])
async def test_it_fits(site: House, browser: Browser, width: int) -> None:
    now = site.clock()
    await site.parts.db.write(lambda c: furnish(c, site, now))
    long = "Ngày hội hiến máu tình nguyện của công nhân viên chức lao động các huyện vùng cao"
    await site.parts.db.write(lambda c: c.execute(update(drives).values(name=long)))
    faults: list[str] = []
    page = await open_page(browser, width, faults)
    await log_in(site, page)
    await page.locator(".more summary").click()
    await page.get_by_role("link", name="Khả năng nhắn tới").click()
    await page.fill("#on", (now + timedelta(hours=7)).date().isoformat())
    await page.get_by_role("button", name="Xem", exact=True).click()
    await expect(page.locator(".bars li").first).to_be_visible()
    await nothing_sticks_out(page)
    assert faults == []
