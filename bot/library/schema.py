"""The content as values: topics, texts, intents, and everything read from one `content/` folder."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from bot.domain.templates import Form
from bot.library.platforms import PlatformFacts
from bot.library.rules import RuleFacts

LANGUAGES = ("vi", "en")
"""The first one must always be there; the others fall back to it."""


@dataclass(frozen=True, slots=True)
class Topic:
    """One answer.

    Args:
        id: such as `topic.before`.
        intents: the questions it answers.
        title: a button's label, by language.
        text: the answer, by language.
        next: sensible next steps: ids of topics or of menu texts.
        source: where each medical or legal claim comes from.
        kind: `medical`, `legal` or `service`; only a service topic needs no source.
        reviewed_by: the role of who reviewed it; `reviewed_on` when.
        review_by: past this day the topic gives way to a safe line.
    """

    id: str
    intents: tuple[str, ...]
    title: Mapping[str, str]
    text: Mapping[str, str]
    next: tuple[str, ...] = ()
    source: tuple[str, ...] = ()
    kind: str = "medical"
    reviewed_by: str = ""
    reviewed_on: date | None = None
    review_by: date | None = None

    def is_stale(self, today: date) -> bool:
        return self.review_by is not None and self.review_by < today


@dataclass(frozen=True, slots=True)
class Text:
    """Words by language, and the version that a consent records."""

    id: str
    words: Mapping[str, str]
    version: int
    path: str
    line: int


@dataclass(frozen=True, slots=True)
class Intent:
    """A label of the taxonomy with our own example phrases."""

    label: str
    meaning: str
    examples: tuple[str, ...] = field(repr=False)


@dataclass(slots=True)
class Content:
    """All that was read from one folder, faults and all."""

    topics: dict[str, Topic] = field(default_factory=dict)
    texts: dict[str, Text] = field(default_factory=dict)
    intents: dict[str, Intent] = field(default_factory=dict)
    concepts: dict[str, tuple[str, ...]] = field(default_factory=dict)
    urgent: tuple[str, ...] = ()
    placeholders: frozenset[str] = frozenset()
    rules: RuleFacts = field(default_factory=RuleFacts)
    platforms: PlatformFacts = field(default_factory=PlatformFacts)
    forms: dict[str, Form] = field(default_factory=dict)
