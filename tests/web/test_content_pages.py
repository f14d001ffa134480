"""The console's pages on the content: what it says, a trial, what wants a look, questions without an answer."""

from dataclasses import replace
from datetime import timedelta

import pytest
from playwright.async_api import Browser, expect
from sqlalchemy import Connection, select

from bot.editions import ContentState
from bot.library.findings import Finding
from bot.storage.corrections import open_corrections
from bot.storage.ids import new_id
from bot.storage.questions import keep_ratings, keep_unanswered, open_questions
from bot.storage.tables import addresses, audit, outbox, seen
from bot.web.parts import PARTS
from tests.web.conftest import CHROMIUM
from tests.web.house import ROLES, House, library
from tests.web.test_browser import browser, nothing_sticks_out, open_page, site
from tests.web.test_browser_console import log_in
from tests.web.test_console import Desk, waiting

__all__ = ["browser", "site"]
ORGANISERS = {"admin", "approver", "organiser"}
FISH = "hiến máu xong nuôi … được không"


@pytest.mark.parametrize("role", ROLES)
async def test_it_opens_to_staff_and_questions_to_organisers(small_house: House, role: str) -> None:
    async with await Desk(small_house).enter(role) as desk:
        for path in ("content", "content/topics/topic.interval", "content/review", "content/ask"):
            assert (await desk.get(f"/console/{path}"))[0] == 200
        assert (await desk.get("/console/content/unanswered"))[0] == (200 if role in ORGANISERS else 403)


async def test_it_shows_a_topic_with_its_sources_and_days(small_house: House) -> None:
    topic = library().topics["topic.interval"]
    async with await Desk(small_house).enter("viewer") as desk:
        _, page = await desk.get("/console/content/topics/topic.interval")
        assert (await desk.get("/console/content/topics/topic.none"))[0] == 404
        _, browse = await desk.get("/console/content")
    for words in (topic.text["vi"].split("\n")[0], topic.text["en"].split("\n")[0], *topic.source.values()):
        assert words in page
    assert all(one.title["vi"] in browse for one in library().topics.values())


async def test_it_lists_what_is_outdated(small_house: House) -> None:
    last = library().topics["topic.interval"].review.by
    assert last is not None
    small_house.clock.ahead = timedelta(days=(last - small_house.clock().date()).days - 10)
    async with await Desk(small_house).enter("organiser") as desk:
        _, soon = await desk.get("/console/content/topics/topic.interval")
    small_house.clock.ahead += timedelta(days=20)
    async with await Desk(small_house).enter("organiser") as desk:
        _, over = await desk.get("/console/content/topics/topic.interval")
        _, review = await desk.get("/console/content/review")
    assert "Sắp đến hạn" in soon
    assert "Quá hạn rà soát" in over
    assert library().topics["topic.interval"].title["vi"] in review.split('id="soon"')[0]


async def test_it_lists_weak_answers_of_the_present_words(small_house: House) -> None:
    weak, old = library().wording("topic.interval"), "topic.before@1"
    told = [(weak, False)] * 4 + [(weak, True)] + [(old, False)] * 9
    await small_house.parts.db.write(lambda c: keep_ratings(c, told))
    async with await Desk(small_house).enter("viewer") as desk:
        _, page = await desk.get("/console/content/topics/topic.interval")
        _, other = await desk.get("/console/content/topics/topic.before")
    assert "1 trên 5 người thấy có ích" in page
    assert "Chưa đủ 5 lượt" in other


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ("hien mau co dau k", "Chắc chắn, trả lời ngay"),
        ("em bị ngất rồi", "Khẩn cấp"),
        ("thời tiết ngày mai thế nào", "Không biết"),
        ("đăng ký hiến máu", "Chắc chắn"),
        ("<script>alert(1)</script> hiến máu có đau không?", "Mức chắc chắn"),
    ],
)
async def test_it_tries_a_question_and_keeps_nothing(small_house: House, question: str, told: str) -> None:
    async with await Desk(small_house).enter("viewer") as desk:
        status, page = await desk.post("/console/content/ask", {"question": question})
    assert status == 200
    assert told in page
    assert all(name in page for name in ("Trang chat", "Zalo", "Messenger", "Telegram"))
    for table in (addresses, seen, outbox):
        assert await small_house.rows(select(table)) == []


async def test_it_shows_counts_and_lets_a_question_be_handled(house: House) -> None:
    now = house.clock()
    await house.parts.db.write(lambda c: keep_unanswered(c, [FISH, FISH], now))
    (kept,) = await house.parts.db.read(open_questions)
    async with await Desk(house).enter("organiser") as desk:
        _, page = await desk.get("/console/content/unanswered")
        assert FISH in page
        assert "2 lượt hỏi" in page
        for _ in range(2):
            status, _ = await desk.post("/console/content/unanswered", {"question": kept.folded})
            assert status == 200
    assert await house.parts.db.read(open_questions) == []
    noted = await house.rows(select(audit.c.who, audit.c.subject).where(audit.c.action == "question-handled"))
    assert [tuple(row) for row in noted] == [("organiser", "")]


async def test_it_says_that_new_content_is_broken(small_house: House) -> None:
    fault = Finding("content/topics/interval.yaml", 7, "error", "this is not YAML")
    state = ContentState(small_house.clock(), (fault,))
    small_house.app._state[PARTS] = replace(small_house.parts, content=lambda: state)
    async with await Desk(small_house).enter("viewer") as desk:
        _, page = await desk.get("/console/content")
    assert str(fault) in page
    assert "1 lỗi" in page


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
@pytest.mark.parametrize("width", [360, 390, 1280])
async def test_it_fits(site: House, browser: Browser, width: int) -> None:
    now = site.clock()
    await site.parts.db.write(lambda c: keep_unanswered(c, [FISH, "hiến máu " * 20 + "được không"], now))
    faults: list[str] = []
    page = await open_page(browser, width, faults)
    await log_in(site, page)
    await page.locator("nav a[href='/console/content']").first.click()
    await nothing_sticks_out(page)
    await page.get_by_role("link", name="Bao lâu hiến lại?").click()
    await expect(page.get_by_role("heading", name="Nguồn")).to_be_visible()
    await nothing_sticks_out(page)
    for tab in ("Rà soát", "Câu chưa trả lời được", "Hỏi thử"):
        await page.goto(str(site.client.make_url("/console/content")))
        await page.get_by_role("link", name=tab).click()
        await nothing_sticks_out(page)
    await page.get_by_label("Câu hỏi").fill("hiến máu xong mấy tháng được hiến lại")
    await page.get_by_role("button", name="Hỏi thử").click()
    await expect(page.get_by_text("Mức chắc chắn")).to_be_visible()
    await nothing_sticks_out(page)
    assert faults == []


async def test_it_offers_a_correction_and_tells_only_a_number(small_house: House) -> None:
    """The present words differ from what was told: a message of an older version stands in the outbox."""
    path = "/console/content/topics/topic.interval/correction"
    chat, _ = await waiting(small_house)
    async with await Desk(small_house).enter("approver") as desk:
        _, nobody = await desk.get(path)
        told = {"text": "lời cũ", "told": ["topic.interval@1"]}
        small_house.parts.db.write_now(lambda c: _told(c, small_house, told))
        _, somebody = await desk.get(path)
        status, under_way = await desk.post(path)
        await chat.ws.close()
    assert status == 200
    assert "Chưa có ai đọc bản cũ" in nobody
    assert "Dưới 5 người" in somebody
    assert "Gửi đính chính" in somebody
    assert "Đang gửi bản đính chính" in under_way
    asked = small_house.parts.db.read_now(open_corrections)
    assert [one.topic for one in asked] == ["topic.interval"]


@pytest.mark.parametrize("role", ROLES)
async def test_it_lets_approvers_correct(small_house: House, role: str) -> None:
    async with await Desk(small_house).enter(role) as desk:
        allowed = role in ("admin", "approver")
        status, _ = await desk.get("/console/content/topics/topic.interval/correction")
        assert status == (200 if allowed else 403)
        _, page = await desk.get("/console/content/topics/topic.interval")
        assert ("topic.interval/correction" in page) is allowed
        assert (await desk.get("/console/content/topics/topic.none/correction"))[0] == (404 if allowed else 403)


def _told(connection: Connection, house: House, body: dict[str, object]) -> None:
    address = connection.execute(select(addresses)).first()
    assert address is not None
    connection.execute(
        outbox.insert().values(
            id=new_id(), key="reply:old:1:0", account_id=address.account_id, address_id=address.id, purpose="reply",
            priority=0, body_sealed=house.parts.ring.seal_json(body, "outbox.body"), state="sent",
            created_at=house.clock(), due_at=house.clock(),
        )
    )  # fmt: skip
