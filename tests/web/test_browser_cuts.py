"""A real browser on a bad line: nothing written is lost, nothing arrives twice, everything stands in its order."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp.test_utils import TestServer
from playwright.async_api import Browser, Page, expect
from sqlalchemy import select

from bot import clock
from bot.bench import ground
from bot.domain.messages import Message
from bot.storage.database import Database
from bot.storage.key_store import open_ring
from bot.storage.tables import registrations, seen
from bot.web.app import build_app
from bot.web.chat import SOCKETS, poll
from tests.crash.server import Server
from tests.web.conftest import CHROMIUM
from tests.web.house import House
from tests.web.line import Line, line_to
from tests.web.test_browser import browser, open_page, site, tap, write
from tests.web.visitor import said, speak, token_of, turns, type_in

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


async def come_back(page: Page, sockets: list[object]) -> None:
    """Let the page's own time run until it tries again, then let it work in real time."""
    before = len(sockets)
    async with asyncio.timeout(60):
        while len(sockets) == before and await page.locator(".state:not([hidden])").count():
            await page.clock.run_for(1000)
    await expect(page.locator(".state")).to_be_hidden(timeout=30_000)
    await expect(page.locator(".waiting")).to_have_count(0, timeout=30_000)


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


async def test_a_killed_server_costs_nobody_a_word(small_db: Database, tmp_path: Path, browser: Browser) -> None:
    """kill -9 at whatever moment it is: before the line, while it is written, after its answer."""
    settings = ground.settings_for(f"sqlite:///{tmp_path / 'small.db'}", ground.free_port())
    small_db.write_now(lambda connection: ground.furnish(connection, clock.now(), 50))
    server = Server(tmp_path, settings.environment, "serve", "--role", "web")
    page = await open_page(browser, 390, [])
    sockets: list[object] = []
    page.on("websocket", lambda opened: sockets.append(opened))
    await server.start()
    try:
        await page.clock.install()
        await page.goto(f"http://127.0.0.1:{server.port}/chat")
        await tap(page, "Đăng ký")
        await tap(page, re.compile("^Đồng ý$"))
        await tap(page, re.compile("^Không"))
        await expect(page.locator(".bot").last).to_contain_text("họ và tên")
        typed = ("Lò Thị Thử", "12/5/1990", "0912345678")
        for words in typed:
            await type_in(page, words)
            await server.kill()
            await server.start()
            await come_back(page, sockets)
        await expect(page.locator(".bot").last).to_contain_text("đơn vị")
        ring = open_ring(small_db, settings.encryption_keys)
        query = select(seen).where(seen.c.kind == "said").order_by(seen.c.received_at)
        rows = small_db.read_now(lambda connection: connection.execute(query).all())
        assert tuple(ring.open_text(row.text_sealed, "seen.text") for row in rows) == typed
        stands = await turns(page)
        assert [text for text in stands if text in typed] == list(typed)
        assert len(stands) == len(set(stands))
    finally:
        await page.context.close()
        await server.kill()


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
    await speak(site, await token_of(page), Message("Chào anh/chị, em là Thuỷ."))
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
