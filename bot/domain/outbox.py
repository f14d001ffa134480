"""A message on its way out: its states, and what follows from the outcome of one call to a platform."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import assert_never


class MessagePurpose(StrEnum):
    """Why a message goes out; the word stands in exports."""

    REPLY = "reply"
    DRIVE = "drive"
    REMINDER = "reminder"
    NEWS = "news"
    URGENT = "urgent"
    STAFF = "staff"
    CORRECTION = "correction"
    """What was wrong in an answer, said later: it belongs to the question, but it keeps quiet hours."""

    @property
    def answers(self) -> bool:
        """It answers somebody who wrote, so it knows no quiet hours."""
        return self in (MessagePurpose.REPLY, MessagePurpose.STAFF)


PRIORITIES = {
    MessagePurpose.REPLY: 0,
    MessagePurpose.STAFF: 0,
    MessagePurpose.DRIVE: 1,
    MessagePurpose.REMINDER: 2,
    MessagePurpose.CORRECTION: 2,
    MessagePurpose.NEWS: 3,
    MessagePurpose.URGENT: 3,
}
"""A smaller number goes first: replies, drive-critical, reminders, broadcasts."""

TO_MANY = 3
"""The priority of every broadcast, whatever it is about: thousands must not stand before one person's reminder."""


class OutboxState(StrEnum):
    """Every message ends in sent, failed, skipped, moved, or unknown (it may have arrived)."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    SKIPPED = "skipped"
    MOVED = "moved"
    UNKNOWN = "unknown"


OPEN = (OutboxState.WAITING, OutboxState.SENDING)
"""It may go out still."""

NOT_SENT = (OutboxState.WAITING, OutboxState.FAILED, OutboxState.SKIPPED, OutboxState.MOVED)
"""It certainly has not arrived: nothing of its intent goes another way beside any other state."""


class Outcome(StrEnum):
    """How one call ended; the words of `channels/base.py`."""

    SENT = "sent"
    THROTTLED = "throttled"
    UNAVAILABLE = "unavailable"
    UNCERTAIN = "uncertain"
    CONTACT_GONE = "contact-gone"
    OUTSIDE_WINDOW = "outside-window"
    REJECTED = "rejected"
    UNPAID = "unpaid"
    MISCONFIGURED = "misconfigured"


ANSWERS_LAST = timedelta(days=1)
"""So long an answer is worth giving: a platform that is away for an evening must not cost anybody their registration's
confirmation, and next week it would only puzzle."""

REFUSALS = frozenset((Outcome.CONTACT_GONE, Outcome.OUTSIDE_WINDOW, Outcome.REJECTED))
"""It certainly was not sent, and will not go this way: another may be open."""

MOST_ATTEMPTS = 12
FIRST_WAIT = timedelta(seconds=2)
LONGEST_WAIT = timedelta(minutes=15)
"""2, 4, 8 … seconds, then every 15 minutes, until the message's end. Rows of an earlier version have none: they are tried
twelve times, about an hour."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of the row, of its address, and of its account.

    Args:
        retry_at: when a waiting row is due again.
        blocks: nothing more goes to this address until the person writes.
        pauses: nothing more goes out of this account until staff or a probe resume it.
    """

    state: OutboxState
    reason: str = ""
    retry_at: datetime | None = None
    blocks: bool = False
    pauses: bool = False


def after(
    outcome: Outcome,
    attempt: int,
    now: datetime,
    *,
    expires_at: datetime | None = None,
    retry_after: float | None = None,
    jitter: float = 0.0,
    answers: bool = False,
) -> Decision:
    """What follows from the outcome of one call.

    Args:
        attempt: which attempt this was, from 1.
        retry_after: seconds the platform asked for.
        jitter: from 0 to 1; spreads retries by up to a quarter of their wait.
        answers: it answers somebody who wrote.
    """
    match outcome:
        case Outcome.SENT:
            return Decision(OutboxState.SENT)
        case Outcome.THROTTLED | Outcome.UNAVAILABLE:
            return _again(outcome, attempt, now, expires_at, retry_after or 0.0, jitter)
        case Outcome.UNPAID if answers:
            # Staff's words long after somebody wrote. Waiting they would hold up the free answers behind them.
            return Decision(OutboxState.FAILED, outcome)
        case Outcome.UNPAID:
            return _again(outcome, attempt, now, expires_at, LONGEST_WAIT.total_seconds(), jitter)
        case Outcome.UNCERTAIN:
            return Decision(OutboxState.UNKNOWN, outcome)
        case Outcome.CONTACT_GONE:
            return Decision(OutboxState.FAILED, outcome, blocks=True)
        case Outcome.OUTSIDE_WINDOW:
            return Decision(OutboxState.SKIPPED, outcome)
        case Outcome.REJECTED:
            return Decision(OutboxState.FAILED, outcome)
        case Outcome.MISCONFIGURED:
            return Decision(OutboxState.WAITING, outcome, retry_at=now, pauses=True)
        case _:
            assert_never(outcome)


def _again(
    outcome: Outcome, attempt: int, now: datetime, expires_at: datetime | None, retry_after: float, jitter: float
) -> Decision:
    """Certainly not sent: again after a growing wait, unless it would be too late; what has no end, not too often."""
    if attempt >= MOST_ATTEMPTS and expires_at is None:
        return Decision(OutboxState.FAILED, outcome)
    wait = min(FIRST_WAIT * 2 ** (attempt - 1), LONGEST_WAIT) * (1 + jitter / 4)
    retry_at = now + max(wait, timedelta(seconds=retry_after))
    if expires_at is not None and retry_at >= expires_at:
        return Decision(OutboxState.SKIPPED, "expired")
    return Decision(OutboxState.WAITING, outcome, retry_at)
