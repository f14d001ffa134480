"""Environment files: `.env` and the demonstration's keys. Read over each other, written once and for us alone."""

import os
from collections.abc import Mapping
from pathlib import Path

ONLY_US = 0o600


def read_env_file(path: Path) -> dict[str, str]:
    """`NAME=value` lines; `#` comments; a pair of quotes around a value is taken off."""
    values: dict[str, str] = {}
    if not path.is_file():
        return values
    for line in path.read_text(encoding="utf-8").splitlines():
        name, sign, value = line.strip().partition("=")
        if not sign or name.startswith("#"):
            continue
        values[name.removeprefix("export ").strip()] = _unquoted(value.strip())
    return values


def environment_with_files(*files: Path) -> dict[str, str]:
    """The process environment over the files; an earlier file wins over a later one."""
    merged: dict[str, str] = {}
    for path in reversed(files):
        merged.update(read_env_file(path))
    merged.update(os.environ)
    return merged


def write_env_file(path: Path, values: Mapping[str, str], *, head: str = "") -> None:
    """Make the file, readable by us alone.

    Raises:
        FileExistsError: it is there already; nothing was changed.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [f"# {line}" for line in head.splitlines()] + [f"{name}={value}" for name, value in values.items()]
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, ONLY_US)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


def _unquoted(value: str) -> str:
    quoted = len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'"
    return value[1:-1] if quoted else value
