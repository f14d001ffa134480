"""The content library: the bot's words by id, its topics, and what the understanding learns from."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Self

from bot.dialog.wording import own_words
from bot.domain.campaigns import Campaign
from bot.domain.platforms import Platform, RouteKind, without_route
from bot.domain.recognition import Steps
from bot.domain.rules import RuleBook
from bot.domain.schedule import Schedule
from bot.domain.templates import Form
from bot.domain.updates import ChannelKind
from bot.library.checks import STALE, examine
from bot.library.findings import ContentFaults
from bot.library.occasions import SAFETY
from bot.library.schema import LANGUAGES, Content, Evidence, SafetyNote, Topic
from bot.library.templates import Template, compiled
from bot.understanding.intents import IntentReader
from bot.understanding.scrubbing import Scrubber

OUR_MATTERS = ("give", "after", "before", "certificate", "platelets", "group", "drive", "recipient", "blood_parts")
"""Concepts of questions that staff may want to write an answer to; somebody's own illness is none."""

_NOTHING: Mapping[str, object] = {}


@dataclass(frozen=True, slots=True)
class Library:
    """Implements `talk.Words`. Immutable: a change of the files is a new library.

    Args:
        topics: by id.
        intent_examples: our own example phrases by intent.
        concepts: ways of saying the same thing.
        urgent_phrases: the urgent lexicon.
        platforms: what each platform allows.
        forms: templates as platforms approve them, by `name@channel`.
        rules: donor rules in every version.
        evidence: the sources of topics, by key.
        campaigns: of the year, with their usual and their announced days.
        schedule: the reminders, each with its timing.
        steps: at which donors are honoured.
        safety: the COVID-19 notes that go with a drive, each for its own days.
    """

    topics: Mapping[str, Topic]
    intent_examples: Mapping[str, tuple[str, ...]] = field(repr=False)
    concepts: Mapping[str, tuple[str, ...]] = field(repr=False)
    urgent_phrases: tuple[str, ...] = field(repr=False)
    platforms: Mapping[ChannelKind, Platform] = field(repr=False)
    forms: Mapping[str, Form] = field(repr=False)
    rules: RuleBook = field(repr=False)
    evidence: Mapping[str, Evidence] = field(repr=False)
    campaigns: tuple[Campaign, ...] = field(repr=False)
    safety: tuple[SafetyNote, ...] = field(repr=False)
    schedule: Schedule = field(repr=False)
    steps: Steps = field(repr=False)
    _words: Mapping[str, Mapping[str, str | Template]] = field(repr=False)
    _versions: Mapping[str, int] = field(repr=False)

    @classmethod
    def load(cls, root: Path) -> Self:
        """Read a content folder.

        Raises:
            ContentFaults: with every error at once, by file and line. Warnings do not stop a start.
        """
        content, findings = examine(root)
        errors = [finding for finding in findings if finding.level == "error"]
        if errors:
            raise ContentFaults(errors)
        return cls._of(content)

    @classmethod
    def _of(cls, content: Content) -> Self:
        return cls(
            topics=content.topics,
            intent_examples={label: intent.examples for label, intent in content.intents.items()},
            concepts=content.concepts,
            urgent_phrases=content.urgent,
            platforms=content.platforms.platforms,
            forms=content.forms,
            rules=content.rules.book(),
            evidence=content.evidence,
            campaigns=tuple(content.campaigns),
            safety=tuple(content.safety),
            schedule=Schedule(content.reminders, tuple(content.campaigns)),
            steps=content.steps,
            _words={language: _compiled(content, language) for language in LANGUAGES},
            _versions={text.id: text.version for text in content.texts.values()},
        )

    def text(self, text_id: str, language: str, values: Mapping[str, object] | None = None) -> str:
        """The words for an id, in the language or else in Vietnamese, with placeholders filled.

        Raises:
            KeyError: no content file has this id, or a placeholder has no value.
        """
        words = (self._words.get(language) or self._words[LANGUAGES[0]])[text_id]
        return words if isinstance(words, str) else words.fill(values or _NOTHING)

    def has(self, text_id: str) -> bool:
        return text_id in self._versions

    def safety_note(self, day: date) -> str:
        """The id of the COVID-19 note for a drive on a day; the safe line where no note has been reviewed for it."""
        return next((note.id for note in self.safety if note.fits(day)), f"{SAFETY}.unsure")

    def wording(self, text_id: str) -> str:
        """The version of a text as a consent records it, e.g. `consent.reminder@1`.

        Raises:
            KeyError: no content file has this id.
        """
        return f"{text_id}@{self._versions[text_id]}"

    def topics_by_intent(self) -> dict[str, str]:
        """Intent → id of the topic that answers it: what `IntentReader.build` is given."""
        return {intent: topic.id for topic in self.topics.values() for intent in topic.intents}

    def cases(self) -> dict[str, dict[str, tuple[str, ...]]]:
        """Intent → its particular topics → the words by which people name their case, marks and all."""
        found: dict[str, dict[str, tuple[str, ...]]] = {}
        for topic in self.topics.values():
            for intent in topic.under:
                found.setdefault(intent, {})[topic.id] = topic.asks
        return found

    def next_steps(self) -> dict[str, tuple[str, ...]]:
        """For each topic the sensible next steps: ids of topics, or places of the menu (`menu.register`)."""
        return {
            topic.id: tuple(step for step in topic.next if not step.startswith("topic.") or step in self.topics)
            for topic in self.topics.values()
        }

    def images(self) -> dict[str, str]:
        """Id of a topic or campaign → its picture in `content/images/`."""
        pictured = [(topic.id, topic.image) for topic in self.topics.values()]
        pictured += [(campaign.id, campaign.image) for campaign in self.campaigns]
        return {text_id: image for text_id, image in pictured if image}

    def stale_topics(self, today: date) -> tuple[Topic, ...]:
        """Topics whose review is overdue, for staff."""
        return tuple(topic for topic in self.topics.values() if topic.is_stale(today))

    def as_of(self, today: date) -> Self:
        """The same library on a day: outdated topics say the safe line, those of another time are not there."""
        stale = {text_id for topic in self.stale_topics(today) for text_id in _said_by(topic)}
        absent = {topic.id for topic in self.topics.values() if not topic.holds(today)}
        if not stale and not absent:
            return self
        gone = {text_id for topic_id in absent for text_id in (f"{topic_id}.title", *_said_by(self.topics[topic_id]))}
        return replace(
            self,
            topics={topic_id: topic for topic_id, topic in self.topics.items() if topic_id not in absent},
            _words={language: _today(by_id, stale, gone) for language, by_id in self._words.items()},
            _versions={text_id: version for text_id, version in self._versions.items() if text_id not in gone},
        )

    def without_route(self, kind: ChannelKind, route: RouteKind) -> Self:
        """The same library where a route is not ours to use."""
        return replace(self, platforms=without_route(self.platforms, kind, route))

    def reader(self) -> IntentReader:
        """The understanding, taught with this content (about half a second: build it once per library)."""
        return IntentReader.build(
            self.intent_examples, self.topics_by_intent(), self.urgent_phrases, self.concepts, self.cases()
        )

    def scrubber(self) -> Scrubber:
        """What lets through of a question only words that stand in this content."""
        said = [text for topic in self.topics.values() for text in (*topic.title.values(), *topic.text.values())]
        examples = [example for phrases in self.intent_examples.values() for example in phrases]
        ways = [way for phrases in self.concepts.values() for way in phrases]
        return Scrubber.build([*said, *examples, *ways], self.concepts, OUR_MATTERS)


def _compiled(content: Content, language: str) -> dict[str, str | Template]:
    """Every text in one language; what is missing is said in Vietnamese."""
    return {text.id: compiled(text.words.get(language) or text.words[LANGUAGES[0]]) for text in content.texts.values()}


def _said_by(topic: Topic) -> tuple[str, ...]:
    """The ids of an answer's words: for everybody, and for single channels."""
    return (topic.id, *(own_words(topic.id, channel) for channel in topic.variants))


def _today(words: Mapping[str, str | Template], stale: set[str], gone: set[str]) -> dict[str, str | Template]:
    """The words of one language without what does not hold; what is stale says the safe line."""
    return {
        text_id: words[STALE] if text_id in stale else said for text_id, said in words.items() if text_id not in gone
    }
