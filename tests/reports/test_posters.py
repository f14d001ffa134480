"""Posters: who gets a page, where its QR codes lead, and that a page can be read, by people and by phones."""

from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from zoneinfo import ZoneInfo

import pypdf
import pytest
from sqlalchemy import Connection, update

from bot.channels.base import Account
from bot.domain.drives import DriveState
from bot.domain.references import NoPosters
from bot.domain.updates import ChannelKind
from bot.library import Library, content_root
from bot.reports import posters as posters_module
from bot.reports import printing
from bot.reports.poster_doors import Door, doors_of, nearest, shut
from bot.reports.posters import Plan, Press, plan
from bot.reports.printing import joined, poster_pictures, posters_pdf, printed
from bot.settings import Settings, load_settings
from bot.storage.database import Database
from bot.storage.ids import new_id
from bot.storage.tables import drives, units
from tests.reports.pictures import qr_codes
from tests.storage.ground import add_drive, add_unit

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
STARTS = datetime(2026, 12, 5, 0, 30, tzinfo=UTC)
KEYS = {"SECRET_KEY": "s" * 40, "ENCRYPTION_KEYS": "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s="}
BOT = {"TELEGRAM_BOT_TOKEN": "7000000001:" + "A" * 35, "TELEGRAM_WEBHOOK_SECRET": "w" * 20, "TELEGRAM_MODE": "webhook"}
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
DOORS = (
    Door(ChannelKind.ZALO, None, "https://zalo.me/4111222333444555666"),
    Door(ChannelKind.MESSENGER, None, "https://m.me/101234567890123?ref={code}"),
    Door(ChannelKind.TELEGRAM, None, "https://t.me/GiotHongBot?start={code}"),
    Door(ChannelKind.WEB, None, "https://hienmau.example/chat?ref={code}"),
)


def settings(**more: str) -> Settings:
    return load_settings({**KEYS, **more})


def account(kind: ChannelKind, external: str, unit: int | None = None) -> Account:
    return Account(new_id(), kind, f"{kind}-{external}", external, unit)


@pytest.fixture(scope="module")
def library() -> Library:
    return Library.load(content_root())


@pytest.fixture
def press(library: Library) -> Press:
    return Press(library, "vi", ZONE, "https://hienmau.example", DOORS)


def tree(connection: Connection) -> tuple[int, dict[str, int]]:
    """A province with a commune, two grassroots unions and one that ended; a drive of the province."""
    ids = {"tinh": add_unit(connection)}
    for code, name, parent, until in (
        ("xa", "Công đoàn xã Than Uyên", "tinh", None),
        ("che", "CĐCS Công ty Chè Hoa Ban", "xa", None),
        ("cu", "CĐCS đã giải thể", "tinh", date(2025, 7, 1)),
        ("may", "CĐCS Công ty May Lụa Hồng", "tinh", None),
    ):
        ids[code] = new_id()
        row = {"id": ids[code], "code": code, "name": name, "level": "grassroots", "parent_id": ids[parent]}
        connection.execute(units.insert().values(**row, valid_to=until))
    return add_drive(connection, ids["tinh"], STARTS, capacities=(20,) * 8)[0], ids


@pytest.fixture
def planned(db: Database, now: datetime) -> Plan:
    db.write_now(tree)
    return db.read_now(lambda c: plan(c, "mau-1", "", now, ZONE))


# --- which pages ---------------------------------------------------------------------------------------------------


def test_it_gives_every_unit_below_that_takes_part_a_page(planned: Plan) -> None:
    assert [unit.name for unit in planned.units] == [
        "LĐLĐ tỉnh Mẫu", "CĐCS Công ty May Lụa Hồng", "Công đoàn xã Than Uyên", "CĐCS Công ty Chè Hoa Ban",
    ]  # fmt: skip


def test_it_gives_one_unit_its_page_alone(db: Database, now: datetime) -> None:
    db.write_now(tree)
    alone = db.read_now(lambda c: plan(c, "mau-1", "xa", now, ZONE))
    assert [unit.code for unit in alone.units] == ["xa"]


@pytest.mark.parametrize(
    ("drive", "unit", "changes", "says"),
    [
        ("nothing", "", {}, "no drive nothing"),
        ("mau-1", "nobody", {}, "no unit nobody"),
        ("mau-1", "cu", {}, "no longer exists on 2026-12-05"),
        ("mau-1", "", {"state": DriveState.CANCELLED}, "is over, closed or cancelled"),
        ("mau-1", "", {"state": DriveState.CLOSED}, "is over, closed or cancelled"),
        ("mau-1", "", {"ends_at": datetime(2026, 11, 1, tzinfo=UTC)}, "is over, closed or cancelled"),
    ],
)
def test_it_says_why_there_is_nothing_to_print(
    db: Database, now: datetime, drive: str, unit: str, changes: dict[str, object], says: str
) -> None:
    db.write_now(tree)
    if changes:
        db.write_now(lambda c: c.execute(update(drives).values(**changes)))
    with pytest.raises(NoPosters, match=says):
        db.read_now(lambda c: plan(c, drive, unit, now, ZONE))


def test_it_refuses_more_pages_than_one_file_holds(
    db: Database, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posters_module, "MOST", 3)
    db.write_now(tree)
    with pytest.raises(NoPosters, match="4 units are below"):
        db.read_now(lambda c: plan(c, "mau-1", "", now, ZONE))


# --- where the codes lead ------------------------------------------------------------------------------------------


def test_it_knows_the_door_of_each_channel() -> None:
    there = settings(**BOT, TELEGRAM_BOT_NAME="GiotHongBot", PUBLIC_URL="https://hienmau.example")
    on = [
        account(ChannelKind.WEB, "web"),
        account(ChannelKind.TELEGRAM, "7000000001"),
        account(ChannelKind.MESSENGER, "101"),
        account(ChannelKind.ZALO, "411"),
    ]
    assert [door.to("HM117") for door in nearest(doors_of(on, there), [1])] == [
        "https://zalo.me/411",
        "https://m.me/101?ref=HM117",
        "https://t.me/GiotHongBot?start=HM117",
        "https://hienmau.example/chat?ref=HM117",
    ]
    assert shut(on, there) == ()


def test_it_says_which_channel_cannot_be_scanned() -> None:
    on = [account(ChannelKind.WEB, "web"), account(ChannelKind.TELEGRAM, "7000000001")]
    assert doors_of(on, settings(**BOT)) == ()
    assert [sentence.split()[0] for sentence in shut(on, settings(**BOT))] == ["Telegram", "The"]
    assert shut([], settings()) == ()


def test_it_goes_through_the_nearest_account() -> None:
    top, other, own = (Door(ChannelKind.ZALO, unit, f"https://zalo.me/{unit}") for unit in (1, 7, 3))
    everybody = Door(ChannelKind.ZALO, None, "https://zalo.me/0")
    assert nearest([everybody, top, other, own], [3, 2, 1]) == (own,)
    assert nearest([everybody, top, other], [3, 2, 1]) == (top,)
    assert nearest([everybody, other], [3, 2, 1]) == (everybody,)
    assert nearest([other], [3, 2, 1]) == ()


# --- the pages -----------------------------------------------------------------------------------------------------


@ON_SQLITE
def test_a_phone_reads_every_code_on_the_page(press: Press, planned: Plan) -> None:
    sheets = press.sheets(planned, {unit.id: 470 + at for at, unit in enumerate(planned.units)})
    pictures = poster_pictures(sheets, "Áp phích", "vi", 75)
    assert len(pictures) == len(sheets) == 4
    for sheet, picture in list(zip(sheets, pictures, strict=True))[:2]:
        assert qr_codes(picture) == {door.to(sheet["code"]) for door in DOORS}


@ON_SQLITE
def test_the_page_says_all_that_a_person_needs(press: Press, planned: Plan) -> None:
    sheets = press.sheets(planned, {unit.id: 470 + at for at, unit in enumerate(planned.units)})
    pages = [page.extract_text() for page in pypdf.PdfReader(BytesIO(posters_pdf(sheets, "Áp phích", "vi"))).pages]
    assert len(pages) == 4
    words = " ".join(pages[1].split())
    for expected in (
        "Ngày hội Giọt hồng", "Thứ Bảy, 05/12/2026", "07:30 – 11:30", "Nhà văn hoá Mẫu, Số 1 đường Thử",
        "Mời anh chị em CĐCS Công ty May Lụa Hồng", "02133000000", "Mang căn cước hoặc VNeID mức 2",
        "Hiến máu là tự nguyện", "hienmau.example/privacy", sheets[1]["code"],
    ):  # fmt: skip
        assert expected in words
    assert "Mời anh chị em đoàn viên, người lao động" in " ".join(pages[0].split())


@ON_SQLITE
def test_a_page_stays_one_page_however_long_the_names(press: Press, planned: Plan) -> None:
    sheet = dict(press.sheets(planned, {unit.id: 10 for unit in planned.units})[0])
    sheet |= {"title": "Ngày hội hiến máu " * 9, "invited": "Mời anh chị em Công đoàn cơ sở " * 9}
    sheet |= {"place": "Hội trường, đường Trần Hưng Đạo " * 9, "organiser": "Liên đoàn Lao động " * 8}
    assert len(poster_pictures([sheet, sheet | {"ways": []}], "Áp phích", "vi", 20)) == 2
    (picture,) = poster_pictures([sheet], "Áp phích", "vi", 90)
    assert len(qr_codes(picture)) == 4


@ON_SQLITE
def test_without_an_address_the_page_says_so_much_as_it_can(library: Library, planned: Plan) -> None:
    press = Press(library, "vi", ZONE, "", ())
    sheet = press.sheets(planned, {unit.id: 10 for unit in planned.units})[0]
    assert sheet["ways"] == []
    assert sheet["privacy"].endswith("giữ kín thông tin của anh/chị.")
    assert sheet["code"] in pypdf.PdfReader(BytesIO(posters_pdf([sheet], "x", "vi"))).pages[0].extract_text()


@ON_SQLITE
async def test_a_long_file_is_made_in_parts(press: Press, planned: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(printing, "PART", 3)
    sheets = press.sheets(planned, {unit.id: 470 + at for at, unit in enumerate(planned.units)})
    whole = pypdf.PdfReader(BytesIO(await printed(sheets, "Áp phích mau-1", "vi")))
    assert [sheet["code"] in page.extract_text() for sheet, page in zip(sheets, whole.pages, strict=True)] == [True] * 4
    assert whole.metadata is not None
    assert whole.metadata.title == "Áp phích mau-1"


def test_parts_keep_their_order() -> None:
    pages = [_blank(width) for width in (100, 200, 300)]
    whole = pypdf.PdfReader(BytesIO(joined(pages, "x", "vi")))
    assert [page.mediabox.width for page in whole.pages] == [100, 200, 300]


def _blank(width: int) -> bytes:
    writer, made = pypdf.PdfWriter(), BytesIO()
    writer.add_blank_page(width, 100)
    writer.write(made)
    return made.getvalue()


async def test_codes_stay_the_same_when_printed_again(press: Press, db: Database, now: datetime) -> None:
    db.write_now(tree)
    first = await press.pdf(db, "mau-1", "che", now)
    again = await press.pdf(db, "mau-1", "che", now + timedelta(days=1))
    texts = [pypdf.PdfReader(BytesIO(made)).pages[0].extract_text() for _, made in (first, again)]
    assert texts[0] == texts[1]
    assert "HM101" in texts[0]
