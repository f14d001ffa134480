"""Rows of an old donor list as unions keep them: what each tells of a donor, and what is wrong with it, by column."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType

from bot.domain.donations import Component
from bot.domain.listed import ListedDonor
from bot.library.row_cells import Doubtful, RowCells, RowFault, Unread, phone_of
from bot.library.unit_names import UnitNames
from bot.understanding.blood_groups import read_blood_group
from bot.understanding.dates import OLDEST, YOUNGEST, read_birth_date
from bot.understanding.folding import fold
from bot.understanding.misses import Miss
from bot.understanding.names import read_name
from bot.understanding.plain_days import read_serial

FIELDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "name": ("Họ và tên", "Họ tên", "Họ tên đầy đủ", "Tên người hiến máu", "Full name"),
        "birth_date": ("Ngày sinh", "Ngày tháng năm sinh", "Năm sinh", "NTNS", "Birth date"),
        "unit": ("Đơn vị", "Đơn vị công tác", "Công đoàn cơ sở", "CĐCS", "Tên đơn vị", "Nơi làm việc", "Unit"),
        "phone": ("Số điện thoại", "Điện thoại", "SĐT", "Di động", "Điện thoại liên hệ", "Phone"),
        "blood_group": ("Nhóm máu", "Blood group"),
        "donations": ("Số lần hiến máu", "Số lần hiến", "Số lần", "Tổng số lần hiến", "Lần hiến thứ", "Donations"),
        "last_given_on": ("Lần hiến gần nhất", "Ngày hiến gần nhất", "Ngày hiến máu gần nhất", "Ngày hiến", "Last donation"),
        "component": ("Loại", "Thành phần máu", "Loại hiến", "Component"),
    }
)  # fmt: skip
"""What is read, and how columns call it."""

NEVER_READ: tuple[str, ...] = (
    "Dân tộc", "Tôn giáo", "CCCD", "CMND", "Số CCCD", "Số CMND", "Căn cước", "Căn cước công dân", "Số căn cước",
    "Số định danh", "Hộ chiếu", "Kết quả xét nghiệm", "Xét nghiệm", "HIV", "HBsAg", "HBV", "HCV", "Anti-HCV", "Giang mai",
    "Sốt rét", "Lý do hoãn", "Lý do loại", "Bệnh sử", "Tiền sử bệnh", "Ethnicity", "Identity card",
)  # fmt: skip
"""Columns that are known and left unread: facts/personal-data.md 9.2, and they are never asked of anybody either."""

EARLIEST = 1990
"""An earlier year is a slip of the pen, or somebody's birth date in the wrong column."""

NEEDED = ("name", "birth_date", "phone")
MOST_DONATIONS = 300
DAY_NUMBER = "day-number"
"""A spreadsheet's number was read as the day that it counts."""

_YEAR = re.compile(r"(?:nam )?((?:19|20)\d{2})(?: 0)?")
_DAY = re.compile(r"(\d{1,2}) (\d{1,2}) (\d{4}|\d{2})(?: 00 00(?: 00)?)?")
_ISO = re.compile(r"(\d{4}) (\d{1,2}) (\d{1,2})(?: 00 00(?: 00)?)?")
_COMPONENTS = {
    "mau toan phan": Component.WHOLE_BLOOD,
    "toan phan": Component.WHOLE_BLOOD,
    "whole blood": Component.WHOLE_BLOOD,
    "tieu cau": Component.PLATELETS,
    "platelets": Component.PLATELETS,
    "huyet tuong": Component.PLASMA,
    "plasma": Component.PLASMA,
}


@dataclass(frozen=True, slots=True)
class DonorRow:
    """One row of a file, counted as the spreadsheet counts; `donor` is None where it is left out."""

    number: int
    donor: ListedDonor | None
    faults: tuple[RowFault, ...] = ()
    name: str = field(default="", repr=False)


def read_donor(number: int, texts: Mapping[str, str], units: UnitNames, home_unit: int, today: date) -> DonorRow:
    """Read one row. Its unit is the list's own where the row names none, or none stands below the list's unit."""
    cells = RowCells(texts)
    name = cells.read("name", _name)
    born = cells.read("birth_date", lambda text: _born(text, today))
    phone = cells.read("phone", _phone)
    unit = cells.read("unit", lambda text: _unit(text, units, home_unit))
    blood_group = cells.read("blood_group", _blood_group)
    donations = cells.read("donations", _count)
    last = cells.read("last_given_on", lambda text: _day(text, today))
    component = cells.read("component", _component)
    if name is None or born is None or phone is None or unit is None:
        return DonorRow(number, None, tuple(cells.faults), texts.get("name", ""))
    donor = ListedDonor(name, born, phone, unit, blood_group or None, donations or None, last or None, component)
    return DonorRow(number, donor, tuple(cells.faults), name)


# --- one cell each ---------------------------------------------------------------------------------------------------


def _name(text: str) -> str | Unread:
    if not text:
        return Unread("missing")
    name = read_name(text)
    return Unread("unreadable") if isinstance(name, Miss) else name


def _born(text: str, today: date) -> str | Doubtful[str] | Unread:
    """A day, or the year alone. Nobody is kept who could not register, as nothing would become of the line."""
    if not text:
        return Unread("missing")
    year = _YEAR.fullmatch(fold(text))
    if year is not None:
        age = today.year - int(year[1])
        return f"{int(year[1])}" if YOUNGEST <= age <= OLDEST + 1 else Unread("age")
    if (counted := read_serial(text)) is not None:
        day = read_birth_date(counted.isoformat(), today)
        return Doubtful(day.isoformat(), DAY_NUMBER) if isinstance(day, date) else Unread("unreadable")
    day = read_birth_date(_without_clock(text), today)
    if isinstance(day, date):
        return day.isoformat()
    return Unread("age" if day.reason in ("under-age", "over-age") else "unreadable")


def _phone(text: str) -> str | Unread:
    return phone_of(text) if text else Unread("missing")


def _unit(text: str, units: UnitNames, home_unit: int) -> int | Unread:
    if not text or len(units.units) == 1:
        return home_unit
    found = units.find(text)
    return Unread(found) if isinstance(found, str) else found


def _blood_group(text: str) -> str | Unread:
    if not text:
        return ""
    group = read_blood_group(text)
    if group == "none":
        return ""
    return group if len(group) > 1 or group in ("A", "B", "O") else Unread("unreadable")


def _count(text: str) -> int | Unread:
    if not text:
        return 0
    found = re.fullmatch(r"(?:lan |thu )*(\d{1,3})(?: 0)?(?: lan)?", fold(text))
    if found is None:
        return Unread("unreadable")
    return int(found[1]) if int(found[1]) <= MOST_DONATIONS else Unread("unreadable")


def _day(text: str, today: date) -> date | Doubtful[date] | Unread | None:
    """A whole day: a month or a year alone is nobody's last donation."""
    if not text:
        return None
    if (counted := read_serial(text)) is not None:
        plausible = counted.year >= EARLIEST and counted <= today
        return Doubtful(counted, DAY_NUMBER) if plausible else Unread("unreadable")
    said = fold(text).removeprefix("ngay ")
    iso, day = _ISO.fullmatch(said), _DAY.fullmatch(said)
    if iso is None and day is None:
        return Unread("day-missing" if re.fullmatch(r"(?:\d{1,2} )?(?:19|20)\d{2}(?: 0)?", said) else "unreadable")
    year, month, number = (iso[1], iso[2], iso[3]) if iso else (day[3], day[2], day[1]) if day else ("", "", "")
    try:
        given = date(int(year) + (2000 if len(year) == 2 else 0), int(month), int(number))
    except ValueError:
        return Unread("unreadable")
    if given > today:
        return Unread("future")
    return given if given.year >= EARLIEST else Unread("unreadable")


def _component(text: str) -> Component | Unread | None:
    if not text:
        return None
    return _COMPONENTS.get(fold(text), Unread("unreadable"))


def _without_clock(text: str) -> str:
    """A day as some spreadsheets give it: `1990-05-12 00:00:00`."""
    return re.sub(r"[T ]00:00(:00)?$", "", text)
