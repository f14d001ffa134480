"""Units as lists write them: one unit of the tree is meant, or it is said that none or several could be."""

import re
from collections.abc import Iterable

from rapidfuzz import fuzz, process

from bot.domain.units import Unit
from bot.understanding.folding import fold

ENOUGH = 88.0
"""How like a name must be, of 100; and by how much the next one must be less like it."""
APART = 6.0

_KINDS = re.compile(
    r"^(?:(?:cong doan co so|cong doan|lien doan lao dong|cdcs|cd|ldld|cong ty co phan|cong ty tnhh|cong ty|cty|tnhh|cp"
    r"|xi nghiep|truong) )+"
)
_NUMBERS = re.compile(r"\d+")


class UnitNames:
    """The units that a list may speak of, by what their names tell once "công đoàn cơ sở" is off."""

    def __init__(self, units: Iterable[Unit]) -> None:
        self.units = {unit.id: unit for unit in units}
        self._exact: dict[str, set[int]] = {}
        for unit in self.units.values():
            for written in {fold(unit.name), fold(unit.code), _telling(unit.name)}:
                self._exact.setdefault(written, set()).add(unit.id)
        self._telling = {unit.id: _telling(unit.name) for unit in self.units.values()}
        self._asked: dict[str, int | str] = {}

    def find(self, written: str) -> int | str:
        """The id of the one unit that is meant; `unknown` or `ambiguous` where that cannot be said."""
        asked = fold(written)
        if asked not in self._asked:
            self._asked[asked] = self._find(asked)
        return self._asked[asked]

    def _find(self, asked: str) -> int | str:
        exact = self._exact.get(asked) or self._exact.get(_telling(asked)) or set()
        if exact:
            return next(iter(exact)) if len(exact) == 1 else "ambiguous"
        wanted, numbers = _telling(asked), _NUMBERS.findall(asked)
        # A number in a name tells two units apart that are otherwise alike.
        alike = {one: name for one, name in self._telling.items() if _NUMBERS.findall(name) == numbers}
        best = process.extract(wanted, alike, scorer=fuzz.token_sort_ratio, score_cutoff=ENOUGH - APART, limit=2)
        if not best or best[0][1] < ENOUGH:
            return "unknown"
        if len(best) > 1 and best[0][1] - best[1][1] < APART:
            return "ambiguous"
        return int(best[0][2])


def _telling(name: str) -> str:
    folded = fold(name)
    return _KINDS.sub("", folded) or folded
