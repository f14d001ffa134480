"""Which of the thirty intents a question has, or honest ignorance."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from bot.understanding.concepts import Concepts
from bot.understanding.folding import words
from bot.understanding.learning import Model, train
from bot.understanding.lists import word_set
from bot.understanding.reader import Reading
from bot.understanding.spelling import Speller
from bot.understanding.typing import repair, repair_beside_marks
from bot.understanding.urgent import Urgent

OUT_OF_SCOPE = "out_of_scope"

SURE, APART, HINT = 0.35, 0.20, 0.20
"""Answer from this probability on, if it leads the second by so much; below `HINT` nothing fits."""

_LONGEST = 600
"""Characters read: the question stands in there, and nobody can make us slow."""

_EMPTY = word_set("a da vang oi em anh chi toi minh ban nhe nha ad nhi vay")
_WEAK = word_set("cho hoi xin thi la ma nay do kia voi cua the duoc khong co bi va se cac nhung")
_WORD, _WEAK_WORD, _PAIR, _CONCEPT, _CONCEPT_PAIR = 1.0, 0.35, 0.7, 1.5, 0.8


@dataclass(frozen=True, slots=True)
class IntentReader:
    """Implements `reader.Reader`: deterministic, offline, without I/O."""

    topics: Mapping[str, str]
    urgent: Urgent = field(repr=False)
    concepts: Concepts = field(repr=False)
    speller: Speller = field(repr=False)
    model: Model = field(repr=False)

    @classmethod
    def build(
        cls,
        examples: Mapping[str, Sequence[str]],
        topics: Mapping[str, str],
        urgent: Sequence[str],
        concepts: Mapping[str, Sequence[str]] | None = None,
    ) -> "IntentReader":
        """Learn from example phrases by intent.

        Args:
            examples: our own phrases by intent.
            topics: the topic that answers an intent.
            urgent: the urgent lexicon.
            concepts: ways of saying the same thing, by the name of the thing.
        """
        everything = [example for phrases in examples.values() for example in phrases]
        same = Concepts.build(concepts or {}, everything)
        ways = [way for phrases in (concepts or {}).values() for way in phrases]
        speller = Speller.build(
            [*(w for text in everything for w in repair(text)), *(w for way in ways for w in words(way))]
        )
        texts = [(_signs(text, same, speller), label) for label, phrases in examples.items() for text in phrases]
        return cls(dict(topics), Urgent.build(urgent), same, speller, train(texts))

    def read(self, text: str) -> Reading:
        """The intent, how sure we are, and whether that is enough to answer."""
        signs = _signs(text[:_LONGEST], self.concepts, self.speller)
        if not signs or not self.model.labels:
            return Reading(OUT_OF_SCOPE, 0.0)
        (share, intent), (second, _) = [*self.model.likely(signs), (0.0, "")][:2]
        if intent == OUT_OF_SCOPE or share < HINT:
            return Reading(OUT_OF_SCOPE, round(share, 3))
        answered = share >= SURE and share - second >= APART
        return Reading(intent, round(share, 3), self.topics.get(intent, ""), answered)

    def is_urgent(self, text: str) -> bool:
        return _is_urgent(self.urgent, text)


@lru_cache(maxsize=1024)  # "có", "không", "đăng ký": most of what is typed has been typed before
def _is_urgent(urgent: Urgent, text: str) -> bool:
    return urgent.matches(text)


def _signs(text: str, concepts: Concepts, speller: Speller) -> dict[str, float]:
    """What the classifier sees: words, pairs of neighbours, concepts, concepts that follow each other."""
    said, marks = repair_beside_marks(text)
    kept = [(speller.fix(word), shown) for word, shown in zip(said, marks, strict=True) if word not in _EMPTY]
    plain = tuple(word for word, _ in kept)
    signs: dict[str, float] = {}
    before = ""
    for word in plain:
        signs[word] = _WEAK_WORD if word in _WEAK else _WORD
        if before:
            signs[f"{before} {word}"] = _PAIR
        before = word
    before = ""
    for names in concepts.find(plain, [shown for _, shown in kept]):
        for name in names:
            signs[f"={name}"] = _CONCEPT
            if before:
                signs[f"{before}>{name}"] = _CONCEPT_PAIR
        before = names[0]
    return signs
