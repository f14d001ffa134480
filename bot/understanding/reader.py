"""What the dialogue may ask of the understanding: an intent, and whether words are urgent."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text seems to mean.

    Args:
        intent: a label of the taxonomy, `out_of_scope` when nothing fits.
        confidence: 0 to 1.
        topic: id of the content topic that answers it, "" if none.
        answered: false when the bot would say it does not know, or ask which of two was meant.
        perhaps: where it is not sure, the topics it may be about, likeliest first.
    """

    intent: str
    confidence: float
    topic: str = ""
    answered: bool = False
    perhaps: tuple[str, ...] = ()


class Reader(Protocol):
    """Deterministic, offline, without I/O."""

    def read(self, text: str, *, in_talk: bool = False) -> Reading:
        """`in_talk`: we have just answered a question; the next one is most likely about giving blood too."""
        ...

    def is_urgent(self, text: str) -> bool:
        """Fainting, bleeding that does not stop, breathlessness…: beats every form and stop word."""
        ...

    def despairs(self, text: str) -> bool:
        """Of what is urgent: words of not wanting to live. Nobody who says so is told how to lie down after fainting."""
        ...
