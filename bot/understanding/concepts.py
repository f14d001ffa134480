"""Concepts: many ways of saying one thing ("cho máu", "đi hiến", "hm") become one sign for the classifier."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from bot.understanding.folding import words
from bot.understanding.marks import marks_of
from bot.understanding.typing import repair_beside_marks


@dataclass(frozen=True, slots=True)
class _Phrase:
    """`marks` holds the marks of a single word, for longer phrases it is None: those are clear without."""

    words: tuple[str, ...]
    concepts: tuple[str, ...]
    marks: str | None
    clear_unmarked: bool


@dataclass(frozen=True, slots=True)
class Concepts:
    """Phrases by their first word, the longest first."""

    by_first: Mapping[str, tuple[_Phrase, ...]] = field(repr=False)

    @classmethod
    def build(cls, concepts: Mapping[str, Sequence[str]], examples: Iterable[str]) -> "Concepts":
        """Compile; `examples` tell which single words may be trusted when their marks are missing."""
        owners: defaultdict[tuple[tuple[str, ...], str], list[str]] = defaultdict(list)
        for concept, phrases in concepts.items():
            for phrase in phrases:
                owners[words(phrase), phrase].append(concept)
        usual = _usual_marks(examples)
        by_first: defaultdict[str, list[_Phrase]] = defaultdict(list)
        for (said, phrase), names in owners.items():
            if said:
                by_first[said[0]].append(_phrase(said, phrase, tuple(names), usual))
        return cls({first: tuple(sorted(found, key=_longest_first)) for first, found in by_first.items()})

    def find(self, said: tuple[str, ...], marks: Sequence[str]) -> list[tuple[str, ...]]:
        """The concepts in order of the sentence; one phrase may carry several."""
        found: list[tuple[str, ...]] = []
        at = 0
        while at < len(said):
            phrase = self._at(said, marks, at) if said[at] in self.by_first else None
            if phrase is not None:
                found.append(phrase.concepts)
            at += len(phrase.words) if phrase is not None else 1
        return found

    def _at(self, said: tuple[str, ...], marks: Sequence[str], at: int) -> _Phrase | None:
        for phrase in self.by_first[said[at]]:
            size = len(phrase.words)
            if size == 1:
                shown = marks[at]
                if (marks_of(shown) == phrase.marks) if shown else phrase.clear_unmarked:
                    return phrase
            elif phrase.words == said[at : at + size]:
                return phrase
        return None


def _usual_marks(examples: Iterable[str]) -> dict[str, str]:
    """For each folded word the marks it mostly carries in well-typed examples."""
    seen: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for example in examples:
        said, shown = repair_beside_marks(example)
        for word, typed in zip(said, shown, strict=True):
            seen[word][marks_of(typed)] += 1
    return {word: counted.most_common(1)[0][0] for word, counted in seen.items()}


def _phrase(said: tuple[str, ...], phrase: str, names: tuple[str, ...], usual: Mapping[str, str]) -> _Phrase:
    marks = marks_of(phrase) if len(said) == 1 else None
    return _Phrase(said, names, marks, marks is None or usual.get(said[0], marks) == marks)


def _longest_first(phrase: _Phrase) -> tuple[int, tuple[str, ...]]:
    return -len(phrase.words), phrase.words
