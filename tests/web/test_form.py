"""The one-page form: the same registration with one press, faults beside the fields, nothing lost, nothing twice."""

import re
from collections.abc import Mapping
from datetime import timedelta
from html import unescape

import pytest
from sqlalchemy import select, update

from bot.domain.tokens import sign
from bot.storage.dossiers import load_dossier
from bot.storage.ids import address_id
from bot.storage.tables import consents, contacts, outbox, registrations, slots
from tests.web.house import SECRET_KEY, House


async def newcomer(house: House) -> int:
    """The address of somebody who opened the chat."""
    chat = await house.chat()
    await chat.message()
    return address_id(house.ids["web"], chat.token.split(".")[0])


def filled(house: House, **other: str) -> dict[str, str]:
    fields = {
        "nonce": "n" * 22,
        "name": "Lò Thị Thử",
        "birth_date": "12/5/1990",
        "phone": "0912 345 678",
        "unit": "may lua hong",
        "dangerous_work": "no",
        "slot": str(house.slots[0]),
        "consent": "on",
    }
    return {name: value for name, value in (fields | other).items() if value}


async def send(house: House, link: str, fields: Mapping[str, str]) -> tuple[int, str]:
    async with house.client.post(link, data=fields) as answer:
        return answer.status, unescape(await answer.text())


async def look(house: House, link: str) -> tuple[int, str]:
    async with house.client.get(link) as answer:
        return answer.status, unescape(await answer.text())


async def test_it_registers_and_shows_the_ticket(house: House) -> None:
    address = await newcomer(house)
    status, page = await send(house, house.form_link(address), filled(house))
    (booked,) = await house.rows(select(registrations))
    assert (status, booked.slot_id, booked.state) == (200, house.slots[0], "booked")
    assert f"{booked.ticket[:5]}-{booked.ticket[5:]}" in page
    assert "COVID-19" in page
    assert [row.purpose for row in await house.rows(select(consents))] == ["registration"]


async def test_it_says_the_same_in_the_chat(small_house: House) -> None:
    chat = await small_house.chat()
    await chat.message()
    address = address_id(small_house.ids["web"], chat.token.split(".")[0])
    await send(small_house, small_house.form_link(address), filled(small_house))
    (booked,) = await small_house.rows(select(registrations))
    assert f"{booked.ticket[:5]}-{booked.ticket[5:]}" in (await chat.message())["text"]


async def test_it_is_harmless_to_send_it_twice(house: House) -> None:
    link = house.form_link(await newcomer(house))
    first = await send(house, link, filled(house))
    before = len(await house.rows(select(outbox)))
    assert await send(house, link, filled(house)) == first
    assert await send(house, link, filled(house, nonce="m" * 22, slot=str(house.slots[1]))) == first
    assert len(await house.rows(select(registrations))) == 1
    assert len(await house.rows(select(outbox))) == before
    (taken,) = await house.rows(select(slots.c.taken).where(slots.c.id == house.slots[0]))
    assert taken.taken == 1


FAULTS = [
    pytest.param("name", "x", id="name"),
    pytest.param("birth_date", "hôm qua", id="birth date"),
    pytest.param("birth_date", "1/1/2020", id="too young"),
    pytest.param("phone", "12", id="phone"),
    pytest.param("unit", "zzzzz", id="unit"),
    pytest.param("dangerous_work", "", id="dangerous work not said"),
    pytest.param("slot", "", id="no slot"),
    pytest.param("slot", "999", id="a slot of another world"),
    pytest.param("consent", "", id="no consent"),
]


@pytest.mark.parametrize(("field", "value"), FAULTS)
async def test_it_says_what_is_wrong_beside_the_field(small_house: House, field: str, value: str) -> None:
    link = small_house.form_link(await newcomer(small_house))
    status, page = await send(small_house, link, filled(small_house, **{field: value}))
    assert status == 422
    assert re.findall(r'class="fault" id="(\w+)-fault"', page) == [field]
    kept = "0912 345 678" if field != "phone" else "Lò Thị Thử"
    assert f'value="{kept}"' in page
    assert await small_house.rows(select(registrations)) == []


async def test_it_offers_the_units_that_were_meant(small_house: House) -> None:
    link = small_house.form_link(await newcomer(small_house))
    status, page = await send(small_house, link, filled(small_house, unit="cong ty"))
    assert status == 422
    picks = re.findall(r'name="unit_pick" value="(\d+)"', page)
    assert set(picks) == {str(small_house.ids["cdcs-che"]), str(small_house.ids["cdcs-may"])}
    status, _ = await send(small_house, link, filled(small_house, unit="cong ty", unit_pick=picks[0]))
    assert status == 200


async def test_it_takes_people_without_a_unit(small_house: House) -> None:
    link = small_house.form_link(await newcomer(small_house))
    assert (await send(small_house, link, filled(small_house, unit="", unit_none="on")))[0] == 200
    assert [row.unit_id for row in await small_house.rows(select(registrations))] == [None]


async def returning(house: House) -> int:
    """The address of somebody who registered once and holds no place now."""
    address = await newcomer(house)
    await send(house, house.form_link(address), filled(house, consent_reminder="on"))
    over = update(registrations).values(state="cancelled")
    await house.parts.db.write(lambda connection: connection.execute(over))
    return address


PERSONAL = ("lò thị thử", "1990", "0912", "345 678", "84912345678", "may lụa hồng")


def told_in(page: str) -> list[str]:
    """What of this person stands in the page, apart from the examples in its hints."""
    shown = re.sub(r'<p class="hint".*?</p>', "", page).lower()
    return [held for held in PERSONAL if held in shown]


async def test_it_shows_nobody_whole_to_whoever_holds_the_link(house: House) -> None:
    status, page = await look(house, house.form_link(await returning(house)))
    assert status == 200
    assert "L. T. T., …678" in page
    assert told_in(page) == []


async def test_it_begins_with_all_boxes_empty(house: House) -> None:
    _, page = await look(house, house.form_link(await returning(house)))
    boxes = re.findall(r'<input type="checkbox" id="(?:consent\w*|reuse)"[^>]*>', page)
    assert len(boxes) == 3
    assert not any("checked" in box for box in boxes)


async def test_it_shows_nothing_that_was_typed_in_the_chat(small_house: House) -> None:
    chat = await small_house.chat()
    await chat.message()
    for said in ("dang ky hien mau", "đồng ý", "không", "Lò Thị Thử", "12/5/1990", "0912345678"):
        await chat.say(said)
    address = address_id(small_house.ids["web"], chat.token.split(".")[0])
    parts = small_house.parts
    dossier = await parts.db.read(lambda connection: load_dossier(connection, address, parts.ring))
    assert dossier is not None
    assert dossier.conversation.form is not None
    assert dossier.conversation.form.answers["phone"] == "+84912345678"
    status, page = await look(small_house, small_house.form_link(address))
    assert status == 200
    assert told_in(page) == []


async def test_it_takes_what_we_hold_with_one_tick(house: House) -> None:
    address = await returning(house)
    (known,) = await house.rows(select(contacts.c.id, contacts.c.unit_id))
    bare = filled(
        house, reuse="on", name="", birth_date="", phone="", unit="", nonce="m" * 22, slot=str(house.slots[1])
    )
    status, page = await send(house, house.form_link(address), bare)
    assert status == 200
    assert told_in(page) == []
    (booked,) = await house.rows(select(registrations).where(registrations.c.state == "booked"))
    assert (booked.slot_id, booked.unit_id) == (house.slots[1], known.unit_id)
    assert await house.rows(select(contacts.c.id, contacts.c.unit_id)) == [known]


async def test_it_shows_no_more_when_the_tick_comes_with_a_fault(house: House) -> None:
    link = house.form_link(await returning(house))
    status, page = await send(house, link, {"nonce": "m" * 22, "reuse": "on", "consent": "on"})
    assert status == 422
    assert re.findall(r'class="fault" id="(\w+)-fault"', page) == ["slot", "dangerous_work"]
    assert re.search(r'id="reuse"[^>]* checked', page)
    assert told_in(page) == []


async def test_it_says_beside_the_tick_that_somebody_is_too_old_by_now(house: House) -> None:
    link = house.form_link(await returning(house))
    old = update(contacts).values(birth_date_sealed=house.parts.ring.seal_text("1950-01-01", "contacts.birth_date"))
    await house.parts.db.write(lambda connection: connection.execute(old))
    status, page = await send(house, link, {**filled(house, nonce="m" * 22), "reuse": "on"})
    assert status == 422
    assert re.findall(r'class="fault" id="(\w+)-fault"', page) == ["reuse"]


async def test_it_has_nothing_to_reuse_for_a_newcomer(small_house: House) -> None:
    link = small_house.form_link(await newcomer(small_house))
    assert 'name="reuse"' not in (await look(small_house, link))[1]
    bare = filled(small_house, reuse="on", name="", birth_date="", phone="", unit="")
    status, page = await send(small_house, link, bare)
    assert status == 422
    assert re.findall(r'class="fault" id="(\w+)-fault"', page) == ["name", "birth_date", "phone", "unit"]


async def test_it_shows_only_the_ticket_to_somebody_who_holds_a_place(house: House) -> None:
    link = house.form_link(await newcomer(house))
    done = await send(house, link, filled(house))
    status, page = await look(house, link)
    assert (status, page) == done
    assert "<form" not in page
    assert told_in(page) == []


async def test_it_records_the_reminder_only_when_ticked(small_house: House) -> None:
    link = small_house.form_link(await newcomer(small_house))
    await send(small_house, link, filled(small_house, consent_reminder="on"))
    given = {row.purpose: row.wording for row in await small_house.rows(select(consents))}
    assert given == {"registration": "consent.registration@2", "reminder": "consent.reminder@2"}


async def test_it_offers_the_rest_when_the_slot_has_just_filled(small_house: House) -> None:
    link = small_house.form_link(await newcomer(small_house))
    await look(small_house, link)  # the catalogue of this second still believes in the last place
    full = update(slots).where(slots.c.id == small_house.slots[0]).values(taken=slots.c.capacity)
    await small_house.parts.db.write(lambda connection: connection.execute(full))
    status, page = await send(small_house, link, filled(small_house))
    assert status in (409, 422)
    assert 'id="slot-fault"' in page
    assert f'name="slot" value="{small_house.slots[0]}" disabled' in page
    nonce = re.search(r'name="nonce" value="([^"]+)"', page)
    assert nonce is not None
    again = filled(small_house, slot=str(small_house.slots[1]), nonce=nonce[1])
    assert (await send(small_house, link, again))[0] == 200


@pytest.mark.parametrize(
    ("token", "status"),
    [
        pytest.param("old", 410, id="expired"),
        pytest.param("1.0.AAAAAAAAAAAAAAAAAAAAAA", 404, id="forged"),
        pytest.param("nonsense", 404, id="nonsense"),
        pytest.param("stranger", 404, id="of an address that does not exist"),
        pytest.param("other", 404, id="made for something else"),
    ],
)
async def test_it_opens_only_with_a_good_link(small_house: House, token: str, status: int) -> None:
    address = await newcomer(small_house)
    made = {
        "old": small_house.form_link(address, minutes=-1).removeprefix("/form/"),
        "stranger": small_house.form_link(12345).removeprefix("/form/"),
        "other": sign("chat", str(address), small_house.clock() + timedelta(hours=1), SECRET_KEY),
    }.get(token, token)
    tails = ("", "/done") if token == "stranger" else ("", "/units?q=che", "/done")
    for tail in tails:
        assert (await look(small_house, f"/form/{made}{tail}"))[0] == status
    answered, page = await send(small_house, f"/form/{made}", filled(small_house))
    assert answered == status
    assert "<h1>" in page


async def test_it_suggests_units(small_house: House) -> None:
    link = small_house.form_link(await newcomer(small_house))
    async with small_house.client.get(f"{link}/units", params={"q": "che hoa"}) as answer:
        assert await answer.json() == ["CĐCS Công ty Chè Hoa Ban"]
    async with small_house.client.get(f"{link}/units", params={"q": "c"}) as answer:
        assert await answer.json() == []


async def test_it_speaks_the_language_of_the_talk(small_house: House) -> None:
    chat = await small_house.chat()
    await chat.message()
    await chat.send({"type": "choice", "payload": "l.en"})
    address = address_id(small_house.ids["web"], chat.token.split(".")[0])
    _, page = await look(small_house, small_house.form_link(address))
    assert "Register to give blood" in page


async def test_it_takes_fields_of_any_shape(small_house: House) -> None:
    link = small_house.form_link(await newcomer(small_house))
    strange = {
        "name": "<script>alert(1)</script>",
        "slot": "9" * 300,
        "nonce": "../..",
        "unit_pick": "x",
        "extra": "y" * 5000,
    }
    async with small_house.client.post(link, data=filled(small_house, **strange)) as answer:
        assert answer.status == 422
        assert "<script>alert" not in await answer.text()
