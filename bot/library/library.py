"""The content library: the bot's words by id, its topics, and what the understanding learns from."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Self

from bot.domain.platforms import Platform, RouteKind, without_route
from bot.domain.rules import RuleBook
from bot.domain.templates import Form
from bot.domain.updates import ChannelKind
from bot.library.checks import STALE, examine
from bot.library.findings import ContentFaults
from bot.library.schema import LANGUAGES, Content, Topic
from bot.library.templates import Template, compiled
from bot.understanding.intents import IntentReader

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
    """

    topics: Mapping[str, Topic]
    intent_examples: Mapping[str, tuple[str, ...]] = field(repr=False)
    concepts: Mapping[str, tuple[str, ...]] = field(repr=False)
    urgent_phrases: tuple[str, ...] = field(repr=False)
    platforms: Mapping[ChannelKind, Platform] = field(repr=False)
    forms: Mapping[str, Form] = field(repr=False)
    rules: RuleBook = field(repr=False)
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

    def wording(self, text_id: str) -> str:
        """The version of a text as a consent records it, e.g. `consent.reminder@1`.

        Raises:
            KeyError: no content file has this id.
        """
        return f"{text_id}@{self._versions[text_id]}"

    def topic_for(self, intent: str) -> Topic | None:
        """The topic that answers an intent, if it is answered by a topic at all."""
        return next((topic for topic in self.topics.values() if intent in topic.intents), None)

    def topics_by_intent(self) -> dict[str, str]:
        """Intent → id of the topic that answers it: what `IntentReader.build` is given."""
        return {intent: topic.id for topic in self.topics.values() for intent in topic.intents}

    def next_steps(self) -> dict[str, tuple[str, ...]]:
        """For each topic the sensible next steps: ids of topics, or places of the menu (`menu.register`)."""
        return {topic.id: topic.next for topic in self.topics.values()}

    def topic_text(self, topic_id: str, language: str, today: date) -> str:
        """The answer of a topic, or the safe line once its review is overdue."""
        return self.text(STALE if self.topics[topic_id].is_stale(today) else topic_id, language)

    def stale_topics(self, today: date) -> tuple[Topic, ...]:
        """Topics whose review is overdue, for staff."""
        return tuple(topic for topic in self.topics.values() if topic.is_stale(today))

    def as_of(self, today: date) -> Self:
        """The same library on a day: outdated topics say the safe line through `text` too."""
        stale = [topic.id for topic in self.stale_topics(today)]
        if not stale:
            return self
        words = {language: {**by_id, **dict.fromkeys(stale, by_id[STALE])} for language, by_id in self._words.items()}
        return replace(self, _words=words)

    def without_route(self, kind: ChannelKind, route: RouteKind) -> Self:
        """The same library where a route is not ours to use."""
        return replace(self, platforms=without_route(self.platforms, kind, route))

    def reader(self) -> IntentReader:
        """The understanding, taught with this content (about half a second: build it once per library)."""
        return IntentReader.build(self.intent_examples, self.topics_by_intent(), self.urgent_phrases, self.concepts)


def _compiled(content: Content, language: str) -> dict[str, str | Template]:
    """Every text in one language; what is missing is said in Vietnamese."""
    return {text.id: compiled(text.words.get(language) or text.words[LANGUAGES[0]]) for text in content.texts.values()}
