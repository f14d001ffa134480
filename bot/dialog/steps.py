"""What a question of the form is: when it is open, how it is asked, and what becomes of an answer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.dialog.talk import Talk
from bot.dialog.turns import Say
from bot.domain.conversations import FormState
from bot.understanding.answers import read_yes_no


@dataclass(frozen=True, slots=True)
class Typed:
    """The answer came as text."""

    text: str


@dataclass(frozen=True, slots=True)
class Tapped:
    """The answer came as the value of one of our choices."""

    value: str


Given = Typed | Tapped


def yes_or_no(given: Given) -> bool | None:
    """A tap or a typed yes or no; None is neither, and silence is never a yes."""
    if isinstance(given, Tapped):
        return {"yes": True, "no": False}.get(given.value)
    return read_yes_no(given.text)


@dataclass(frozen=True, slots=True)
class Kept:
    """A good answer; `first` is said before the next question."""

    answers: Mapping[str, Any] = field(repr=False)
    first: tuple[Say, ...] = ()


@dataclass(frozen=True, slots=True)
class Missed:
    """Not an answer to this question; `reason` is the id of the second question, which says why."""

    reason: str
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Shown:
    """The same question in another form: another page, the units that were found."""

    says: tuple[Say, ...]


@dataclass(frozen=True, slots=True)
class Ended:
    """The form ends here with a last word, and its answers are wiped."""

    last: Missed


@dataclass(frozen=True, slots=True)
class Back:
    """To an earlier question, to correct it."""

    step: str


@dataclass(frozen=True, slots=True)
class Confirmed:
    """Everything is right: register."""


@dataclass(frozen=True, slots=True)
class AtOnce:
    """The person already has a place at this drive."""

    drive_id: int


Taken = Kept | Missed | Shown | Ended | Back | Confirmed | AtOnce


@dataclass(frozen=True, slots=True)
class Step:
    """One question.

    Args:
        name: as it stands in payloads.
        is_open: whether it still has to be asked.
        ask: the question, perhaps with a sentence before it; only the last message carries choices.
        take: what becomes of an answer.
        free: any text may be an answer, so typed text is never matched loosely with the choices.
    """

    name: str
    is_open: Callable[[Talk, FormState], bool]
    ask: Callable[[Talk, FormState], Say]
    take: Callable[[Talk, FormState, Given], Taken]
    free: bool = False
