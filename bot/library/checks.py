"""Checks across files: placeholders, links, lengths, intents. `giothong content check` prints what they find."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

from bot.library.findings import Finding
from bot.library.platforms import missing, outdated
from bot.library.reading import read_content
from bot.library.recognition import step_findings
from bot.library.reminders import reminder_findings
from bot.library.rules import missing_rules
from bot.library.schema import Content, Text
from bot.library.templates import BadTemplate, Template, parse
from bot.library.topic_checks import topic_findings

LONGEST_LABEL = 20
"""Characters of a button. Messenger cuts quick replies and buttons here (facts: Messenger's Send API)."""

LONGEST_TEXT = 2000
"""Characters of a message. Zalo's text limit, the shortest but one; Messenger has the same."""

LONGEST_TOPIC = 560
"""A topic must fit a phone's screen (about 500 characters), and leave room for a menu under it."""

STALE = "topic.stale"


def check(root: Path, today: date | None = None) -> list[Finding]:
    """Everything that is wrong under a content folder, in order of file and line; what is old on that day too."""
    content, findings = examine(root)
    facts = [*content.platforms.facts, *content.rules.facts, *content.facts]
    return findings if today is None else sorted({*findings, *outdated(facts, today)})


def examine(root: Path) -> tuple[Content, list[Finding]]:
    """The content and everything that is wrong with it."""
    content, findings = read_content(root)
    for text in content.texts.values():
        findings.extend(_text_findings(text, content))
    findings.extend(topic_findings(content))
    findings.extend(missing(content.platforms, f"{root.name}/platforms"))
    findings.extend(reminder_findings(content, f"{root.name}/reminders"))
    findings.extend(step_findings(content, root.name))
    findings.extend(missing_rules(content.rules, f"{root.name}/rules"))
    if content.topics and STALE not in content.texts:
        findings.append(Finding(f"{root.name}/topics", 1, "error", f"{STALE} is missing: the line for outdated topics"))
    return content, sorted(set(findings))


def _text_findings(text: Text, content: Content) -> Iterator[Finding]:
    templates: dict[str, Template] = {}
    for language, words in text.words.items():
        try:
            templates[language] = parse(words)
        except BadTemplate as error:
            yield _finding(text, "error", f"{text.id} ({language}): {error}")
    for language, template in templates.items():
        for name in template.names:
            if name not in content.placeholders:
                yield _finding(text, "error", f"{text.id} ({language}): {{{name}}} is not in placeholders.yaml")
        if set(template.names) - set(templates["vi"].names if "vi" in templates else template.names):
            yield _finding(text, "error", f"{text.id} ({language}): placeholders that the vi words do not have")
        yield from _length_findings(text, language, template)


def _length_findings(text: Text, language: str, template: Template) -> Iterator[Finding]:
    length = sum(len(plain) for plain, _ in template.pieces)
    is_label = text.id.startswith("label.") or text.id.endswith(".title")
    is_answer = text.id in _topics_own(text)
    most = LONGEST_LABEL if is_label else LONGEST_TOPIC if is_answer else LONGEST_TEXT
    if length > most:
        what = "a button" if is_label else "a topic" if is_answer else "a Zalo message"
        yield _finding(text, "error", f"{text.id} ({language}) has {length} characters, {what} takes {most}")


def _topics_own(text: Text) -> tuple[str, ...]:
    return (text.id,) if text.path.split("/")[1:2] == ["topics"] else ()


def _finding(text: Text, level: str, reason: str) -> Finding:
    return Finding(text.path, text.line, "error" if level == "error" else "warning", reason)
