"""Lists as spreadsheets: which sheet is read, which are named, in how many columns a name stands."""

import io
import zipfile
from collections.abc import Sequence
from datetime import date

import openpyxl
import pytest

from bot.library.donor_sheet import donor_rows, read_sheet
from bot.library.headers import NoHeader
from bot.library.result_rows import find_header, is_results, result_rows
from bot.library.tables import BadTable, read_table

HEAD = ["TT", "Họ và tên", "Ngày sinh", "SĐT"]
FAMILY = " ".join(("Lò", "Thị"))
MAI = [1, "Lò Thị Mai", "12/5/1990", "0912345678"]


def book(**sheets: Sequence[Sequence[object]]) -> openpyxl.Workbook:
    made = openpyxl.Workbook()
    made.remove(made.active)
    for name, rows in sheets.items():
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(row)
    return made


def saved(made: openpyxl.Workbook) -> bytes:
    file = io.BytesIO()
    made.save(file)
    return file.getvalue()


def names(content: bytes) -> list[str]:
    return [texts["name"] for _, texts in donor_rows(read_sheet(content))]


# --- sheets -------------------------------------------------------------------------------------------------------------


def test_a_sheet_that_is_a_chart_is_passed_over() -> None:
    made = book(DS=[HEAD, MAI])
    made.create_chartsheet("Biểu đồ", 0)
    assert names(saved(made)) == ["Lò Thị Mai"]


def test_areas_that_have_names_count_the_chart_as_well() -> None:
    made = book(DS=[HEAD, MAI])
    made.create_chartsheet("Biểu đồ", 0)
    made["DS"].print_title_rows = "1:1"
    assert names(saved(made)) == ["Lò Thị Mai"]


def test_a_file_of_charts_alone_says_so() -> None:
    made = book()
    made.create_chartsheet("Biểu đồ")
    with pytest.raises(BadTable, match="charts alone") as fault:
        read_sheet(saved(made))
    assert fault.value.word == "charts"


def test_a_broken_spreadsheet_is_told_apart_from_one_of_charts() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("xl/nothing.xml", "")
    with pytest.raises(BadTable, match="no spreadsheet") as fault:
        read_sheet(packed.getvalue())
    assert fault.value.word == "table"


def test_further_sheets_that_are_lists_too_are_named() -> None:
    content = saved(book(Bìa=[["Ghi chú"]], Nam=[HEAD, MAI], Nữ=[["CĐCS"], HEAD, MAI], Khác=[["x", "y"]]))
    assert read_sheet(content).other_sheets == ("Nữ",)
    results = saved(book(A=[["Mã phiếu", "Kết quả"]], B=[["Kết quả", "Mã phiếu"]], C=[HEAD]))
    assert read_table(results, is_results).others == ("B",)


def test_a_csv_has_no_further_sheets() -> None:
    assert read_sheet("Họ tên,Ngày sinh,SĐT\nLò Thị Mai,12/5/1990,0912345678".encode()).other_sheets == ()


# --- names in two columns -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("family", ["Họ đệm", "Họ và tên đệm", "Họ và đệm", "HỌ TÊN ĐỆM", "Họ lót", "Họ"])
def test_family_name_and_given_name_are_one(family: str) -> None:
    rows: list[list[object]] = [
        ["TT", family, "Tên", "Ngày sinh", "SĐT"],
        [1, FAMILY, "Mai", "12/5/1990", "0912345678"],
    ]
    sheet = read_sheet(saved(book(DS=rows)))
    assert [texts["name"] for _, texts in donor_rows(sheet)] == ["Lò Thị Mai"]
    assert sheet.header.others == ()


def test_one_head_over_two_columns_is_one_name() -> None:
    made = book(DS=[["TT", "Họ và tên", None, "Ngày sinh", "SĐT"], [1, FAMILY, "Mai", "12/5/1990", "0912345678"],
                    [2, "Vàng Thị Dua", None, "1/1/1991", "0912345679"]])  # fmt: skip
    made["DS"].merge_cells("B1:C1")
    made["DS"].merge_cells("B3:C3")
    assert names(saved(made)) == ["Lò Thị Mai", "Vàng Thị Dua"]


def test_a_whole_name_goes_before_its_parts() -> None:
    rows = [["Họ", "Tên", "Họ và tên", "Ngày sinh", "SĐT"], ["Lò", "Mai", "Lò Thị Mai", "12/5/1990", "0912345678"]]
    sheet = read_sheet(saved(book(DS=rows)))
    assert ([texts["name"] for _, texts in donor_rows(sheet)], sheet.header.others) == (["Lò Thị Mai"], ("Họ", "Tên"))


@pytest.mark.parametrize("part", ["Tên", "Họ và tên đệm"])
def test_a_part_of_a_name_alone_is_no_name(part: str) -> None:
    rows: list[list[object]] = [[part, "Ngày sinh", "SĐT"], [FAMILY, "12/5/1990", "0912345678"]]
    with pytest.raises(NoHeader, match="Họ và tên"):
        read_sheet(saved(book(DS=rows)))


def test_results_have_such_names_too() -> None:
    rows = [("Họ và tên đệm", "Tên", "SĐT", "Kết quả"), (FAMILY, "Mai", "0912345678", "Đã hiến")]
    (row,) = result_rows(rows, find_header(rows), date(2026, 12, 8))
    assert (row.name, row.faults) == ("Lò Thị Mai", ())
