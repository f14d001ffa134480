"""The reasons why an answer could not be taken."""

from dataclasses import dataclass
from typing import Literal

Reason = Literal[
    "unreadable",
    "question",
    "too-short",
    "too-long",
    "digits",
    "link",
    "day-missing",
    "lunar",
    "impossible",
    "future",
    "under-age",
    "over-age",
    "landline",
    "foreign",
    "old-number",
    "ambiguous",
]
"""Every reason a validator can give; content/ has a helpful second question for each."""


@dataclass(frozen=True, slots=True)
class Miss:
    """The answer could not be taken, and why."""

    reason: Reason
