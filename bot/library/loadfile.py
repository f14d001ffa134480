"""Reads a load file: every section converted, or every fault with its line and field."""

from collections.abc import Iterator
from typing import Any

import yaml

from bot.domain.loads import SECTIONS, BadLoad, Entry, Fault, LoadFile
from bot.library.loadshapes import RULES, SHAPES

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_load_file(text: str, name: str) -> LoadFile:
    """Every section of the file, converted.

    Args:
        text: what stands in the file.
        name: the file's name as it is shown beside each fault.

    Raises:
        BadLoad: with all faults at once.
    """
    try:
        top = yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise BadLoad(name, [Fault(mark.line + 1 if mark else 1, "file", f"is not YAML: {error.problem}")]) from None
    except (yaml.YAMLError, ValueError) as error:
        raise BadLoad(name, [Fault(1, "file", f"is not YAML: {type(error).__name__}")]) from None
    faults: list[Fault] = []
    sections = dict(_sections(top, faults))
    if faults:
        raise BadLoad(name, faults)
    return LoadFile(name, **{section: tuple(entries) for section, entries in sections.items()})


def _sections(top: yaml.Node | None, faults: list[Fault]) -> Iterator[tuple[str, list[Entry]]]:
    if not isinstance(top, yaml.MappingNode) or not top.value:
        faults.append(Fault(1, "file", f"write one or more of these sections: {', '.join(SECTIONS)}"))
        return
    for name, (line, node) in _members(top, faults).items():
        if name not in SHAPES:
            faults.append(Fault(line, name, f"is no section; write one of {', '.join(SECTIONS)}"))
        elif not isinstance(node, yaml.SequenceNode):
            faults.append(Fault(line, name, "write a list: each entry on a line of its own beginning with -"))
        else:
            yield name, list(_entries(name, node, faults))


def _members(node: yaml.MappingNode, faults: list[Fault]) -> dict[str, tuple[int, yaml.Node]]:
    """The fields of a mapping by name, each with its line; a name that stands twice is a fault."""
    found: dict[str, tuple[int, yaml.Node]] = {}
    for key, value in node.value:
        line, name = key.start_mark.line + 1, str(key.value) if isinstance(key, yaml.ScalarNode) else "?"
        if name in found:
            faults.append(Fault(line, name, f"stands twice here, first on line {found[name][0]}"))
        found.setdefault(name, (line, value))
    return found


def _entries(name: str, node: yaml.SequenceNode, faults: list[Fault]) -> Iterator[Entry]:
    first_lines: dict[str, int] = {}
    for item in node.value:
        entry = _entry(name, item, faults)
        if entry is None:
            continue
        if name != "templates" and entry.key in first_lines:
            reason = f"{entry.key} stands in this file already, on line {first_lines[entry.key]}"
            faults.append(entry.fault(SHAPES[name].key, reason))
        first_lines.setdefault(entry.key, entry.line)
        faults.extend(RULES[name](entry) if name in RULES else ())
        yield entry


def _entry(name: str, node: yaml.Node, faults: list[Fault]) -> Entry | None:
    """One entry, or None when it cannot even be named; what does not convert is left out and noted."""
    shape, line = SHAPES[name], node.start_mark.line + 1
    if not isinstance(node, yaml.MappingNode):
        faults.append(Fault(line, name, f"write a mapping such as {{{shape.key}: …}}"))
        return None
    members = _members(node, faults)
    faults.extend(Fault(line, needed, "is missing") for needed in shape.needed if needed not in members)
    values: dict[str, Any] = {}
    for field, (at, value) in members.items():
        if field not in shape.fields:
            faults.append(Fault(at, field, f"is no field of {name}; write one of {', '.join(shape.fields)}"))
            continue
        try:
            values[field] = shape.fields[field](value)
        except ValueError as error:
            faults.append(Fault(value.start_mark.line + 1, field, str(error)))
    if shape.key not in values:
        return None
    return Entry(values[shape.key], line, values, {field: at for field, (at, _) in members.items()})
