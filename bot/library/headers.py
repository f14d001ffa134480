"""Headers of lists as people write them: where the row of names stands, which column is which, which are left unread."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz, process

from bot.understanding.folding import fold

LOOKED_AT = 20
"""The header stands among the first rows, under the union's name and the title of the list."""

LIKE_ENOUGH = 88.0
LONGEST = 60
NUMBERING = ("stt", "tt", "so tt", "no")

Cells = Sequence[str]


class NoHeader(Exception):
    """No row names the columns that are needed; the message says which are missing."""


@dataclass(frozen=True, slots=True)
class Header:
    """Which column is which: `at` by field, `others` are unknown, `never` known and left alone."""

    row: int
    at: Mapping[str, int]
    never: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


class HeaderBook:
    """What one kind of list calls its columns.

    Args:
        fields: field → the words for it, accents and capitals aside.
        never: words of columns that are known and never read.
        begins: fields that may go on with other words, "Ngày sinh (ngày/tháng/năm)".
    """

    def __init__(self, fields: Mapping[str, Sequence[str]], never: Sequence[str], begins: Sequence[str] = ()) -> None:
        self._aliases = {fold(alias): name for name, aliases in fields.items() for alias in aliases}
        self._never = tuple(fold(one) for one in never)
        self._begins = frozenset(begins)

    def find(self, rows: Sequence[Cells], enough: Callable[[Mapping[str, int]], Sequence[str]]) -> Header:
        """The row that names most columns.

        Args:
            enough: the words of the columns that are missing, none when these will do.

        Raises:
            NoHeader: no row will do.
        """
        found = [self._header(number, cells) for number, cells in enumerate(rows[:LOOKED_AT])]
        best = max(found, key=lambda header: len(header.at), default=Header(0, {}))
        if missing := enough(best.at):
            raise NoHeader(", ".join(missing))
        return best

    def _header(self, number: int, cells: Cells) -> Header:
        at: dict[str, int] = {}
        never, others = [], []
        for place, cell in enumerate(cells):
            header = fold(cell)
            name = self._field(header)
            if any(f" {one} " in f" {header} " for one in self._never):
                never.append(cell.strip())
            elif name is not None and name not in at:
                at[name] = place
            elif header and header not in NUMBERING:
                others.append(cell.strip())
        return Header(number, at, tuple(never), tuple(others))

    def _field(self, header: str) -> str | None:
        """The one field that a header means; a header between two means none."""
        if not header or len(header) > LONGEST:
            return None
        if header in self._aliases:
            return self._aliases[header]
        begun = {
            name for alias, name in self._aliases.items() if name in self._begins and header.startswith(f"{alias} ")
        }
        if len(begun) == 1:
            return begun.pop()
        near = process.extract(
            header, self._aliases.keys(), scorer=fuzz.token_sort_ratio, score_cutoff=LIKE_ENOUGH, limit=None
        )
        fields = {self._aliases[alias] for alias, _, _ in near}
        return fields.pop() if len(fields) == 1 else None
