"""A real browser on a person's own page, the notice and the status of a request: on a phone and at a desk."""

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect
from sqlalchemy import select

from bot.domain.tokens import sign
from bot.storage.ids import address_id
from bot.storage.tables import consents
from tests.web.conftest import CHROMIUM
from tests.web.house import SECRET_KEY, House
from tests.web.test_browser import WIDTHS, browser, contrast, nothing_sticks_out, open_page, site
from tests.web.test_form import filled, send

__all__ = ["browser", "site"]
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")


async def registered(site: House) -> str:
    """Somebody who asked and registered; the link to their data."""
    chat = await site.chat()
    await chat.message()
    address = address_id(site.ids["web"], chat.token.split(".")[0])
    await chat.say("hiến máu có đau không")
    await send(site, site.form_link(address), filled(site, consent_reminder="on"))
    token = sign("me", f"{address}-nonce", site.clock() + timedelta(minutes=30), SECRET_KEY)
    return str(site.client.make_url(f"/me/{token}"))


@WIDTHS
async def test_it_opens_shows_withdraws_and_gives_a_copy(
    site: House, browser: Browser, width: int, tmp_path: Path
) -> None:
    faults: list[str] = []
    page = await open_page(browser, width, faults)
    await page.goto(await registered(site))
    await nothing_sticks_out(page)
    await page.get_by_role("button", name="Mở dữ liệu của tôi").click()
    await expect(page.locator("#person")).to_contain_text("Lò Thị Thử")
    await expect(page.locator("#messages")).to_contain_text("hiến máu có đau không")
    await nothing_sticks_out(page)
    for button in await page.locator(".button").all():
        box = await button.bounding_box()
        assert box is not None
        assert box["height"] >= 44
    async with page.expect_download() as started:
        await page.get_by_role("link", name="Tải tất cả").click()
    await (await started.value).save_as(tmp_path / "copy.json")
    assert json.loads((tmp_path / "copy.json").read_text(encoding="utf-8"))["person"]["name"] == "Lò Thị Thử"
    reminder = page.locator("#consents .item").filter(has_text="Nhắc khi có thể hiến lại")
    await reminder.get_by_role("button").click()
    await expect(reminder).to_contain_text("đã rút lại")
    await expect(reminder.get_by_role("button")).to_have_count(0)
    await page.get_by_role("button", name=re.compile("Rút lại")).click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("giữ chỗ?")
    await nothing_sticks_out(page)
    await page.get_by_role("link", name="Thôi, giữ nguyên").click()
    await expect(page.locator("#consents")).to_be_in_viewport()
    given = {row.purpose: row.withdrawn_at is None for row in await site.rows(select(consents))}
    assert given == {"registration": True, "reminder": False}
    assert faults == []


@WIDTHS
async def test_it_tells_why_a_used_link_opens_nothing(site: House, browser: Browser, width: int) -> None:
    link = await registered(site)
    mine, other = [await open_page(browser, width, []) for _ in range(2)]
    await mine.goto(link)
    await mine.get_by_role("button").click()
    await other.goto(link)
    await expect(other.get_by_role("heading", level=1)).to_have_text("Đường dẫn này đã được dùng")
    await expect(other.get_by_role("main")).to_contain_text("/dulieu")
    await nothing_sticks_out(other)


@WIDTHS
@pytest.mark.parametrize("path", ["/privacy", "/privacy?lang=en", "/deletion/nothing"])
async def test_it_fits_the_screen(site: House, browser: Browser, width: int, path: str) -> None:
    faults: list[str] = []
    page = await open_page(browser, width, faults)
    await page.goto(str(site.client.make_url(path)))
    await expect(page.get_by_role("heading", level=1)).to_be_visible()
    await nothing_sticks_out(page)
    assert faults == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_it_has_enough_contrast(site: House, browser: Browser, scheme: str) -> None:
    page = await open_page(browser, 390, [])
    await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    await page.goto(await registered(site))
    await page.get_by_role("button").click()
    for selector in (".hint", "dt", "dd", ".badge", ".badge.on", ".line .who span", ".line .said", ".offered span"):
        assert await contrast(page, selector) >= 4.5, selector
