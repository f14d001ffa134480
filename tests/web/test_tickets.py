"""The page of a ticket: a QR code, the drive, the day, what it is worth; nothing about whose it is."""

import re
import struct
from datetime import timedelta

import pytest
import segno
from sqlalchemy import select, update

from bot.bootstrap.links import ticket_links
from bot.domain.contacts import Address
from bot.domain.registrations import spoken_ticket
from bot.domain.updates import ChannelKind
from bot.settings import load_settings
from bot.storage.ids import address_id
from bot.storage.tables import drives, registrations, slots
from bot.web.guard import DOORS
from bot.web.origin import Pace
from tests.web.house import ENCRYPTION_KEY, SECRET_KEY, House

NAME, PHONE = "Lò Thị Thử", "0912345678"


async def registered(house: House) -> str:
    """Somebody registers on the form's page; the code of their ticket."""
    chat = await house.chat()
    await chat.message()
    link = house.form_link(address_id(house.ids["web"], chat.token.split(".")[0]))
    answers = {"nonce": "n" * 22, "name": NAME, "birth_date": "12/5/1990", "phone": PHONE, "consent": "on"}
    answers |= {"unit_none": "on", "dangerous_work": "no", "slot": str(house.slots[1])}
    async with house.client.post(link, data=answers) as answer:
        page = await answer.text()
        assert answer.status == 200
    (booked,) = await house.rows(select(registrations))
    assert f'href="/t/{spoken_ticket(booked.ticket)}"' in page
    return str(booked.ticket)


async def look(house: House, path: str) -> tuple[int, str]:
    async with house.client.get(path) as answer:
        return answer.status, await answer.text()


async def change(house: House, *changes: object) -> None:
    for one in changes:
        await house.parts.db.write(lambda connection, one=one: connection.execute(one))  # type: ignore[misc]


async def test_it_shows_drive_day_and_place_and_nothing_personal(house: House) -> None:
    code = await registered(house)
    status, page = await look(house, f"/t/{spoken_ticket(code)}")
    (row,) = await house.rows(select(drives.c.name, drives.c.place).where(drives.c.id == house.ids["drive"]))
    assert status == 200
    for told in (row.name, row.place, spoken_ticket(code), "08:00", "Đang giữ chỗ", "<svg", "google.com/maps"):
        assert told in page
    for hidden in (NAME, "L. T. T.", PHONE, "912345678", "1990"):
        assert hidden not in page


async def test_its_code_is_read_as_people_type_it(small_house: House) -> None:
    code = await registered(small_house)
    typed = code.lower().replace("0", "o").replace("1", "l")
    assert (await look(small_house, f"/t/{typed}"))[0] == 200
    assert (await look(small_house, f"/t/{code[:5]}-{code[5:]}?lang=en"))[1].count("Your place is kept") == 1


@pytest.mark.parametrize("ending", ["", ".png", ".ics"])
@pytest.mark.parametrize("code", ["00000-00000", "x", "%C4%91", "A" * 300, "UUUUU-UUUUU", "..%2f..%2fetc", "'; drop--"])
async def test_it_knows_no_other_code(small_house: House, code: str, ending: str) -> None:
    await registered(small_house)
    async with small_house.client.get(f"/t/{code}{ending}") as answer:
        assert answer.status == 404
        assert "text/html" in answer.headers["Content-Type"]


async def test_it_opens_nothing_of_somebody_erased(small_house: House) -> None:
    """Erasing writes another word over the ticket (`storage/erasing.py`): neither the old nor the new one opens."""
    code = await registered(small_house)
    await change(small_house, update(registrations).values(ticket="erased-123"))
    assert (await look(small_house, f"/t/{code}"))[0] == 404
    assert (await look(small_house, "/t/erased-123"))[0] == 404


async def test_it_says_that_a_place_was_cancelled(small_house: House) -> None:
    code = await registered(small_house)
    await change(small_house, update(registrations).values(state="cancelled"))
    status, page = await look(small_house, f"/t/{code}")
    assert (status, "Chỗ này đã huỷ" in page, "<svg" in page) == (200, True, False)


async def test_it_says_that_the_drive_was_called_off(small_house: House) -> None:
    code = await registered(small_house)
    await change(small_house, update(drives).values(state="cancelled"))
    assert "Ngày hiến máu này đã huỷ" in (await look(small_house, f"/t/{code}"))[1]


@pytest.mark.parametrize("state", ["booked", "arrived", "donated", "deferred", "left", "absent"])
async def test_it_tells_nobody_what_became_of_the_person(small_house: House, state: str) -> None:
    """Before the drive's end and after it the page is the same for whoever gave, was deferred or did not come."""
    code = await registered(small_house)
    before = (await look(small_house, f"/t/{code}"))[1]
    await change(small_house, update(registrations).values(state=state))
    assert (await look(small_house, f"/t/{code}"))[1] == before
    small_house.clock.ahead = timedelta(days=60)
    after = (await look(small_house, f"/t/{code}"))[1]
    assert "Ngày hiến máu đã qua" in after
    assert "<svg" not in after


async def test_its_picture_is_the_code_of_its_page(small_house: House) -> None:
    code = await registered(small_house)
    async with small_house.client.get(f"/t/{spoken_ticket(code)}.png") as answer:
        body = await answer.read()
        assert (answer.status, answer.headers["Content-Type"]) == (200, "image/png")
        assert answer.headers["Cache-Control"] == "public, max-age=86400"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert body.startswith(b"\x89PNG")
    assert len(body) < 5000
    address = f"{small_house.parts.settings.base_url()}/t/{spoken_ticket(code)}"
    wanted = segno.make_qr(address, error="q", boost_error=False).symbol_size(scale=12, border=4)
    assert struct.unpack(">II", body[16:24]) == wanted


async def test_its_drawing_is_the_code_of_its_page(small_house: House) -> None:
    """The dark modules read back from the drawing are those of the address."""
    code = await registered(small_house)
    page = (await look(small_house, f"/t/{code}"))[1]
    address = f"{small_house.parts.settings.base_url()}/t/{spoken_ticket(code)}"
    matrix = segno.make_qr(address, error="q", boost_error=False).matrix
    (drawn,) = re.findall(r'<path[^>]*d="(M4 4\.5[^"]*)"', page)
    assert modules_of(drawn) == {(x, y) for y, row in enumerate(matrix) for x, dark in enumerate(row) if dark}


def modules_of(path: str) -> set[tuple[int, int]]:
    """The modules of segno's path: M starts at the border, m moves, h draws to the right."""
    dark: set[tuple[int, int]] = set()
    x = y = 0.0
    for kind, numbers in re.findall(r"([Mmh])([^Mmh]+)", path):
        values = [float(number) for number in re.findall(r"-?[\d.]+", numbers)]
        if kind == "M":
            x, y = values
        elif kind == "m":
            x, y = x + values[0], y + values[1]
        else:
            dark |= {(int(x) + step - 4, int(y) - 4) for step in range(int(values[0]))}
            x += values[0]
    return dark


async def test_it_gives_the_slot_to_a_calendar(small_house: House) -> None:
    code = await registered(small_house)
    async with small_house.client.get(f"/t/{code}.ics") as answer:
        body = await answer.read()
        assert (answer.status, answer.content_type) == (200, "text/calendar")
    (slot,) = await small_house.rows(select(slots.c.starts_at).where(slots.c.id == small_house.slots[1]))
    lines = body.decode().replace("\r\n ", "").split("\r\n")
    assert f"DTSTART:{slot.starts_at:%Y%m%dT%H%M%SZ}" in lines
    assert f"DTEND:{slot.starts_at + timedelta(hours=1):%Y%m%dT%H%M%SZ}" in lines
    assert any(line.startswith("SUMMARY:Hiến máu: ") for line in lines)
    assert all(len(line) <= 75 for line in body.split(b"\r\n"))
    assert NAME not in body.decode()


async def test_its_answers_are_shut_tight(small_house: House) -> None:
    code = await registered(small_house)
    async with small_house.client.get(f"/t/{code}") as answer:
        assert answer.headers["Cache-Control"] == "no-store"
        assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize("ending", ["", ".png", ".ics"])
async def test_whoever_guesses_meets_the_door(small_house: House, ending: str) -> None:
    """Codes are guessed at the pace at which pages are read, and no faster; a right one does not open then either."""
    code = await registered(small_house)
    small_house.app[DOORS].pages = Pace(burst=3, per_second=0)
    guesses = [f"/t/00000-{number:05}{ending}" for number in range(3)]
    assert [(await look(small_house, path))[0] for path in (*guesses, f"/t/{code}{ending}")] == [404, 404, 404, 429]


HERE = "http://127.0.0.1:8080"
TICKET = "ABCDE12345"


@pytest.mark.parametrize(
    ("public", "channel", "expected"),
    [
        pytest.param(
            "https://hien.example", ChannelKind.ZALO,
            ("https://hien.example/t/ABCDE-12345", "https://hien.example/t/ABCDE-12345.png"), id="a platform",
        ),
        pytest.param(
            "https://hien.example", ChannelKind.WEB,
            ("https://hien.example/t/ABCDE-12345", "https://hien.example/t/ABCDE-12345.png"), id="our own chat",
        ),
        pytest.param("", ChannelKind.TELEGRAM, ("", ""), id="no phone could open this machine"),
        pytest.param(
            "", ChannelKind.WEB, (f"{HERE}/t/ABCDE-12345", "/t/ABCDE-12345.png"), id="the chat on this machine"
        ),
    ],
)  # fmt: skip
def test_its_links_can_be_opened_where_they_are_said(
    public: str, channel: ChannelKind, expected: tuple[str, str]
) -> None:
    settings = load_settings({"SECRET_KEY": SECRET_KEY, "ENCRYPTION_KEYS": ENCRYPTION_KEY, "PUBLIC_URL": public})
    address = Address(1, 1, channel, "u", 1)
    assert ticket_links(settings)(address, TICKET) == expected
