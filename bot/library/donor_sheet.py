"""An old donor list as a spreadsheet keeps it: where its header stands, which columns are read, which never are."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.library.donor_rows import FIELDS, NEEDED, NEVER_READ
from bot.library.headers import NAME, Cells, Header, HeaderBook, NoHeader
from bot.library.tables import read_table
from bot.understanding.folding import fold

_BOOK = HeaderBook(FIELDS, NEVER_READ, NEEDED)
_BORN = "birth_date"


@dataclass(frozen=True, slots=True)
class DonorSheet:
    """A list as it was read.

    Args:
        born_at: the columns of birth dates; two where men and women have one each.
        first: the row after the header.
        other_sheets: names of sheets that are lists too, and were left unread.
    """

    rows: Sequence[Cells]
    header: Header
    born_at: tuple[int, ...]
    first: int
    other_sheets: tuple[str, ...] = ()


def read_sheet(content: bytes) -> DonorSheet:
    """The list that a file holds; two columns "nam" and "nữ" under "năm sinh" are one.

    Raises:
        BadTable: it is no table.
        NoHeader: name, birth date and phone are not all there.
    """
    table = read_table(content, is_donor_list)
    header = _find(table.rows)
    first = header.row + 1
    below = [fold(cell) for cell in table.rows[first]] if first < len(table.rows) else []
    born = header.at[_BORN]
    pair = tuple(place for place in (born, born + 1) if place < len(below) and below[place] in ("nam", "nu"))
    if len(pair) < 2:
        return DonorSheet(table.rows, header, (born,), first, table.others)
    return DonorSheet(table.rows, header, pair, first + 1, table.others)


def is_donor_list(head: Sequence[Cells]) -> bool:
    """Whether a sheet begins like one."""
    try:
        _find(head)
    except NoHeader:
        return False
    return True


def donor_rows(sheet: DonorSheet) -> Iterator[tuple[int, Mapping[str, str]]]:
    """The rows below the header with the number that the spreadsheet gives them; empty ones and sums are left out."""
    places = {field: (place,) for field, place in sheet.header.at.items()} | {_BORN: sheet.born_at}
    for number, cells in enumerate(sheet.rows[sheet.first :], sheet.first + 1):
        texts = {field: _first(cells, where) for field, where in places.items()}
        texts[NAME] = sheet.header.name(cells)
        if (texts[NAME] or texts["phone"]) and not fold(texts[NAME]).startswith(("tong cong", "tong so")):
            yield number, texts


def _find(rows: Sequence[Cells]) -> Header:
    return _BOOK.find(rows, lambda at: [FIELDS[name][0] for name in NEEDED if name not in at])


def _first(cells: Cells, where: Sequence[int]) -> str:
    return next((cells[at].strip() for at in where if at < len(cells) and cells[at].strip()), "")
