"""What must hold between topics: links, intents, sources, pictures, and what the bot never says."""

from collections.abc import Iterator, Mapping

from bot.library.findings import Finding
from bot.library.schema import Content, Text, Topic
from bot.understanding.folding import fold

NEVER = (
    "đủ điều kiện hiến", "chắc chắn hiến được", "cứ yên tâm hiến", "hãy ngừng thuốc", "nên ngừng thuốc", "ngưng uống thuốc",
    "tạm dừng thuốc", "you are eligible", "stop taking", "stop your medicine",
)  # fmt: skip
"""The bot never decides who may give, and never touches a treatment."""

MOST_STEPS = 8
"""Next steps that a menu under an answer takes; a further one would never be seen."""


def topic_findings(content: Content) -> Iterator[Finding]:
    """Everything that is wrong between topics, campaigns, safety notes and what they name."""
    yield from _link_findings(content)
    yield from _intent_findings(content)
    for topic in content.topics.values():
        yield from _source_findings(content, topic.id, topic.source)
        yield from _image_findings(content, topic.id, topic.image)
        yield from _case_findings(content, topic)
    for note in content.safety:
        yield from _source_findings(content, note.id, note.source)
    for campaign in content.campaigns:
        yield from _image_findings(content, campaign.id, campaign.image)
    for text in content.texts.values():
        yield from _never_said(text)


def _link_findings(content: Content) -> Iterator[Finding]:
    for topic in content.topics.values():
        for step in topic.next:
            wanted = f"label.{step.removeprefix('menu.')}" if step.startswith("menu.") else step
            if wanted not in content.texts:
                yield _of(content, topic.id, f"next leads to {step}, but no file has {wanted}")
        if topic.id in topic.next:
            yield _of(content, topic.id, "next leads back to itself")
        if len(topic.next) > MOST_STEPS:
            yield _of(content, topic.id, f"next has {len(topic.next)} steps, a menu takes {MOST_STEPS}")


def _intent_findings(content: Content) -> Iterator[Finding]:
    owner: dict[str, str] = {}
    for topic in content.topics.values():
        for intent in (*topic.intents, *topic.under):
            if intent not in content.intents:
                yield _of(content, topic.id, f"{intent} has no file in understanding/intents")
        for intent in topic.intents:
            if intent in owner:
                yield _of(content, topic.id, f"{intent} is answered already by {owner[intent]}")
            owner.setdefault(intent, topic.id)


def _case_findings(content: Content, topic: Topic) -> Iterator[Finding]:
    """Under one intent, one phrase names one topic: else the understanding could only guess."""
    for other in content.topics.values():
        if other.id < topic.id and set(other.under) & set(topic.under):
            for phrase in sorted({ask.lower() for ask in other.asks} & {ask.lower() for ask in topic.asks}):
                yield _of(content, topic.id, f"asks: {phrase!r} stands already in {other.id}")


def _source_findings(content: Content, text_id: str, source: Mapping[str, str]) -> Iterator[Finding]:
    for key in source:
        if key not in content.evidence:
            yield _of(content, text_id, f"source {key} does not stand in sources.yaml")


def _image_findings(content: Content, text_id: str, image: str) -> Iterator[Finding]:
    if image and image not in content.images:
        yield _of(content, text_id, f"there is no picture images/{image}")


def _never_said(text: Text) -> Iterator[Finding]:
    for language, said in text.words.items():
        for words in NEVER:
            if fold(words) in fold(said):
                yield Finding(
                    text.path, text.line, "error", f"{text.id} ({language}) says {words!r}: the bot never does"
                )


def _of(content: Content, text_id: str, reason: str) -> Finding:
    text = content.texts.get(text_id)
    return Finding(text.path, text.line, "error", reason) if text else Finding("content", 1, "error", reason)
