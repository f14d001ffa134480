"""The state of one talk: which form is open, what was offered last, whether a human is wanted."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from bot.domain.messages import Choice

ABANDONED = timedelta(days=30)
"""A half-finished form survives days and restarts, and then it is forgotten."""

PRESSURE, SELF_CHECK = "pressure", "self-check"
QUIET_FORMS = frozenset((PRESSURE, SELF_CHECK))
"""The forms of "I felt made to come" and of "may I give?": nothing of them outlives a pause."""

QUIET_LIVES = timedelta(minutes=15)

OVER = "over"
"""The step of a self-check that has ended: its next steps stand in the menu still, and go after `QUIET_LIVES` too."""


class Handoff(StrEnum):
    """Whose turn it is: nobody asked (none), a person waits for staff, or staff own the talk."""

    NONE = "none"
    WAITING = "waiting"
    TALKING = "talking"


@dataclass(frozen=True, slots=True)
class FormState:
    """A form half filled in.

    Args:
        name: which form, e.g. `registration`.
        serial: grows with each new form of this talk, so a press on an old form's button is noticed.
        step: the question that is open.
        answers: what is known so far, as JSON values by field (dates as ISO text).
        misses: wrong answers in a row to the open question.
        returning: after this answer go back to the review.
        linked: the page with the same form was offered because of a crowd.
    """

    name: str
    serial: int
    step: str
    answers: Mapping[str, Any] = field(default_factory=dict, repr=False, hash=False)
    misses: int = 0
    returning: bool = False
    touched_at: datetime | None = None
    linked: bool = False

    @property
    def counts_from(self) -> datetime | None:
        """The moment from which `ABANDONED` counts: a quiet form is older than it looks."""
        if self.name in QUIET_FORMS and self.touched_at is not None:
            return self.touched_at + QUIET_LIVES - ABANDONED
        return self.touched_at


@dataclass(frozen=True, slots=True)
class Conversation:
    """What is remembered of a talk between two updates.

    Args:
        language: `vi` or `en`.
        greeted: the bot has introduced itself as an automatic assistant.
        form: the form in progress.
        serial: the serial of the newest form.
        offered: the choices last offered, so that "2" or the label typed mean the same as a tap.
        ref: the reference (poster code) the talk began with.
        handoff: whether a human is wanted or owns the talk.
        asked: purposes of the consents that this person was asked for; nobody is asked twice.
    """

    language: str = "vi"
    greeted: bool = False
    form: FormState | None = None
    serial: int = 0
    offered: tuple[Choice, ...] = ()
    ref: str = ""
    handoff: Handoff = Handoff.NONE
    handoff_since: datetime | None = None
    handoff_urgent: bool = False
    asked: tuple[str, ...] = ()
