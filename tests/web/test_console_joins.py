"""The person page of somebody who was joined from two chats: shown, parted by staff, noted."""

from datetime import timedelta

from sqlalchemy import Connection, select

from bot.domain.contacts import Address
from bot.domain.updates import ChannelKind
from bot.storage.ids import address_id
from bot.storage.join_codes import keep_code
from bot.storage.joining import Joined, join_by_code
from bot.storage.tables import addresses, audit, joins
from tests.web.house import House
from tests.web.test_console import Desk
from tests.web.test_console_people import registered

CODE = "B4K7T0M2"


async def join_second_chat(house: House, contact: int) -> int:
    """A second visitor types the code of the first; their address."""
    chat = await house.chat()
    await chat.message()
    second = address_id(house.ids["web"], chat.token.split(".")[0])
    (first,) = await house.rows(select(addresses.c.id).where(addresses.c.contact_id == contact))
    (row,) = await house.rows(select(addresses).where(addresses.c.id == second))
    claimer = Address(second, row.account_id, ChannelKind.WEB, row.user_id, row.contact_id)
    ring, now = house.parts.ring, house.clock()

    def work(connection: Connection) -> object:
        keep_code(connection, ring, CODE, first.id, now)
        return join_by_code(connection, ring, claimer, CODE, now)

    assert await house.parts.db.write(work) == Joined(contact, first.id)
    return second


async def test_staff_see_a_join_and_part_it_after_one_question(house: House) -> None:
    contact = await registered(house)
    second = await join_second_chat(house, contact)
    async with await Desk(house).enter("organiser") as desk:
        _, page = await desk.get(f"/console/contacts/{contact}")
        assert f'href="/console/contacts/{contact}/part"' in page
        _, asked = await desk.get(f"/console/contacts/{contact}/part")
        assert "Tách lần nối gần nhất?" in asked
        assert await house.rows(select(joins.c.id)) != []
        for _ in range(2):  # an impatient second press finds nothing
            status, page = await desk.post(f"/console/contacts/{contact}/part", {})
            assert status == 200
            assert "/part" not in page
        assert (await desk.get(f"/console/contacts/{contact}/part"))[0] == 404
    (home,) = await house.rows(select(addresses.c.contact_id).where(addresses.c.id == second))
    assert home.contact_id != contact
    (noted,) = await house.rows(select(audit).where(audit.c.action == "people-parted"))
    assert (noted.who, noted.subject) == ("organiser", f"contact {contact}")


async def test_staff_of_other_units_and_other_roles_part_nobody(house: House) -> None:
    contact = await registered(house)
    await join_second_chat(house, contact)
    for who, expected in (("organiser-che", 404), ("viewer", 403)):
        async with await Desk(house).enter(who) as desk:
            assert (await desk.get(f"/console/contacts/{contact}/part"))[0] == expected
            assert (await desk.post(f"/console/contacts/{contact}/part", {}))[0] == expected
    assert len(await house.rows(select(joins.c.id))) == 1


async def test_what_can_no_longer_be_undone_is_not_offered(house: House) -> None:
    contact = await registered(house)
    await join_second_chat(house, contact)
    await house.parts.db.write(lambda c: c.execute(joins.update().values(joined_at=house.clock() - timedelta(days=30))))
    async with await Desk(house).enter("organiser") as desk:
        _, page = await desk.get(f"/console/contacts/{contact}")
        assert "/part" not in page
