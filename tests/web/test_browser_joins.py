"""Joined chats in a real browser, on a phone and on a desk: the code in the chat, the person page, its one question."""

import pytest
from playwright.async_api import Browser, expect

from tests.web.conftest import CHROMIUM
from tests.web.house import House
from tests.web.test_browser import browser, nothing_sticks_out, open_page, site
from tests.web.test_browser_console import log_in
from tests.web.test_console_joins import join_second_chat
from tests.web.test_console_people import registered

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
__all__ = ["browser", "site"]


@pytest.mark.parametrize("width", [390, 1280])
async def test_staff_part_two_chats_from_the_persons_page(site: House, browser: Browser, width: int) -> None:
    contact = await registered(site)
    await join_second_chat(site, contact)
    faults: list[str] = []
    page = await open_page(browser, width, faults)
    await log_in(site, page)
    await page.goto(str(site.client.make_url(f"/console/contacts/{contact}")))
    await nothing_sticks_out(page)
    await page.get_by_role("link", name="Tách ra").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Tách lần nối gần nhất?")
    await nothing_sticks_out(page)
    await page.get_by_role("button", name="Tách ra").click()
    await expect(page).to_have_url(str(site.client.make_url(f"/console/contacts/{contact}")))
    await expect(page.get_by_role("link", name="Tách ra")).to_have_count(0)
    assert faults == []


@pytest.mark.parametrize("width", [390, 1280])
async def test_a_code_is_given_and_a_wrong_one_refused_in_the_chat(site: House, browser: Browser, width: int) -> None:
    faults: list[str] = []
    page = await open_page(browser, width, faults)
    await page.goto(str(site.client.make_url("/")))
    field = page.get_by_role("textbox")
    await field.fill("nối tài khoản")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Mã nối của anh/chị:")).to_be_visible()
    await nothing_sticks_out(page)
    await field.fill("B4K7-T0M2")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Mã này không đúng, đã dùng rồi")).to_be_visible()
    await nothing_sticks_out(page)
    assert faults == []
