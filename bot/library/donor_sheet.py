"""An old donor list as a spreadsheet keeps it: where its header stands, which columns are read, which never are."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz, process

from bot.library.donor_rows import FIELDS, NEEDED, NEVER_READ
from bot.understanding.folding import fold

LOOKED_AT = 20
"""The header stands among the first rows, under the union's name and the title of the list."""

LIKE_ENOUGH = 88.0

Cells = Sequence[str]

_ALIASES = {fold(alias): name for name, aliases in FIELDS.items() for alias in aliases}
_NEVER = tuple(fold(one) for one in NEVER_READ)
_BORN = "birth_date"


class NoHeader(Exception):
    """No row names the columns that are needed; the message says which are missing."""


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
    found = [_columns(number, cells) for number, cells in enumerate(rows[:LOOKED_AT])]
    best = max(found, key=lambda columns: len(columns.at), default=DonorColumns(0, {}))
    missing = [FIELDS[name][0] for name in NEEDED if name not in best.at]
    if missing:
        raise NoHeader(", ".join(missing))
    below = rows[best.row + 1] if best.row + 1 < len(rows) else ()
    return _with_two_years(best, [fold(cell) for cell in below])


def donor_rows(rows: Sequence[Cells], columns: DonorColumns) -> Iterator[tuple[int, Mapping[str, str]]]:
    """The rows below the header with the number that the spreadsheet gives them; empty ones and sums are left out."""
    for place, cells in enumerate(rows[columns.row + 1 :], columns.row + 1):
        texts = {name: _first(cells, where) for name, where in columns.at.items()}
        if (texts["name"] or texts["phone"]) and not fold(texts["name"]).startswith(("tong cong", "tong so")):
            yield place + 1, texts


def _first(cells: Cells, where: Sequence[int]) -> str:
    return next((cells[at].strip() for at in where if at < len(cells) and cells[at].strip()), "")


def _columns(number: int, cells: Cells) -> DonorColumns:
    at: dict[str, tuple[int, ...]] = {}
    never, others = [], []
    for place, cell in enumerate(cells):
        header = fold(cell)
        name = _field(header)
        if any(f" {one} " in f" {header} " for one in _NEVER):
            never.append(cell.strip())
        elif name is not None and name not in at:
            at[name] = (place,)
        elif header and header not in ("stt", "tt", "so tt"):
            others.append(cell.strip())
    return DonorColumns(number, at, tuple(never), tuple(others))


def _field(header: str) -> str | None:
    """The one field that a header means; a header between two means none."""
    if not header or len(header) > 60:
        return None
    if header in _ALIASES:
        return _ALIASES[header]
    begun = {name for alias, name in _ALIASES.items() if name in NEEDED and header.startswith(f"{alias} ")}
    if len(begun) == 1:  # "Ngày sinh (ngày/tháng/năm)", "SĐT liên hệ"
        return begun.pop()
    near = process.extract(header, _ALIASES.keys(), scorer=fuzz.token_sort_ratio, score_cutoff=LIKE_ENOUGH, limit=None)
    fields = {_ALIASES[alias] for alias, _, _ in near}
    return fields.pop() if len(fields) == 1 else None


def _with_two_years(columns: DonorColumns, below: Sequence[str]) -> DonorColumns:
    (born, *_) = columns.at[_BORN]
    pair = tuple(place for place in (born, born + 1) if place < len(below) and below[place] in ("nam", "nu"))
    if len(pair) < 2:
        return columns
    return DonorColumns(columns.row + 1, {**columns.at, _BORN: pair}, columns.never, columns.others)
