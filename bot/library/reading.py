"""Reads every file of a `content/` folder into values, and notes each fault with its line."""

from datetime import date
from pathlib import Path
from typing import Any

from bot.library.findings import Finding
from bot.library.lines import Place, Source, read_yaml
from bot.library.platform_templates import take_form
from bot.library.platforms import take_platform
from bot.library.rules import take_rules
from bot.library.schema import LANGUAGES, Content, Intent, Text, Topic

_OTHER_SHAPES = frozenset(("sample",))
"""Folders that other floors read."""

_TOPIC_KEYS = frozenset(("id", "intents", "title", "text", "next", "source", "kind", "reviewed", "review_by"))
_KINDS = ("medical", "legal", "service")


def content_root() -> Path:
    """The folder of the content: inside the installed package, else beside it in the repository."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "content"
    return inside if inside.is_dir() else package.parent / "content"


def read_content(root: Path) -> tuple[Content, list[Finding]]:
    """Everything under a folder, and what is wrong with single files (links between them are `checks`' matter)."""
    content = Content()
    sources = []
    for file in sorted(root.rglob("*.yaml")):
        parts = file.relative_to(root).parts
        if parts[0] not in _OTHER_SHAPES:
            source = read_yaml(file, f"{root.name}/{'/'.join(parts)}")
            sources.append(source)
            _take(content, source, parts)
    findings = [finding for source in sources for finding in source.findings]
    if not sources:
        findings.append(Finding(root.name, 1, "error", "no content file was found here"))
    return content, findings


def _take(content: Content, source: Source, parts: tuple[str, ...]) -> None:
    if not source.values:
        if not source.findings:
            source.note("the file is empty")
        return
    match parts:
        case ("topics", _):
            _take_topic(content, source)
        case ("understanding", "intents", _):
            _take_intent(content, source)
        case ("understanding", "concepts.yaml"):
            names = source.want(dict, "concepts", default={})
            content.concepts = {name: tuple(_strings(source, "concepts", name)) for name in names}
        case ("understanding", "urgent.yaml"):
            content.urgent = tuple(_strings(source, "phrases"))
        case ("rules", file):
            take_rules(content.rules, source, file)
            for rule_id, name in content.rules.names.items():
                content.texts[f"rule.{rule_id}"] = Text(f"rule.{rule_id}", name, 1, source.path, 1)
        case ("platforms", _):
            take_platform(content.platforms, source)
        case ("templates", _):
            take_form(content.forms, source)
        case ("placeholders.yaml",):
            content.placeholders = frozenset(source.want(dict, "placeholders", default={}))
        case _:
            _take_texts(content, source)


def _take_texts(content: Content, source: Source) -> None:
    version = source.want(int, "version", default=0)
    if not version:
        source.note("version is missing: write `version: 1` and count up when the words of a consent change")
    texts = source.want(dict, "texts")
    if texts is None:
        source.note("texts is missing: write `texts:` with an id and its languages in each line")
    for text_id in texts or {}:
        words = _words(source, ("texts", text_id))
        _keep(content, source, Text(text_id, words, version, source.path, source.line(("texts", text_id))))


def _keep(content: Content, source: Source, text: Text) -> None:
    first = content.texts.get(text.id)
    if first is not None:
        source.findings.append(
            Finding(source.path, text.line, "error", f"{text.id} stands already in {first.path}:{first.line}")
        )
    elif text.words.get(LANGUAGES[0]):
        content.texts[text.id] = text


def _words(source: Source, place: Place) -> dict[str, str]:
    """The languages of one text; a missing first language is an error, another one a warning."""
    by_language: dict[str, Any] = source.want(dict, *place, default={})
    for language in by_language:
        if language not in LANGUAGES:
            source.note(f"{language} is not one of the languages {', '.join(LANGUAGES)}", *place, language)
    words = {language: _tidy(source.want(str, *place, language, default="")) for language in LANGUAGES}
    for language in (language for language in LANGUAGES if not words[language]):
        level: Any = "error" if language == LANGUAGES[0] else "warning"
        source.note(f"{'.'.join(map(str, place))} has no {language}", *place, level=level)
    return {language: text for language, text in words.items() if text}


def _tidy(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def _strings(source: Source, *place: str) -> list[str]:
    values = source.want(list, *place, default=[])
    for i, value in enumerate(values):
        if not isinstance(value, str):
            source.note(f"{value!r} should be text: put it in quotes", *place, i)
    return [value for value in values if isinstance(value, str)]


def _take_topic(content: Content, source: Source) -> None:
    topic_id = source.want(str, "id", default="")
    if not topic_id:
        source.note("id is missing")
        return
    for key in source.values:
        if key not in _TOPIC_KEYS:
            source.note(f"{key} is not a field of a topic", key)
    kind = source.want(str, "kind", default="medical")
    if kind not in _KINDS:
        source.note(f"kind is one of {', '.join(_KINDS)}", "kind")
    topic = _topic(source, topic_id, kind)
    if kind != "service" and not topic.source:
        source.note("a medical or legal topic needs its source", "id")
    line = source.line(("id",))
    _keep(content, source, Text(topic_id, topic.text, 1, source.path, line))
    _keep(content, source, Text(f"{topic_id}.title", topic.title, 1, source.path, source.line(("title",))))
    content.topics.setdefault(topic_id, topic)


def _topic(source: Source, topic_id: str, kind: str) -> Topic:
    return Topic(
        id=topic_id,
        intents=tuple(_strings(source, "intents")),
        title=_words(source, ("title",)),
        text=_words(source, ("text",)),
        next=tuple(_strings(source, "next")),
        source=tuple(_strings(source, "source")),
        kind=kind,
        reviewed_by=source.want(str, "reviewed", "by_role", default=""),
        reviewed_on=_day(source, "reviewed", "on"),
        review_by=_day(source, "review_by"),
    )


def _day(source: Source, *place: str) -> date | None:
    day: date | None = source.want(date, *place)
    if day is None:
        source.note(f"{'.'.join(place)} is missing: write a date such as 2026-11-22", *place)
    return day


def _take_intent(content: Content, source: Source) -> None:
    label, meaning = source.want(str, "intent", default=""), source.want(str, "meaning", default="")
    examples = tuple(_strings(source, "examples"))
    if not label or not meaning or not examples:
        source.note("an intent needs its label (intent), its meaning and examples")
    elif label in content.intents:
        source.note(f"{label} has a file already", "intent")
    else:
        content.intents[label] = Intent(label, meaning, examples)
