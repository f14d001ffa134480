"""Which of the thirty intents a question has, or honest ignorance."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from bot.understanding.cases import Asks, Cases
from bot.understanding.concepts import Concepts
from bot.understanding.folding import words
from bot.understanding.learning import Model, train
from bot.understanding.lists import word_set
from bot.understanding.reader import Reading
from bot.understanding.spelling import Speller
from bot.understanding.typing import repair, repair_beside_marks
from bot.understanding.urgent import Urgent

OUT_OF_SCOPE = "out_of_scope"


@dataclass(frozen=True, slots=True)
class _Sure:
    """Answer from this probability on, if it leads the second by so much."""

    share: float
    apart: float

    def enough(self, first: float, second: float) -> bool:
        return first >= self.share and first - second >= self.apart


IN_OUR_FIELD, MAY_I, ELSEWHERE = _Sure(0.55, 0.40), _Sure(0.75, 0.55), _Sure(0.95, 0.90)
"""Found by five-fold trials on our own examples (docs/why.md): nine of ten questions about other matters that were
answered as if known say nothing of giving blood."""

HINT, STRANGE = 0.20, 0.70
"""Below `HINT` nothing fits; what is `STRANGE` to this degree is nothing of ours."""

PERHAPS = 0.12
"""A topic that is at least so likely is offered when we ask what was meant."""

OUR_FIELD = frozenset((
    "give", "after", "before", "certificate", "platelets", "group", "drive", "register", "wish", "cancel", "booking",
    "refund", "unit", "human", "greet", "thanks", "bot", "recipient", "sell", "blood_parts", "stored", "lost", "rumour",
))  # fmt: skip
"""Concepts that only talk about giving blood, or with this bot, brings up."""

OUR_WORDS = word_set("mau hien")

MAY_I_GIVE = word_set("eligibility.general eligibility.age eligibility.weight_volume eligibility.condition interval")
"""What "may I give" is taken for where the word that matters was mistyped: nothing of the kind may have been read."""

SAFETY = {
    "illness": "eligibility.condition", "operation": "eligibility.condition", "medicine": "medication",
    "tattoo": "tattoo_piercing", "vaccine": "after_vaccine", "covid": "after_covid", "pregnant": "pregnancy_breastfeeding",
    "period": "menstruation",
}  # fmt: skip
"""What a wrong answer could harm: where one of these is told, an answer to something else must be all but certain."""

_LONGEST = 600
"""Characters read: the question stands in there, and nobody can make us slow."""

_EMPTY = word_set("a da vang oi em anh chi toi minh ban nhe nha ad nhi vay")
_WEAK = word_set("cho hoi xin thi la ma nay do kia voi cua the duoc khong co bi va se cac nhung")
_WORD, _WEAK_WORD, _PAIR, _CONCEPT, _CONCEPT_PAIR = 1.0, 0.35, 0.7, 1.5, 0.8
_LETTERS, _AT_ONCE = 0.6, 3
"""Three letters that follow each other in a word: what a mistyped or unknown word still shares with ours. Its strength
was found by five-fold trials on our own examples (docs/why.md)."""


@dataclass(frozen=True, slots=True)
class IntentReader:
    """Implements `reader.Reader`: deterministic, offline, without I/O."""

    topics: Mapping[str, str]
    urgent: Urgent = field(repr=False)
    concepts: Concepts = field(repr=False)
    cases: Cases = field(repr=False)
    speller: Speller = field(repr=False)
    model: Model = field(repr=False)

    @classmethod
    def build(
        cls,
        examples: Mapping[str, Sequence[str]],
        topics: Mapping[str, str],
        urgent: Sequence[str],
        concepts: Mapping[str, Sequence[str]] | None = None,
        cases: Asks | None = None,
    ) -> "IntentReader":
        """Learn from example phrases by intent.

        Args:
            examples: our own phrases by intent.
            topics: the topic that answers an intent.
            urgent: the urgent lexicon.
            concepts: ways of saying the same thing, by the name of the thing.
            cases: the words that name a particular topic of an intent.
        """
        everything = [example for phrases in examples.values() for example in phrases]
        same = Concepts.build(concepts or {}, everything)
        particular = [ask for topics in (cases or {}).values() for asks in topics.values() for ask in asks]
        ways = [*(way for phrases in (concepts or {}).values() for way in phrases), *particular]
        speller = Speller.build(
            [*(w for text in everything for w in repair(text)), *(w for way in ways for w in words(way))]
        )
        texts = [(_signs(text, same, speller), label) for label, phrases in examples.items() for text in phrases]
        return cls(
            dict(topics), Urgent.build(urgent), same, Cases.build(cases or {}, everything), speller, train(texts)
        )

    def read(self, text: str, *, in_talk: bool = False) -> Reading:
        """The intent, how sure we are, and whether that is enough to answer.

        Args:
            in_talk: we have just answered a question, so the next one is most likely about giving blood too.
        """
        signs = _signs(text[:_LONGEST], self.concepts, self.speller)
        if not self.model.labels or not any(sign in self.model.rows for sign in signs):
            return Reading(OUT_OF_SCOPE, 0.0)
        likely = self.model.likely(signs)
        (share, intent), (second, other) = [*likely, (0.0, "")][:2]
        if intent == OUT_OF_SCOPE and second >= PERHAPS and share < STRANGE:
            return self._guess(likely, second, other, text)
        if intent == OUT_OF_SCOPE or share < HINT:
            return Reading(OUT_OF_SCOPE, round(share, 3))
        if _needed(signs, intent, in_talk=in_talk).enough(share, second):
            return Reading(intent, round(share, 3), self._topic(intent, text), answered=True)
        return self._guess(likely, share, intent, text)

    def _guess(self, likely: Sequence[tuple[float, str]], share: float, intent: str, text: str) -> Reading:
        """What it may be: said to nobody as an answer, offered as "did you mean"."""
        found = [self._topic(label, text) for likelihood, label in likely[:4] if likelihood >= PERHAPS]
        perhaps = tuple(dict.fromkeys(topic for topic in found if topic))[:2]
        return Reading(intent, round(share, 3), self._topic(intent, text), perhaps=perhaps)

    def _topic(self, intent: str, text: str) -> str:
        """The particular topic that was named, else the general one."""
        said, marks = repair_beside_marks(text[:_LONGEST])
        spelled = tuple(self.speller.fix(word) for word in said)
        return self.cases.topic(intent, spelled, marks) or self.topics.get(intent, "")

    def is_urgent(self, text: str) -> bool:
        return _is_urgent(self.urgent, text)

    def despairs(self, text: str) -> bool:
        return self.urgent.despairs(text)


def _needed(signs: Mapping[str, float], intent: str, *, in_talk: bool) -> _Sure:
    harm = {meant for name, meant in SAFETY.items() if f"={name}" in signs}
    if not (in_talk or _in_our_field(signs)) or not harm <= {intent}:
        return ELSEWHERE
    return MAY_I if intent in MAY_I_GIVE and not harm else IN_OUR_FIELD


def _in_our_field(signs: Mapping[str, float]) -> bool:
    return any(word in signs for word in OUR_WORDS) or any(f"={name}" in signs for name in OUR_FIELD)


@lru_cache(maxsize=1024)  # "có", "không", "đăng ký": most of what is typed has been typed before
def _is_urgent(urgent: Urgent, text: str) -> bool:
    return urgent.matches(text)


def _signs(text: str, concepts: Concepts, speller: Speller) -> dict[str, float]:
    """What the classifier sees: words, their letters, pairs of neighbours, concepts, concepts that follow each other."""
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
        for letters in _letters_of(word):
            signs[letters] = _LETTERS
    before = ""
    for names in concepts.find(plain, [shown for _, shown in kept]):
        for name in names:
            signs[f"={name}"] = _CONCEPT
            if before:
                signs[f"{before}>{name}"] = _CONCEPT_PAIR
        before = names[0]
    return signs


@lru_cache(maxsize=4096)
def _letters_of(word: str) -> tuple[str, ...]:
    """Runs of letters with the word's beginning and end marked; `#` tells them from words."""
    edged = f"^{word}$"
    return tuple(f"#{edged[i : i + _AT_ONCE]}" for i in range(len(edged) - _AT_ONCE + 1))
