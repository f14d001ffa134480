"""The console: ways in, who may do what, answering people, drives and their registrations."""

import re
from collections.abc import Mapping
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest
from aiohttp import ClientSession, CookieJar, FormData
from sqlalchemy import select, update

from bot.domain.passwords import hash_password
from bot.storage.database import Database
from bot.storage.ids import address_id
from bot.storage.staff import make_login_link
from bot.storage.tables import addresses, audit, drives, outbox, slots, staff
from bot.web.console.access import RIGHTS
from tests.web.house import ROLES, Chat, House, open_house
from tests.web.test_form import filled, send


class Desk:
    """A browser of one staff member."""

    def __init__(self, house: House) -> None:
        self.house = house
        here = house.client.make_url("/")
        # With a public https address our cookies are for https alone; a browser behind a proxy would keep them too.
        jar = CookieJar(unsafe=True, treat_as_secure_origin=here.origin())
        self.session = ClientSession(here, cookie_jar=jar)

    async def __aenter__(self) -> "Desk":
        return self

    async def __aexit__(self, *reason: object) -> None:
        await self.session.close()

    async def enter(self, login: str) -> "Desk":
        now = self.house.clock()
        secret = await self.house.parts.db.write(lambda connection: make_login_link(connection, login, now))
        async with self.session.post(f"/console/login/{secret}") as answer:
            assert answer.status == 200
        return self

    async def get(self, path: str) -> tuple[int, str]:
        async with self.session.get(path) as answer:
            return answer.status, unescape(await answer.text())

    async def post(
        self, path: str, fields: Mapping[str, str] | None = None, *, csrf: str | None = None
    ) -> tuple[int, str]:
        token = await self.csrf() if csrf is None else csrf
        async with self.session.post(path, data={**(fields or {}), "csrf": token}) as answer:
            return answer.status, unescape(await answer.text())

    async def send(self, path: str, form: FormData) -> tuple[int, str]:
        """A form as it is, with a file."""
        async with self.session.post(path, data=form) as answer:
            return answer.status, unescape(await answer.text())

    async def csrf(self) -> str:
        _, page = await self.get("/console")
        found = re.search(r'name="csrf" value="([0-9a-f]+)"', page)
        assert found is not None
        return found[1]


async def waiting(house: House, text: str = "gặp cán bộ") -> tuple[Chat, int]:
    """Somebody in the web chat who asks for a human."""
    chat = await house.chat()
    await chat.message()
    await chat.say(text)
    return chat, address_id(house.ids["web"], chat.token.split(".")[0])


# --- Ways in ---------------------------------------------------------------------------------------------------------


async def test_it_does_not_use_a_link_up_by_looking(small_house: House) -> None:
    async with Desk(small_house) as desk:
        now = small_house.clock()
        secret = await small_house.parts.db.write(lambda connection: make_login_link(connection, "admin", now))
        for _ in range(2):
            assert (await desk.get(f"/console/login/{secret}"))[0] == 200
        async with desk.session.post(f"/console/login/{secret}") as answer:
            assert answer.status == 200
            assert answer.url.path == "/console/people"
        assert (await desk.get(f"/console/login/{secret}"))[0] == 410
        async with desk.session.post(f"/console/login/{secret}") as answer:
            assert answer.status == 410


async def test_it_gives_a_cookie_that_scripts_cannot_read(small_house: House) -> None:
    async with Desk(small_house) as desk:
        now = small_house.clock()
        secret = await small_house.parts.db.write(lambda connection: make_login_link(connection, "admin", now))
        async with desk.session.post(f"/console/login/{secret}", allow_redirects=False) as answer:
            cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/console" in cookie
    assert "Max-Age=43200" in cookie


@pytest.mark.parametrize(("password", "status"), [("right password", 200), ("wrong", 401), ("", 401)])
async def test_it_takes_the_right_password(small_house: House, password: str, status: int) -> None:
    stored = hash_password("right password", b"salt")
    change = update(staff).where(staff.c.login == "admin").values(password_hash=stored)
    await small_house.parts.db.write(lambda connection: connection.execute(change))
    async with (
        Desk(small_house) as desk,
        desk.session.post("/console/login", data={"login": "admin", "password": password}) as answer,
    ):
        assert answer.status == status
        assert answer.url.path == ("/console/people" if status == 200 else "/console/login")


async def test_it_slows_guessing_down(small_house: House) -> None:
    async with Desk(small_house) as desk:
        statuses = []
        for _ in range(8):
            async with desk.session.post("/console/login", data={"login": "x", "password": "y"}) as answer:
                statuses.append(answer.status)
    assert statuses == [401] * 6 + [429] * 2


async def test_it_lets_no_other_site_log_somebody_in(small_house: House) -> None:
    async with (
        Desk(small_house) as desk,
        desk.session.post(
            "/console/login", data={"login": "x", "password": "y"}, headers={"Sec-Fetch-Site": "cross-site"}
        ) as answer,
    ):
        assert answer.status == 403


async def test_it_sends_strangers_to_the_login(small_house: House) -> None:
    async with Desk(small_house) as desk:
        for path in ("/console", "/console/people", "/console/drives", f"/console/drives/{small_house.ids['drive']}"):
            async with desk.session.get(path) as answer:
                assert answer.url.path == "/console/login"
        assert (await desk.post("/console/drives/new", csrf="x"))[0] == 401


async def test_it_ends_after_twelve_hours_and_at_logout(small_house: House) -> None:
    async with await Desk(small_house).enter("admin") as desk:
        small_house.clock.ahead = timedelta(hours=12, seconds=1)
        assert "/console/login" in (await desk.get("/console"))[1]
        small_house.clock.ahead = timedelta()
        await desk.post("/console/logout")
        assert 'name="password"' in (await desk.get("/console"))[1]


# --- Who may what ----------------------------------------------------------------------------------------------------

ALLOWED = {
    "/console/people": {"admin", "organiser", "approver", "health"},
    "/console/drives": set(ROLES),
    "/console/drives/new": {"admin", "organiser", "approver"},
    "/console/drives/{drive}": {"admin", "organiser", "approver"},
}


@pytest.mark.parametrize("role", ROLES)
async def test_it_shows_each_role_its_pages(small_house: House, role: str) -> None:
    async with await Desk(small_house).enter(role) as desk:
        for path, roles in ALLOWED.items():
            status, _ = await desk.get(path.format(drive=small_house.ids["drive"]))
            assert status == (200 if role in roles else 403), (role, path)


def test_it_knows_every_role() -> None:
    assert set(RIGHTS) == set(ROLES)


@pytest.mark.parametrize(
    ("login", "drive", "status"),
    [
        pytest.param("admin", "drive", 200, id="an administrator"),
        pytest.param("approver", "drive", 200, id="the top's approver its own"),
        pytest.param("approver", "drive-2", 200, id="the top's approver one below"),
        pytest.param("organiser", "drive", 403, id="not an organiser"),
        pytest.param("organiser-che", "drive-2", 403, id="not even its own"),
        pytest.param("viewer", "drive", 403, id="not a viewer"),
    ],
)
async def test_it_lets_open_a_drive(small_house: House, login: str, drive: str, status: int) -> None:
    draft = update(drives).values(state="draft")
    await small_house.parts.db.write(lambda connection: connection.execute(draft))
    async with await Desk(small_house).enter(login) as desk:
        assert (await desk.post(f"/console/drives/{small_house.ids[drive]}/open"))[0] == status
    (row,) = await small_house.rows(select(drives.c.state).where(drives.c.id == small_house.ids[drive]))
    assert row.state == ("open" if status == 200 else "draft")


async def test_it_hides_what_belongs_to_other_units(small_house: House) -> None:
    await waiting(small_house)
    async with await Desk(small_house).enter("organiser-che") as desk:
        _, page = await desk.get("/console/drives")
        assert "mau-2" in page
        assert "mau-1" not in page
        assert (await desk.get(f"/console/drives/{small_house.ids['drive']}"))[0] == 404
        assert "Không có ai đang chờ" in (await desk.get("/console/people"))[1]


@pytest.mark.parametrize("csrf", ["", "0" * 40, "đỏ"], ids=["none", "a wrong one", "not ASCII"])
async def test_it_changes_nothing_without_the_pages_token(small_house: House, csrf: str) -> None:
    async with await Desk(small_house).enter("admin") as desk:
        assert (await desk.post(f"/console/drives/{small_house.ids['drive']}/close", csrf=csrf))[0] == 403
    (row,) = await small_house.rows(select(drives.c.state).where(drives.c.id == small_house.ids["drive"]))
    assert row.state == "open"


async def test_it_takes_no_token_of_another_session(small_house: House) -> None:
    async with await Desk(small_house).enter("admin") as one, await Desk(small_house).enter("admin") as other:
        token = await one.csrf()
        assert (await other.post(f"/console/drives/{small_house.ids['drive']}/close", csrf=token))[0] == 403


# --- People ----------------------------------------------------------------------------------------------------------


async def test_it_brings_the_answer_of_staff_to_the_open_page(house: House) -> None:
    chat, address = await waiting(house)
    async with await Desk(house).enter("organiser") as desk:
        _, page = await desk.get("/console/people")
        assert f"/console/people/{address}" in page
        _, page = await desk.get(f"/console/people/{address}")
        assert "gặp cán bộ" in page
        fields = {"text": "Chào anh/chị, tôi là Thuỷ.", "reply": "77"}
        for _ in range(2):  # an impatient click
            assert (await desk.post(f"/console/people/{address}/reply", fields))[0] == 200
    assert (await chat.message())["text"] == "Chào anh/chị, tôi là Thuỷ."
    rows = await house.rows(select(outbox).where(outbox.c.purpose == "staff"))
    assert [(row.state, row.key) for row in rows] == [("sent", "staff:77:0")]
    (owned,) = await house.rows(select(addresses).where(addresses.c.id == address))
    assert owned.handoff == "talking"
    assert house.nudges == []


async def test_it_keeps_the_assistant_silent_until_the_talk_is_handed_back(house: House) -> None:
    chat, address = await waiting(house)
    async with await Desk(house).enter("organiser") as desk:
        await desk.post(f"/console/people/{address}/reply", {"text": "Chào anh/chị", "reply": "78"})
        await chat.message()
        await chat.ws.send_json({"type": "text", "id": "to-staff", "text": "ai có thể hiến máu?"})
        await chat.until("taken")
        assert "ai có thể hiến máu?" in (await desk.get(f"/console/people/{address}"))[1]
        assert (await desk.post(f"/console/people/{address}/back"))[0] == 200
        assert (await desk.get(f"/console/people/{address}"))[0] == 404
    assert (await chat.say("ai có thể hiến máu?"))["text"]
    noted = [row.action for row in await house.rows(select(audit).order_by(audit.c.id))]
    assert noted == ["logged-in", "replied", "handed-back"]


async def test_it_leaves_the_sending_to_the_sender_elsewhere(house: House) -> None:
    call = house.telegram.webhook(5001, "gặp cán bộ")
    await house.client.post(f"/webhooks/telegram/{house.telegram.bot_id}", data=call.body, headers=dict(call.headers))
    address = address_id(house.ids["telegram"], "5001")
    async with await Desk(house).enter("admin") as desk:
        await desk.post(f"/console/people/{address}/reply", {"text": "a" * 1999, "reply": "5"})
    rows = await house.rows(select(outbox).where(outbox.c.purpose == "staff"))
    assert [(row.state, row.priority) for row in rows] == [("waiting", 0)]
    assert house.nudges == ["nudge"]


@pytest.mark.parametrize(
    ("channel", "days", "said"),
    [
        pytest.param("messenger", 2, "Đã quá 24 giờ", id="Messenger after a day"),
        pytest.param("zalo", 8, "Đã quá 7 ngày", id="Zalo after a week"),
        pytest.param("zalo", 3, "55 đồng", id="Zalo after two days costs"),
    ],
)
async def test_it_says_before_when_a_window_is_shut(small_house: House, channel: str, days: int, said: str) -> None:
    fake = {"messenger": small_house.messenger, "zalo": small_house.zalo}[channel]
    call = fake.webhook("8001", "gặp cán bộ")
    await small_house.client.post(f"/webhooks/{channel}", data=call.body, headers=dict(call.headers))
    address = address_id(small_house.ids[channel], "8001")
    small_house.clock.ahead = timedelta(days=days)
    async with await Desk(small_house).enter("admin") as desk:
        _, page = await desk.get(f"/console/people/{address}")
        assert said in page
        shut = "đồng" not in said
        assert ('name="text"' in page) is not shut
        status, _ = await desk.post(f"/console/people/{address}/reply", {"text": "x", "reply": "6"})
    assert status == (422 if shut else 200)
    assert bool(await small_house.rows(select(outbox).where(outbox.c.purpose == "staff"))) is not shut


@pytest.mark.parametrize(("days", "open_still"), [(1, True), (6, True), (7, False)])
async def test_it_lets_staff_answer_as_persons_where_meta_has_granted_it(
    small_db: Database, tmp_path: Path, days: int, open_still: bool
) -> None:
    async with open_house(small_db, tmp_path, {"MESSENGER_HUMAN_AGENT": "on"}) as house:
        house.messenger.now = house.clock()
        call = house.messenger.webhook("8001", "gặp cán bộ")
        await house.client.post("/webhooks/messenger", data=call.body, headers=dict(call.headers))
        path = f"/console/people/{address_id(house.ids['messenger'], '8001')}"
        house.clock.ahead = timedelta(days=days, seconds=5)
        async with await Desk(house).enter("admin") as desk:
            _, page = await desk.get(path)
            assert ("lời do chính anh/chị viết" in page) is open_still
            await desk.post(f"{path}/reply", {"text": "Em xem lịch giúp chị rồi ạ", "reply": "6"})
        rows = await house.rows(select(outbox.c.route).where(outbox.c.purpose == "staff"))
    assert [row.route for row in rows] == (["human-agent"] if open_still else [])


async def test_it_puts_the_urgent_on_top(small_house: House) -> None:
    _, calm = await waiting(small_house)
    _, urgent = await waiting(small_house, "Tôi bị chảy máu không cầm")
    async with await Desk(small_house).enter("organiser") as desk:
        _, page = await desk.get("/console/people")
    assert page.index(str(urgent)) < page.index(str(calm))


async def test_it_shows_the_health_role_the_urgent_only(small_house: House) -> None:
    _, calm = await waiting(small_house)
    _, urgent = await waiting(small_house, "Tôi bị chảy máu không cầm")
    async with await Desk(small_house).enter("health") as desk:
        _, page = await desk.get("/console/people")
        assert str(urgent) in page
        assert str(calm) not in page
        assert (await desk.get(f"/console/people/{calm}"))[0] == 404
        assert (await desk.post("/console/duty", {"on_duty": "yes"}))[0] == 200
    (row,) = await small_house.rows(select(staff.c.on_duty).where(staff.c.login == "health"))
    assert row.on_duty is True


@pytest.mark.parametrize(
    ("text", "fault"), [("", "chưa viết gì"), ("x" * 2001, "dài quá")], ids=["nothing", "too much"]
)
async def test_it_refuses_an_answer_of(small_house: House, text: str, fault: str) -> None:
    _, address = await waiting(small_house)
    async with await Desk(small_house).enter("admin") as desk:
        status, page = await desk.post(f"/console/people/{address}/reply", {"text": text, "reply": "1"})
    assert status == 422
    assert fault in page


async def test_it_shows_no_talk_that_was_not_handed_over(small_house: House) -> None:
    chat = await small_house.chat()
    await chat.message()
    address = address_id(small_house.ids["web"], chat.token.split(".")[0])
    async with await Desk(small_house).enter("admin") as desk:
        for path in (str(address), "12", "x", "9" * 40):
            assert (await desk.get(f"/console/people/{path}"))[0] == 404


# --- Drives ----------------------------------------------------------------------------------------------------------


def new_drive(house: House, **other: str) -> dict[str, str]:
    day = (house.clock() + timedelta(days=30)).date().isoformat()
    fields = {
        "name": "Ngày hội mùa xuân",
        "code": "xuan-1",
        "unit": str(house.ids["ldld-mau"]),
        "place": "Nhà văn hoá",
        "address": "Số 2",
        "date": day,
        "from": "07:30",
        "until": "09:00",
        "minutes": "30",
        "capacity": "15",
        "site_phone": "0213 300 0000",
    }
    return fields | other


async def test_it_makes_a_draft_and_opens_it(house: House) -> None:
    async with await Desk(house).enter("approver") as desk:
        assert (await desk.post("/console/drives/new", new_drive(house)))[0] == 200
        (drive,) = await house.rows(select(drives).where(drives.c.code == "xuan-1"))
        assert drive.state == "draft"
        made = await house.rows(select(slots).where(slots.c.drive_id == drive.id).order_by(slots.c.starts_at))
        assert [(row.capacity, row.starts_at - drive.starts_at) for row in made] == [
            (15, timedelta(minutes=minutes)) for minutes in (0, 30, 60)
        ]
        assert (await desk.post(f"/console/drives/{drive.id}/open"))[0] == 200
        assert [one.code for one in (await house.parts.catalogues.current(house.clock())).drives][-1] == "xuan-1"
        assert (await desk.post(f"/console/drives/{drive.id}/close"))[0] == 200
    noted = await house.rows(
        select(audit.c.who, audit.c.action).where(audit.c.subject == "xuan-1").order_by(audit.c.id)
    )
    assert [tuple(row) for row in noted] == [
        ("approver", "drive-created"),
        ("approver", "drive-open"),
        ("approver", "drive-closed"),
    ]


@pytest.mark.parametrize(
    ("field", "value", "faulty"),
    [
        pytest.param("name", "x", "name", id="a short name"),
        pytest.param("code", "Xuân 1", "code", id="a code with spaces"),
        pytest.param("code", "mau-1", "code", id="a code that is taken"),
        pytest.param("unit", "1", "unit", id="a unit of nobody"),
        pytest.param("date", "", "date", id="no date"),
        pytest.param("date", "2020-01-01", "date", id="a day in the past"),
        pytest.param("from", "x", "from", id="no time"),
        pytest.param("until", "07:30", "until", id="no length"),
        pytest.param("minutes", "0", "minutes", id="slots without length"),
        pytest.param("capacity", "-1", "capacity", id="less than nobody"),
        pytest.param("site_phone", "gọi tôi", "site_phone", id="a phone of words"),
    ],
)
async def test_it_refuses_a_drive_with(small_house: House, field: str, value: str, faulty: str) -> None:
    async with await Desk(small_house).enter("admin") as desk:
        status, page = await desk.post("/console/drives/new", new_drive(small_house, **{field: value}))
    assert status == 422
    assert re.findall(r'id="(\w+)-fault"', page) == ([faulty] if faulty != "unit" else [])
    assert 'aria-invalid="true"' in page
    assert len(await small_house.rows(select(drives))) == 2


async def test_it_makes_drives_only_for_units_below(small_house: House) -> None:
    async with await Desk(small_house).enter("organiser-che") as desk:
        assert (await desk.post("/console/drives/new", new_drive(small_house)))[0] == 422
        own = new_drive(small_house, unit=str(small_house.ids["cdcs-che"]))
        assert (await desk.post("/console/drives/new", own))[0] == 200


async def test_it_lists_who_registered(house: House) -> None:
    chat = await house.chat()
    await chat.message()
    address = address_id(house.ids["web"], chat.token.split(".")[0])
    await send(house, house.form_link(address), filled(house))
    async with await Desk(house).enter("organiser") as desk:
        _, page = await desk.get(f"/console/drives/{house.ids['drive']}")
        _, figures = await desk.get("/console/drives")
    for words in ("Lò Thị Thử", "0912 345 678", "CĐCS Công ty May Lụa Hồng", "Đã giữ chỗ", "1/20"):
        assert words in page
    assert "1 / 142" in figures
    noted = await house.rows(select(audit.c.action).where(audit.c.subject == "mau-1"))
    assert [row.action for row in noted] == ["registrations-viewed"]


async def test_it_names_nobody_to_a_viewer(small_house: House) -> None:
    chat = await small_house.chat()
    await chat.message()
    address = address_id(small_house.ids["web"], chat.token.split(".")[0])
    await send(small_house, small_house.form_link(address), filled(small_house))
    async with await Desk(small_house).enter("viewer") as desk:
        _, page = await desk.get("/console/drives")
    assert "1 / 142" in page
    assert "Lò Thị Thử" not in page
