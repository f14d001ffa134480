"""Steps at which donors are honoured: by verified donations alone, and never one person beside another."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """One step: from so many verified donations on. Its words are the text `recognition.<id>`."""

    id: str
    at: int


Steps = tuple[Step, ...]


def reached(steps: Sequence[Step], verified: int) -> Step | None:
    """The highest step that so many donations come to."""
    return max((step for step in steps if step.at <= verified), key=lambda step: step.at, default=None)


def following(steps: Sequence[Step], verified: int) -> Step | None:
    """The next one."""
    return min((step for step in steps if step.at > verified), key=lambda step: step.at, default=None)
