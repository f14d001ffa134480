"""Rows of a hospital's results: what each tells of one place at a drive, and what is wrong with it, by column.

Columns of tests are known and never read: facts/personal-data.md 9.2.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import TypeVar

from bot.domain.donations import Component, ReasonGroup
from bot.domain.registrations import RegistrationState
from bot.domain.tickets import read_ticket
from bot.library.headers import NAME, Cells, Header, HeaderBook
from bot.library.row_cells import RowCells, RowFault, Unread, phone_of
from bot.understanding.folding import fold
from bot.understanding.misses import Miss
from bot.understanding.names import read_name
from bot.understanding.plain_days import read_plain_day

FIELDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "ticket": ("Mã phiếu", "Mã đăng ký", "Số phiếu", "Phiếu", "Ticket"),
        "name": ("Họ và tên", "Họ tên", "Tên người hiến máu", "Họ tên người hiến", "Name", "Full name"),
        "birth_date": ("Ngày sinh", "Ngày tháng năm sinh", "Birth date", "Birth_date", "NTNS"),
        "phone": ("Số điện thoại", "Điện thoại", "SĐT", "Di động", "Phone"),
        "outcome": ("Kết quả", "Kết quả hiến máu", "Tình trạng", "Trạng thái", "Outcome"),
        "component": ("Loại", "Loại hiến", "Thành phần", "Thành phần máu", "Chế phẩm", "Component"),
        "ml": ("Thể tích (ml)", "Thể tích", "Số ml", "Lượng máu", "Lượng máu hiến", "ml", "Volume"),
        "given_on": ("Ngày hiến", "Ngày hiến máu", "Ngày lấy máu", "Given on", "Given_on"),
        "deferred_until": ("Hoãn đến", "Hoãn đến ngày", "Ngày hẹn lại", "Deferred until", "Deferred_until"),
        "reason_group": ("Nhóm lý do", "Lý do hoãn", "Lý do", "Reason group", "Reason_group"),
    }
)  # fmt: skip
"""What is read, and how columns call it (surface.md names the first word of each)."""

NEVER_READ: tuple[str, ...] = (
    "HIV", "HBsAg", "HBV", "HCV", "Anti-HCV", "Anti HIV", "Viêm gan", "Giang mai", "Syphilis", "TPHA", "Sốt rét", "Malaria",
    "HTLV", "CMV", "NAT", "HIV1", "HIV2", "HIV1/2", "HBs", "Anti-HBs", "VGB", "VGC", "Kết quả XN", "XN", "Xét nghiệm", "Kết quả xét nghiệm", "KQXN", "Sàng lọc", "Screening", "Test",
    "Nhóm máu", "ABO", "Rh", "Blood group", "CCCD", "CMND", "Căn cước", "Số định danh", "Hộ chiếu", "Dân tộc", "Tôn giáo",
)  # fmt: skip
"""Columns that are known and left unread: what a blood bank finds is between it and the donor."""

SMALLEST, LARGEST = 50, 700
"""Millilitres: a bag left half full is told as it is; plateletpheresis takes up to 650 (facts/blood-donation.md 1.4). Outside of
these it is a slip of the pen."""

OUTCOMES: Mapping[str, RegistrationState] = MappingProxyType(
    {
        **dict.fromkeys(("donated", "da hien", "hien", "hien mau", "da hien mau", "co hien", "dat"), RegistrationState.DONATED),
        **dict.fromkeys(("deferred", "tam hoan", "hoan", "bi hoan", "hoan hien", "tri hoan"), RegistrationState.DEFERRED),
        **dict.fromkeys(("left", "da ve", "ve", "bo ve", "khong hien", "khong hien nua"), RegistrationState.LEFT),
        **dict.fromkeys(("absent", "vang", "vang mat", "khong den", "khong co mat"), RegistrationState.ABSENT),
    }
)  # fmt: skip
COMPONENTS: Mapping[str, Component] = MappingProxyType(
    {
        **dict.fromkeys(("whole blood", "mau toan phan", "toan phan", "mau tp", "mtp"), Component.WHOLE_BLOOD),
        **dict.fromkeys(("platelets", "tieu cau", "khoi tieu cau", "tieu cau gan tach"), Component.PLATELETS),
        **dict.fromkeys(("plasma", "huyet tuong"), Component.PLASMA),
    }
)
REASONS: Mapping[str, ReasonGroup] = MappingProxyType(
    {
        **dict.fromkeys(("haemoglobin", "hemoglobin", "huyet sac to", "thieu mau", "hb thap"), ReasonGroup.HAEMOGLOBIN),
        **dict.fromkeys(("blood pressure", "huyet ap", "mach huyet ap", "mach"), ReasonGroup.BLOOD_PRESSURE),
        **dict.fromkeys(("weight", "can nang", "thieu can"), ReasonGroup.WEIGHT),
        **dict.fromkeys(("illness", "benh", "dang om", "om", "benh ly"), ReasonGroup.ILLNESS),
        **dict.fromkeys(("medicine", "thuoc", "dang dung thuoc", "dung thuoc"), ReasonGroup.MEDICINE),
        **dict.fromkeys(("vaccine", "tiem chung", "vac xin", "tiem vac xin"), ReasonGroup.VACCINE),
        **dict.fromkeys(("interval", "chua du ngay", "khoang cach", "chua du thoi gian"), ReasonGroup.INTERVAL),
        **dict.fromkeys(("rest", "thieu ngu", "met", "chua an", "nghi ngoi"), ReasonGroup.REST),
        **dict.fromkeys(("risk", "nguy co", "yeu to nguy co"), ReasonGroup.RISK),
        **dict.fromkeys(("other", "khac", "ly do khac"), ReasonGroup.OTHER),
    }
)

BOOK = HeaderBook(FIELDS, NEVER_READ, ("birth_date", "phone", "given_on", "deferred_until"))
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ResultRow:
    """One row. `born` is a day, or a year alone; without faults there is an `outcome` and something to know the person by."""

    number: int
    ticket: str = field(default="", repr=False)
    name: str = field(default="", repr=False)
    born: str = field(default="", repr=False)
    phone: str = field(default="", repr=False)
    outcome: RegistrationState | None = None
    component: Component = Component.WHOLE_BLOOD
    ml: int | None = None
    given_on: date | None = None
    until: date | None = None
    reason: ReasonGroup | None = None
    faults: tuple[RowFault, ...] = ()


def find_header(rows: Sequence[Cells]) -> Header:
    """Raises:
    NoHeader: neither a ticket nor two of name, birth date and phone, or nothing that tells what became of somebody.
    """
    return BOOK.find(rows, _missing)


def is_results(head: Sequence[Cells]) -> bool:
    """Whether a sheet begins like one."""
    return any(not _missing(BOOK.find([cells], lambda _at: ()).at) for cells in head)


def _missing(at: Mapping[str, int]) -> list[str]:
    missing = []
    if "ticket" not in at and not ("name" in at and ("phone" in at or "birth_date" in at)):
        missing.append(f"{FIELDS['ticket'][0]} ({FIELDS['name'][0]} + {FIELDS['phone'][0]})")
    if not at.keys() & {"outcome", "ml", "given_on"}:
        missing.append(FIELDS["outcome"][0])
    return missing


def result_rows(rows: Sequence[Cells], header: Header, today: date) -> Iterator[ResultRow]:
    """The rows below the header with the number that the spreadsheet gives them; empty ones and sums are left out. What
    stands in any other column is never looked at."""
    for place, cells in enumerate(rows[header.row + 1 :], header.row + 1):
        texts = {field: cells[at].strip() if at < len(cells) else "" for field, at in header.at.items()}
        texts[NAME] = header.name(cells)
        told = any(texts.get(name, "") for name in ("ticket", "name", "phone"))
        if told and not fold(texts.get("name", "")).startswith(("tong cong", "tong so")):
            yield read_result(place + 1, texts, today)


def read_result(number: int, texts: Mapping[str, str], today: date) -> ResultRow:
    """Read one row."""
    cells = RowCells(texts)
    ticket = cells.read("ticket", _ticket) or ""
    name = cells.read("name", _name) or ""
    phone = cells.read("phone", _phone) or ""
    born = cells.read("birth_date", lambda text: _born(text, today)) or ""
    ml = cells.read("ml", _ml)
    given_on = cells.read("given_on", lambda text: _day(text, today))
    until = cells.read("deferred_until", _later_day)
    outcome = cells.read("outcome", lambda text: _outcome(text, ml, given_on, until))
    component = cells.read("component", lambda text: _word(text, COMPONENTS)) or Component.WHOLE_BLOOD
    reason = cells.read("reason_group", lambda text: _word(text, REASONS, ReasonGroup.OTHER))
    if not ticket and not (name and (phone or born)) and not cells.faults:
        cells.faults.append(RowFault("ticket", "nobody"))
    return ResultRow(
        number, ticket, name, born, phone, outcome, component, ml, given_on, until, reason, tuple(cells.faults)
    )


# --- one cell each ---------------------------------------------------------------------------------------------------


def _ticket(text: str) -> str | Unread:
    if not text:
        return ""
    return read_ticket(text.replace(" ", "")) or Unread("no-ticket")


def _name(text: str) -> str | Unread:
    if not text:
        return ""
    name = read_name(text)
    return Unread("unreadable") if isinstance(name, Miss) else name


def _phone(text: str) -> str | Unread:
    if not text:
        return ""
    phone = phone_of(text)
    return phone if isinstance(phone, str) or phone.reason == "rounded" else Unread("unreadable")


def _born(text: str, today: date) -> str | Unread:
    if not text:
        return ""
    if re.fullmatch(r"(?:19|20)\d{2}", text.removesuffix(".0")):
        return text[:4]
    day = read_plain_day(text)
    if day is None or day >= today:
        return Unread("unreadable")
    return day.isoformat()


def _ml(text: str) -> int | Unread | None:
    found = re.fullmatch(r"(\d{1,4})(?:[.,]0+)?(?: ?ml)?", text.lower().strip())
    if not text:
        return None
    if found is None:
        return Unread("unreadable")
    return int(found[1]) if SMALLEST <= int(found[1]) <= LARGEST else Unread("volume")


def _day(text: str, today: date) -> date | Unread | None:
    if not text:
        return None
    day = read_plain_day(text)
    if day is None:
        return Unread("unreadable")
    return Unread("future") if day > today else day


def _later_day(text: str) -> date | Unread | None:
    if not text:
        return None
    return read_plain_day(text) or Unread("unreadable")


def _outcome(text: str, ml: int | None, given_on: date | None, until: date | None) -> RegistrationState | Unread:
    """Where the column is empty, a volume or a day of giving says it as well."""
    if text:
        return OUTCOMES.get(fold(text), Unread("unreadable"))
    if ml is not None and until is None:
        return RegistrationState.DONATED
    if until is not None and ml is None:
        return RegistrationState.DEFERRED
    return RegistrationState.DONATED if given_on is not None and until is None else Unread("missing")


def _word(text: str, words: Mapping[str, T], other: T | None = None) -> T | Unread | None:
    if not text:
        return None
    return words.get(fold(text)) or other or Unread("unreadable")
