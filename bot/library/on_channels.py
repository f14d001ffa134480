"""Proves the content on every channel: each text with its longest values, each topic with its menu, each button."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from bot.dialog.payloads import Go, Read
from bot.domain.messages import Choice, Message
from bot.domain.platforms import Limits, Platform
from bot.library.findings import Finding
from bot.library.lines import read_yaml
from bot.library.reading import read_content
from bot.library.schema import LANGUAGES, Content, Text, Topic
from bot.library.templates import BadTemplate, parse

Fit = Callable[[Sequence[Message], Limits, str], Sequence[Message]]
"""How a channel's messages are made. Channels are neighbours of the library, so whoever checks brings it along."""

SAID = ("dialog", "forms", "reminders", "topics", "safety")
"""Folders whose words are said in chats; pages show theirs in a browser."""

USUAL = 40
"""Characters of a value for which placeholders.yaml names no other length."""

HINT = "channels.answer-with-number"
MENU = "label.menu"
FILLER = "Nhà văn hoá Lao động tỉnh Mẫu, phường Đoàn Kết "


def on_channels(root: Path, fit: Fit) -> list[Finding]:
    """What some channel could not take as one message, or would not show whole; in order of file and line."""
    content, _ = read_content(root)
    longest, findings = _longest(root, content)
    for text in content.texts.values():
        findings.extend(_findings_of(text, content, longest, fit))
    return sorted(set(findings))


def _findings_of(text: Text, content: Content, longest: Mapping[str, int], fit: Fit) -> Iterator[Finding]:
    if text.path.split("/")[1] not in SAID:
        return
    is_label = text.id.startswith("label.") or text.id.endswith(".title")
    for language in text.words:
        words = _filled(text, language, longest)
        for platform in _platforms(text, content) if words else ():
            if is_label:
                yield from _button(text, language, words, platform, fit)
            else:
                menu = _menu(content.topics.get(text.id), content, language)
                yield from _message(text, language, Message(words, menu), platform, fit, content)
        if topic := content.topics.get(text.id):
            yield from _same_labels(text, topic, content, language)


def _platforms(text: Text, content: Content) -> Iterator[Platform]:
    """Those on which the words are said: `id@web` on the web alone, and `id` wherever it has no words of its own."""
    _, _, only = text.id.partition("@")
    for kind, platform in content.platforms.platforms.items():
        if only == kind.value or (not only and f"{text.id}@{kind}" not in content.texts):
            yield platform


def _button(text: Text, language: str, label: str, platform: Platform, fit: Fit) -> Iterator[Finding]:
    """A button that would cut its words has them written out beside it: two readings where one was meant."""
    if platform.limits.choices == 0:
        return
    shown = fit([Message("?", (Choice(label, str(Go("menu"))),))], platform.limits, "")[-1]
    if shown.text != "?" or shown.choices[0].label != " ".join(label.split()):
        reason = f"{len(label)} characters with its longest values, a button on {platform.kind} takes"
        yield _error(text, f"{text.id} ({language}): {reason} {platform.limits.label}")


def _message(
    text: Text, language: str, message: Message, platform: Platform, fit: Fit, content: Content
) -> Iterator[Finding]:
    limits = platform.limits
    parts = fit([message], limits, content.texts[HINT].words[LANGUAGES[0]] if HINT in content.texts else "")
    if len(parts) > 1:
        reason = f"{len(message.text)} characters with its longest values are {len(parts)} messages on {platform.kind}"
        yield _error(text, f"{text.id} ({language}): {reason}; one takes {limits.text}")
    for choice in message.choices:
        if len(choice.payload.encode()) > limits.payload:
            reason = f"the button to {choice.payload} carries more than the {limits.payload} bytes of {platform.kind}"
            yield _error(text, f"{text.id}: {reason}")


def _menu(topic: Topic | None, content: Content, language: str) -> tuple[Choice, ...]:
    """The buttons under a topic, as the dialogue makes them (`dialog/questions.py`)."""
    steps = (*topic.next, "menu.menu") if topic else ()
    found = ((_words(content, step, language), step) for step in steps)
    return tuple(
        Choice(label, str(Read(step.removeprefix("topic.")) if step.startswith("topic.") else Go(step[5:])))
        for label, step in found
        if label
    )


def _words(content: Content, step: str, language: str) -> str:
    text = content.texts.get(f"{step}.title" if step.startswith("topic.") else f"label.{step.removeprefix('menu.')}")
    return text.words.get(language, text.words[LANGUAGES[0]]) if text else ""


def _same_labels(text: Text, topic: Topic, content: Content, language: str) -> Iterator[Finding]:
    """Two buttons of one menu must read differently."""
    labels = [choice.label.casefold() for choice in _menu(topic, content, language)]
    for label in sorted({label for label in labels if labels.count(label) > 1}):
        yield _error(text, f"{text.id} ({language}): two buttons of its menu say {label!r}")


def _filled(text: Text, language: str, longest: Mapping[str, int]) -> str:
    """The words with every placeholder at its longest; "" where the template itself is at fault."""
    try:
        template = parse(text.words[language])
    except BadTemplate:
        return ""  # told by `checks.py`
    of_label = "label." if text.id.startswith("label.") else ""
    sizes = {name: longest.get(f"{of_label}{name}", longest.get(name, USUAL)) for name in template.names}
    return template.fill({name: _value(name, size) for name, size in sizes.items()})


def _value(name: str, size: int) -> str:
    """Words of this length; a link has no place to cut it at."""
    if name == "link":
        return "https://".ljust(size, "x")
    return (FILLER * (size // len(FILLER) + 1))[:size].rstrip().ljust(size, "a")


def _longest(root: Path, content: Content) -> tuple[dict[str, int], list[Finding]]:
    """`longest` of placeholders.yaml: so many characters a value may have, `label.day` where it stands on a button."""
    file = root / "placeholders.yaml"
    if not file.exists():
        return {}, []
    source, found = read_yaml(file, f"{root.name}/{file.name}"), {}
    for name in source.want(dict, "longest", default={}):
        size = source.want(int, "longest", name, default=0)
        if str(name).removeprefix("label.") not in content.placeholders:
            source.note(f"{name} is no placeholder", "longest", name)
        elif isinstance(size, bool) or not 0 < size <= 2000:
            source.note(f"{name} needs a number of characters from 1 to 2000", "longest", name)
        else:
            found[str(name)] = size
    return found, source.findings


def _error(text: Text, reason: str) -> Finding:
    return Finding(text.path, text.line, "error", reason)
