"""Tags on a person's page of the console."""

from sqlalchemy import select

from bot.storage.tables import tags
from tests.web.house import House
from tests.web.test_console import Desk
from tests.web.test_console_people import registered


async def test_staff_put_tags_on_and_take_them_off_but_never_about_health(small_house: House) -> None:
    contact = await registered(small_house)
    path = f"/console/contacts/{contact}"
    async with await Desk(small_house).enter("organiser") as desk:
        assert "Đưa vào danh sách dự bị" in (await desk.get(path))[1]
        status, page = await desk.post(f"{path}/tags", {"tag": "standby"})
        assert status == 200
        assert "Danh sách dự bị" in page
        assert "Đưa vào danh sách dự bị" not in page
        status, page = await desk.post(f"{path}/tags", {"tag": "Viêm gan"})
        assert status == 422
        assert "Nhãn không bao giờ nói về sức khoẻ" in page
        assert 'value="Viêm gan"' in page
        await desk.post(f"{path}/tags", {"tag": "Đoàn trường"})
        await desk.post(f"{path}/tags/off", {"tag": "standby"})
    query = select(tags.c.tag).where(tags.c.contact_id == contact)
    assert [row.tag for row in await small_house.rows(query)] == ["doan-truong"]


async def test_another_units_staff_put_none(small_house: House) -> None:
    contact = await registered(small_house)
    async with await Desk(small_house).enter("organiser-che") as desk:
        assert (await desk.post(f"/console/contacts/{contact}/tags", {"tag": "standby"}))[0] == 404
    assert await small_house.rows(select(tags)) == []
