"""Public posts on the console: one writes, another approves, a change voids, what is unknown is settled."""

import io
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from playwright.async_api import Browser, expect
from sqlalchemy import select, update

from bot.dialog.post_words import Links
from bot.domain.updates import ChannelKind
from bot.storage.database import Database
from bot.storage.tables import audit, counted_links, drives, posts, staff
from tests.pictures import png
from tests.web.conftest import CHROMIUM
from tests.web.house import House, open_house
from tests.web.test_browser import browser, nothing_sticks_out, open_page, site
from tests.web.test_browser_console import log_in
from tests.web.test_console import Desk

__all__ = ["browser", "site"]

WORDS = "Mời anh chị em đoàn viên cùng hiến máu."


def fields_for(house: House, kind: ChannelKind = ChannelKind.MESSENGER, **other: str) -> dict[str, str]:
    ids = house.ids
    known = {"account": str(ids[kind]), "unit": str(ids["cdcs-che"]), "drive": str(ids["drive-2"]), "words": WORDS}
    return {**known, "picture": "none", "channel": "@congdoanmau", "title": "Ngày hội Giọt hồng", **other}


async def send(desk: Desk, path: str, fields: Mapping[str, str], picture: bytes = b"") -> tuple[int, str]:
    form = aiohttp.FormData()
    for name, value in {**fields, "csrf": await desk.csrf()}.items():
        form.add_field(name, value)
    form.add_field("file", io.BytesIO(picture), filename="anh.png" if picture else "")
    return await desk.send(path, form)


async def row(house: House) -> Any:
    (found,) = await house.rows(select(posts))
    return found


async def step(desk: Desk, house: House, name: str, revision: int | None = None) -> tuple[int, str]:
    found = await row(house)
    fields = {"step": name, "revision": str(revision or found.revision)}
    return await desk.post(f"/console/posts/{found.id}/step", fields)


async def test_one_writes_and_another_approves(small_house: House) -> None:
    async with await Desk(small_house).enter("organiser-che") as desk:
        status, page = await send(desk, "/console/posts/new", fields_for(small_house))
        assert (status, "nhắn mã HM101 cho chúng tôi" in page, "Gửi duyệt" in page) == (200, True, True)
        assert (await step(desk, small_house, "approve"))[0] == 409
        await step(desk, small_house, "submit")
        status, page = await desk.get(f"/console/posts/{(await row(small_house)).id}")
        assert "chờ một người khác ở cấp trên duyệt" in page
        assert 'id="posts-count" data-live></span>' in page, "nothing to do for the writer"
    async with await Desk(small_house).enter("approver") as desk:
        assert 'id="posts-count" data-live><b class="count">1</b>' in (await desk.get("/console/drives"))[1]
        assert (await step(desk, small_house, "approve"))[0] == 200
    found = await row(small_house)
    assert (found.state, found.created_by, found.approved_by) == ("approved", "organiser-che", "approver")
    told = await small_house.rows(select(audit.c.action).where(audit.c.action.like("post-%")).order_by(audit.c.id))
    assert [one.action for one in told] == ["post-created", "post-submit", "post-approved"]


async def test_nobody_approves_what_they_wrote_last(small_house: House) -> None:
    async with await Desk(small_house).enter("approver") as desk:
        await send(desk, "/console/posts/new", fields_for(small_house))
        await step(desk, small_house, "submit")
        status, page = await step(desk, small_house, "approve")
    assert (status, "cần một người khác duyệt" in page) == (409, True)
    assert (await row(small_house)).state == "submitted"


async def test_a_change_voids_the_approval(small_house: House) -> None:
    async with await Desk(small_house).enter("organiser-che") as writer:
        await send(writer, "/console/posts/new", fields_for(small_house))
        await step(writer, small_house, "submit")
        async with await Desk(small_house).enter("approver") as desk:
            await step(desk, small_house, "approve")
        found = await row(small_house)
        other = fields_for(small_house, words="Chữ khác.", revision=str(found.revision))
        path = f"/console/posts/{found.id}/change"
        assert "phải duyệt lại" in (await writer.get(path))[1]
        assert (await send(writer, path, other))[0] == 200
        changed = await row(small_house)
        assert (changed.state, changed.approved_by, changed.words, changed.revision) == ("draft", "", "Chữ khác.", 2)
        status, page = await send(writer, path, other)
        assert (status, "Có người vừa thay đổi bài này" in page) == (409, True)


async def test_what_is_approved_is_what_was_seen(small_house: House) -> None:
    async with await Desk(small_house).enter("organiser-che") as desk:
        await send(desk, "/console/posts/new", fields_for(small_house))
        await step(desk, small_house, "submit")
        await small_house.parts.db.write(lambda c: c.execute(update(posts).values(revision=2)))
    async with await Desk(small_house).enter("approver") as desk:
        status, page = await step(desk, small_house, "approve", revision=1)
    assert (status, "Có người vừa thay đổi bài này" in page, (await row(small_house)).state) == (409, True, "submitted")


async def test_an_approver_of_another_unit_is_not_above(small_house: House) -> None:
    """The account belongs to everybody, so somebody of the top answers for it."""

    def at_the_tea(connection: Any) -> None:
        unit = {"unit_id": small_house.ids["cdcs-che"]}
        connection.execute(update(staff).where(staff.c.login == "approver").values(unit))

    async with await Desk(small_house).enter("organiser-che") as desk:
        await send(desk, "/console/posts/new", fields_for(small_house))
        await step(desk, small_house, "submit")
    await small_house.parts.db.write(at_the_tea)
    async with await Desk(small_house).enter("approver") as desk:
        status, page = await step(desk, small_house, "approve")
    assert (status, "cần người duyệt của cấp trên" in page) == (409, True)


@pytest.mark.parametrize(
    ("other", "said"),
    [
        pytest.param({"account": "1"}, "Chọn nơi đăng.", id="no account"),
        pytest.param({"unit": "1"}, "Chọn đơn vị.", id="no unit"),
        pytest.param({"drive": "1"}, "Chọn đợt khác.", id="no drive"),
        pytest.param({"date": "2027-13-01", "time": "07:00"}, "Ghi đủ ngày và giờ", id="no day"),
        pytest.param({"date": "2020-01-01", "time": "07:00"}, "Ngày giờ này đã qua.", id="past"),
    ],
)
async def test_what_cannot_be_kept_is_told_beside_its_field(
    small_house: House, other: dict[str, str], said: str
) -> None:
    async with await Desk(small_house).enter("organiser-che") as desk:
        status, page = await send(desk, "/console/posts/new", fields_for(small_house) | other)
    assert (status, said in page, WORDS in page) == (422, True, True)
    assert await small_house.rows(select(posts.c.id)) == []


@pytest.mark.parametrize(
    ("kind", "other", "picture", "said"),
    [
        pytest.param(ChannelKind.MESSENGER, {"words": " "}, b"", "Bài chưa có nội dung.", id="no words"),
        pytest.param(ChannelKind.TELEGRAM, {"words": "x" * 4090}, b"", "Bài dài quá", id="too long with its link"),
        pytest.param(ChannelKind.TELEGRAM, {"channel": "công đoàn"}, b"", "Ghi tên kênh", id="no channel"),
        pytest.param(ChannelKind.ZALO, {"title": ""}, png(), "cần tiêu đề", id="no title"),
        pytest.param(ChannelKind.ZALO, {}, b"", "cần một ảnh bìa", id="no cover"),
        pytest.param(ChannelKind.MESSENGER, {}, png(), "chỉ lấy ảnh qua địa chỉ https", id="nobody could fetch it"),
    ],
)
async def test_what_a_platform_would_refuse_is_not_submitted(
    small_house: House, kind: ChannelKind, other: dict[str, str], picture: bytes, said: str
) -> None:
    async with await Desk(small_house).enter("organiser-che") as desk:
        status, _ = await send(desk, "/console/posts/new", fields_for(small_house, kind, **other), picture)
        assert status == 200
        status, page = await step(desk, small_house, "submit")
    assert (status, said in page, (await row(small_house)).state) == (422, True, "draft")


@pytest.mark.parametrize(
    ("picture", "said"),
    [(b"<svg/>", "không phải ảnh PNG hay JPEG"), (png() + b"\0" * (5 << 20), "lớn hơn 5 MB")],
    ids=["no picture", "too large"],
)
async def test_a_file_that_is_no_picture_is_not_kept(small_house: House, picture: bytes, said: str) -> None:
    async with await Desk(small_house).enter("organiser-che") as desk:
        status, page = await send(desk, "/console/posts/new", fields_for(small_house, picture="own"), picture)
    assert (status, said in page) == (422, True)


async def test_a_picture_of_ours_stays_through_a_change(small_house: House) -> None:
    async with await Desk(small_house).enter("organiser-che") as desk:
        await send(desk, "/console/posts/new", fields_for(small_house, picture="why.png"))
        first = await row(small_house)
        assert first.image_id is not None
        path = f"/console/posts/{first.id}/change"
        await send(desk, path, fields_for(small_house, picture="keep", revision="1"))
        assert (await row(small_house)).image_id == first.image_id
        await send(desk, path, fields_for(small_house, picture="none", revision="2"))
        assert (await row(small_house)).image_id is None


@pytest.mark.parametrize(("name", "state"), [("there", "posted"), ("again", "approved")])
async def test_what_is_unknown_is_settled_by_staff(small_house: House, name: str, state: str) -> None:
    async with await Desk(small_house).enter("organiser-che") as desk:
        await send(desk, "/console/posts/new", fields_for(small_house))
        lost = {"state": "unknown", "reason": "interrupted", "due_at": small_house.clock()}
        await small_house.parts.db.write(lambda c: c.execute(update(posts).values(lost)))
        _, page = await desk.get(f"/console/posts/{(await row(small_house)).id}")
        assert "không tự đăng lại" in page
        await step(desk, small_house, name)
        assert (await row(small_house)).state == state
        assert (await step(desk, small_house, name))[0] == 409


async def test_a_drive_that_has_closed_is_not_approved(small_house: House) -> None:
    async with await Desk(small_house).enter("organiser-che") as desk:
        await send(desk, "/console/posts/new", fields_for(small_house))
        await step(desk, small_house, "submit")
    await small_house.parts.db.write(lambda c: c.execute(update(drives).values(state="closed")))
    async with await Desk(small_house).enter("approver") as desk:
        status, page = await step(desk, small_house, "approve")
    assert (status, "chưa mở hoặc đã đóng đăng ký" in page) == (409, True)


async def test_posts_are_for_those_alone_who_organise_there(small_house: House) -> None:
    async with await Desk(small_house).enter("organiser") as desk:
        await send(desk, "/console/posts/new", fields_for(small_house, unit=str(small_house.ids["cdcs-may"])))
    path = f"/console/posts/{(await row(small_house)).id}"
    async with await Desk(small_house).enter("organiser-che") as desk:
        assert (await desk.get(path))[0] == 404
        assert WORDS not in (await desk.get("/console/posts"))[1]
    for role in ("viewer", "volunteer", "health"):
        async with await Desk(small_house).enter(role) as desk:
            assert (await desk.get("/console/posts"))[0] == 403
    async with await Desk(small_house).enter("organiser") as desk:
        assert WORDS in (await desk.get("/console/posts"))[1]
        assert (await desk.post(f"{path}/step", {"step": "submit", "revision": "1"}, csrf="x"))[0] == 403
        assert (await desk.post(f"{path}/step", {"step": "nothing", "revision": "1"}))[0] == 404


SITE = "https://hienmau.example"
TARGET = "https://vien.example.org/hien-mau"


@pytest.fixture
async def public_house(small_db: Database, tmp_path: Path) -> AsyncIterator[House]:
    """With an address that the public can reach."""
    async with open_house(small_db, tmp_path, {"PUBLIC_URL": SITE}) as opened:
        yield opened


@pytest.mark.parametrize(("clicks", "told"), [(0, ""), (4, "dưới 5"), (5, "5")])
async def test_its_links_stand_there_as_they_are_sent(public_house: House, clicks: int, told: str) -> None:
    async with await Desk(public_house).enter("organiser-che") as desk:
        _, page = await send(desk, "/console/posts/new", fields_for(public_house, words=f"Xem {TARGET} nhé."))
        post_id = (await row(public_house)).id
        links = Links(SITE, post_id)
        assert f"Xem {links.link(TARGET)} nhé." in page
        assert f'→ <a href="{TARGET}"' in page, "whoever approves sees where it leads"
        row_of = {"code": next(iter(links.targets(TARGET))), "post_id": post_id, "target": TARGET, "clicks": clicks}
        await public_house.parts.db.write(lambda c: c.execute(counted_links.insert().values(row_of)))
        _, page = await desk.get(f"/console/posts/{post_id}")
    assert (f"<dt>Lượt mở đường dẫn</dt><dd>{told}</dd>" in page) == bool(told)


@pytest.mark.parametrize(
    ("address", "beside", "status"),
    [
        pytest.param("https://a.vn/" + "x" * 4000, 200, 200, id="too long as typed, not as sent"),
        pytest.param("https://a.vn/x", 4070, 422, id="too long as sent, not as typed"),
    ],
)
async def test_it_is_as_long_as_with_its_links_as_they_are_sent(
    public_house: House, address: str, beside: int, status: int
) -> None:
    words = f"{address} {'x' * beside}"
    async with await Desk(public_house).enter("organiser-che") as desk:
        fields = fields_for(public_house, ChannelKind.TELEGRAM, words=words, drive="")
        await send(desk, "/console/posts/new", fields)
        assert (await step(desk, public_house, "submit"))[0] == status


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
@pytest.mark.parametrize("width", [390, 1280])
async def test_it_is_written_with_a_preview_in_a_browser(site: House, browser: Browser, width: int) -> None:
    faults: list[str] = []
    page = await open_page(browser, width, faults)
    await log_in(site, page, "organiser")
    await page.goto(str(site.client.make_url("/console/posts/new")))
    await page.select_option("#account", str(site.ids[ChannelKind.TELEGRAM]))
    await expect(page.locator("#title")).to_be_hidden()
    await page.fill("#channel", "@congdoanmau")
    await page.select_option("#account", str(site.ids[ChannelKind.ZALO]))
    await expect(page.locator("#channel")).to_be_hidden()
    await page.select_option("#drive", str(site.ids["drive"]))
    await page.fill("#title", "Ngày hội Giọt hồng")
    await page.fill("#words", WORDS)
    await page.select_option("#picture", "why.png")
    await expect(page.locator("#wall")).to_contain_text(f"{WORDS}\n\n👉 Đăng ký hiến máu: nhắn mã HM…")
    await expect(page.locator("#seen-image")).to_be_visible()
    await nothing_sticks_out(page)
    await page.keyboard.press("Tab")
    await page.get_by_role("button", name="Lưu nháp").click()
    await expect(page.locator(".wall h3")).to_have_text("Ngày hội Giọt hồng")
    await nothing_sticks_out(page)
    await page.locator(".more summary").click()
    await expect(page.get_by_role("link", name="Bài đăng công khai").first).to_be_visible()
    box = await page.locator(".more .card").bounding_box()
    assert box is not None
    assert box["x"] >= 0, "the menu stands on the screen"
    await page.locator(".more").get_by_role("link", name="Bài đăng công khai").click()
    await expect(page.get_by_role("link", name="Ngày hội Giọt hồng")).to_be_visible()
    await nothing_sticks_out(page)
    assert faults == []


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
async def test_while_it_is_written_its_links_are_shown_as_long_as_they_are_sent(
    public_house: House, browser: Browser
) -> None:
    faults: list[str] = []
    page = await open_page(browser, 1280, faults)
    await log_in(public_house, page, "organiser")
    await page.goto(str(public_house.client.make_url("/console/posts/new")))
    await page.fill("#words", f"Xem {TARGET}, rồi ({TARGET}?a=1&b=2).")
    shown = f"{SITE}/l/{'…' * 12}"
    await expect(page.locator("#seen-words")).to_have_text(f"Xem {shown}, rồi ({shown}).")
    assert len(shown) == len(Links(SITE).link(TARGET))
    assert faults == []
