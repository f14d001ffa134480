"""Spelling: a word nobody taught us becomes the known word it was meant to be, if that is one slip away."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

_SHORTEST_BY_SOUND, _SHORTEST_BY_SLIP = 3, 4
_SOUNDS = (("tr", "ch"), ("gi", "d"), ("x", "s"), ("r", "d"), ("l", "n"))
"""Beginnings that are said alike somewhere in the country, and so typed for each other."""


@dataclass(frozen=True, slots=True)
class Speller:
    """Known words with how often they occur, found by sound and by leaving out one letter."""

    known: Mapping[str, int] = field(repr=False)
    by_sound: Mapping[str, tuple[str, ...]] = field(repr=False)
    by_part: Mapping[str, tuple[str, ...]] = field(repr=False)

    @classmethod
    def build(cls, said: Iterable[str]) -> "Speller":
        """Learn the words of our own examples."""
        known = Counter(said)
        by_sound: defaultdict[str, list[str]] = defaultdict(list)
        by_part: defaultdict[str, list[str]] = defaultdict(list)
        for word in known:
            if word.isalpha() and len(word) > 1:
                by_sound[_sound(word)].append(word)
                for part in _parts(word):
                    by_part[part].append(word)
        return cls(known, _frozen(by_sound), _frozen(by_part))

    def fix(self, word: str) -> str:
        """The word itself when it is known or nothing is near."""
        if word in self.known or len(word) < _SHORTEST_BY_SOUND or not word.isalpha():
            return word
        meant = self.by_sound.get(_sound(word), ())
        if not meant and len(word) >= _SHORTEST_BY_SLIP:
            near = {known for part in _parts(word) for known in self.by_part.get(part, ())}
            meant = tuple(known for known in near if is_one_slip(word, known))
        return max(meant, key=lambda known: (self.known[known], known), default=word)


def is_one_slip(typed: str, meant: str) -> bool:
    """One letter wrong, missing or too many, or two neighbours swapped."""
    if len(typed) == len(meant):
        wrong = [i for i in range(len(typed)) if typed[i] != meant[i]]
        swapped = (
            len(wrong) == 2
            and wrong[1] == wrong[0] + 1
            and typed[wrong[0]] + typed[wrong[1]] == meant[wrong[1]] + meant[wrong[0]]
        )
        return len(wrong) == 1 or swapped
    longer, shorter = (typed, meant) if len(typed) > len(meant) else (meant, typed)
    return shorter in _parts(longer)


def _parts(word: str) -> set[str]:
    """The word, and the word without each of its letters."""
    return {word, *(word[:i] + word[i + 1 :] for i in range(len(word)))}


def _sound(word: str) -> str:
    return next((sound + word[len(typed) :] for typed, sound in _SOUNDS if word.startswith(typed)), word)


def _frozen(lists: Mapping[str, list[str]]) -> dict[str, tuple[str, ...]]:
    return {key: tuple(found) for key, found in lists.items()}
