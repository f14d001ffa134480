"""`giothong results import`: on both engines, with files as hospitals send them."""

import csv
import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from bot import clock
from bot.cli import main
from bot.cli import results as command
from bot.domain.registrations import RegistrationState
from bot.intake import results as intake
from bot.library.result_rows import FIELDS, NEVER_READ, find_header, read_result, result_rows
from bot.storage.database import Database
from bot.storage.ids import new_id
from bot.storage.key_store import open_ring
from bot.storage.outcomes import REASON
from bot.storage.sealing import KeyRing
from bot.storage.tables import audit, contacts, deferrals, donations, donors, drives, registrations, slots

NOW = datetime(2026, 12, 8, 3, 0, tzinfo=UTC)
DRIVE_DAY = date(2026, 12, 5)
HEADER = "STT,Mã phiếu,Họ và tên,Ngày sinh,Số điện thoại,Kết quả,Loại,Thể tích (ml),Hoãn đến,Nhóm lý do,HBsAg,Nhóm máu"
TICKETS = {"mai": "7K2MP4QX9D", "an": "8K2MP4QX9D", "dua": "9K2MP4QX9D"}
PEOPLE = {
    "mai": ("Lò Thị Mai", "1990-05-12", "+84912345678"),
    "an": ("Nguyễn Văn An", "1985-01-02", "+84912345679"),
    "dua": ("Vàng Thị Dua", "1992-11-20", "+84912345670"),
}


@dataclass(frozen=True, slots=True)
class Site:
    """A drive with three people who hold places, and its folder."""

    folder: Path
    db: Database
    ring: KeyRing
    drive: str
    contact: dict[str, int]

    def write(self, *rows: str, header: str = HEADER, name: str = "results.csv") -> str:
        (self.folder / name).write_text("\n".join(("TRUNG TÂM HUYẾT HỌC\n", header, *rows)), encoding="utf-8-sig")
        return name

    def states(self) -> dict[str, str]:
        rows = self.db.read_now(lambda c: c.execute(select(registrations.c.ticket, registrations.c.state)).all())
        return {who: state for ticket, state in rows for who, mine in TICKETS.items() if mine == ticket}

    def given(self) -> list[Any]:
        return list(self.db.read_now(lambda c: c.execute(select(donations).order_by(donations.c.contact_id)).all()))


def _person(ring: KeyRing, name: str, born: str, phone: str) -> dict[str, Any]:
    return {
        "id": new_id(),
        "name_sealed": ring.seal_text(name, "contacts.name"),
        "birth_date_sealed": ring.seal_text(born, "contacts.birth_date"),
        "phone_sealed": ring.seal_text(phone, "contacts.phone"),
        "phone_blind": ring.blind(phone),
        "created_at": NOW,
        "updated_at": NOW,
    }


@pytest.fixture
def site(loaded: Path, opened: Database, monkeypatch: pytest.MonkeyPatch) -> Site:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    ring = open_ring(opened, [b"k" * 32])
    starts = datetime(2026, 12, 5, 0, 30, tzinfo=UTC)
    people = {who: _person(ring, *told) for who, told in PEOPLE.items()}

    def fill(connection: Any) -> str:
        drive = connection.execute(select(drives).order_by(drives.c.id)).first()
        moved = drives.update().where(drives.c.id == drive.id)
        connection.execute(moved.values(starts_at=starts, ends_at=starts + timedelta(hours=4)))
        slot = connection.execute(select(slots.c.id).where(slots.c.drive_id == drive.id).limit(1)).scalar_one()
        connection.execute(contacts.insert(), list(people.values()))
        rows = [
            {
                "id": new_id(),
                "contact_id": people[who]["id"],
                "drive_id": drive.id,
                "slot_id": slot,
                "ticket": ticket,
                "state": "booked",
                "created_at": NOW,
                "updated_at": NOW,
                "planned_at": NOW,
            }
            for who, ticket in TICKETS.items()
        ]
        connection.execute(registrations.insert(), rows)
        return str(drive.code)

    code = opened.write_now(fill)
    return Site(loaded, opened, ring, code, {who: row["id"] for who, row in people.items()})


def run(capsys: pytest.CaptureFixture[str], site: Site, *arguments: str) -> tuple[int, list[str], dict[str, Any]]:
    """The exit code, the lines about rows, and the counts."""
    capsys.readouterr()
    code = main(["results", "import", *arguments, "--drive", site.drive])
    out = capsys.readouterr().out.splitlines()
    return code, out[:-1], json.loads(out[-1]) if out else {}


GOOD = (
    "1,7K2MP-4QX9D,Lò Thị Mai,12/5/1990,0912345678,Đã hiến,Máu toàn phần,350,,,âm tính,O+",
    "2,,NGUYEN VAN AN,,912345679,Tạm hoãn,,,15/01/2027,Huyết áp,,",
    "3,,Vàng Thị Dua,20/11/1992,,Vắng,,,,,,",
)


def test_it_knows_people_by_ticket_by_phone_and_name_and_by_birth_date(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    code, told, counts = run(capsys, site, site.write(*GOOD))
    assert (code, told) == (0, [])
    assert (counts["new"], counts["donated"], counts["deferred"], counts["absent"]) == (3, 1, 1, 1)
    assert counts["never_read"] == ["HBsAg", "Nhóm máu"]
    assert site.states() == {"mai": "donated", "an": "deferred", "dua": "absent"}
    (mai,) = site.given()
    assert (mai.contact_id, mai.given_on, mai.ml, mai.verified, mai.source) == (
        site.contact["mai"], DRIVE_DAY, 350, True, "results",
    )  # fmt: skip
    put_off = site.db.read_now(lambda c: c.execute(select(deferrals)).one())
    assert (put_off.until, site.ring.open_text(put_off.reason_group_sealed, REASON)) == (
        date(2027, 1, 15),
        "blood-pressure",
    )
    donor = site.db.read_now(lambda c: c.execute(select(donors).where(donors.c.contact_id == mai.contact_id)).one())
    assert (donor.donations, donor.next_on) == (1, date(2027, 2, 27))


def test_the_same_file_again_changes_nothing_and_a_dry_run_never_does(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    file = site.write(*GOOD)
    _, _, before = run(capsys, site, file, "--dry-run")
    assert (before["new"], before["dry_run"], site.given()) == (3, True, [])
    assert set(site.states().values()) == {"booked"}
    run(capsys, site, file)
    kept = site.given(), site.states(), _plans(site)
    _, _, again = run(capsys, site, file)
    assert (again["new"], again["known"]) == (0, 3)
    assert (site.given(), site.states(), _plans(site)) == kept
    _, _, dry = run(capsys, site, file, "--dry-run")
    assert (dry["new"], dry["known"]) == (0, 3)


def _plans(site: Site) -> list[Any]:
    """What must be planned anew."""
    return [
        site.db.read_now(lambda c, t=table: c.execute(select(t.c.id, t.c.planned_at).order_by(t.c.id)).all())
        for table in (registrations, donations, deferrals)
    ]


FAULTS = [
    pytest.param("1,ZZZZZ-ZZZZZ,,,,Đã hiến,,350,,,,", "Mã phiếu: không có mã phiếu này", id="unknown ticket"),
    pytest.param("1,7K2,,,,Đã hiến,,350,,,,", "Mã phiếu: không phải mã phiếu (10 chữ và số)", id="no ticket"),
    pytest.param("1,7K2MP4QX9D,Nguyễn Văn An,,,Đã hiến,,350,,,,", "Mã phiếu: khác với tên trong sổ; anh/chị xem lại là ai", id="another's ticket"),
    pytest.param("1,8K2MP4QX9D,Nguyễn Văn Anh,2001-01-02,0999999999,Đã hiến,,350,,,,", "Mã phiếu: khác với tên trong sổ; anh/chị xem lại là ai", id="a brother's ticket"),
    pytest.param("1,8K2MP4QX9D,Nguyễn Văn Anh,,0999999999,Đã hiến,,350,,,,", "Mã phiếu: khác số điện thoại trong sổ; anh/chị xem lại là ai", id="another phone"),
    pytest.param("1,,Lò Thị May,,0912345678,Đã hiến,,350,,,,", "Họ và tên: khác với tên trong sổ; anh/chị xem lại là ai", id="a name that is near"),
    pytest.param("1,7K2MP4QX9D,,,,Đã hiến,,3500,,,,", "Thể tích: ngoài khoảng 50–700 ml", id="volume"),
    pytest.param("1,7K2MP4QX9D,,,,=A1,,350,,,,", "Kết quả: là công thức chưa có giá trị; anh/chị mở tệp bằng Excel rồi lưu lại", id="formula"),
    pytest.param("1,7K2MP4QX9D,,,,xanh,,350,,,,", "Kết quả: không đọc được", id="outcome"),
    pytest.param("1,7K2MP4QX9D,,,,Tạm hoãn,,,1/12/2026,,,", "Hoãn đến: phải sau ngày hiến máu", id="put off until before"),
    pytest.param("1,7K2MP4QX9D,,,,Đã hiến,,350,1/2/2027,,,", "Hoãn đến: có ngày hoãn mà kết quả là đã hiến", id="gave and was put off"),
    pytest.param("1,,Lò Thị Mai,,,Đã hiến,,350,,,,", "Mã phiếu: không đủ để biết là ai: cần Mã phiếu, hoặc Họ và tên với Số điện thoại hay Ngày sinh", id="a name alone"),
]  # fmt: skip


@pytest.mark.parametrize(("row", "said"), FAULTS)
def test_a_row_that_is_wrong_is_left_out_with_a_reason(
    site: Site, capsys: pytest.CaptureFixture[str], row: str, said: str
) -> None:
    code, told, counts = run(capsys, site, site.write(row, GOOD[2]))
    assert (code, told) == (1, [f"row 4: {said}"])
    assert (counts["left_out"], counts["new"]) == (1, 1)
    assert site.states() == {"mai": "booked", "an": "booked", "dua": "absent"}


def test_it_says_nothing_of_people_it_does_not_know_and_keeps_nothing(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    code, told, counts = run(capsys, site, site.write("1,,Lường Văn Lạ,1/1/1990,0987654321,Đã hiến,,350,,,,"))
    assert (code, told, counts["unknown"]) == (0, [], 1)
    assert site.given() == []


def test_somebody_known_who_came_unannounced_has_their_donation(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    stranger = _person(site.ring, "Giàng A Thử", "1991-03-04", "+84912345671")
    site.db.write_now(lambda c: c.execute(contacts.insert().values(stranger)))
    _, _, counts = run(capsys, site, site.write("1,,Giàng A Thử,,0912345671,Đã hiến,Tiểu cầu,400,,,,"))
    assert counts["new"] == 1
    (given_,) = site.given()
    assert (given_.contact_id, given_.component, given_.registration_id) == (stranger["id"], "platelets", None)


def test_two_of_one_name_and_phone_are_told_apart_by_birth_date_or_not_at_all(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    twin = _person(site.ring, "Lò Thị Mai", "1995-05-12", "+84912345678")

    def add(connection: Any) -> None:
        connection.execute(contacts.insert().values(twin))
        mine = connection.execute(select(registrations).where(registrations.c.ticket == TICKETS["mai"])).one()._mapping
        values = {**mine, "id": new_id(), "contact_id": twin["id"], "ticket": "AK2MP4QX9D"}
        connection.execute(registrations.insert().values(values))

    site.db.write_now(add)
    _, told, _ = run(capsys, site, site.write("1,,Lò Thị Mai,,0912345678,Đã hiến,,350,,,,"))
    assert told == ["row 4: Họ và tên: có hai người khớp; thêm Mã phiếu hoặc Ngày sinh"]
    run(capsys, site, site.write("1,,Lò Thị Mai,12/5/1995,0912345678,Đã hiến,,350,,,,"))
    assert [row.contact_id for row in site.given()] == [twin["id"]]


def test_two_rows_of_one_person_count_once_or_not_at_all(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    _, _, counts = run(capsys, site, site.write(GOOD[0], "9,,Lò Thị Mai,12/5/1990,,Đã hiến,,350,,,,"))
    assert (counts["new"], counts["twice"]) == (1, 1)
    _, told, counts = run(capsys, site, site.write(GOOD[1], "9,,Nguyễn Văn An,2/1/1985,,Đã hiến,,350,,,,"))
    assert (len(told), counts["left_out"]) == (2, 2)
    assert site.states()["an"] == "booked"


def test_what_the_site_says_otherwise_is_for_a_person_to_settle(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, site, site.write(GOOD[1]))
    _, told, _ = run(capsys, site, site.write("1,8K2MP4QX9D,,,,Đã hiến,,350,,,,"))
    assert "điểm hiến đã ghi là tạm hoãn" in told[0]
    assert (site.states()["an"], site.given()) == ("deferred", [])


def test_it_reads_a_spreadsheet_with_merged_cells_on_its_second_sheet(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    book = openpyxl.Workbook()
    book.active.append(["Bìa"])
    sheet = book.create_sheet("Kết quả")
    sheet.append(["DANH SÁCH NGƯỜI HIẾN MÁU"])
    sheet.append(["TT", "Mã phiếu", "Ngày hiến", "Kết quả", "Thể tích", "Anti-HCV"])
    sheet.append([1, "7K2MP4QX9D", date(2026, 12, 5), "Đã hiến", 350, "(-)"])
    sheet.append([2, "8K2MP4QX9D", None, "Đã hiến", 250.0, "(-)"])
    sheet.append([3, "9K2MP4QX9D", None, "Đã hiến", "=200+150", None])
    sheet.merge_cells("C3:C5")
    book.save(site.folder / "results.xlsx")
    code, told, counts = run(capsys, site, "results.xlsx")
    assert (code, counts["new"], counts["never_read"]) == (1, 2, ["Anti-HCV"])
    assert told[0].startswith("row 5: Thể tích: là công thức")
    assert sorted((row.ml, row.given_on) for row in site.given()) == [(250, DRIVE_DAY), (350, DRIVE_DAY)]


def test_swapped_columns_are_told_and_nothing_is_recorded(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    header = "Mã phiếu,Thể tích (ml),Kết quả"
    code, told, counts = run(capsys, site, site.write("7K2MP4QX9D,Đã hiến,350", header=header))
    assert (code, len(told), counts["new"]) == (1, 2, 0)
    assert site.given() == []


class Killed(BaseException):
    """The process is gone."""


def test_an_import_that_was_killed_ends_the_same_when_it_runs_again(
    site: Site, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = site.write(*GOOD)
    monkeypatch.setattr(intake, "PAGE", 1)
    honest, calls = intake.write_page, []

    def dies(*args: Any, **kwargs: Any) -> None:
        calls.append(1)
        if len(calls) == 2:
            raise Killed
        honest(*args, **kwargs)

    monkeypatch.setattr(command, "write_page", dies)
    with pytest.raises(Killed):
        main(["results", "import", file, "--drive", site.drive])
    assert sorted(site.states().values()) == ["booked", "booked", "donated"]
    monkeypatch.setattr(command, "write_page", honest)
    _, _, counts = run(capsys, site, file)
    assert (counts["known"], counts["new"]) == (1, 2)
    assert site.states() == {"mai": "donated", "an": "deferred", "dua": "absent"}


def test_the_audit_has_counts_and_the_report_alone_has_names(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, site, site.write(*GOOD), "-o", "report.csv")
    row = site.db.read_now(lambda c: c.execute(select(audit).where(audit.c.action == "results-imported")).one())
    assert "donated=1" in row.detail
    assert not any(name in row.detail for name, *_ in PEOPLE.values())
    with (site.folder / "report.csv").open(encoding="utf-8-sig") as opened_file:
        assert [line[1] for line in csv.reader(opened_file)][1:] == ["Lò Thị Mai", "Nguyen Van An", "Vàng Thị Dua"]


def test_unknown_drives_and_files_are_refused_in_a_sentence(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["results", "import", site.write(*GOOD), "--drive", "nirgendwo"]) == 1
    assert "no drive has the code nirgendwo" in capsys.readouterr().err
    assert main(["results", "import", site.write("x", header="a,b"), "--drive", site.drive]) == 1
    assert "Kết quả" in capsys.readouterr().err


# --- cells, without any database ----------------------------------------------------------------------------------------


@settings(max_examples=200)
@given(st.fixed_dictionaries({name: st.text(max_size=40) for name in FIELDS}))
def test_no_cell_breaks_the_reading(texts: dict[str, str]) -> None:
    row = read_result(1, texts, DRIVE_DAY)
    assert row.faults or row.outcome in RegistrationState


@pytest.mark.parametrize("column", NEVER_READ)
def test_a_column_of_tests_is_never_read(column: str) -> None:
    rows = [("Mã phiếu", "Kết quả", column), ("7K2MP4QX9D", "Đã hiến", "dương tính")]
    header = find_header(rows)
    assert header.never == (column,)
    (row,) = result_rows(rows, header, DRIVE_DAY)
    assert "dương tính" not in repr([getattr(row, name) for name in row.__slots__])
