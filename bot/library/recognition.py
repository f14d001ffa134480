"""Reads content/recognition/steps.yaml: the steps at which donors are honoured, and their words."""

from bot.domain.recognition import Step
from bot.library.fields import keep, known_keys, words
from bot.library.findings import Finding
from bot.library.lines import Source
from bot.library.schema import Content, Text

_FIELDS = frozenset(("id", "confidence", "reviewed", "source", "version", "steps", "texts"))
PATH = "recognition/steps.yaml"


def take_steps(content: Content, source: Source) -> None:
    """Each step with its number of donations, in growing order."""
    known_keys(source, _FIELDS, "the steps of recognition")
    if not source.want(str, "source", default=""):
        source.note("the steps say where they come from (source)", "id")
    version = source.want(int, "version", default=1) or 1
    for text_id in source.want(dict, "texts", default={}):
        said = words(source, ("texts", text_id))
        keep(content, source, Text(text_id, said, version, source.path, source.line(("texts", text_id))))
    found: list[Step] = []
    for place in range(len(source.want(list, "steps", default=[]))):
        step_id = source.want(str, "steps", place, "id", default="")
        at = source.want(int, "steps", place, "from", default=0)
        if not step_id or at < 1:
            source.note("a step needs its id, and from how many donations on (from)", "steps", place)
        elif any(at <= before.at or step_id == before.id for before in found):
            source.note("steps grow: each has an id of its own and a larger number than the one before", "steps", place)
        else:
            found.append(Step(step_id, at))
    content.steps = tuple(found)
    content.step_source = source.want(str, "source", default="")


def step_findings(content: Content, folder: str) -> list[Finding]:
    """Words that are missing, and a source that is none."""
    path = f"{folder}/{PATH}"
    found = [
        Finding(path, 1, "error", f"recognition.{step.id} is missing under texts")
        for step in content.steps
        if f"recognition.{step.id}" not in content.texts
    ]
    if content.steps and content.step_source not in content.evidence:
        found.append(Finding(path, 1, "error", f"source names {content.step_source}, which is not in sources.yaml"))
    return found
