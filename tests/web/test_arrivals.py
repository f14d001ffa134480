"""The door's form: who comes unannounced, a colleague's place that gets its person, and nobody taken for somebody else."""

import pytest
from playwright.async_api import Browser, expect
from sqlalchemy import Connection, select, update

from bot.storage.ids import new_id
from bot.storage.tables import consents, contacts, drives, registrations
from tests.web.conftest import CHROMIUM
from tests.web.house import House
from tests.web.test_browser import browser, nothing_sticks_out, open_page, site
from tests.web.test_browser_console import log_in
from tests.web.test_console import Desk
from tests.web.test_door import somebody

__all__ = ["browser", "site"]

TOLD = {"name": "Giàng A Páo", "birth_date": "15/8/1990", "phone": "0987654321", "consent": "on"}


async def colleague(house: House, drive: int) -> int:
    """A place that somebody took for a colleague."""

    def write(connection: Connection) -> int:
        slot = connection.execute(select(registrations.c.slot_id).limit(1)).scalar_one()
        who, place, now = new_id(), new_id(), house.clock()
        connection.execute(contacts.insert().values(id=who, created_at=now, updated_at=now))
        connection.execute(
            registrations.insert().values(
                id=place, contact_id=who, drive_id=drive, slot_id=slot, ticket="FGHJK00000", state="booked",
                origin="colleague", created_at=now, updated_at=now,
            )
        )  # fmt: skip
        return place

    return await house.parts.db.write(write)


async def place_of(house: House, place: int) -> tuple[str, str, str | None]:
    query = (
        select(registrations.c.state, registrations.c.origin, contacts.c.name_sealed)
        .join(contacts, contacts.c.id == registrations.c.contact_id)
        .where(registrations.c.id == place)
    )
    (row,) = await house.rows(query)
    return row.state, row.origin, house.parts.ring.text_or_none(row.name_sealed, "contacts.name")


@pytest.mark.parametrize(
    ("step", "stays"),
    [
        ({"step": "donated", "component": "whole_blood", "ml": "350"}, "donated"),
        ({"step": "deferred", "days": "28"}, "deferred"),
    ],
)
async def test_an_outcome_that_is_written_stands_when_the_form_is_filled_again(
    small_house: House, step: dict[str, str], stays: str
) -> None:
    drive, _ = await somebody(small_house)
    first, path = new_id(), f"/console/drives/{drive}/door"
    async with await Desk(small_house).enter("organiser") as desk:
        await desk.post(f"{path}/{first}/name", TOLD)
        await desk.post(f"{path}/{first}/step", step)
        assert (await place_of(small_house, first))[0] == stays
        (row,) = await small_house.rows(select(registrations.c.contact_id).where(registrations.c.id == first))
        await desk.post(f"{path}/{new_id()}/name", {**TOLD, "same": str(row.contact_id)})
    assert (await place_of(small_house, first))[0] == stays
    assert len(await small_house.rows(select(registrations.c.id))) == 2


async def test_a_place_of_another_drive_is_not_found(small_house: House) -> None:
    drive, _ = await somebody(small_house)
    (place,) = await small_house.rows(select(registrations.c.id))
    other = update(registrations).values(
        drive_id=select(drives.c.id).where(drives.c.id != drive).limit(1).scalar_subquery()
    )
    await small_house.parts.db.write(lambda c: c.execute(other))
    async with await Desk(small_house).enter("organiser") as desk:
        status, _ = await desk.post(f"/console/drives/{drive}/door/{place.id}/name", TOLD)
    assert status == 404
    assert len(await small_house.rows(select(registrations.c.id))) == 1


async def test_who_comes_unannounced_is_there_once(small_house: House) -> None:
    drive, _ = await somebody(small_house)
    place = new_id()
    async with await Desk(small_house).enter("organiser") as desk:
        status, page = await desk.get(f"/console/drives/{drive}/door/new")
        assert (status, "Người chưa đăng ký" in page) == (200, True)
        for _ in range(2):
            await desk.post(f"/console/drives/{drive}/door/{place}/name", TOLD)
        _, door = await desk.get(f"/console/drives/{drive}/door")
    assert "Giàng A Páo" in door
    assert await place_of(small_house, place) == ("arrived", "walk-in", "Giàng A Páo")
    given = await small_house.rows(select(consents.c.purpose, consents.c.wording))
    assert [(row.purpose, row.wording) for row in given] == [("registration", "page.door.consent@1@door")]


async def test_a_colleague_s_place_gets_its_person(small_house: House) -> None:
    drive, _ = await somebody(small_house)
    place = await colleague(small_house, drive)
    async with await Desk(small_house).enter("organiser") as desk:
        _, found = await desk.post(f"/console/drives/{drive}/door", {"who": "FGHJK-00000"})
        assert f"/door/{place}/name" in found
        await desk.post(f"/console/drives/{drive}/door/{place}/name", {**TOLD, "reminder": "on", "dangerous": "on"})
    assert await place_of(small_house, place) == ("arrived", "colleague", "Giàng A Páo")
    assert len(await small_house.rows(select(consents))) == 2


async def test_somebody_known_is_asked_about_and_never_merged_by_itself(small_house: House) -> None:
    drive, _ = await somebody(small_house)
    first, second, third = new_id(), new_id(), new_id()
    path = f"/console/drives/{drive}/door"
    async with await Desk(small_house).enter("organiser") as desk:
        await desk.post(f"{path}/{first}/name", TOLD)
        status, page = await desk.post(f"{path}/{second}/name", TOLD)
        assert (status, "Có phải cùng một người không?" in page) == (409, True)
        await desk.post(f"{path}/{second}/name", {**TOLD, "same": "no"})
        people = await small_house.rows(select(contacts.c.id).where(contacts.c.phone_blind.is_not(None)))
        known = max(row.id for row in people)
        await desk.post(f"{path}/{third}/name", {**TOLD, "same": str(known)})
    places = await small_house.rows(select(registrations.c.contact_id).where(registrations.c.origin == "walk-in"))
    assert len(places) == len({row.contact_id for row in places}) == 2  # who has a place there already keeps that one


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"consent": ""}, "Chưa có đồng ý thì không ghi tên."),
        ({"birth_date": "12/5/2015"}, "ngoài tuổi hiến máu thường lệ"),
        ({"birth_date": "31/2/1990"}, "Ghi ngày sinh như"),
        ({"name": "X"}, "Ghi đủ họ và tên."),
        ({"phone": "123"}, "10 chữ số"),
        ({"unit": "không có thật"}, "Chưa thấy đúng một đơn vị"),
    ],
)
async def test_what_is_wrong_is_said_and_nothing_kept(small_house: House, fields: dict[str, str], said: str) -> None:
    drive, _ = await somebody(small_house)
    before = len(await small_house.rows(select(contacts)))
    async with await Desk(small_house).enter("organiser") as desk:
        status, page = await desk.post(f"/console/drives/{drive}/door/{new_id()}/name", TOLD | fields)
    assert (status, said in page) == (422, True)
    assert len(await small_house.rows(select(contacts))) == before


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
@pytest.mark.parametrize("width", [390, 1280])
async def test_it_is_filled_on_a_phone_and_on_a_desk(site: House, browser: Browser, width: int) -> None:
    drive, _ = await somebody(site)
    faults: list[str] = []
    page = await open_page(browser, width, faults)
    await log_in(site, page)
    await page.goto(str(site.client.make_url(f"/console/drives/{drive}/door")))
    await page.get_by_role("link", name="Người chưa đăng ký").click()
    await page.get_by_role("button", name="Ghi và đánh dấu đã đến").click()
    await expect(page.get_by_text("Ghi đủ họ và tên.")).to_be_visible()
    await nothing_sticks_out(page)
    for label, words in (
        ("Họ và tên", TOLD["name"]),
        ("Ngày sinh", TOLD["birth_date"]),
        ("Số điện thoại", TOLD["phone"]),
    ):
        await page.get_by_role("textbox", name=label).fill(words)
    await page.get_by_label("Tôi đã đọc cho người này nghe").check()
    await page.get_by_role("button", name="Ghi và đánh dấu đã đến").click()
    await expect(page.get_by_role("heading", name="Giàng A Páo")).to_be_visible()
    await nothing_sticks_out(page)
    assert faults == []
