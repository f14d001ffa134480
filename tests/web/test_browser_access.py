"""The chat for everybody: by keyboard alone, by ear, without motion, in the dark, magnified."""

import pytest
from playwright.async_api import Browser, Page, expect

from bot.domain.messages import Link, Message
from bot.web.chat import poll
from tests.web.conftest import CHROMIUM
from tests.web.house import House
from tests.web.test_browser import browser, luminance, nothing_sticks_out, open_page, site, tap, write
from tests.web.visitor import arrive, focused, speak, token_of, type_in

__all__ = ["browser", "site"]
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")


# --- keyboard and ear ---------------------------------------------------------------------------------------------------


async def test_a_keyboard_reaches_everything_in_the_order_of_the_page(site: House, browser: Browser) -> None:
    page = await open_page(browser, 1280, [])
    await arrive(site, page)
    names = []
    for _ in range(24):
        await page.keyboard.press("Tab")
        names.append(await focused(page))
        outline = "getComputedStyle(document.activeElement).outlineStyle"
        assert await page.evaluate(outline) != "none", names[-1]
        if names[-1] == "Quyền riêng tư":
            break
    assert names[:3] == ["English", "Tuỳ chọn", "Cuộc trò chuyện"]
    assert names[-4:] == ["Anh/chị muốn hỏi gì?", "Gửi", "Khẩn cấp: gọi 115", "Quyền riêng tư"]
    assert any("Đăng ký" in name for name in names[3:-4])


async def test_a_keyboard_is_enough_for_a_talk(site: House, browser: Browser) -> None:
    page = await open_page(browser, 1280, [])
    await arrive(site, page)
    await page.focus("#words")
    await page.keyboard.type("đăng ký")
    await page.keyboard.press("Enter")
    await expect(page.locator(".bot")).to_have_count(2)
    assert await focused(page) == "Anh/chị muốn hỏi gì?"  # the next line can be typed at once
    await page.keyboard.press("Shift+Tab")
    assert await page.evaluate("document.activeElement.closest('.choices:not(.past)') !== null")
    await page.keyboard.press("Escape")
    assert await focused(page) == "Anh/chị muốn hỏi gì?"
    agree = page.locator(".choices:not(.past) button").first
    await agree.focus()
    await page.keyboard.press("Enter")
    await expect(page.locator(".bot")).to_have_count(3)
    assert await focused(page) == "Anh/chị muốn hỏi gì?"
    await page.keyboard.type("một dòng")
    await page.keyboard.press("Shift+Enter")
    await page.keyboard.type("hai dòng")
    await expect(page.locator("#words")).to_have_value("một dòng\nhai dòng")


async def test_choices_go_stale_when_something_else_is_said(site: House, browser: Browser) -> None:
    page = await open_page(browser, 390, [])
    await arrive(site, page)
    old = page.locator(".choices").first
    await write(page, "đăng ký")
    await expect(page.locator(".bot")).to_have_count(2)
    await expect(old.locator("button:enabled")).to_have_count(0)
    assert await old.evaluate("e => e.classList.contains('past')")
    await tap(page, "Đồng ý")
    await expect(page.locator(".chosen")).to_have_text("Đồng ý")
    await expect(page.locator(".choices:not(.past)")).to_have_count(1)


async def test_a_message_without_a_menu_leaves_the_menu_alone(site: House, browser: Browser) -> None:
    page = await open_page(browser, 390, [])
    await arrive(site, page)
    await speak(site, await token_of(page), Message("Em gửi anh/chị thông tin thêm."))
    await poll(site.parts)
    await expect(page.locator(".bot")).to_have_count(2)
    await expect(page.locator(".choices:not(.past) button").first).to_be_enabled()


async def test_a_screen_reader_hears_what_comes_and_not_the_whole_past(site: House, browser: Browser) -> None:
    page = await open_page(browser, 390, [])
    await arrive(site, page)
    log = page.get_by_role("log", name="Cuộc trò chuyện")
    await expect(log).to_have_attribute("aria-live", "polite")
    await expect(log).not_to_have_attribute("aria-busy", "true")
    await expect(log.get_by_role("group", name="Các lựa chọn")).to_have_count(1)
    await expect(log.get_by_role("listitem").filter(has_text="Giọt Hồng:")).to_have_count(1)
    await expect(page.get_by_role("textbox", name="Anh/chị muốn hỏi gì?")).to_be_visible()
    session = await page.context.new_cdp_session(page)
    tree = await session.send("Accessibility.getFullAXTree")
    named = {"button", "link", "textbox", "log", "group", "image", "dialog"}
    for node in tree["nodes"]:
        if not node.get("ignored") and node["role"]["value"] in named:
            assert node.get("name", {}).get("value"), node["role"]
    busy = "window.seen = []; new MutationObserver(() => seen.push(document.querySelector('.log').ariaBusy))"
    observe = ".observe(document, {childList: true, subtree: true})"
    await page.add_init_script(f"{busy}{observe}")
    await page.reload()
    await expect(log).not_to_have_attribute("aria-busy", "true")
    assert await page.evaluate("document.querySelectorAll('.turn').length && seen.includes('true')")


async def test_nothing_moves_for_who_asked_for_calm(site: House, browser: Browser) -> None:
    page = await open_page(browser, 390, [])  # prefers-reduced-motion
    await arrive(site, page)
    assert await page.locator(".turn").first.evaluate("e => getComputedStyle(e).animationName") == "none"
    await page.emulate_media(reduced_motion="no-preference")
    assert await page.locator(".turn").first.evaluate("e => getComputedStyle(e).animationName") == "rise"


# --- eyes ---------------------------------------------------------------------------------------------------------------

TEXTS = """() => {
  const found = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const parse = (colour) => (colour.match(/[\\d.]+/g) ?? []).map(Number);
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    const element = node.parentElement;
    const box = element.getBoundingClientRect();
    if (!node.textContent.trim() || !element.checkVisibility() || box.width < 3) continue;
    if (element.closest('script, noscript, [inert]')) continue;
    let opacity = 1;
    let ground = null;
    for (let at = element; at; at = at.parentElement) {
      opacity *= Number(getComputedStyle(at).opacity);
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (!ground && (colour.length < 4 || colour[3] > 0)) ground = colour;
    }
    found.push([node.textContent.trim().slice(0, 30), parse(getComputedStyle(element).color), ground, opacity]);
  }
  return found;
}"""


async def assert_contrast(page: Page) -> set[str]:
    """Every text that is seen now, against what lies behind it."""
    texts: list[tuple[str, list[float], list[float], float]] = await page.evaluate(TEXTS)
    for words, colour, ground, opacity in texts:
        mixed = [opacity * c + (1 - opacity) * g for c, g in zip(colour[:3], ground[:3], strict=True)]
        light = [luminance(*mixed), luminance(*ground[:3])]
        ratio = (max(light) + 0.05) / (min(light) + 0.05)
        assert ratio >= 4.5, (words, ratio)
    return {words for words, *_ in texts}


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_text_in_every_state_has_contrast(site: House, browser: Browser, scheme: str) -> None:
    page = await open_page(browser, 390, [])
    await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    await arrive(site, page)
    ticket = Message("Phiếu https://giothong.example/x, gọi 115", link=Link("Mở phiếu", "https://giothong.example/t/a"))
    await speak(site, await token_of(page), ticket)
    await poll(site.parts)
    await write(page, "xin chào")
    assert {"Giọt Hồng", "Mở phiếu", "115", "xin chào"} <= await assert_contrast(page)
    await page.click(".more")
    assert "Xoá cuộc trò chuyện trên máy này"[:30] in await assert_contrast(page)
    await page.click(".clear")
    assert "Giữ lại" in await assert_contrast(page)
    await page.keyboard.press("Escape")
    await page.context.set_offline(True)
    await type_in(page, "vẫn ở đây")
    await expect(page.locator(".sending")).to_be_visible()
    assert {"chờ có mạng sẽ gửi", "vẫn ở đây"} <= await assert_contrast(page)


@pytest.mark.parametrize(
    ("width", "height"),
    [
        pytest.param(640, 512, id="1280 by 1024 at 200 %"),
        pytest.param(320, 256, id="1280 by 1024 at 400 %"),
        pytest.param(360, 330, id="a small phone with its keyboard open"),
    ],
)
async def test_it_stays_usable_magnified(site: House, browser: Browser, width: int, height: int) -> None:
    page = await open_page(browser, width, [])
    await page.set_viewport_size({"width": width, "height": height})
    await arrive(site, page)
    await nothing_sticks_out(page)
    await expect(page.locator("#words")).to_be_in_viewport(ratio=1)
    await expect(page.locator(".write button")).to_be_in_viewport(ratio=1)
    box = await page.locator(".log").bounding_box()
    assert box is not None
    assert box["height"] >= 100
    await write(page, "xin chào")
    await expect(page.locator(".bot")).to_have_count(2)


async def test_letters_grow_with_the_setting_of_the_phone(site: House, browser: Browser) -> None:
    page = await open_page(browser, 360, [])
    await arrive(site, page)
    before = await page.locator(".bubble").first.evaluate("e => parseFloat(getComputedStyle(e).fontSize)")
    await page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert await page.locator(".bubble").first.evaluate("e => parseFloat(getComputedStyle(e).fontSize)") == 2 * before
    await nothing_sticks_out(page)
    await expect(page.locator("#words")).to_be_in_viewport(ratio=1)
