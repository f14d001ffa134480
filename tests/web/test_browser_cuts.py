"""A real browser on a bad line: nothing written is lost, nothing arrives twice, everything stands in its order."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from aiohttp.test_utils import TestServer
from playwright.async_api import Browser, Page, expect
from sqlalchemy import select

from bot.domain.messages import Message
from bot.storage.ids import address_id, new_id
from bot.storage.tables import outbox, registrations, seen
from bot.web.app import build_app
from bot.web.chat import SOCKETS, poll
from tests.web.conftest import CHROMIUM
from tests.web.house import House
from tests.web.line import Line, line_to
from tests.web.test_browser import browser, open_page, site, tap, write

__all__ = ["browser", "site"]
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")


@pytest.fixture
async def line(site: House) -> AsyncIterator[Line]:
    port = site.client.port
    assert port is not None
    async with line_to(port) as opened:
        yield opened


class Cut:
    """One way in which a phone loses its server."""

    def __init__(self, site: House, line: Line) -> None:
        self.site, self.line = site, line
        self.port = site.client.port
        self.next: TestServer | None = None

    async def begin(self, kind: str, page: Page) -> None:
        match kind:
            case "offline":
                self.line.silence()
                await page.context.set_offline(True)
            case "silent":
                self.line.silence()
            case "answers lost":
                self.line.silence(answers_only=True)
            case "hung up":
                self.line.hang_up()
            case "server restart":
                await self.site.client.server.close()

    async def end(self, kind: str, page: Page) -> None:
        self.line.mend()
        if kind == "offline":
            await page.context.set_offline(False)
        if kind == "server restart":
            self.next = TestServer(build_app(self.site.parts), port=self.port)
            await self.next.start_server()


@pytest.fixture
async def cut(site: House, line: Line) -> AsyncIterator[Cut]:
    one = Cut(site, line)
    yield one
    if one.next is not None:
        await one.next.close()


async def arrive(page: Page, line: Line, faults: list[str]) -> None:
    """Open the chat through the line, under a clock of ours."""
    await page.clock.install()
    await page.goto(f"http://127.0.0.1:{line.port}/chat")
    await expect(page.get_by_role("log")).to_contain_text("trợ lý tự động")
    assert faults == []


async def type_in(page: Page, words: str) -> None:
    await page.fill("#words", words)
    await page.keyboard.press("Enter")


async def come_back(page: Page, sockets: list[object]) -> None:
    """Let the page's own time run until it tries again, then let it work in real time."""
    before = len(sockets)
    async with asyncio.timeout(60):
        while len(sockets) == before and await page.locator(".state:not([hidden])").count():
            await page.clock.run_for(1000)
    await expect(page.locator(".state")).to_be_hidden(timeout=30_000)
    await expect(page.locator(".waiting")).to_have_count(0, timeout=30_000)


async def turns(page: Page) -> list[str]:
    """What stands on the screen, in order."""
    return await page.locator(".turn .bubble").all_inner_texts()


async def said(house: House) -> list[str]:
    """What reached the dialogue, in order."""
    rows = await house.rows(select(seen).where(seen.c.kind == "said").order_by(seen.c.received_at, seen.c.update_id))
    return [house.parts.ring.open_text(row.text_sealed, "seen.text") or "" for row in rows]


CUTS = ["offline", "silent", "answers lost", "hung up", "server restart"]


@pytest.mark.parametrize("kind", CUTS)
async def test_it_goes_on_after_thirty_seconds_without_network_in_mid_form(
    site: House, line: Line, cut: Cut, browser: Browser, kind: str
) -> None:
    faults: list[str] = []
    page = await open_page(browser, 390, faults)
    sockets: list[object] = []
    page.on("websocket", lambda opened: sockets.append(opened))
    await arrive(page, line, faults)
    await tap(page, "Đăng ký")
    await tap(page, re.compile("^Đồng ý$"))
    await tap(page, re.compile("^Không"))
    await write(page, "Lò Thị Thử")
    await expect(page.locator(".bot").last).to_contain_text("sinh ngày")
    await cut.begin(kind, page)
    await type_in(page, "12/5/1990")
    await type_in(page, "0912345678")
    await page.clock.run_for(30_000)
    await expect(page.locator(".mine.waiting")).to_have_count(2)
    await expect(page.locator(".mine.waiting .sending").last).to_be_visible()
    await expect(page.get_by_role("status")).to_be_visible()
    await cut.end(kind, page)
    await come_back(page, sockets)
    await expect(page.locator(".bot").last).to_contain_text("đơn vị")
    stands = await turns(page)
    assert [text for text in stands if text in ("12/5/1990", "0912345678")] == ["12/5/1990", "0912345678"]
    assert stands.index("12/5/1990") + 2 == stands.index("0912345678")  # the answer stands between them
    assert len(stands) == len(set(stands))
    assert await said(site) == ["Lò Thị Thử", "12/5/1990", "0912345678"]
    await write(page, "may lua hong")
    await tap(page, "May Lụa Hồng")
    await tap(page, re.compile("^Không"))
    await tap(page, re.compile("05/|T7|CN|Nhà văn hoá"))
    await tap(page, "08:00")
    await tap(page, re.compile("Xác nhận|Đúng"))
    await expect(page.get_by_role("log")).to_contain_text("Mã phiếu")
    assert [row.state for row in await site.rows(select(registrations))] == ["booked"]
    stands = await turns(page)
    await page.reload()
    await expect(page.locator(".turn .bubble")).to_have_count(len(stands))
    assert await turns(page) == stands
    assert faults == []
    await page.context.close()


async def test_it_keeps_what_waits_over_a_reload(site: House, line: Line, browser: Browser) -> None:
    faults: list[str] = []
    page = await open_page(browser, 390, faults)
    await arrive(page, line, faults)
    line.silence()
    await type_in(page, "ai có thể hiến máu?")
    await expect(page.locator(".mine.waiting")).to_have_count(1)
    line.mend()
    await page.reload()
    await expect(page.locator(".mine")).to_have_count(1)
    await expect(page.locator(".waiting")).to_have_count(0)
    await expect(page.locator(".bot")).to_have_count(2)
    assert await said(site) == ["ai có thể hiến máu?"]
    assert faults == []


async def speak_as_staff(site: House, page: Page, words: str, ago: timedelta = timedelta()) -> None:
    """A message that another process committed for this visitor."""
    token = await page.evaluate("JSON.parse(localStorage.getItem('giothong.token'))")
    await speak(site, token, Message(words), ago)


async def speak(site: House, token: str, message: Message, ago: timedelta = timedelta()) -> None:
    row_id = new_id() - (int(ago.total_seconds() * 1000) << 22)
    row = {
        "id": row_id,
        "key": f"staff:{row_id}:0",
        "account_id": site.ids["web"],
        "address_id": address_id(site.ids["web"], token.split(".")[0]),
        "purpose": "staff",
        "priority": 0,
        "body_sealed": site.parts.ring.seal_json(message.to_json(), "outbox.body"),
        "state": "sent",
        "created_at": site.clock() - ago,
        "due_at": site.clock() - ago,
    }
    await site.parts.db.write(lambda connection: connection.execute(outbox.insert().values(row)))


async def test_a_phone_that_slept_gets_what_it_missed_when_it_is_looked_at(
    site: House, line: Line, browser: Browser
) -> None:
    faults: list[str] = []
    page = await open_page(browser, 390, faults)
    sockets: list[object] = []
    page.on("websocket", lambda opened: sockets.append(opened))
    await arrive(page, line, faults)
    line.silence()
    await page.clock.fast_forward(10 * 60_000)
    await speak_as_staff(site, page, "Chào anh/chị, em là Thuỷ.")
    await poll(site.parts)  # pushed to a socket that nobody holds any more
    line.hang_up()
    line.mend()
    await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    await expect(page.get_by_role("log")).to_contain_text("em là Thuỷ")
    await poll(site.parts)
    await write(page, "cảm ơn em")
    assert sum("em là Thuỷ" in text for text in await turns(page)) == 1
    assert faults == []


async def test_two_tabs_are_one_visitor_and_show_the_same_talk(site: House, line: Line, browser: Browser) -> None:
    faults: list[str] = []
    one = await open_page(browser, 390, faults)
    other = await one.context.new_page()
    for page in (one, other):
        await page.goto(f"http://127.0.0.1:{line.port}/chat")
    for page in (one, other):
        await expect(page.locator(".bot")).to_have_count(1)
    await write(one, "đăng ký")
    for page in (one, other):
        await expect(page.locator(".bot")).to_have_count(2)
        await expect(page.locator(".waiting")).to_have_count(0)
    assert await turns(other) == await turns(one)
    await tap(other, re.compile("^Đồng ý$"))
    await expect(one.locator(".bot")).to_have_count(3)
    await expect(one.locator(".mine")).to_have_count(2)
    assert await turns(one) == await turns(other)
    assert await said(site) == ["đăng ký"]
    assert len({row.address_id for row in await site.rows(select(seen))}) == 1


async def test_another_tab_sends_what_a_closed_one_left(site: House, line: Line, browser: Browser) -> None:
    one = await open_page(browser, 390, [])
    other = await one.context.new_page()
    for page in (one, other):
        await page.goto(f"http://127.0.0.1:{line.port}/chat")
        await expect(page.locator(".bot")).to_have_count(1)
    await one.context.set_offline(True)
    await type_in(one, "ai có thể hiến máu?")
    await expect(other.locator(".waiting")).to_have_count(1)
    await one.close()
    await other.context.set_offline(False)
    await expect(other.locator(".waiting")).to_have_count(0, timeout=30_000)
    await expect(other.locator(".bot")).to_have_count(2)
    assert await said(site) == ["ai có thể hiến máu?"]


async def test_it_shows_that_it_works_and_then_the_answer(
    site: House, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = await open_page(browser, 390, [])
    await page.goto(str(site.client.make_url("/chat")))
    await expect(page.locator(".bot")).to_have_count(1)
    may, take = asyncio.Event(), site.parts.intake.take

    async def slow(*arguments: object) -> object:
        await may.wait()
        return await take(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(site.parts.intake, "take", slow)
    await type_in(page, "xin chào")
    await type_in(page, "ai có thể hiến máu?")
    await expect(page.locator(".dots")).to_be_visible()
    assert await page.locator(".mine.going + .dots + .mine.waiting").count() == 1
    may.set()
    await expect(page.locator(".waiting")).to_have_count(0)
    await expect(page.locator(".dots")).to_have_count(0)
    await expect(page.locator(".bot")).to_have_count(3)
    kinds = await page.locator(".turn").evaluate_all("all => all.map(one => one.classList[1])")
    assert kinds == ["bot", "mine", "bot", "mine", "bot"]


async def test_it_says_honestly_that_the_server_is_away_and_comes_back(
    site: House, line: Line, browser: Browser
) -> None:
    page = await open_page(browser, 390, [])
    sockets: list[object] = []
    page.on("websocket", lambda opened: sockets.append(opened))
    await arrive(page, line, [])
    line.hang_up()
    while await page.locator(".state:not([hidden])").count() == 0:
        await page.clock.run_for(1000)
    await expect(page.get_by_role("status")).to_contain_text("chưa kết nối được với máy chủ")
    await expect(page.locator("#words")).to_be_editable()
    line.mend()
    await come_back(page, sockets)
    assert len(site.app[SOCKETS]) >= 1
