"""Reads every file of a `content/` folder into values, and notes each fault with its line."""

from pathlib import Path

from bot.library.fields import keep, strings, words
from bot.library.findings import Finding
from bot.library.lines import Source, read_yaml
from bot.library.occasions import take_campaign, take_safety, take_sources
from bot.library.platform_templates import take_form
from bot.library.platforms import take_platform
from bot.library.recognition import take_steps
from bot.library.reminders import take_reminder
from bot.library.rules import take_rules
from bot.library.schema import Content, Intent, Text
from bot.library.topics import take_topic

_OTHER_SHAPES = frozenset(("sample",))
"""Folders that other floors read."""

IMAGES = "images"


def content_root() -> Path:
    """The folder of the content: inside the installed package, else beside it in the repository."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "content"
    return inside if inside.is_dir() else package.parent / "content"


def read_content(root: Path) -> tuple[Content, list[Finding]]:
    """Everything under a folder, and what is wrong with single files (links between them are `checks`' matter)."""
    content = Content(images=frozenset(file.name for file in (root / IMAGES).glob("*") if file.is_file()))
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
        case ("topics", *_):
            take_topic(content, source)
        case ("campaigns", _):
            take_campaign(content, source)
        case ("safety", _):
            take_safety(content, source)
        case ("sources.yaml",):
            take_sources(content, source)
        case ("understanding", "intents", _):
            _take_intent(content, source)
        case ("understanding", "concepts.yaml"):
            names = source.want(dict, "concepts", default={})
            content.concepts = {name: tuple(strings(source, "concepts", name)) for name in names}
        case ("understanding", "urgent.yaml"):
            content.urgent = tuple(strings(source, "phrases"))
        case ("reminders", _):
            take_reminder(content, source)
        case ("recognition", "steps.yaml"):
            take_steps(content, source)
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
        said = words(source, ("texts", text_id))
        keep(content, source, Text(text_id, said, version, source.path, source.line(("texts", text_id))))


def _take_intent(content: Content, source: Source) -> None:
    label, meaning = source.want(str, "intent", default=""), source.want(str, "meaning", default="")
    examples = tuple(strings(source, "examples"))
    if not label or not meaning or not examples:
        source.note("an intent needs its label (intent), its meaning and examples")
    elif label in content.intents:
        source.note(f"{label} has a file already", "intent")
    else:
        content.intents[label] = Intent(label, meaning, examples)
