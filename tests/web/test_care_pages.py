"""The phone list of first-time donors, the deferrals of the health role, and old donor lists, in the console."""

import io
from datetime import timedelta

import aiohttp
import openpyxl
import pytest
from playwright.async_api import Browser, expect
from sqlalchemy import select, update

from bot.domain.donations import Donation, ReasonGroup, Source
from bot.storage.ids import new_id
from bot.storage.outcomes import REASON, record_deferral, record_donation
from bot.storage.tables import (
    audit,
    consents,
    contacts,
    deferrals,
    donors,
    listed_donors,
    registrations,
    staff,
    units,
)
from tests.web.conftest import CHROMIUM
from tests.web.house import House
from tests.web.test_browser import browser, nothing_sticks_out, open_page, site
from tests.web.test_browser_console import log_in
from tests.web.test_console import Desk
from tests.web.test_console_people import registered

__all__ = ["browser", "site"]

NAME = "Lò Thị Thử"


async def first_donor(house: House, weeks: int, *, agreed: bool = True) -> int:
    """Somebody who gave once, so many weeks ago; their place is over."""
    contact = await registered(house)
    now, intervals = house.clock(), house.parts.catalogues.library.rules.intervals
    given = Donation((now - timedelta(weeks=weeks)).astimezone(house.parts.settings.timezone).date())
    await house.parts.db.write(lambda c: record_donation(c, contact, given, Source.SITE, intervals, now))

    done = update(registrations).where(registrations.c.contact_id == contact).values(state="donated")
    await house.parts.db.write(lambda c: c.execute(done))
    if agreed:
        row = {"id": new_id(), "contact_id": contact, "purpose": "reminder", "wording": "reminder@1", "given_at": now}
        await house.parts.db.write(lambda c: c.execute(consents.insert().values(row)))
    return contact


@pytest.mark.parametrize(("weeks", "listed"), [(7, False), (9, True), (14, True), (16, False)])
async def test_first_donors_are_listed_in_their_weeks(house: House, weeks: int, listed: bool) -> None:
    await first_donor(house, weeks)
    async with await Desk(house).enter("organiser") as desk:
        status, page = await desk.get("/console/first-timers")
    assert (status, NAME in page) == (200, listed)


async def test_a_call_is_ticked_off_and_noted_without_a_name(house: House) -> None:
    contact = await first_donor(house, 10)
    async with await Desk(house).enter("organiser") as desk:
        for _ in range(2):
            status, page = await desk.post(f"/console/first-timers/{contact}/called")
            assert (status, NAME in page) == (200, False)
    noted = await house.rows(select(audit.c.action, audit.c.subject, audit.c.detail))
    assert [row.subject for row in noted if row.action == "first-timer-called"] == [f"contact {contact}"]
    assert not any(NAME in f"{row.subject} {row.detail}" for row in noted)


async def test_whoever_did_not_agree_or_was_put_off_is_not_called(house: House) -> None:
    contact = await first_donor(house, 10, agreed=False)
    async with await Desk(house).enter("organiser") as desk:
        assert NAME not in (await desk.get("/console/first-timers"))[1]
        row = {
            "id": new_id(),
            "contact_id": contact,
            "purpose": "reminder",
            "wording": "r@1",
            "given_at": house.clock(),
        }
        await house.parts.db.write(lambda c: c.execute(consents.insert().values(row)))
        assert NAME in (await desk.get("/console/first-timers"))[1]
        off = update(donors).values(deferred_until=(house.clock() + timedelta(days=30)).date())
        await house.parts.db.write(lambda c: c.execute(off))
        assert NAME not in (await desk.get("/console/first-timers"))[1]


# --- deferrals ---------------------------------------------------------------------------------------------------------


async def put_off(house: House) -> int:
    contact, now = await registered(house), house.clock()
    ring = house.parts.ring
    await house.parts.db.write(
        lambda c: record_deferral(c, ring, contact, now.date(), now.date() + timedelta(days=28), None, now)
    )
    return contact


async def test_the_health_role_alone_sees_who_was_put_off_and_writes_why(house: House) -> None:
    await put_off(house)
    for role, wanted in (("organiser", 403), ("approver", 403), ("viewer", 403), ("volunteer", 403)):
        async with await Desk(house).enter(role) as desk:
            assert (await desk.get("/console/deferrals"))[0] == wanted
    (row,) = await house.rows(select(deferrals))
    at_top = select(units.c.id).where(units.c.parent_id.is_(None))
    (top,) = await house.rows(at_top)

    await house.parts.db.write(
        lambda c: c.execute(update(staff).where(staff.c.login == "health").values(unit_id=top.id))
    )
    async with await Desk(house).enter("health") as desk:
        status, page = await desk.get("/console/deferrals")
        assert (status, NAME in page) == (200, True)
        await desk.post(f"/console/deferrals/{row.id}/reason", {"reason": "nonsense"})
        await desk.post(f"/console/deferrals/{row.id}/reason", {"reason": "haemoglobin"})
        _, page = await desk.get("/console/deferrals")
    (row,) = await house.rows(select(deferrals))
    assert house.parts.ring.text_or_none(row.reason_group_sealed, REASON) == ReasonGroup.HAEMOGLOBIN
    assert "dưới 5" in page
    noted = await house.rows(select(audit.c.action, audit.c.subject, audit.c.detail))
    assert not any("haemoglobin" in f"{one.subject} {one.detail}" for one in noted)


# --- old lists ---------------------------------------------------------------------------------------------------------

LIST = "Họ và tên,Ngày sinh,Điện thoại,Dân tộc\nLò Thị Cũ,12/5/1990,0912 345 600,Thái\nSai,31/2/1990,1,\n"


def form_of(content: bytes, **fields: str) -> aiohttp.FormData:
    form = aiohttp.FormData()
    for name, value in fields.items():
        form.add_field(name, value)
    form.add_field("file", io.BytesIO(content), filename="danh-sach.csv")
    return form


async def unit_code(house: House) -> str:
    (row,) = await house.rows(select(units.c.code).where(units.c.parent_id.is_(None)))
    return str(row.code)


def ticket_in(page: str) -> str:
    return page.split('name="ticket" value="')[1].split('"')[0]


async def test_a_list_is_tried_and_kept_only_with_a_basis(small_house: House) -> None:
    code = await unit_code(small_house)
    async with await Desk(small_house).enter("admin") as desk:
        token = await desk.csrf()
        status, page = await desk.send("/console/lists", form_of(LIST.encode(), csrf=token, unit=code))
        assert (status, "Xem thử: chưa lưu gì cả" in page, "Dân tộc" in page) == (200, True, True)
        ticket = ticket_in(page)
        status, page = await desk.send("/console/lists", form_of(b"", csrf=token, unit=code, ticket=ticket))
        assert (status, "chưa có căn cứ" in page) == (422, True)
        assert await small_house.rows(select(listed_donors)) == []
        kept = form_of(b"", csrf=token, unit=code, ticket=ticket, basis="consent-on-paper")
        status, page = await desk.send("/console/lists", kept)
        assert (status, "Đã nhập" in page) == (200, True)
        (line,) = await small_house.rows(select(listed_donors))
        assert (line.basis, line.listed_by) == ("consent-on-paper", "admin")
        _, page = await desk.get("/console/lists")
        assert "Lò Thị Cũ" not in page
        _, slips = await desk.get(f"/console/lists/{line.unit_id}/slips")
    assert "Lò Thị Cũ" in slips
    assert await small_house.rows(select(contacts)) == []


def charts_alone() -> bytes:
    book, file = openpyxl.Workbook(), io.BytesIO()
    book.remove(book.active)
    book.create_chartsheet("Biểu đồ")
    book.save(file)
    return file.getvalue()


async def test_further_lists_of_a_file_are_named(small_house: House) -> None:
    book, file = openpyxl.Workbook(), io.BytesIO()
    for sheet in (book.active, book.create_sheet("Tổ hai")):
        sheet.append(["Họ tên", "Năm sinh", "SĐT"])
    book.save(file)
    code = await unit_code(small_house)
    async with await Desk(small_house).enter("admin") as desk:
        form = form_of(file.getvalue(), csrf=await desk.csrf(), unit=code)
        status, page = await desk.send("/console/lists", form)
    assert (status, "chưa được đọc: Tổ hai." in page) == (200, True)


@pytest.mark.parametrize(
    ("content", "unit", "said"),
    [
        (b"", "", "chọn đơn vị"),
        (b"", "own", "chọn một tệp"),
        (b"a,b\n1,2\n", "own", "Không thấy hàng tên cột"),
        (b"\xd0\xcf\x11\xe0\0\0", "own", "Không mở được tệp này"),
        pytest.param(charts_alone(), "own", "Tệp chỉ có biểu đồ", id="charts"),
    ],
)
async def test_a_list_is_refused_in_a_sentence(small_house: House, content: bytes, unit: str, said: str) -> None:
    code = await unit_code(small_house) if unit else "nirgendwo"
    async with await Desk(small_house).enter("admin") as desk:
        form = form_of(content, csrf=await desk.csrf(), unit=code)
        status, page = await desk.send("/console/lists", form)
    assert (status, said in page) == (422, True)


# --- looked at -----------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
@pytest.mark.parametrize("width", [390, 1280])
async def test_they_fit(site: House, browser: Browser, width: int) -> None:
    await first_donor(site, 10)
    await put_off(site)
    faults: list[str] = []
    page = await open_page(browser, width, faults)
    await log_in(site, page)
    for path in ("first-timers", "lists"):
        await page.goto(str(site.client.make_url(f"/console/{path}")))
        await expect(page.locator("h1")).to_have_count(1)
        await nothing_sticks_out(page)
    file = {"name": "danh-sach.csv", "mimeType": "text/csv", "buffer": LIST.encode()}
    await page.get_by_label("Tệp Excel").set_input_files([file])  # type: ignore[list-item]
    await page.get_by_role("button", name="Xem thử").click()
    await expect(page.get_by_role("heading", name="Xem thử: chưa lưu gì cả")).to_be_visible()
    await nothing_sticks_out(page)
    assert faults == []
