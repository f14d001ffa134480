"""Finds a unit of the union tree by the part of its name that a person types."""

import math
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable
from datetime import date

from bot.domain.units import Unit
from bot.understanding.folding import words

ENOUGH = 0.6
"""Share of the typed words' weight that a name must contain to be offered at all."""


class UnitIndex:
    """The units that exist on a day, by id and by the words of their names and codes.

    Typed words count as beginnings ("ch" finds "chè"); rare words weigh more than "công đoàn", which is everywhere.
    """

    def __init__(self, units: Iterable[Unit], today: date) -> None:
        self._by_id = {unit.id: unit for unit in units}
        self._valid = [unit for unit in self._by_id.values() if unit.is_valid_on(today)]
        self._parents = frozenset(unit.parent_id for unit in self._valid)
        self._where: dict[str, set[int]] = defaultdict(set)
        for number, unit in enumerate(self._valid):
            for word in {*words(unit.name), *words(unit.code)}:
                self._where[word].add(number)
        self._words = sorted(self._where)  # words with the same beginning stand together

    def get(self, unit_id: int) -> Unit | None:
        """A unit by id, past ones too."""
        return self._by_id.get(unit_id)

    def has_below(self, unit_id: int) -> bool:
        """Whether units of the day stand below this one."""
        return unit_id in self._parents

    def search(self, text: str, limit: int) -> list[Unit]:
        """Units whose names hold the typed words, best first; none when nothing fits well enough."""
        typed = set(words(text))
        scores: dict[int, float] = defaultdict(float)
        whole = 0.0
        for word in typed:
            found = self._starting_with(word)
            weight = math.log1p(len(self._valid) / (len(found) or 1))
            whole += weight
            for number in found:
                scores[number] += weight
        fitting = [number for number, score in scores.items() if score >= ENOUGH * whole]
        fitting.sort(key=lambda number: (-scores[number], len(self._valid[number].name), self._valid[number].code))
        return [self._valid[number] for number in fitting[:limit]]

    def _starting_with(self, beginning: str) -> set[int]:
        exact = self._where.get(beginning)
        if exact and len(beginning) > 3:
            return exact
        begins = bisect_left(self._words, beginning)
        ends = bisect_right(self._words, f"{beginning}\U0010ffff", begins)
        return set().union(*(self._where[word] for word in self._words[begins:ends]))
