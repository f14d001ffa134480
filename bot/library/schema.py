"""The content as values: topics, texts, intents, and everything read from one `content/` folder."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import ClassVar

from bot.domain.campaigns import Campaign
from bot.domain.recognition import Steps
from bot.domain.schedule import Reminder
from bot.domain.templates import Form
from bot.library.platforms import Fact, PlatformFacts
from bot.library.rules import RuleFacts

LANGUAGES = ("vi", "en")
"""The first one must always be there; the others fall back to it."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A source in `sources.yaml`: who says it, where it can be read, how sure we are, the day somebody last looked."""

    key: str
    name: str
    address: str
    confidence: str
    checked_on: date


@dataclass(frozen=True, slots=True)
class Review:
    """Who read a text last, when, and the last day on which that still counts."""

    ROLES: ClassVar = ("none", "editor", "nurse", "doctor")
    """`none`: written from its sources, and nobody else has read it yet."""

    by_role: str = ""
    on: date | None = None
    by: date | None = None

    def is_over(self, today: date) -> bool:
        return self.by is not None and self.by < today


@dataclass(frozen=True, slots=True)
class Topic:
    """One answer.

    Args:
        id: such as `topic.before`.
        intents: the questions it answers, when nothing more particular was asked.
        under: the intents of which it answers a particular case, such as one illness.
        asks: Vietnamese words by which people name that case, with their marks; the understanding chooses by them.
        title: a button's label, by language.
        text: the answer, by language.
        variants: other words on one channel: channel → words by language.
        next: sensible next steps: ids of topics or of menu texts.
        source: key of `sources.yaml` → which sentence rests on it.
        kind: `medical`, `legal` or `service`; only a service topic needs no source.
        image: a file of `content/images/`.
        review: past its day the topic gives way to a safe line.
        since: not said before this day; `until` is the first day on which it is said no more.
    """

    id: str
    intents: tuple[str, ...]
    title: Mapping[str, str]
    text: Mapping[str, str]
    under: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()
    variants: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    next: tuple[str, ...] = ()
    source: Mapping[str, str] = field(default_factory=dict)
    kind: str = "medical"
    image: str = ""
    review: Review = field(default_factory=Review)
    since: date | None = None
    until: date | None = None

    def is_stale(self, today: date) -> bool:
        return self.review.is_over(today)

    def holds(self, today: date) -> bool:
        """Within its own days."""
        return (self.since is None or self.since <= today) and (self.until is None or today < self.until)

    @property
    def awaits_doctor(self) -> bool:
        """It says something medical that no doctor has read."""
        return self.kind == "medical" and self.review.by_role != "doctor"


@dataclass(frozen=True, slots=True)
class SafetyNote:
    """What a drive's people are told of COVID-19, for drives within these days. `id` is the id of its words."""

    id: str
    since: date | None
    until: date | None
    source: Mapping[str, str]
    review: Review

    def fits(self, day: date) -> bool:
        """Holds on the day of a drive, and its review still counts then."""
        begun = self.since is None or self.since <= day
        return begun and (self.until is None or day < self.until) and not self.review.is_over(day)


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
    """All that was read from one folder, faults and all. `facts` are the days on which sources were last looked at."""

    topics: dict[str, Topic] = field(default_factory=dict)
    texts: dict[str, Text] = field(default_factory=dict)
    intents: dict[str, Intent] = field(default_factory=dict)
    concepts: dict[str, tuple[str, ...]] = field(default_factory=dict)
    urgent: tuple[str, ...] = ()
    placeholders: frozenset[str] = frozenset()
    evidence: dict[str, Evidence] = field(default_factory=dict)
    facts: list[Fact] = field(default_factory=list)
    campaigns: list[Campaign] = field(default_factory=list)
    safety: list[SafetyNote] = field(default_factory=list)
    reminders: dict[str, Reminder] = field(default_factory=dict)
    images: frozenset[str] = frozenset()
    rules: RuleFacts = field(default_factory=RuleFacts)
    platforms: PlatformFacts = field(default_factory=PlatformFacts)
    forms: dict[str, Form] = field(default_factory=dict)
    steps: Steps = ()
    step_source: str = ""
