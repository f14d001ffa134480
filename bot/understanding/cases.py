"""Which particular answer of an intent was asked for: "huyết áp" among the illnesses, "uốn ván" among the vaccines."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from bot.understanding.concepts import Concepts

Asks = Mapping[str, Mapping[str, Sequence[str]]]
"""Intent → topic → the words by which people name its case, with their marks."""


@dataclass(frozen=True, slots=True)
class Cases:
    """The words of each case, compiled by intent."""

    by_intent: Mapping[str, Concepts] = field(repr=False)

    @classmethod
    def build(cls, asks: Asks, examples: Iterable[str]) -> "Cases":
        known = tuple(examples)
        return cls({intent: Concepts.build(topics, known) for intent, topics in asks.items()})

    def topic(self, intent: str, said: tuple[str, ...], marks: Sequence[str]) -> str:
        """The one topic whose words stand in the text; "" when there is none, or several: then the general one answers."""
        concepts = self.by_intent.get(intent)
        if concepts is None:
            return ""
        found = {name for names in concepts.find(said, marks) for name in names}
        return found.pop() if len(found) == 1 else ""
