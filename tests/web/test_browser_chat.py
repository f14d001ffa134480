"""The chat as a worker with a cheap phone meets it: a slow line, long words, a poster, a borrowed device."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from playwright.async_api import Browser, expect
from sqlalchemy import select

from bot.domain.messages import Choice, Link, Message
from bot.storage.tables import seen
from bot.web.chat import poll
from bot.web.guard import DOORS, Seats
from bot.web.origin import Pace
from tests.web.conftest import CHROMIUM
from tests.web.house import House
from tests.web.test_browser import browser, nothing_sticks_out, open_page, site, write
from tests.web.visitor import arrive, focused, said, speak, token_of, turns, type_in

__all__ = ["browser", "site"]
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")


# --- a slow phone -------------------------------------------------------------------------------------------------------


async def test_the_first_load_is_under_60_kilobytes_and_needs_no_second_wave(site: House, browser: Browser) -> None:
    page = await open_page(browser, 360, [])
    session = await page.context.new_cdp_session(page)
    await session.send("Network.enable")
    sizes: list[float] = []
    asked: list[dict[str, Any]] = []
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    session.on("Network.requestWillBeSent", lambda event: asked.append(event))
    await arrive(site, page)
    await page.wait_for_load_state("networkidle")
    assert len(sizes) >= 11
    assert 0 < sum(sizes) < 60_000
    assert {event["initiator"]["type"] for event in asked if event["type"] == "Script"} == {"parser"}


async def test_a_slow_phone_can_write_before_it_is_connected(site: House, browser: Browser) -> None:
    page = await open_page(browser, 360, [])
    page.set_default_timeout(30_000)
    session = await page.context.new_cdp_session(page)
    await session.send("Network.enable")
    slow = {"offline": False, "latency": 600, "downloadThroughput": 25_000, "uploadThroughput": 12_500}
    await session.send("Network.emulateNetworkConditions", slow)
    await session.send("Emulation.setCPUThrottlingRate", {"rate": 6})
    await page.goto(str(site.client.make_url("/chat")), wait_until="domcontentloaded")
    await page.fill("#words", "ai có thể hiến máu?")
    await page.keyboard.press("Enter")
    await expect(page.locator(".mine")).to_have_count(1, timeout=30_000)
    await expect(page.locator(".waiting")).to_have_count(0, timeout=30_000)
    await expect(page.locator(".bot")).to_have_count(2, timeout=30_000)
    assert await said(site) == ["ai có thể hiến máu?"]


# --- what is shown ------------------------------------------------------------------------------------------------------

EVIL = "<img src=x onerror=alert(1)> javascript:alert(1) https://a.example/?q=<b>&x='1'. Xem https://b.example/c)."


async def test_words_are_only_ever_words(site: House, browser: Browser) -> None:
    faults: list[str] = []
    page = await open_page(browser, 390, faults)
    page.on("dialog", lambda dialog: faults.append(dialog.message))
    await arrive(site, page)
    token = await token_of(page)
    await speak(site, token, Message(EVIL, (Choice("<i>Chọn</i>", "x"),), Link("Bấm", "javascript:alert(2)")))
    await speak(site, token, Message("Xem thêm", link=Link("<u>Mở</u>", "https://c.example/")))
    await speak(site, token, Message("Hình", image="javascript:alert(3)"))
    await poll(site.parts)
    await write(page, EVIL)
    await expect(page.locator(".mine .bubble")).to_have_text(EVIL)
    assert await page.locator(".bubble img, .bubble b, .turn i, .turn u, [onerror]").count() == 0
    links = await page.locator(".turn a").evaluate_all("all => all.map(a => [a.getAttribute('href'), a.rel, a.target])")
    safe = ["noopener noreferrer", "_blank"]
    assert links == [[f"https://{one}", *safe] for one in ("a.example/?q=", "b.example/c", "c.example/")]
    assert faults == []


async def test_a_picture_its_words_and_its_button_are_one_card(site: House, browser: Browser) -> None:
    page = await open_page(browser, 360, [])
    await arrive(site, page)
    drop = str(site.client.make_url("/static/0/drop.png"))
    await speak(site, await token_of(page), Message("Phiếu của anh/chị", image=drop, link=Link("Mở phiếu", drop)))
    await speak(site, await token_of(page), Message("Hình này hỏng", image=f"{drop}.png"))
    await poll(site.parts)
    card = page.locator(".with-picture").first
    await expect(card.get_by_role("img", name="Hình kèm theo tin nhắn")).to_be_visible()
    await expect(card).to_contain_text("Phiếu của anh/chị")
    await expect(card.get_by_role("link", name="Mở phiếu")).to_be_visible()
    await expect(page.get_by_role("link", name="Hình chưa tải được, bấm để mở")).to_be_visible()
    await nothing_sticks_out(page)


async def test_a_long_message_is_read_from_its_beginning(site: House, browser: Browser) -> None:
    page = await open_page(browser, 360, [])
    await arrive(site, page)
    await speak(site, await token_of(page), Message("\n".join(f"Dòng {n}" for n in range(120))))
    await poll(site.parts)
    last = page.locator(".bot").last
    await expect(last).to_contain_text("Dòng 119")
    await expect(last).to_be_in_viewport()
    tops = "e => [e.getBoundingClientRect().top, document.querySelector('.log').getBoundingClientRect().top]"
    turn, log = await last.evaluate(tops)
    assert 0 <= turn - log < 60
    await speak(site, await token_of(page), Message("Tin sau cùng"))
    await poll(site.parts)
    jump = page.get_by_role("button", name="Có tin mới")  # whoever reads above is not pulled away
    await jump.click()
    await expect(page.locator(".bot").last).to_be_in_viewport(ratio=1)
    await expect(jump).to_be_hidden()


async def test_days_and_times_stand_between_the_lines(site: House, browser: Browser) -> None:
    chat = await site.chat()
    await chat.message()
    for days in (40, 1):
        await speak(site, chat.token, Message(f"{days} ngày trước"), timedelta(days=days))
    page = await open_page(browser, 390, [])
    await page.goto(str(site.client.make_url("/chat")))
    await page.evaluate("token => localStorage.setItem('giothong.token', JSON.stringify(token))", chat.token)
    await page.reload()
    await expect(page.locator(".bot")).to_have_count(3)
    days_said = await page.locator(".day").all_inner_texts()
    assert len(days_said) == 3
    assert "tháng" in days_said[0]
    assert days_said[1].startswith("Hôm qua, ")
    assert days_said[2].startswith("Hôm nay, ")
    times = await page.locator(".day + .turn").evaluate_all("all => all.map(one => one.dataset.at)")
    assert times == sorted(times)


# --- posters, limits, borrowed phones -----------------------------------------------------------------------------------


async def test_a_poster_opens_its_drive_and_leaves_the_address(site: House, browser: Browser) -> None:
    page = await open_page(browser, 390, [])
    await arrive(site, page, "?ref=mau-2")
    join = page.locator(".choices:not(.past) button").filter(has_text="Đăng ký đợt này")
    await expect(join).to_be_enabled()
    assert page.url.endswith("/chat")
    await page.reload()
    await expect(page.locator(".bot")).to_have_count(1)
    await arrive(site, page, "?ref=mau-1")  # somebody who has a talk already
    await expect(page.locator(".bot")).to_have_count(2)
    await write(page, "đăng ký")
    await arrive(site, page, "?ref=nothing-like-that")
    await expect(page.locator(".choices:not(.past) button").first).to_be_enabled()
    await arrive(site, page, "?ref=<b>")
    await expect(page.locator(".choices:not(.past) button").first).to_be_enabled()


async def test_it_says_that_it_is_too_fast_and_loses_nothing(site: House, browser: Browser) -> None:
    page = await open_page(browser, 390, [])
    await page.clock.install()
    await arrive(site, page)
    site.app[DOORS].lines = Pace(burst=1, per_second=0)
    words = ["xin chào", "ai có thể hiến máu?", "hiến máu có đau không?"]
    for one in words:
        await type_in(page, one)
    await expect(page.get_by_role("status")).to_contain_text("nhanh quá")
    site.app[DOORS].lines = Pace(burst=10, per_second=0)
    await page.clock.run_for(4000)
    await expect(page.locator(".waiting")).to_have_count(0)
    assert await said(site) == words


async def full(site: House) -> None:
    site.app[DOORS].newcomers = Pace(burst=0, per_second=0)


async def no_seat(site: House) -> None:
    site.app[DOORS].sockets = Seats(0)


@pytest.mark.parametrize(
    ("limit", "sentence"),
    [pytest.param(full, "rất nhiều người", id="newcomers"), pytest.param(no_seat, "đang thử lại", id="sockets")],
)
async def test_it_says_that_the_house_is_full(
    site: House, browser: Browser, limit: Callable[[House], Awaitable[None]], sentence: str
) -> None:
    page = await open_page(browser, 390, [])
    await limit(site)
    await page.goto(str(site.client.make_url("/chat")))
    await expect(page.get_by_role("status")).to_contain_text(sentence, timeout=30_000)


async def test_what_could_not_be_sent_is_never_shown_as_sent(site: House, browser: Browser) -> None:
    page = await open_page(browser, 390, [])
    await arrive(site, page)
    await page.evaluate("document.querySelector('#words').maxLength = 20000")
    await page.fill("#words", "ớ" * 9000)
    await page.keyboard.press("Enter")
    await expect(page.locator(".mine.failed")).to_contain_text("chưa gửi được")
    await expect(page.get_by_role("status")).to_contain_text("dài quá")
    await write(page, "xin chào")
    assert await said(site) == ["xin chào"]


async def test_a_borrowed_phone_forgets_the_talk_in_every_tab(site: House, browser: Browser) -> None:
    page = await open_page(browser, 390, [])
    await arrive(site, page)
    await write(page, "đăng ký")
    other = await page.context.new_page()
    await arrive(site, other)
    await expect(other.locator(".mine")).to_have_count(1)
    token = await token_of(page)
    await page.click(".more")
    assert await focused(page) == "Xoá cuộc trò chuyện trên máy này"
    await page.keyboard.press("Escape")
    assert await focused(page) == "Tuỳ chọn"
    await page.keyboard.press("Enter")
    await page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Xoá cuộc trò chuyện trên máy này?")
    await expect(dialog).to_contain_text("vẫn còn ở công đoàn")
    await page.keyboard.press("Escape")
    await expect(dialog).to_be_hidden()
    await expect(page.locator(".mine")).to_have_count(1)
    await page.click(".more")
    await page.click(".clear")
    await dialog.get_by_role("button", name="Xoá trên máy này").click()
    for tab in (page, other):
        await expect(tab.locator(".mine")).to_have_count(0)
        await expect(tab.locator(".bot")).to_have_count(1)
    assert await token_of(page) not in ("", token)
    assert token not in await page.evaluate("JSON.stringify({...localStorage, ...sessionStorage})")
    await page.reload()
    await expect(page.locator(".bot")).to_have_count(1)
    assert len(await turns(page)) == 1
    assert len({row.address_id for row in await site.rows(select(seen))}) >= 2


async def test_a_phone_can_put_it_on_its_home_screen(site: House, browser: Browser) -> None:
    page = await open_page(browser, 390, [])
    await arrive(site, page)
    session = await page.context.new_cdp_session(page)
    told = await session.send("Page.getAppManifest")
    assert told["errors"] == []
    assert told["url"].endswith("/chat/app.webmanifest")
    await page.evaluate(
        """() => {
          const offer = new Event('beforeinstallprompt', {cancelable: true});
          offer.prompt = () => { window.asked = true; };
          dispatchEvent(offer);
        }"""
    )
    await page.click(".more")
    await page.get_by_role("button", name="Thêm vào màn hình chính").click()
    assert await page.evaluate("window.asked")
    await page.click(".more")
    await expect(page.locator(".install")).to_be_hidden()
    async with asyncio.timeout(5), site.client.get("/chat/app.webmanifest?lang=en") as answer:
        assert (await answer.json())["lang"] == "en"
