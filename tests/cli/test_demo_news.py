"""The demonstration as a newcomer tries it: somebody agrees to news in the chat, one submits, another approves, it arrives."""

import re
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from tests.cli.test_demo import line_of, program
from tests.web.conftest import CHROMIUM
from tests.web.test_browser import browser, nothing_sticks_out, open_page, tap, write

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
__all__ = ["browser"]


async def agrees_to_news(page: Page, chat: str) -> None:
    """Registers first, for before that nothing is kept to write to."""
    log = page.get_by_role("log")
    await page.goto(chat)
    await expect(page.locator(".choices:not(.past) button").first).to_be_enabled()
    await write(page, "bat tin tuc")
    await expect(log).to_contain_text("đăng ký một đợt hiến máu rồi mới")
    for label in ("Đăng ký", "^Đồng ý$", "^Không"):
        await tap(page, re.compile(label))
    for words in ("Lò Thị Thử", "12/5/1990", "0912345678", "may lua hong"):
        await expect(page.locator(".dots")).to_have_count(0)
        await write(page, words)
    for label in ("May Lụa Hồng", "^Không", "/", "08:00", "Xác nhận|Đúng"):
        await tap(page, re.compile(label))
    await expect(log).to_contain_text("Mã phiếu")
    await write(page, "bật tin tức")
    await expect(log).to_contain_text("Anh/chị có muốn nhận tin không")
    await tap(page, re.compile("^Đồng ý$"))
    await expect(log).to_contain_text("có tin mới em sẽ nhắn")


async def enter(page: Page, link: str) -> None:
    """The message that is ready."""
    await page.goto(link)
    await page.get_by_role("button").click()
    await page.goto(f"{link.partition('/console')[0]}/console/broadcasts")
    await page.locator("#broadcasts a").click()


async def press(page: Page, words: str) -> None:
    await nothing_sticks_out(page)
    await page.get_by_role("button", name=words).click()


async def test_the_news_of_the_demonstration_arrive_in_the_chat(
    folder: Path, free_port: int, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QUIET_HOURS", "00:00-00:00")
    faults: list[str] = []
    worker, mai, phong = [await open_page(browser, width, faults) for width in (390, 1280, 390)]
    with program(folder, free_port, "demo") as process:
        chat = line_of(process, "Chat:")
        links = [line_of(process, f"`{login}`").rpartition(" ")[2] for login in ("mai", "phong")]
        await agrees_to_news(worker, chat)
        await enter(mai, links[0])
        await press(mai, "Gửi duyệt")
        await expect(mai.locator("main")).to_contain_text("Tin chờ một người khác")
        await enter(phong, links[1])
        await press(phong, "Duyệt tin này")
        await press(phong, "Gửi ngay")
        await expect(worker.get_by_role("log")).to_contain_text("Tin vận động hiến máu", timeout=20_000)
        await expect(worker.get_by_role("log")).to_contain_text("dừng tin tức")
        await nothing_sticks_out(worker)
        await expect(phong.locator("#state")).to_contain_text("Đã gửi xong", timeout=30_000)
        await expect(mai.locator("#progress")).to_contain_text("Đã gửi", timeout=30_000)
        await expect(mai.locator("main")).not_to_contain_text("Tin chờ một người khác")
    assert faults == []
