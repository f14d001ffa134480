"""Concepts: many ways of saying one thing ("cho máu", "đi hiến", "hm") become one sign for the classifier."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field

from bot.understanding.folding import marked, words
from bot.understanding.marks import marks_of
from bot.understanding.typing import repair_beside_marks


@dataclass(frozen=True, slots=True)
class _Phrase:
    """`marks` holds the marks of each word where they tell it from something else ("bị dâu", "bị đau"); None: the letters
    are enough. `clear_unmarked`: also where no marks were typed."""

    words: tuple[str, ...]
    concepts: tuple[str, ...]
    marks: tuple[str, ...] | None
    clear_unmarked: bool

    def stands_at(self, said: tuple[str, ...], shown: Sequence[str], at: int) -> bool:
        size = len(self.words)
        if self.words != said[at : at + size]:
            return False
        if self.marks is None:
            return True
        typed = tuple(map(marks_of, shown[at : at + size]))
        if not any(typed) and (size > 1 or not shown[at]):
            return self.clear_unmarked
        # In a phrase some marks are often left out; a single word among marked ones is meant as it stands.
        return all((size > 1 and not seen) or seen == marks for seen, marks in zip(typed, self.marks, strict=True))


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
        usual = _Usual.build(examples, {said for said, _ in owners if len(said) > 1})
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
        return next((phrase for phrase in self.by_first[said[at]] if phrase.stands_at(said, marks, at)), None)


@dataclass(frozen=True, slots=True)
class _Usual:
    """How well-typed examples mark the words of phrases: folded words → marks → how often."""

    seen: Mapping[tuple[str, ...], Counter[tuple[str, ...]]] = field(repr=False)

    @classmethod
    def build(cls, examples: Iterable[str], phrases: Set[tuple[str, ...]]) -> "_Usual":
        """Counts every single word, and the given phrases."""
        sizes = {len(phrase) for phrase in phrases}
        seen: defaultdict[tuple[str, ...], Counter[tuple[str, ...]]] = defaultdict(Counter)
        for example in examples:
            said, shown = repair_beside_marks(example)
            typed = tuple(map(marks_of, shown))
            for word, marks in zip(said, typed, strict=True):
                seen[word,][marks,] += 1
            for size in sizes:
                for at in range(len(said) - size + 1):
                    if said[at : at + size] in phrases:
                        seen[said[at : at + size]][typed[at : at + size]] += 1
        return cls(seen)

    def mostly(self, said: tuple[str, ...], marks: tuple[str, ...]) -> bool:
        """Is this how these letters are mostly meant? So too where they never occurred."""
        counted = self.seen.get(said)
        return counted is None or counted.most_common(1)[0][0] == marks

    def always(self, said: tuple[str, ...], marks: tuple[str, ...]) -> bool:
        return set(self.seen.get(said, ())) <= {marks}


def _phrase(said: tuple[str, ...], phrase: str, names: tuple[str, ...], usual: _Usual) -> _Phrase:
    shown = marked(phrase)
    marks = tuple(map(marks_of, shown)) if len(shown) == len(said) else tuple(marks_of("") for _ in said)
    if len(said) > 1 and usual.always(said, marks):
        return _Phrase(said, names, None, clear_unmarked=True)
    return _Phrase(said, names, marks, usual.mostly(said, marks))


def _longest_first(phrase: _Phrase) -> tuple[int, tuple[str, ...]]:
    return -len(phrase.words), phrase.words
