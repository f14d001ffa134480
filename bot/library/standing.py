"""What wants a look in the topics: outdated, soon outdated, a language missing, no doctor has read it."""

from dataclasses import dataclass
from datetime import date, timedelta

from bot.library.schema import LANGUAGES, Topic

SOON = timedelta(days=30)
"""So long before its day a topic is listed: time for a doctor to read it."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How one topic stands on a day. `dormant`: not within its own days, so nobody is told it."""

    topic: Topic
    stale: bool
    soon: bool
    dormant: bool
    missing: tuple[str, ...]

    @property
    def unreviewed(self) -> bool:
        return self.topic.awaits_doctor


def standing(topic: Topic, today: date) -> Standing:
    """Judge one topic.

    Args:
        today: the local day.
    """
    stale = topic.is_stale(today)
    soon = not stale and topic.review.is_over(today + SOON)
    missing = tuple(language for language in LANGUAGES if not (topic.text.get(language) and topic.title.get(language)))
    return Standing(topic, stale, soon, not topic.holds(today), missing)
