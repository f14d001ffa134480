"""Check-in in the console: found, arrived, gave or another time, a slip taken back; who may write why; the board."""

from datetime import timedelta

import pytest
from playwright.async_api import Browser, expect
from sqlalchemy import Connection, select

from bot.storage.ids import new_id
from bot.storage.name_index import name_words
from bot.storage.outcomes import REASON
from bot.storage.tables import contacts, deferrals, donations, drive_staff, drives, registrations, slots, staff
from tests.web.conftest import CHROMIUM
from tests.web.house import ROLES, House
from tests.web.test_browser import browser, nothing_sticks_out, open_page, site
from tests.web.test_browser_console import log_in
from tests.web.test_console import Desk

__all__ = ["browser", "site"]
NAME, TICKET = "Lò Thị Mai", "ABCDE00000"


async def somebody(house: House) -> tuple[int, int]:
    """One person with a place at the open drive, which is today; the drive's and the place's ids."""
    ring, now = house.parts.ring, house.clock()

    def write(connection: Connection) -> tuple[int, int]:
        slot = connection.execute(
            select(slots).join(drives, drives.c.id == slots.c.drive_id).where(drives.c.state == "open").limit(1)
        ).one()
        who, place = new_id(), new_id()
        connection.execute(
            contacts.insert().values(
                id=who, created_at=now, updated_at=now, name_sealed=ring.seal_text(NAME, "contacts.name"),
                name_words=name_words(ring, NAME), phone_sealed=ring.seal_text("+84912345678", "contacts.phone"),
            )
        )  # fmt: skip
        connection.execute(
            registrations.insert().values(
                id=place, contact_id=who, drive_id=slot.drive_id, slot_id=slot.id, ticket=TICKET, state="booked",
                created_at=now, updated_at=now,
            )
        )  # fmt: skip
        connection.execute(drives.update().where(drives.c.id == slot.drive_id).values(reported_at=None))
        return int(slot.drive_id), place

    drive, place = await house.parts.db.write(write)
    (row,) = await house.rows(select(drives.c.starts_at).where(drives.c.id == drive))
    house.clock.ahead += row.starts_at - house.clock() + timedelta(minutes=5)
    return drive, place


async def test_it_checks_somebody_in(small_house: House) -> None:
    drive, place = await somebody(small_house)
    path = f"/console/drives/{drive}/door"
    async with await Desk(small_house).enter("organiser") as desk:
        _, found = await desk.post(path, {"who": "abcde-00000"})
        assert NAME in found
        _, came = await desk.post(f"{path}/{place}/step", {"step": "arrived"})
        assert "Đã hiến 350 ml" in came
        assert "Nhóm lý do" not in came
        status, again = await desk.post(f"{path}/{place}/step", {"step": "arrived"})
        assert (status, "Bước này đã có người ghi rồi." in again) == (409, True)
        await desk.post(f"{path}/{place}/step", {"step": "donated", "ml": "350"})
        (given,) = await small_house.rows(select(donations))
        assert (given.ml, given.component) == (350, "whole_blood")
        await desk.post(f"{path}/{place}/undo", {"seen": "donated"})
        assert await small_house.rows(select(donations)) == []
        _, board = await desk.get(f"/console/drives/{drive}/board")
    assert "Đang chờ" in board
    assert NAME not in board


@pytest.mark.parametrize(("role", "known"), [("health", True), ("organiser", False)])
async def test_it_lets_health_staff_alone_write_why(small_house: House, role: str, known: bool) -> None:
    drive, place = await somebody(small_house)
    path = f"/console/drives/{drive}/door/{place}/step"
    async with await Desk(small_house).enter(role) as desk:
        await desk.post(path, {"step": "arrived"})
        await desk.post(path, {"step": "deferred", "days": "28", "reason": "haemoglobin"})
    (row,) = await small_house.rows(select(deferrals))
    assert row.until == row.decided_on + timedelta(days=28)
    assert (small_house.parts.ring.open_text(row.reason_group_sealed, REASON) == "haemoglobin") is known


@pytest.mark.parametrize("until", ["2020-01-01", "2099-01-01", "mai"])
async def test_it_refuses_a_day_that_cannot_be(small_house: House, until: str) -> None:
    drive, place = await somebody(small_house)
    path = f"/console/drives/{drive}/door/{place}/step"
    async with await Desk(small_house).enter("organiser") as desk:
        await desk.post(path, {"step": "arrived"})
        status, page = await desk.post(path, {"step": "deferred", "until": until})
    assert status == 409
    assert "Ngày quay lại" in page
    assert await small_house.rows(select(deferrals)) == []


async def test_it_opens_to_volunteers_only_where_they_are_named(small_house: House) -> None:
    drive, _ = await somebody(small_house)
    async with await Desk(small_house).enter("volunteer") as desk:
        assert (await desk.get(f"/console/drives/{drive}/door"))[0] == 404
        (who,) = await small_house.rows(select(staff.c.id).where(staff.c.login == "volunteer"))
        row = {"drive_id": drive, "staff_id": who.id}
        await small_house.parts.db.write(lambda c: c.execute(drive_staff.insert().values(row)))
        assert (await desk.get(f"/console/drives/{drive}/door"))[0] == 200


@pytest.mark.parametrize("role", ROLES)
async def test_it_is_for_those_who_help(small_house: House, role: str) -> None:
    drive, _ = await somebody(small_house)
    async with await Desk(small_house).enter(role) as desk:
        status, _ = await desk.get(f"/console/drives/{drive}/door")
    assert status == {"viewer": 403, "volunteer": 404}.get(role, 200)


async def test_it_says_of_another_drives_ticket_and_of_nobody(small_house: House) -> None:
    drive, place = await somebody(small_house)
    (other,) = await small_house.rows(select(drives.c.id).where(drives.c.id != drive).limit(1))
    async with await Desk(small_house).enter("organiser") as desk:
        _, elsewhere = await desk.post(f"/console/drives/{other.id}/door", {"who": TICKET})
        _, nobody = await desk.post(f"/console/drives/{drive}/door", {"who": "không có ai"})
        assert (await desk.post(f"/console/drives/{drive}/door/{place}/step", {"step": "sleep"}))[0] == 404
        assert (await desk.post(f"/console/drives/{drive}/door/{place}/undo", {"seen": "asleep"}))[0] == 404
    assert "của đợt khác" in elsewhere
    assert "Không thấy ai" in nobody


async def test_it_is_shut_before_its_day(small_house: House) -> None:
    drive, place = await somebody(small_house)
    small_house.clock.ahead -= timedelta(days=2)
    async with await Desk(small_house).enter("organiser") as desk:
        status, page = await desk.post(f"/console/drives/{drive}/door/{place}/step", {"step": "arrived"})
    assert status == 409
    assert "Cửa mở từ 3 giờ" in page


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
@pytest.mark.parametrize("width", [390, 1280])
async def test_it_is_used_with_thumbs(site: House, browser: Browser, width: int) -> None:
    drive, _ = await somebody(site)
    faults: list[str] = []
    page = await open_page(browser, width, faults)
    await log_in(site, page)
    await page.goto(str(site.client.make_url(f"/console/drives/{drive}/door")))
    await page.get_by_label("Ai đến?").fill("mai")
    await page.get_by_role("button", name="Tìm").click()
    await page.get_by_role("button", name="Đã đến").click()
    await expect(page.get_by_role("button", name="Đã hiến 350 ml")).to_be_visible()
    await nothing_sticks_out(page)
    await page.get_by_text("Hôm nay chưa hiến").click()
    await nothing_sticks_out(page)
    await page.goto(str(site.client.make_url(f"/console/drives/{drive}/board")))
    await nothing_sticks_out(page)
    assert faults == []
