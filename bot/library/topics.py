"""Reads content/topics/: one answer a file, languages side by side, a source under every medical or legal claim."""

from zlib import crc32

from bot.dialog.wording import own_words
from bot.domain.updates import ChannelKind
from bot.library.fields import claims, keep, known_keys, review, strings, term, words
from bot.library.lines import Source
from bot.library.schema import Content, Text, Topic

KINDS = ("medical", "legal", "service")
_KEYS = frozenset((
    "id", "intents", "under", "asks", "title", "text", "variants", "next", "source", "kind", "image", "reviewed",
    "review_by", "from", "until",
))  # fmt: skip


def take_topic(content: Content, source: Source) -> None:
    """One file; what is wrong with it is noted with its line."""
    topic_id = source.want(str, "id", default="")
    if not topic_id:
        source.note("id is missing")
        return
    known_keys(source, _KEYS, "a topic")
    topic = _topic(source, topic_id)
    if topic.kind not in KINDS:
        source.note(f"kind is one of {', '.join(KINDS)}", "kind")
    if topic.kind != "service" and not topic.source:
        source.note("a medical or legal topic needs its source", "id")
    if topic.under and not topic.asks:
        source.note("a topic under an intent needs asks: the words by which people name its case", "under")
    keep(content, source, Text(topic_id, topic.text, _version_of(topic), source.path, source.line(("id",))))
    keep(content, source, Text(f"{topic_id}.title", topic.title, 1, source.path, source.line(("title",))))
    for channel, said in topic.variants.items():
        line = source.line(("variants", channel))
        keep(content, source, Text(own_words(topic_id, channel), said, 1, source.path, line))
    content.topics.setdefault(topic_id, topic)


def _version_of(topic: Topic) -> int:
    """Changes with the words: ratings of an answer are of one version."""
    return crc32("\n".join(topic.text.values()).encode())


def _topic(source: Source, topic_id: str) -> Topic:
    since, until = term(source)
    return Topic(
        id=topic_id,
        intents=tuple(strings(source, "intents")),
        under=tuple(strings(source, "under")),
        asks=tuple(strings(source, "asks")),
        title=words(source, ("title",)),
        text=words(source, ("text",)),
        variants=_variants(source),
        next=tuple(strings(source, "next")),
        source=claims(source),
        kind=source.want(str, "kind", default="medical"),
        image=source.want(str, "image", default=""),
        review=review(source),
        since=since,
        until=until,
    )


def _variants(source: Source) -> dict[str, dict[str, str]]:
    channels = source.want(dict, "variants", default={})
    for channel in channels:
        if channel not in set(ChannelKind):
            source.note(f"{channel} is no channel: write one of {', '.join(ChannelKind)}", "variants", channel)
    return {channel: words(source, ("variants", channel)) for channel in channels}
