"""A real browser at a phone's and a desk's width: the whole registration by taps, and the form on one page."""

import re
import socket
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect
from sqlalchemy import select, update

from bot.storage.database import Database
from bot.storage.ids import address_id
from bot.storage.tables import consents, registrations
from tests.web.conftest import CHROMIUM
from tests.web.house import House, open_house

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
WIDTHS = pytest.mark.parametrize("width", [360, 390, 1280])
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


@pytest.fixture
async def site(small_db: Database, tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(small_db, tmp_path, port=free_port()) as house:
        yield house


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as tool:
        opened = await tool.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        await opened.close()


async def open_page(browser: Browser, width: int, faults: list[str]) -> Page:
    context = await browser.new_context(
        viewport={"width": width, "height": 844}, locale="vi-VN", reduced_motion="reduce"
    )
    page = await context.new_page()
    page.set_default_timeout(10_000)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if "Content Security Policy" in said.text else None)
    return page


async def tap(page: Page, label: str | re.Pattern[str]) -> None:
    """Tap the newest choice with this label."""
    button = page.locator(".choices:not(.past) button").filter(has_text=label).first
    await expect(button).to_be_enabled()
    box = await button.bounding_box()
    assert box is not None
    assert box["height"] >= 44
    await button.click()


async def write(page: Page, words: str) -> None:
    await page.fill("#words", words)
    await page.keyboard.press("Enter")
    await expect(page.locator(".mine").filter(has_text=words).last).not_to_have_class(re.compile("waiting"))


async def nothing_sticks_out(page: Page) -> None:
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@WIDTHS
async def test_it_registers_by_taps_and_keeps_the_talk_over_a_reload(site: House, browser: Browser, width: int) -> None:
    faults: list[str] = []
    page = await open_page(browser, width, faults)
    await page.goto(str(site.client.make_url("/chat")))
    await expect(page.get_by_role("log")).to_contain_text("trợ lý tự động")
    await tap(page, "Đăng ký")
    await tap(page, re.compile("^Đồng ý$"))
    await tap(page, re.compile("^Không"))
    for words in ("Lò Thị Thử", "12/5/1990", "0912345678", "may lua hong"):
        await expect(page.locator(".dots")).to_have_count(0)
        await write(page, words)
    await tap(page, "May Lụa Hồng")
    await tap(page, re.compile("^Không"))
    await tap(page, re.compile("05/|T7|CN|Nhà văn hoá"))
    await tap(page, "08:00")
    await nothing_sticks_out(page)
    await tap(page, re.compile("Xác nhận|Đúng"))
    log = page.get_by_role("log")
    await expect(log).to_contain_text("Mã phiếu")
    (booked,) = await site.rows(select(registrations))
    assert booked.slot_id == site.slots[1]
    before = await log.locator(".turn").count()
    await page.reload()
    await expect(log).to_contain_text(f"{booked.ticket[:5]}-{booked.ticket[5:]}")
    await expect(log.locator(".turn")).to_have_count(before)
    assert await page.evaluate("document.documentElement.scrollHeight <= innerHeight")  # only the talk scrolls
    await expect(log).to_contain_text("Lò Thị Thử")
    await expect(page.locator(".choices:not(.past)")).to_have_count(1)
    assert await log.locator(".choices.past button:enabled").count() == 0
    assert faults == []


@WIDTHS
async def test_it_registers_on_one_page(site: House, browser: Browser, width: int) -> None:
    faults: list[str] = []
    page = await open_page(browser, width, faults)
    chat = await site.chat()
    await chat.message()
    link = site.form_link(address_id(site.ids["web"], chat.token.split(".")[0]))
    await page.goto(str(site.client.make_url(link)))
    assert not await page.locator("#consent").is_checked()
    assert not await page.locator("#consent_reminder").is_checked()
    await page.fill("#name", "Lò Thị Thử")
    await page.get_by_role("button", name="Giữ chỗ cho tôi").click()
    await expect(page.get_by_role("alert")).to_be_focused()
    await expect(page.locator("#phone")).to_have_attribute("aria-invalid", "true")
    await expect(page.locator("#name")).to_have_value("Lò Thị Thử")
    await nothing_sticks_out(page)
    await page.fill("#birth_date", "12/5/1990")
    await page.fill("#phone", "0912345678")
    await page.locator("#unit").press_sequentially("che hoa")
    await expect(page.locator("#units option")).to_have_attribute("value", "CĐCS Công ty Chè Hoa Ban")
    await page.fill("#unit", "CĐCS Công ty Chè Hoa Ban")
    await page.locator("label.slot", has_text="08:00").first.click()
    await page.locator("label.slot", has_text="Không").click()
    await page.locator("label.tick", has_text="Tôi đồng ý").click()
    await page.get_by_role("button", name="Giữ chỗ cho tôi").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Đã giữ chỗ cho anh/chị")
    await nothing_sticks_out(page)
    (booked,) = await site.rows(select(registrations))
    assert (booked.slot_id, booked.unit_id) == (site.slots[1], site.ids["cdcs-che"])
    assert [row.purpose for row in await site.rows(select(consents))] == ["registration"]
    assert faults == []


@WIDTHS
async def test_it_takes_what_we_hold_with_one_tick(site: House, browser: Browser, width: int) -> None:
    faults: list[str] = []
    page = await open_page(browser, width, faults)
    chat = await site.chat()
    await chat.message()
    link = site.form_link(address_id(site.ids["web"], chat.token.split(".")[0]))
    first = {"nonce": "n" * 22, "name": "Lò Thị Thử", "birth_date": "12/5/1990", "phone": "0912345678", "consent": "on"}
    first |= {"unit_none": "on", "dangerous_work": "no", "slot": str(site.slots[0])}
    async with site.client.post(link, data=first) as answer:
        assert answer.status == 200
    over = update(registrations).values(state="cancelled")
    await site.parts.db.write(lambda connection: connection.execute(over))
    await page.goto(str(site.client.make_url(link)))
    tick = page.locator("label.tick", has_text="Dùng thông tin đã có")
    await expect(page.locator("#reuse")).not_to_be_checked()
    await expect(page.locator("#phone")).to_be_visible()
    await tick.click()
    await expect(page.locator("#phone")).to_be_hidden()
    await expect(page.get_by_text("L. T. T., …678")).to_be_visible()
    await nothing_sticks_out(page)
    await page.get_by_role("button", name="Giữ chỗ cho tôi").click()
    await expect(page.get_by_role("alert")).to_be_focused()
    await expect(page.locator("#reuse")).to_be_checked()
    await expect(page.locator("#phone")).to_be_hidden()
    await page.locator("label.slot", has_text="08:00").first.click()
    await page.locator("label.slot", has_text="Không").click()
    await page.locator("label.tick", has_text="Tôi đồng ý").click()
    await page.get_by_role("button", name="Giữ chỗ cho tôi").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Đã giữ chỗ cho anh/chị")
    await page.goto(str(site.client.make_url(link)))
    await expect(page.get_by_role("heading", level=1)).to_have_text("Đã giữ chỗ cho anh/chị")
    assert faults == []


async def contrast(page: Page, selector: str) -> float:
    """WCAG's ratio of an element's text to what lies behind it."""
    colours = await page.locator(selector).last.evaluate(
        """element => {
          const found = [getComputedStyle(element).color];
          for (let at = element; at; at = at.parentElement) {
            const ground = getComputedStyle(at).backgroundColor;
            if (ground !== 'rgba(0, 0, 0, 0)') { found.push(ground); break; }
          }
          return found;
        }"""
    )
    light = [luminance(*map(int, re.findall(r"\d+", colour)[:3])) for colour in colours]
    return (max(light) + 0.05) / (min(light) + 0.05)


def luminance(*channels: float) -> float:
    linear: Callable[[float], float] = lambda c: c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4  # noqa: E731
    red, green, blue = (linear(channel / 255) for channel in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
