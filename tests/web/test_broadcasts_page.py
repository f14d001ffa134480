"""Messages to many on the console: one writes, another approves, it starts once, and every refusal is a sentence."""

import io
from collections.abc import Mapping
from typing import Any

import aiohttp
import pytest
from playwright.async_api import Browser, expect
from sqlalchemy import insert, select, update

from bot.storage.ids import new_id
from bot.storage.tables import accounts, addresses, broadcasts, consents, contacts, drives, outbox, recipients, staff
from tests.pictures import png
from tests.web.conftest import CHROMIUM
from tests.web.house import House
from tests.web.test_browser import browser, nothing_sticks_out, open_page, site
from tests.web.test_browser_console import log_in
from tests.web.test_console import Desk

__all__ = ["browser", "site"]

WORDS = "Tháng này có hai đợt hiến máu."


async def somebody(house: House, *, of: str = "cdcs-che", consent: str = "news") -> int:
    """With an open web chat, who agreed."""

    def write(connection: Any) -> int:
        now, contact, address = house.clock(), new_id(), new_id()
        web = connection.execute(select(accounts.c.id).where(accounts.c.kind == "web")).scalar_one()
        row = {"id": contact, "unit_id": house.ids[of], "created_at": now, "updated_at": now}
        connection.execute(insert(contacts).values(row))
        home = {"id": address, "account_id": web, "user_id": str(contact), "contact_id": contact}
        connection.execute(insert(addresses).values(**home, first_seen_at=now, last_inbound_at=now))
        agreed = {"id": new_id(), "contact_id": contact, "address_id": address, "purpose": consent, "given_at": now}
        connection.execute(insert(consents).values(**agreed, wording=f"consent.{consent}@1"))
        return contact

    return await house.parts.db.write(write)


def fields_for(house: House, **other: str) -> dict[str, str]:
    known = {"purpose": "news", "unit": str(house.ids["cdcs-che"]), "words_vi": WORDS, "picture": "none"}
    return {**known, "code": "tin-1", **other}


async def send(desk: Desk, path: str, fields: Mapping[str, str], picture: bytes = b"") -> tuple[int, str]:
    form = aiohttp.FormData()
    for name, value in {**fields, "csrf": await desk.csrf()}.items():
        form.add_field(name, value)
    form.add_field("file", io.BytesIO(picture), filename="anh.png" if picture else "")
    return await desk.send(f"/console/broadcasts/{path}", form)


async def row(house: House) -> Any:
    (found,) = await house.rows(select(broadcasts))
    return found


async def step(desk: Desk, house: House, name: str, **more: str) -> tuple[int, str]:
    found = await row(house)
    fields = {"step": name, "revision": str(found.revision), **more}
    return await desk.post(f"/console/broadcasts/{found.id}/step", fields)


async def approved(house: House) -> None:
    await somebody(house)
    async with await Desk(house).enter("organiser-che") as desk:
        await send(desk, "new", fields_for(house))
        await step(desk, house, "submit")
    async with await Desk(house).enter("approver") as desk:
        await step(desk, house, "approve")


async def test_one_writes_another_approves_and_it_starts_once(small_house: House) -> None:
    await somebody(small_house)
    async with await Desk(small_house).enter("organiser-che") as desk:
        status, page = await send(desk, "new", fields_for(small_house), png())
        assert (status, WORDS in page, "Gửi duyệt" in page) == (200, True, True)
        assert (await step(desk, small_house, "approve"))[0] == 409
        status, page = await step(desk, small_house, "submit")
        assert (status, "chờ một người khác ở cấp trên duyệt" in page, "Nhận qua" in page) == (200, True, True)
    async with await Desk(small_house).enter("approver") as desk:
        assert (await step(desk, small_house, "approve"))[0] == 200
        assert (await step(desk, small_house, "start"))[0] == 200
        status, page = await step(desk, small_house, "start")
        assert (status, "đang ở bước “Đang gửi”" in page) == (409, True)
        status, page = await step(desk, small_house, "pause")
        assert "Đang tạm dừng" in page
        assert "Gửi tiếp" in page
        assert "Đã huỷ" in (await step(desk, small_house, "cancel"))[1]
    found = await row(small_house)
    assert (found.created_by, found.approved_by, found.image_id is not None) == ("organiser-che", "approver", True)


async def test_a_change_voids_the_approval(small_house: House) -> None:
    await approved(small_house)
    found = await row(small_house)
    async with await Desk(small_house).enter("organiser-che") as desk:
        assert "phải duyệt lại" in (await desk.get(f"/console/broadcasts/{found.id}/change"))[1]
        other = fields_for(small_house, words_vi="Chữ khác.", revision=str(found.revision))
        assert (await send(desk, f"{found.id}/change", other))[0] == 200
        assert ((await row(small_house)).state, (await row(small_house)).approved_by) == ("draft", "")
        status, page = await send(desk, f"{found.id}/change", other)
        assert (status, "Nội dung đã khác" in page) == (409, True)


async def test_what_was_signed_is_what_starts(small_house: House) -> None:
    await approved(small_house)
    await small_house.parts.db.write(lambda c: c.execute(update(broadcasts).values(segment="language:en")))
    async with await Desk(small_house).enter("approver") as desk:
        status, page = await step(desk, small_house, "start")
    assert (status, "không phải" in page or "Nội dung đã khác" in page) == (409, True)


async def test_it_is_put_off_until_its_time(small_house: House) -> None:
    await approved(small_house)
    async with await Desk(small_house).enter("organiser-che") as desk:
        status, page = await step(desk, small_house, "start", date="2020-01-01", time="08:00")
        assert (status, "Giờ hẹn gửi đã qua" in page) == (409, True)
        assert "Đã hẹn giờ gửi" in (await step(desk, small_house, "start", date="2031-01-01", time="08:00"))[1]


@pytest.mark.parametrize(
    ("other", "says"),
    [
        ({"segment": "blood:A"}, "không hiểu “blood:A”"),
        ({"unit": "1"}, "Không có đơn vị"),
        ({"purpose": "reply"}, "Mục đích chỉ có thể"),
        ({"code": "Tin 1"}, "Mã “Tin 1” chưa đúng"),
        ({"purpose": "drive"}, "cần một đợt hiến máu có thật"),
        ({"picture": "own"}, "chọn một tệp ảnh"),
    ],
)
async def test_what_cannot_be_kept_is_a_sentence_beside_what_was_typed(
    small_house: House, other: dict[str, str], says: str
) -> None:
    async with await Desk(small_house).enter("organiser-che") as desk:
        status, page = await send(desk, "new", fields_for(small_house, **other))
    assert (status, says in page, WORDS in page) == (422, True, True)
    assert await small_house.rows(select(broadcasts.c.id)) == []


async def test_the_simple_choices_make_the_expression(small_house: House) -> None:
    drive = str(small_house.ids["drive-2"])
    chosen = {"by_channel": "web", "by_language": "vi", "by_place": "no", "drive": drive, "by_eligible": "2026-12-05"}
    async with await Desk(small_house).enter("organiser-che") as desk:
        await send(desk, "new", fields_for(small_house, **chosen))
    (code,) = await small_house.rows(select(drives.c.code).where(drives.c.id == small_house.ids["drive-2"]))
    wanted = f"channel:web language:vi eligible:2026-12-05 not registered:{code.code}"
    assert (await row(small_house)).segment == wanted


async def test_the_preview_is_true_and_counts(small_house: House) -> None:
    await somebody(small_house)
    async with await Desk(small_house).enter("organiser-che") as desk:
        status, page = await send(desk, "look", fields_for(small_house))
        assert (status, page.count(WORDS), "Nhóm có 1 người; lúc này 1 người" in page) == (200, 4, True)
        status, page = await send(desk, "look", fields_for(small_house, segment="(all"))
        assert (status, "thiếu dấu )" in page) == (200, True)
        status, page = await send(desk, "look", fields_for(small_house, words_vi=""))
        assert "chưa có nội dung" in page


async def test_others_see_and_do_nothing(small_house: House) -> None:
    await approved(small_house)
    found = await row(small_house)
    for login in ("viewer", "health", "volunteer"):
        async with await Desk(small_house).enter(login) as desk:
            assert (await desk.get("/console/broadcasts"))[0] == 403
            assert (await desk.get(f"/console/broadcasts/{found.id}"))[0] == 403


async def test_failures_are_tried_again_by_their_reason(small_house: House) -> None:
    contact = await somebody(small_house)
    await approved(small_house)
    async with await Desk(small_house).enter("approver") as desk:
        await step(desk, small_house, "start")
        found, now = await row(small_house), small_house.clock()

        def fail(connection: Any) -> None:
            home = connection.execute(select(addresses).where(addresses.c.contact_id == contact)).one()
            message = {"account_id": home.account_id, "address_id": home.id, "contact_id": contact, "state": "failed"}
            message |= {"reason": "rejected", "broadcast_id": found.id, "purpose": "news", "priority": 3, "part": 0}
            times = {"created_at": now, "due_at": now}
            connection.execute(insert(outbox).values(id=new_id(), key="k", body_sealed=b"x", **message, **times))
            person = {"broadcast_id": found.id, "contact_id": contact, "state": "queued"}
            connection.execute(insert(recipients).values(person))

        await small_house.parts.db.write(fail)
        status, page = await desk.get(f"/console/broadcasts/{found.id}")
        assert (status, "nền tảng từ chối" in page, "Gửi lại cho những người này" in page) == (200, True, True)
        assert (await step(desk, small_house, "retry", reason="rejected"))[0] == 200
    (person,) = await small_house.rows(select(recipients.c.state))
    assert person.state == "waiting"


async def test_it_is_tried_on_oneself_alone(small_house: House) -> None:
    await somebody(small_house)
    async with await Desk(small_house).enter("organiser-che") as desk:
        await send(desk, "new", fields_for(small_house))
        path = f"/console/broadcasts/{(await row(small_house)).id}/test"
        assert "chưa nối khung chat nào" in (await desk.post(path, {}))[1]
        (member,) = await small_house.rows(select(staff.c.id).where(staff.c.login == "organiser-che"))
        (home,) = await small_house.rows(select(addresses.c.id))
        await small_house.parts.db.write(lambda c: c.execute(_link(member.id, home.id, small_house)))
        assert "Đã gửi thử" in (await desk.post(path, {}))[1]
    (sent,) = await small_house.rows(select(outbox))
    assert (sent.purpose, sent.broadcast_id, sent.address_id) == ("staff", None, home.id)


def _link(member: int, address: int, house: House) -> Any:
    from bot.storage.tables import staff_addresses

    return insert(staff_addresses).values(address_id=address, staff_id=member, linked_at=house.clock())


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
@pytest.mark.parametrize("width", [390, 1280])
async def test_it_is_written_approved_and_started_in_a_browser(site: House, browser: Browser, width: int) -> None:
    await somebody(site)
    faults: list[str] = []
    page = await open_page(browser, width, faults)
    await log_in(site, page, "organiser-che")
    await page.goto(str(site.client.make_url("/console/broadcasts/new")))
    await page.fill("#words_vi", WORDS)
    await expect(page.locator(".phone.web .bubble")).to_contain_text(WORDS)
    await expect(page.locator("#look")).to_contain_text("lúc này 1 người nhận được")
    await nothing_sticks_out(page)
    await page.get_by_role("button", name="Lưu nháp").click()
    await page.get_by_role("button", name="Gửi duyệt").press("Enter")
    await expect(page.locator("#state")).to_contain_text("Chờ duyệt")
    address = page.url
    other = await open_page(browser, width, faults)
    await log_in(site, other, "approver")
    await other.goto(address)
    await expect(other.locator(".count-table").first).to_contain_text("Tổng số người nhận được")
    await nothing_sticks_out(other)
    await other.get_by_role("button", name="Duyệt tin này").click()
    await other.get_by_role("button", name="Gửi ngay").click()
    await expect(other.locator("#state")).to_contain_text("Đang gửi")
    await nothing_sticks_out(other)
    await other.goto(str(site.client.make_url("/console/broadcasts")))
    await expect(other.locator("#broadcasts")).to_contain_text("Đang gửi")
    await nothing_sticks_out(other)
    assert faults == []
