"""The console's pages about people's rights: who finds whom, pressure, requests, what was kept aside, the report."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from aiohttp import ClientError
from sqlalchemy import Connection, insert, select, update

from bot.storage.chat_history import BotLine, talk_lines
from bot.storage.ids import address_id, new_id
from bot.storage.name_backfill import fill_name_words
from bot.storage.name_index import name_words
from bot.storage.pressure import report_pressure
from bot.storage.sealing import KeyRing
from bot.storage.staff import StaffMember
from bot.storage.tables import (
    addresses,
    audit,
    consents,
    contacts,
    data_requests,
    donors,
    drives,
    kept_aside,
    outbox,
    pressure_reports,
)
from bot.web.console import person_rights
from bot.web.console.access import Right, rights_of
from tests.web.house import ROLES, House
from tests.web.test_console import Desk
from tests.web.test_form import filled, send

ORGANISERS = {"admin", "approver", "organiser"}
PAGES = {
    "/console/people/search": ORGANISERS,
    "/console/pressure": ORGANISERS,
    "/console/requests": ORGANISERS,
    "/console/kept-aside": {"admin"},
}


@pytest.mark.parametrize("role", ROLES)
async def test_it_opens_to_each_role_its_pages_and_links_to_no_others(small_house: House, role: str) -> None:
    async with await Desk(small_house).enter(role) as desk:
        _, drives_page = await desk.get("/console/drives")
        for path, roles in PAGES.items():
            status, _ = await desk.get(path)
            assert status == (200 if role in roles else 403), (role, path)
            assert (f'href="{path}"' in drives_page) is (role in roles), (role, path)


async def test_it_keeps_pages_of_the_top_from_units_below(small_house: House) -> None:
    async with await Desk(small_house).enter("organiser-che") as desk:
        assert (await desk.get("/console/people/search"))[0] == 200
        for path in ("/console/pressure", "/console/requests", "/console/kept-aside"):
            status, page = await desk.get(path)
            assert status == 403, path
            assert f'href="{path}"' not in page


def test_it_gives_the_top_more_rights_than_a_unit_below() -> None:
    def rights(role: str, scope: frozenset[int] | None, at_top: bool) -> frozenset[Right]:
        return rights_of(StaffMember(1, "x", "X", role, 1, False, scope, at_top))

    assert {Right.PRIVACY, Right.PRESSURE} <= rights("organiser", frozenset({1, 2}), True)
    assert rights("organiser", frozenset({1, 2}), False) & {Right.PRIVACY, Right.PRESSURE} == {Right.PRESSURE}
    assert not rights("organiser", frozenset({1}), False) & {Right.PRIVACY, Right.PRESSURE, Right.KEPT_ASIDE}
    assert not rights("nobody", None, True)


# --- Finding somebody -------------------------------------------------------------------------------------------------


async def registered(house: House, **fields: str) -> int:
    """Somebody who registered on the page; their contact id."""
    chat = await house.chat()
    await chat.message()
    address = address_id(house.ids["web"], chat.token.split(".")[0])
    await send(house, house.form_link(address), filled(house) | fields)
    (row,) = await house.rows(select(addresses.c.contact_id).where(addresses.c.id == address))
    identity: int = row.contact_id
    await house.parts.db.write(lambda c: index_name(c, house.parts.ring, identity))
    return identity


def index_name(connection: Connection, ring: KeyRing, contact_id: int) -> None:
    fill_name_words(connection, ring, contact_id - 1)


@pytest.mark.parametrize(
    "wanted", [{"phone": "0912.345.678"}, {"name": "thu lo"}, {"phone": "+84912345678", "name": "Thị"}]
)
async def test_it_finds_somebody(house: House, wanted: dict[str, str]) -> None:
    contact = await registered(house)
    async with await Desk(house).enter("organiser") as desk:
        status, page = await desk.post("/console/people/search", wanted)
    assert status == 200
    assert f'href="/console/contacts/{contact}"' in page
    for words in ("Lò Thị Thử", "0912 345 678", "CĐCS Công ty May Lụa Hồng"):
        assert words in page
    (noted,) = await house.rows(select(audit).where(audit.c.action == "people-searched"))
    assert (noted.who, noted.subject, noted.detail) == ("organiser", "", "")


async def test_it_puts_nothing_personal_into_an_address(small_house: House) -> None:
    await registered(small_house)
    async with await Desk(small_house).enter("organiser") as desk:
        _, page = await desk.get("/console/people/search")
        form = re.search(r'<form class="card narrow" method="(\w+)"', page)
        assert form is not None
        assert form[1] == "post"
        assert "Lò Thị Thử" not in (await desk.get("/console/people/search?name=lo&phone=0912345678"))[1]


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        pytest.param({}, "ghi số điện thoại hoặc tên", id="nothing"),
        pytest.param({"phone": "12"}, "Số điện thoại chưa đúng", id="no phone"),
        pytest.param({"phone": "0213 387 6543"}, "Số điện thoại chưa đúng", id="a landline"),
    ],
)
async def test_it_asks_again_for(small_house: House, wanted: dict[str, str], said: str) -> None:
    async with await Desk(small_house).enter("organiser") as desk:
        status, page = await desk.post("/console/people/search", wanted)
    assert status == 422
    assert said in page
    assert await small_house.rows(select(audit).where(audit.c.action == "people-searched")) == []


async def test_it_finds_nobody_of_other_units(small_house: House) -> None:
    contact = await registered(small_house)
    async with await Desk(small_house).enter("organiser-che") as desk:
        status, page = await desk.post("/console/people/search", {"phone": "0912345678"})
        assert status == 200
        assert "Không tìm thấy ai" in page
        assert (await desk.get(f"/console/contacts/{contact}"))[0] == 404


async def test_it_says_when_there_are_more(small_house: House) -> None:
    def write(connection: Connection) -> None:
        ring, now = small_house.parts.ring, small_house.clock()
        row = {"unit_id": small_house.ids["cdcs-che"], "created_at": now, "updated_at": now}
        row |= {"name_words": name_words(ring, "Lò Văn Mẫu")}
        name = ring.seal_text("Lò Văn Mẫu", "contacts.name")
        connection.execute(insert(contacts), [row | {"id": new_id(), "name_sealed": name} for _ in range(51)])

    await small_house.parts.db.write(write)
    async with await Desk(small_house).enter("organiser") as desk:
        _, page = await desk.post("/console/people/search", {"name": "van mau"})
    assert page.count("/console/contacts/") == 50
    assert "Chỉ hiện 50 người" in page


# --- One person -------------------------------------------------------------------------------------------------------


async def test_it_shows_what_organisers_may_see_and_no_more(house: House) -> None:
    contact = await registered(house)

    def more(connection: Connection) -> None:
        today = house.clock().date()
        row = {"contact_id": contact, "last_given_on": today - timedelta(days=90), "donations": 1}
        group = house.parts.ring.seal_text("AB-", "donors.blood_group")
        connection.execute(
            donors.insert().values(row | {"deferred_until": today + timedelta(days=3), "blood_group_sealed": group})
        )

    await house.parts.db.write(more)
    (drive,) = await house.rows(select(drives).where(drives.c.id == house.ids["drive"]))
    async with await Desk(house).enter("organiser") as desk:
        status, page = await desk.get(f"/console/contacts/{contact}")
    assert status == 200
    day = (house.clock().date() - timedelta(days=90)).strftime("%d/%m/%Y")
    for words in ("Lò Thị Thử", "0912 345 678", "May Lụa Hồng", drive.name, "Đã giữ chỗ", "Lưu thông tin", day):
        assert words in page, words
    for words in ("12/05/1990", "1990", "AB-", (house.clock() + timedelta(days=3)).strftime("%d/%m/%Y")):
        assert words not in page, words
    noted = await house.rows(select(audit.c.subject).where(audit.c.action == "person-viewed"))
    assert [row.subject for row in noted] == [f"contact {contact}"]


async def test_it_shows_only_consents_that_stand(small_house: House) -> None:
    contact = await registered(small_house)
    ended = update(consents).values(withdrawn_at=small_house.clock())
    await small_house.parts.db.write(lambda c: c.execute(ended))
    async with await Desk(small_house).enter("organiser") as desk:
        assert "Không có điều nào" in (await desk.get(f"/console/contacts/{contact}"))[1]


async def test_it_leads_to_a_talk_only_when_it_was_handed_over(small_house: House) -> None:
    contact = await registered(small_house)
    (row,) = await small_house.rows(select(addresses.c.id).where(addresses.c.contact_id == contact))
    async with await Desk(small_house).enter("organiser") as desk:
        assert f"/console/people/{row.id}" not in (await desk.get(f"/console/contacts/{contact}"))[1]
        handed = update(addresses).where(addresses.c.id == row.id).values(handoff="waiting")
        await small_house.parts.db.write(lambda c: c.execute(handed))
        assert f"/console/people/{row.id}" in (await desk.get(f"/console/contacts/{contact}"))[1]


@pytest.mark.parametrize("contact", ["1", "x", "9" * 30])
async def test_it_knows_no_person(small_house: House, contact: str) -> None:
    async with await Desk(small_house).enter("admin") as desk:
        assert (await desk.get(f"/console/contacts/{contact}"))[0] == 404


# --- What the person asks of staff ------------------------------------------------------------------------------------


async def test_it_asks_once_more_and_erases(house: House) -> None:
    contact = await registered(house)
    path = f"/console/contacts/{contact}"
    async with await Desk(house).enter("approver") as desk:
        assert f"{path}/erase" in (await desk.get(path))[1]
        _, page = await desk.get(f"{path}/erase")
        assert "Lò Thị Thử" in page
        assert await house.rows(select(contacts).where(contacts.c.erased_at.is_not(None))) == []
        status, page = await desk.post(f"{path}/erase")
        assert status == 200
        assert "Đã xoá thông tin của người này" in page
        assert (await desk.get(path))[0] == 404
        assert (await desk.post(f"{path}/erase"))[0] == 404
        assert "Không tìm thấy ai" in (await desk.post("/console/people/search", {"phone": "0912345678"}))[1]
        assert "Lò Thị Thử" not in (await desk.get(f"/console/drives/{house.ids['drive']}"))[1]
    (row,) = await house.rows(select(contacts))
    assert (row.name_sealed, row.phone_sealed, row.phone_blind, row.name_words) == (None, None, None, None)
    (request,) = await house.rows(select(data_requests).where(data_requests.c.kind == "erase"))
    assert (request.source, request.by, request.done_at is not None) == ("staff", "approver", True)
    noted = await house.rows(select(audit).where(audit.c.who == "approver", audit.c.action == "erased"))
    assert [one.subject for one in noted] == [f"contact {contact}"]


async def test_it_hands_out_the_whole_copy_and_notes_it(house: House) -> None:
    contact = await registered(house)
    async with await Desk(house).enter("admin") as desk:
        token = await desk.csrf()
        async with desk.session.post(f"/console/contacts/{contact}/export", data={"csrf": token}) as answer:
            assert answer.status == 200
            assert answer.headers["Content-Disposition"] == f'attachment; filename="giot-hong-{contact}.json"'
            assert answer.headers["Cache-Control"] == "no-store"
            copy = json.loads(await answer.text())
    assert (copy["contact_id"], copy["person"]["name"]) == (str(contact), "Lò Thị Thử")
    assert copy["messages"]
    (request,) = await house.rows(select(data_requests).where(data_requests.c.kind == "download"))
    assert (request.source, request.by, request.contact_id) == ("staff", "admin", contact)
    noted = await house.rows(select(audit.c.subject).where(audit.c.action == "person-exported"))
    assert [row.subject for row in noted] == [f"contact {contact}"]


async def test_it_breaks_the_download_when_the_copy_breaks(small_house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def half(*_: object) -> Iterator[bytes]:
        yield b'{"person": '
        raise KeyError("x")

    monkeypatch.setattr(person_rights, "copy_chunks", half)
    contact = await registered(small_house)
    async with await Desk(small_house).enter("admin") as desk:
        token = await desk.csrf()
        with pytest.raises(ClientError):
            async with desk.session.post(f"/console/contacts/{contact}/export", data={"csrf": token}) as answer:
                await answer.read()


@pytest.mark.parametrize("role", ["organiser", "approver", "health", "viewer", "volunteer"])
async def test_it_hands_no_copy_to(small_house: House, role: str) -> None:
    contact = await registered(small_house)
    async with await Desk(small_house).enter(role) as desk:
        assert (await desk.post(f"/console/contacts/{contact}/export"))[0] == 403
        assert f"{contact}/export" not in (await desk.get(f"/console/contacts/{contact}"))[1]
    assert await small_house.rows(select(data_requests)) == []


async def test_it_erases_nobody_for_a_unit_below(small_house: House) -> None:
    contact = await registered(small_house)
    moved = update(contacts).values(unit_id=small_house.ids["cdcs-che"])
    await small_house.parts.db.write(lambda c: c.execute(moved))
    path = f"/console/contacts/{contact}"
    async with await Desk(small_house).enter("organiser-che") as desk:
        status, page = await desk.get(path)
        assert status == 200
        assert f"{path}/e" not in page
        assert (await desk.get(f"{path}/erase"))[0] == 403
        assert (await desk.post(f"{path}/erase"))[0] == 403
    (row,) = await small_house.rows(select(contacts.c.erased_at))
    assert row.erased_at is None


# --- Pressure ---------------------------------------------------------------------------------------------------------


async def pressed(house: House, unit: str, words: str, address: int | None = None) -> int:
    """A report; its id."""
    before = {row.id for row in await house.rows(select(pressure_reports.c.id))}
    now, unit_id = house.clock(), house.ids[unit]
    await house.parts.db.write(lambda c: report_pressure(c, house.parts.ring, unit_id, words, address, now))
    (identity,) = {row.id for row in await house.rows(select(pressure_reports.c.id))} - before
    return int(identity)


async def test_it_tells_those_above_and_closes(house: House) -> None:
    report = await pressed(house, "cdcs-che", "Tổ trưởng nói không đi thì trừ thưởng")
    await pressed(house, "ldld-mau", "ở tỉnh cũng vậy")
    async with await Desk(house).enter("organiser") as desk:
        _, page = await desk.get("/console/pressure")
        assert "trừ thưởng" in page
        assert "CĐCS Công ty Chè Hoa Ban" in page
        assert "ở tỉnh cũng vậy" not in page
        assert "call-back" not in page
        assert (await desk.get(f"/console/pressure/{report}/call-back"))[0] == 404
        _, page = await desk.post(f"/console/pressure/{report}/close")
        assert f"/console/pressure/{report}/close" not in page
        assert "Đã xem xét" in page
    noted = [row.action for row in await house.rows(select(audit).order_by(audit.c.id))]
    assert noted == ["logged-in", "pressure-viewed", "pressure-closed", "pressure-viewed"]


async def test_it_keeps_reports_from_the_unit_itself(small_house: House) -> None:
    report = await pressed(small_house, "cdcs-che", "x")
    async with await Desk(small_house).enter("organiser-che") as desk:
        assert (await desk.post(f"/console/pressure/{report}/close"))[0] == 403
        assert (await desk.get(f"/console/pressure/{report}/call-back"))[0] == 403
    (row,) = await small_house.rows(select(pressure_reports))
    assert row.closed_at is None


async def test_it_writes_back_without_telling_the_unit(house: House) -> None:
    chat = await house.chat()
    await chat.message()
    address = address_id(house.ids["web"], chat.token.split(".")[0])
    report = await pressed(house, "cdcs-che", "xin gọi lại", address)
    async with await Desk(house).enter("organiser") as desk:
        assert f"/console/pressure/{report}/call-back" in (await desk.get("/console/pressure"))[1]
        assert (await desk.get(f"/console/pressure/{report}/call-back"))[0] == 200
        fields = {"text": "Anh/chị gọi giúp số 0213 300 0000 gặp Thuỷ.", "reply": "91"}
        for _ in range(2):
            status, page = await desk.post(f"/console/pressure/{report}/call-back", fields)
            assert status == 200
        assert "Đã gửi lời nhắn" in page
        assert "Không có ai đang chờ" in (await desk.get("/console/people"))[1]
    assert (await chat.message())["text"] == fields["text"]
    (row,) = await house.rows(select(outbox).where(outbox.c.purpose == "staff"))
    assert row.key == "private:91:0"
    (owned,) = await house.rows(select(addresses).where(addresses.c.id == address))
    assert owned.handoff == "none"
    await chat.say("gặp cán bộ")
    async with await Desk(house).enter("organiser") as desk:
        status, page = await desk.get(f"/console/people/{address}")
        assert status == 200
        assert "0213 300 0000" not in page
    lines = await house.parts.db.read(lambda c: talk_lines(c, house.parts.ring, address, 50))
    assert fields["text"] in {line.message.text for line in lines if isinstance(line, BotLine)}


async def test_it_shows_staff_of_a_talk_nothing_of_pressure(house: House) -> None:
    chat = await house.chat()
    await chat.message()
    asked_for = (await chat.say("tôi bị ép hiến máu"))["text"]
    assert "tự nguyện" in asked_for
    await chat.say("thôi")
    await chat.say("gặp cán bộ")
    address = address_id(house.ids["web"], chat.token.split(".")[0])
    async with await Desk(house).enter("organiser") as desk:
        status, page = await desk.get(f"/console/people/{address}")
    assert status == 200
    assert "tôi bị ép hiến máu" not in page
    assert asked_for.splitlines()[0] not in page
    lines = await house.parts.db.read(lambda c: talk_lines(c, house.parts.ring, address, 50))
    assert asked_for in {line.message.text for line in lines if isinstance(line, BotLine)}


async def test_it_writes_back_only_while_the_window_is_open(small_house: House) -> None:
    call = small_house.messenger.webhook("8001", "xin chào")
    await small_house.client.post("/webhooks/messenger", data=call.body, headers=dict(call.headers))
    address = address_id(small_house.ids["messenger"], "8001")
    report = await pressed(small_house, "cdcs-che", "xin gọi lại", address)
    small_house.clock.ahead = timedelta(days=2)
    async with await Desk(small_house).enter("organiser") as desk:
        _, page = await desk.get(f"/console/pressure/{report}/call-back")
        assert "Đã quá 24 giờ" in page
        status, _ = await desk.post(f"/console/pressure/{report}/call-back", {"text": "x", "reply": "6"})
    assert status == 422
    assert await small_house.rows(select(outbox).where(outbox.c.purpose == "staff")) == []


async def test_it_counts_what_waits_beside_the_links(small_house: House) -> None:
    await pressed(small_house, "cdcs-che", "x")
    await asked(small_house, "erase", "platform", done=False)
    async with await Desk(small_house).enter("organiser") as desk:
        _, page = await desk.get("/console/drives")
    assert re.search(r'<summary[^>]*>Thêm<b class="count">2</b>', page)


# --- Requests ---------------------------------------------------------------------------------------------------------


async def asked(house: House, kind: str, source: str, *, done: bool = True, ago: timedelta = timedelta()) -> int:
    identity, at = new_id(), house.clock() - ago
    row = {"id": identity, "kind": kind, "source": source, "asked_at": at, "done_at": at if done else None}
    await house.parts.db.write(lambda c: c.execute(data_requests.insert().values(row)))
    return identity


async def test_it_lists_requests_open_ones_first_and_ends_them(house: House) -> None:
    waits = await asked(house, "erase", "platform", done=False, ago=timedelta(days=3))
    for kind in ("show", "page", "download", "withdraw", "erase"):
        for source in ("chat", "page", "platform", "staff", "retention"):
            await asked(house, kind, source)
    async with await Desk(house).enter("approver") as desk:
        _, page = await desk.get("/console/requests")
        assert page.index("Đã làm xong</button>") < page.index("Hỏi dữ liệu đang giữ")
        assert page.count("Xoá dữ liệu") == 6
        _, page = await desk.post(f"/console/requests/{waits}/done")
        assert "Đã làm xong</button>" not in page
        await desk.post(f"/console/requests/{waits}/done")
    (row,) = await house.rows(select(data_requests).where(data_requests.c.id == waits))
    assert row.done_at is not None
    assert row.by == "approver"
    noted = await house.rows(select(audit.c.subject).where(audit.c.action == "request-done"))
    assert [one.subject for one in noted] == [f"request {waits}"]


async def test_it_ends_no_request_for_a_unit_below(small_house: House) -> None:
    waits = await asked(small_house, "erase", "platform", done=False)
    async with await Desk(small_house).enter("organiser-che") as desk:
        assert (await desk.post(f"/console/requests/{waits}/done"))[0] == 403


# --- Kept aside -------------------------------------------------------------------------------------------------------


async def kept(house: House, body: bytes, ring: KeyRing | None = None) -> int:
    identity = new_id()
    row = {
        "id": identity,
        "account_id": house.ids["zalo"],
        "channel": "zalo",
        "received_at": house.clock(),
        "reason": "zalo: no sender",
        "body_sealed": (ring or house.parts.ring).seal(body, "kept_aside.body"),
    }
    await house.parts.db.write(lambda c: c.execute(kept_aside.insert().values(row)))
    return identity


async def test_it_opens_one_event_and_notes_it(house: House) -> None:
    event = await kept(house, '{"event_name":"lạ","message":{"text":"<b>xin chào</b>"}}'.encode())
    await kept(house, b"\xff\xfe not json")
    async with await Desk(house).enter("admin") as desk:
        _, page = await desk.get("/console/kept-aside")
        assert "zalo: no sender" in page
        assert "xin chào" not in page
        _, page = await desk.get(f"/console/kept-aside/{event}")
        shown = re.search(r'<pre class="card raw"[^>]*>(.*?)</pre>', page, re.DOTALL)
        assert shown is not None
        assert json.loads(shown[1])["message"]["text"] == "<b>xin chào</b>"
        assert (await desk.get("/console/kept-aside/1"))[0] == 404
        assert (await desk.post(f"/console/kept-aside/{event}/drop"))[0] == 200
        assert (await desk.get(f"/console/kept-aside/{event}"))[0] == 404
    noted = [row.action for row in await house.rows(select(audit).order_by(audit.c.id))]
    assert noted == ["logged-in", "kept-aside-opened", "kept-aside-dropped"]
    assert len(await house.rows(select(kept_aside))) == 1


@pytest.mark.parametrize(
    ("body", "ring", "said"),
    [
        pytest.param(b"\xff\xfe words", None, "\ufffd\ufffd words", id="bytes that are no text"),
        pytest.param(b"{}", KeyRing([b"x" * 32]), "Không mở được", id="a lost key"),
    ],
)
async def test_it_shows_what_can_be_shown_of(small_house: House, body: bytes, ring: KeyRing | None, said: str) -> None:
    event = await kept(small_house, body, ring)
    async with await Desk(small_house).enter("admin") as desk:
        status, page = await desk.get(f"/console/kept-aside/{event}")
    assert status == 200
    assert said in page


async def test_it_opens_events_to_administrators_only(small_house: House) -> None:
    event = await kept(small_house, b"{}")
    async with await Desk(small_house).enter("organiser") as desk:
        assert (await desk.get(f"/console/kept-aside/{event}"))[0] == 403
        assert (await desk.post(f"/console/kept-aside/{event}/drop"))[0] == 403


# --- The report of a drive --------------------------------------------------------------------------------------------


async def reported_at(house: House) -> object:
    (row,) = await house.rows(select(drives.c.reported_at).where(drives.c.id == house.ids["drive-2"]))
    return row.reported_at


async def test_it_takes_the_report_as_signed_once_the_drive_is_over(house: House) -> None:
    path = f"/console/drives/{house.ids['drive-2']}"
    async with await Desk(house).enter("organiser-che") as desk:
        assert "Báo cáo đã ký" not in (await desk.get(path))[1]
        assert (await desk.post(f"{path}/reported"))[0] == 403
        over = update(drives).values(starts_at=house.clock() - timedelta(days=2), ends_at=house.clock())
        await house.parts.db.write(lambda c: c.execute(over))
        _, page = await desk.get(path)
        assert "Sau khi báo cáo được ký 30 ngày" in page
        assert "120 ngày" in page
        _, page = await desk.post(f"{path}/reported")
        assert "Báo cáo đã ký ngày" in page
        assert await reported_at(house) is not None
        assert (await desk.post(f"{path}/reported"))[0] == 403
        assert (await desk.post(f"{path}/reported", {"signed": "no"}))[0] == 200
        assert await reported_at(house) is None
    noted = await house.rows(select(audit.c.action).where(audit.c.action.like("drive-%")).order_by(audit.c.id))
    assert [row.action for row in noted] == ["drive-reported", "drive-not-reported"]


async def test_it_lets_a_signed_report_stand_from_the_next_day(small_house: House) -> None:
    signed = small_house.clock() - timedelta(days=1, hours=1)
    over = update(drives).values(ends_at=signed - timedelta(days=1), reported_at=signed)
    await small_house.parts.db.write(lambda c: c.execute(over))
    path = f"/console/drives/{small_house.ids['drive-2']}"
    async with await Desk(small_house).enter("organiser-che") as desk:
        assert "chưa ký" not in (await desk.get(path))[1]
        assert (await desk.post(f"{path}/reported", {"signed": "no"}))[0] == 403
    assert await reported_at(small_house) == signed


@pytest.mark.parametrize(("login", "status"), [("viewer", 403), ("health", 403), ("organiser", 200)])
async def test_it_takes_reports_from_organisers(small_house: House, login: str, status: int) -> None:
    over = update(drives).values(ends_at=small_house.clock() - timedelta(days=1))
    await small_house.parts.db.write(lambda c: c.execute(over))
    async with await Desk(small_house).enter(login) as desk:
        assert (await desk.post(f"/console/drives/{small_house.ids['drive-2']}/reported"))[0] == status
    assert (await reported_at(small_house) is not None) is (status == 200)
