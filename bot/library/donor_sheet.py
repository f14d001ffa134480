"""An old donor list as a spreadsheet keeps it: where its header stands, which columns are read, which never are."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.library.donor_rows import FIELDS, NEEDED, NEVER_READ
from bot.library.headers import Cells, Header, HeaderBook, NoHeader
from bot.understanding.folding import fold

__all__ = ["DonorColumns", "NoHeader", "donor_rows", "find_columns", "is_donor_list"]

_BOOK = HeaderBook(FIELDS, NEVER_READ, NEEDED)
_BORN = "birth_date"


@dataclass(frozen=True, slots=True)
class DonorColumns:
    """Which column is which: `at` by field, `others` are unknown, `never` known and left alone."""

    row: int
    at: Mapping[str, tuple[int, ...]]
    never: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


def find_columns(rows: Sequence[Cells]) -> DonorColumns:
    """The header of a list; two columns "nam" and "nữ" under "năm sinh" are one.

    Raises:
        NoHeader: name, birth date and phone are not all there.
    """
    header = _BOOK.find(rows, lambda at: [FIELDS[name][0] for name in NEEDED if name not in at])
    below = rows[header.row + 1] if header.row + 1 < len(rows) else ()
    return _with_two_years(header, [fold(cell) for cell in below])


def is_donor_list(head: Sequence[Cells]) -> bool:
    """Whether a sheet begins like one."""
    try:
        find_columns(head)
    except NoHeader:
        return False
    return True


def donor_rows(rows: Sequence[Cells], columns: DonorColumns) -> Iterator[tuple[int, Mapping[str, str]]]:
    """The rows below the header with the number that the spreadsheet gives them; empty ones and sums are left out."""
    for place, cells in enumerate(rows[columns.row + 1 :], columns.row + 1):
        texts = {name: _first(cells, where) for name, where in columns.at.items()}
        if (texts["name"] or texts["phone"]) and not fold(texts["name"]).startswith(("tong cong", "tong so")):
            yield place + 1, texts


def _first(cells: Cells, where: Sequence[int]) -> str:
    return next((cells[at].strip() for at in where if at < len(cells) and cells[at].strip()), "")


def _with_two_years(header: Header, below: Sequence[str]) -> DonorColumns:
    at = {name: (place,) for name, place in header.at.items()}
    born = header.at[_BORN]
    pair = tuple(place for place in (born, born + 1) if place < len(below) and below[place] in ("nam", "nu"))
    if len(pair) < 2:
        return DonorColumns(header.row, at, header.never, header.others)
    return DonorColumns(header.row + 1, {**at, _BORN: pair}, header.never, header.others)
