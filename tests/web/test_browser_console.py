"""The console's pages about people in a real browser, on a phone and on a desk: everything fits, the menu opens."""

from datetime import timedelta

import pytest
from playwright.async_api import Browser, Page, expect
from sqlalchemy import select, update

from bot.storage.staff import make_login_link
from bot.storage.tables import addresses, drives
from tests.web.conftest import CHROMIUM
from tests.web.house import House
from tests.web.test_browser import browser, contrast, nothing_sticks_out, open_page, site
from tests.web.test_console_people import asked, kept, pressed, registered

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
__all__ = ["browser", "site"]


async def log_in(site: House, page: Page, login: str = "admin") -> None:
    secret = site.parts.db.write_now(lambda c: make_login_link(c, login, site.clock()))
    await page.goto(str(site.client.make_url(f"/console/login/{secret}")))
    await page.get_by_role("button").click()


@pytest.mark.parametrize("width", [360, 390, 1280])
async def test_it_fits(site: House, browser: Browser, width: int) -> None:
    contact = await registered(site, name="Lò Thị Thử Với Một Cái Tên Thật Là Dài")
    (home,) = await site.rows(select(addresses.c.id).where(addresses.c.contact_id == contact))
    report = await pressed(site, "cdcs-che", "x" * 300, home.id)
    await asked(site, "erase", "platform", done=False)
    event = await kept(site, b'{"text": "' + b"y" * 500 + b'"}')
    over = update(drives).where(drives.c.id == site.ids["drive-2"]).values(ends_at=site.clock() - timedelta(days=1))
    await site.parts.db.write(lambda c: c.execute(over))
    faults: list[str] = []
    page = await open_page(browser, width, faults)
    await log_in(site, page)
    for path in (
        "people/search",
        f"contacts/{contact}",
        f"contacts/{contact}/erase",
        "pressure",
        f"pressure/{report}/call-back",
        "requests",
        "kept-aside",
        f"kept-aside/{event}",
        f"drives/{site.ids['drive-2']}",
    ):
        await page.goto(str(site.client.make_url(f"/console/{path}")))
        await expect(page.locator("h1")).to_have_count(1)
        await nothing_sticks_out(page)
    assert faults == []


@pytest.mark.parametrize("width", [390, 1280])
async def test_it_goes_from_the_menu_to_somebodys_page_by_keyboard(site: House, browser: Browser, width: int) -> None:
    contact = await registered(site)
    faults: list[str] = []
    page = await open_page(browser, width, faults)
    await log_in(site, page)
    await page.locator(".more summary").focus()
    await page.keyboard.press("Enter")
    await nothing_sticks_out(page)
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Tìm người")
    await page.fill("#name", "thu lo")
    await page.keyboard.press("Enter")
    await page.get_by_role("link", name="Lò Thị Thử").click()
    await expect(page).to_have_url(str(site.client.make_url(f"/console/contacts/{contact}")))
    async with page.expect_download() as download:
        await page.get_by_role("button", name="Xuất dữ liệu").click()
    assert (await download.value).suggested_filename == f"giot-hong-{contact}.json"
    await page.get_by_role("link", name="Xoá người này").click()
    await page.get_by_role("button", name="Xoá vĩnh viễn").click()
    await expect(page.get_by_role("status")).to_contain_text("Đã xoá thông tin")
    assert faults == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_it_can_be_read_in(site: House, browser: Browser, scheme: str) -> None:
    contact = await registered(site)
    await pressed(site, "cdcs-che", "x")
    await asked(site, "erase", "platform", done=False)
    page = await open_page(browser, 390, [])
    await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    await log_in(site, page)
    for path, selectors in {
        f"contacts/{contact}": (".quiet", ".grave", ".ledger .badge", ".hint"),
        "pressure": (".lead", ".badge", ".words"),
        "requests": (".told", ".ledger .quiet", ".small"),
        "people/search?erased": (".done", ".hint", ".more summary"),
    }.items():
        await page.goto(str(site.client.make_url(f"/console/{path}")))
        for selector in selectors:
            assert await contrast(page, selector) >= 4.5, (path, selector)
