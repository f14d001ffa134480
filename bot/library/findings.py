"""What is wrong with the content: file, line, how bad, and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Level = Literal["error", "warning"]


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One thing a person can correct. `path` is relative to the folder that holds `content/`."""

    path: str
    line: int
    level: Level
    reason: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.level}: {self.reason}"


class ContentFaults(Exception):
    """The content cannot be used; every fault is listed with its file and line."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__("The content needs attention:\n" + "\n".join(f"  {finding}" for finding in self.findings))
