"""An urgent appeal on the console: what is needed is typed, small counts of blood groups stay hidden, it is met by hand."""

from datetime import timedelta

import pytest
from playwright.async_api import Browser, expect
from sqlalchemy import insert, select, update

from bot.domain.broadcasts import Broadcast
from bot.storage.broadcasts import broadcast_at
from bot.storage.tables import accounts, addresses, appeals, broadcasts, donors, drives
from tests.web.house import House
from tests.web.test_broadcasts_page import fields_for, row, send, somebody, step
from tests.web.test_browser import browser, nothing_sticks_out, open_page, site
from tests.web.test_browser_console import log_in
from tests.web.test_console import Desk

__all__ = ["browser", "site"]


async def needed(house: House, **other: str) -> dict[str, str]:
    """The form of an appeal for the drive of the house."""
    (drive,) = await house.rows(select(drives).where(drives.c.id == house.ids["drive-2"]))
    by = (drive.starts_at + timedelta(days=1)).astimezone(house.parts.settings.timezone)
    fields = {"purpose": "urgent", "drive": str(drive.id), "need": "4", "needed_date": f"{by:%Y-%m-%d}"}
    return fields_for(house, **{**fields, "needed_time": f"{by:%H:%M}", **other})


async def on_telegram(house: House) -> int:
    """Somebody who agreed to appeals, where they can be reached: the web chat is no way for them."""
    one = await somebody(house, consent="urgent")
    bot = select(accounts.c.id).where(accounts.c.kind == "telegram").scalar_subquery()
    moved = update(addresses).where(addresses.c.contact_id == one).values(account_id=bot)
    await house.parts.db.write(lambda c: c.execute(moved))
    return one


async def with_group(house: House, group: str) -> None:
    one = await on_telegram(house)
    sealed = house.parts.ring.seal_text(group, "donors.blood_group")
    await house.parts.db.write(lambda c: c.execute(insert(donors).values(contact_id=one, blood_group_sealed=sealed)))


async def current(house: House) -> Broadcast:
    found = await house.parts.db.read(lambda c: broadcast_at(c, "tin-1"))
    assert found is not None
    return found


async def test_what_is_needed_is_kept_shown_and_comes_back_into_the_form(small_house: House) -> None:
    await on_telegram(small_house)
    async with await Desk(small_house).enter("organiser-che") as desk:
        status, page = await send(desk, "new", await needed(small_house))
        assert (status, "4 đơn vị máu · nhóm nào cũng được · trước" in page) == (200, True)
        found = await current(small_house)
        assert found.draft.need is not None
        assert (found.draft.need.bags, found.draft.need.groups) == (4, ())
        _, form = await desk.get(f"/console/broadcasts/{found.id}/change")
        assert 'name="need" min="1" max="500" value="4"' in form
        status, page = await step(desk, small_house, "submit")
        assert (status, "Đợt gọi đầu tiên" in page) == (200, True)
        changed = await needed(
            small_house, need="9", **{"group_A-": "yes"}, revision=str((await row(small_house)).revision)
        )
        assert (await send(desk, f"{found.id}/change", changed))[0] == 200
    need = (await current(small_house)).draft.need
    assert need is not None
    assert (need.bags, need.groups, (await row(small_house)).state) == (9, ("A-",), "draft")


@pytest.mark.parametrize(
    ("other", "says"),
    [
        ({"need": ""}, "Số đơn vị máu cần phải từ 1 đến 500"),
        ({"need": "0"}, "Số đơn vị máu cần phải từ 1 đến 500"),
        ({"need": "nhiều"}, "Số đơn vị máu cần phải từ 1 đến 500"),
        ({"needed_time": "hai giờ"}, "Số đơn vị máu cần phải từ 1 đến 500"),
    ],
)
async def test_half_a_need_is_not_kept(small_house: House, other: dict[str, str], says: str) -> None:
    async with await Desk(small_house).enter("organiser-che") as desk:
        status, page = await send(desk, "new", await needed(small_house, **other))
    assert (status, says in page) == (422, True)
    assert await small_house.rows(select(broadcasts)) == []


async def test_counts_that_would_tell_a_blood_group_are_not_shown(small_house: House) -> None:
    for group in ("A-", "O-", "B+", "B+", "AB+"):
        await with_group(small_house, group)
    async with await Desk(small_house).enter("organiser-che") as desk:
        fields = await needed(small_house, **{"group_A-": "yes"})
        _, look = await send(desk, "look", fields)
        assert "Lúc này dưới 5 người có nhóm máu phù hợp" in look
        await send(desk, "new", fields)
        _, page = await step(desk, small_house, "submit")
        assert "Trong nhóm" not in page
        assert "dưới 5" in page
        narrow = {**fields, "code": "tin-2", "by_tag": "a1"}
        _, page = await send(desk, "new", narrow)
        second = (await small_house.rows(select(broadcasts).where(broadcasts.c.code == "tin-2")))[0]
        status, page = await desk.post(
            f"/console/broadcasts/{second.id}/step", {"step": "submit", "revision": str(second.revision)}
        )
        assert (status, "sẽ lộ nhóm máu của từng người" in page) == (409, True)


async def running(house: House) -> None:
    await on_telegram(house)
    async with await Desk(house).enter("organiser-che") as desk:
        await send(desk, "new", await needed(house))
        await step(desk, house, "submit")
    async with await Desk(house).enter("approver") as desk:
        await step(desk, house, "approve")
        await step(desk, house, "start")


async def test_it_is_met_by_hand_and_the_page_says_how_it_stands(small_house: House) -> None:
    await running(small_house)
    one, now = await row(small_house), small_house.clock()
    waiting = insert(appeals).values(broadcast_id=one.id, wave=1, gathered_at=now, next_wave_at=now)
    await small_house.parts.db.write(lambda c: c.execute(waiting))
    async with await Desk(small_house).enter("organiser-che") as desk:
        _, page = await desk.get(f"/console/broadcasts/{one.id}")
        assert "Đã gọi hết những người có thể gọi mà chưa đủ" in page
        status, page = await step(desk, small_house, "met")
        assert (status, "Đã đủ lúc" in page) == (200, True)
    (appeal,) = await small_house.rows(select(appeals))
    assert (appeal.close_reason, appeal.closed_at >= now) == ("need-met", True)


async def test_news_has_no_such_button(small_house: House) -> None:
    await somebody(small_house)
    async with await Desk(small_house).enter("organiser-che") as desk:
        await send(desk, "new", fields_for(small_house))
        await small_house.parts.db.write(lambda c: c.execute(update(broadcasts).values(state="running")))
        _, page = await desk.get(f"/console/broadcasts/{(await row(small_house)).id}")
        assert 'value="met"' not in page
        status, page = await step(desk, small_house, "met")
        assert (status, "Chỉ lời kêu gọi khẩn" in page) == (409, True)


@pytest.mark.parametrize("width", [390, 1280])
async def test_the_form_shows_what_an_appeal_needs_and_only_then(site: House, browser: Browser, width: int) -> None:
    faults: list[str] = []
    page = await open_page(browser, width, faults)
    await log_in(site, page, "organiser-che")
    await page.goto(str(site.client.make_url("/console/broadcasts/new")))
    await expect(page.locator("#appeal")).to_be_hidden()
    await page.select_option("#purpose", "urgent")
    await expect(page.locator("#appeal")).to_be_visible()
    await page.fill("#need", "6")
    await page.get_by_label("AB-").check()
    await nothing_sticks_out(page)
    assert faults == []
