"""Rows of old donor lists: whatever a cell holds, there is a donor or a fault with a sentence."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import date

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.domain.units import Level, Unit
from bot.library.donor_rows import EARLIEST, FIELDS, MOST_DONATIONS, DonorRow, read_donor
from bot.library.library import Library
from bot.library.reading import content_root
from bot.library.result_rows import read_result
from bot.library.tables import cell_text
from bot.library.unit_names import UnitNames
from bot.understanding.dates import OLDEST, YOUNGEST, whole_years

TODAY = date(2026, 12, 8)
HOME = 1
UNITS = UnitNames(
    (Unit(HOME, "ldld-mau", "LĐLĐ tỉnh Mẫu", Level.PROVINCE), Unit(2, "che", "CĐCS Chè Mẫu", Level.GRASSROOTS, HOME))
)
GOOD = {"name": "Lò Thị Mai", "birth_date": "12/5/1990", "phone": "0912345678"}


@pytest.fixture(scope="module")
def library() -> Library:
    return Library.load(content_root())


def read(**cells: str) -> DonorRow:
    return read_donor(5, {**GOOD, **cells}, UNITS, HOME, TODAY)


def faults(row: DonorRow) -> list[tuple[str, str]]:
    return [(fault.column, fault.reason) for fault in row.faults]


# --- any cell -----------------------------------------------------------------------------------------------------------

WILD = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.dates(), st.datetimes(), st.times(), st.timedeltas(), st.text(max_size=40)
)  # fmt: skip
NEAR: Mapping[str, st.SearchStrategy[object]] = {
    "name": st.sampled_from(["Lò Thị Mai", unicodedata.normalize("NFD", "VÀNG THỊ DUA"), "\ufeffLò\u00a0A Sử"]),
    "birth_date": st.integers(1_900, 80_000) | st.dates(date(1930, 1, 1), date(2100, 1, 1)),
    "phone": st.integers(90_000_0000, 99_999_9999).map(float) | st.from_regex(r"0?9\d{8}(\.0)?", fullmatch=True),
    "last_given_on": st.integers(20_000, 80_000) | st.dates(date(1930, 1, 1), date(2100, 1, 1)),
    "donations": st.integers(-5, 2_000),
    "blood_group": st.sampled_from(["O+", "ab", "0", "-", "chưa biết"]),
    "component": st.sampled_from(["Tiểu cầu", "máu"]),
    "unit": st.sampled_from(["CĐCS Chè Mẫu", "Chè", "Không Có"]),
}


@settings(max_examples=300)
@given(st.fixed_dictionaries({field: NEAR[field] | WILD for field in FIELDS}))
@example(dict.fromkeys(FIELDS))
@example({**GOOD, "birth_date": "19٩٠"})
def test_no_cell_breaks_the_reading(library: Library, values: dict[str, object]) -> None:
    row = read_donor(5, {field: cell_text(value) for field, value in values.items()}, UNITS, HOME, TODAY)
    for fault in row.faults:
        assert library.text(f"page.lists.column.{fault.column}", "vi")
        assert library.text(f"page.lists.fault.{fault.reason}", "vi")
    if row.donor is None:
        assert any(not fault.was_read for fault in row.faults)
        return
    donor = row.donor
    assert re.fullmatch(r"\+84[35789][0-9]{8}", donor.phone)
    assert unicodedata.is_normalized("NFC", donor.name)
    assert all(sign.isalpha() or sign in " '’.-" or unicodedata.combining(sign) for sign in donor.name)
    assert donor.last_given_on is None or date(EARLIEST, 1, 1) <= donor.last_given_on <= TODAY
    assert donor.donations is None or 0 < donor.donations <= MOST_DONATIONS
    assert donor.unit_id in UNITS.units
    if re.fullmatch(r"[0-9]{4}", donor.born):
        assert YOUNGEST <= TODAY.year - int(donor.born) <= OLDEST + 1
    else:
        assert YOUNGEST <= whole_years(date.fromisoformat(donor.born), TODAY) <= OLDEST


# --- as spreadsheets spoil them -----------------------------------------------------------------------------------------

SPOILT = [
    pytest.param("name", unicodedata.normalize("NFD", "Lò Thị Mai"), id="accents apart"),
    pytest.param("name", "Lò\u00a0Thị \u00a0Mai\u00a0", id="no-break spaces"),
    pytest.param("name", "\ufeffLò Th\u200bị Mai\u200b", id="spaces of no width"),
    pytest.param("name", "Lo\u200b\u0300 Thị\nMai", id="an accent behind a space of no width, two lines"),
    pytest.param("phone", "\u00a00912\u00a0345\u00a0678", id="a phone with no-break spaces"),
    pytest.param("phone", "\ufeff0912\u200b345678", id="a phone with a space of no width"),
    pytest.param("phone", "\u202a0912 345 678\u202c", id="a phone out of a phone's address book"),
    pytest.param("phone", "912345678.0", id="a number with a point"),
    pytest.param("phone", "912345678,00", id="a number with a comma"),
    pytest.param("phone", "9.12345678E+08", id="a scientific number that is whole"),
    pytest.param("phone", "8.4912345678E+10", id="with the country's code"),
    pytest.param("phone", cell_text(912345678.0), id="a cell that is a number"),
]


@pytest.mark.parametrize(("column", "text"), SPOILT)
def test_what_a_spreadsheet_did_to_a_cell_is_undone_in_both_kinds_of_lists(column: str, text: str) -> None:
    row = read(**{column: text})
    assert (row.donor, row.faults) == (read().donor, ())
    result = read_result(5, {**GOOD, "outcome": "Đã hiến", column: text}, TODAY)
    assert (result.name, result.phone, result.faults) == ("Lò Thị Mai", "+84912345678", ())


@pytest.mark.parametrize("text", ["9.12E+08", "9,1234567E+08", "8.49E+10", "9E+08"])
def test_a_phone_that_lost_digits_is_nobody_s(text: str) -> None:
    row = read(phone=text)
    assert (row.donor, faults(row)) == (None, [("phone", "rounded")])
    result = read_result(5, {**GOOD, "outcome": "Đã hiến", "phone": text}, TODAY)
    assert [(fault.column, fault.reason) for fault in result.faults] == [("phone", "rounded")]


@pytest.mark.parametrize("text", ["30000", "30000.0", cell_text(30000.0)])
def test_a_birth_date_that_arrives_as_a_number_is_read_and_told(text: str) -> None:
    row = read(birth_date=text)
    assert row.donor is not None
    assert row.donor.born == "1982-02-18"
    assert [(fault.reason, fault.was_read) for fault in row.faults] == [("day-number", True)]


@pytest.mark.parametrize(
    ("column", "text", "is_out"),
    [
        pytest.param("birth_date", "10000", True, id="born in 1927"),
        pytest.param("birth_date", "45000", True, id="a child"),
        pytest.param("birth_date", "79999", True, id="born in the future"),
        pytest.param("birth_date", "9999", True, id="no day that lists have"),
        pytest.param("last_given_on", "79999", False, id="given in the future"),
        pytest.param("last_given_on", "30000", False, id="given before anybody did"),
    ],
)
def test_a_number_that_is_no_likely_day_is_not_read(column: str, text: str, is_out: bool) -> None:
    row = read(**{column: text})
    assert faults(row) == [(column, "unreadable")]
    assert (row.donor is None) == is_out


def test_a_last_donation_that_arrives_as_a_number_is_read_and_told() -> None:
    row = read(last_given_on="46000")
    assert row.donor is not None
    assert (row.donor.last_given_on, faults(row)) == (date(2025, 12, 9), [("last_given_on", "day-number")])
