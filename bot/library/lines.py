"""YAML that remembers its lines, so that every fault can be named by file and line."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from bot.library.findings import Finding, Level

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Place = tuple[str | int, ...]
"""Where a value stands inside a file: its keys from the top."""


@dataclass(slots=True)
class Source:
    """One content file: its values, the line of each, and what was found wrong.

    Args:
        path: as shown to people, relative to the folder that holds `content/`.
        values: the mapping at the top of the file.
        lines: the line of each place.
    """

    path: str
    values: dict[str, Any] = field(default_factory=dict)
    lines: dict[Place, int] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def line(self, place: Place) -> int:
        """The line of a place, or of the nearest one around it."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)

    def note(self, reason: str, *place: str | int, level: Level = "error") -> None:
        self.findings.append(Finding(self.path, self.line(place), level, reason))

    def want(self, kind: type, *place: str | int, default: Any = None) -> Any:
        """The value at a place if it is of this kind; a finding if it is there and is not."""
        value: Any = self.values
        for key in place:
            value = _inside(value, key)
        if value is None:
            return default
        if not isinstance(value, kind):
            self.note(f"{'.'.join(map(str, place))} should be {_KINDS.get(kind, kind.__name__)}", *place)
            return default
        return value


def _inside(value: Any, key: str | int) -> Any:
    if isinstance(value, list) and isinstance(key, int):
        return value[key] if key < len(value) else None
    return value.get(key) if isinstance(value, Mapping) else None


_KINDS = {dict: "a mapping", list: "a list", str: "text", int: "a number"}


def read_yaml(file: Path, shown: str) -> Source:
    """Read one file; a fault of YAML itself becomes a finding."""
    source = Source(shown)
    try:
        loader = _LOADER(file.read_text(encoding="utf-8"))
        try:
            node = loader.get_single_node()
            value = _plain(loader, node, (), source) if node is not None else {}
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        source.findings.append(Finding(shown, line, "error", f"this is not YAML: {error.problem}"))
        return source
    except (yaml.YAMLError, UnicodeDecodeError, ValueError) as error:
        source.findings.append(Finding(shown, 1, "error", f"this cannot be read: {error}"))
        return source
    if isinstance(value, dict):
        source.values = value
    else:
        source.note("the file should be a mapping of names to values")
    return source


def _plain(loader: Any, node: yaml.Node, place: Place, source: Source) -> Any:
    """A node as plain values; notes the line of every place and every key that stands twice."""
    source.lines.setdefault(place, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        return dict(_pairs(loader, node, place, source))
    if isinstance(node, yaml.SequenceNode):
        return [_plain(loader, child, (*place, i), source) for i, child in enumerate(node.value)]
    return loader.construct_object(node)


def _pairs(loader: Any, node: yaml.MappingNode, place: Place, source: Source) -> Iterator[tuple[str, Any]]:
    seen: set[str] = set()
    for key_node, value_node in node.value:
        key = str(key_node.value)  # as written: YAML 1.1 would read "on" and "no" as booleans
        here = (*place, key)
        if key in seen:
            line = key_node.start_mark.line + 1
            source.findings.append(Finding(source.path, line, "error", f"{key} stands twice in this mapping"))
        seen.add(key)
        source.lines[here] = key_node.start_mark.line + 1
        yield key, _plain(loader, value_node, here, source)
