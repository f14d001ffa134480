"""Headers of lists as people write them: where the row of names stands, which column is which, which are left unread."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile

from rapidfuzz import fuzz, process

from bot.understanding.folding import fold

LOOKED_AT = 20
"""The header stands among the first rows, under the union's name and the title of the list."""

LIKE_ENOUGH = 88.0
LONGEST = 60
NAME = "name"
FAMILY = tuple(
    map(fold, ("Họ", "Họ đệm", "Họ và đệm", "Họ tên đệm", "Họ và tên đệm", "Họ và chữ đệm", "Họ lót", "Họ và tên lót"))
)
GIVEN = ("ten",)
"""Two columns that are one name."""

NUMBERING = ("stt", "tt", "so tt", "no")

Cells = Sequence[str]


class NoHeader(Exception):
    """No row names the columns that are needed; the message says which are missing."""


@dataclass(frozen=True, slots=True)
class Header:
    """Which column is which: `at` by field, `others` are unknown, `never` known and left alone; `name_at` every column
    that a name is spread over."""

    row: int
    at: Mapping[str, int]
    never: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    name_at: tuple[int, ...] = ()

    def name(self, cells: Cells) -> str:
        """A whole name. What was merged over its columns stands in each of them, and counts once."""
        parts = [cells[place].strip() for place in self.name_at if place < len(cells)]
        return " ".join(dict.fromkeys(part for part in parts if part))


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
        heads = [fold(cell) for cell in cells]
        fields = [self._field(head) for head in heads]
        name_at = _name_at(heads, fields)
        for place, (head, field) in enumerate(zip(heads, fields, strict=True)):
            if any(f" {one} " in f" {head} " for one in self._never):
                never.append(cells[place].strip())
            elif place in name_at:
                at.setdefault(NAME, place)
            elif field is not None and field not in at:
                at[field] = place
            elif head and head not in NUMBERING:
                others.append(cells[place].strip())
        return Header(number, at, tuple(never), tuple(others), name_at)

    def _field(self, header: str) -> str | None:
        """The one field that a header means; a header between two means none."""
        if not header or len(header) > LONGEST or header in FAMILY:
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


def _name_at(heads: Sequence[str], fields: Sequence[str | None]) -> tuple[int, ...]:
    """Under one head, which may be merged over several columns; or family name and given name apart."""
    if NAME in fields:
        first = fields.index(NAME)
        return tuple(takewhile(lambda place: heads[place] == heads[first], range(first, len(heads))))
    family = next((place for place, head in enumerate(heads) if head in FAMILY), None)
    given = next((place for place, head in enumerate(heads) if head in GIVEN), None)
    return (family, given) if family is not None and given is not None else ()
