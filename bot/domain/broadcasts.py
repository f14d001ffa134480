"""One message to a segment: what it is, its life from draft to finished, and who may take it a step further. Pure."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.appeals import MOST_BAGS, Need
from bot.domain.consents import Purpose
from bot.domain.drives import DriveState
from bot.domain.outbox import MessagePurpose
from bot.domain.segments import All, And, EligibleOn, Not, OfUnit, Or, Segment


class BroadcastState(StrEnum):
    """The life of a broadcast; from `running` on it has reached people."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    SCHEDULED = "scheduled"
    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"
    CANCELLED = "cancelled"


class Step(StrEnum):
    """What staff do with it."""

    CHANGE = "change"
    SUBMIT = "submit"
    RETURN = "return"
    APPROVE = "approve"
    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"
    RETRY = "retry"
    MET = "met"


PURPOSES = (MessagePurpose.NEWS, MessagePurpose.DRIVE, MessagePurpose.URGENT)
"""What a broadcast may be for."""

CONSENTS = {
    MessagePurpose.NEWS: Purpose.NEWS,
    MessagePurpose.DRIVE: Purpose.REGISTRATION,
    MessagePurpose.URGENT: Purpose.URGENT,
}
"""Whom each may reach: only those whose consent of this kind stands."""

S = BroadcastState
ALLOWED: dict[Step, frozenset[BroadcastState]] = {
    Step.CHANGE: frozenset((S.DRAFT, S.SUBMITTED, S.APPROVED, S.SCHEDULED)),
    Step.SUBMIT: frozenset((S.DRAFT,)),
    Step.RETURN: frozenset((S.SUBMITTED, S.APPROVED, S.SCHEDULED)),
    Step.APPROVE: frozenset((S.SUBMITTED,)),
    Step.START: frozenset((S.APPROVED, S.SCHEDULED)),
    Step.PAUSE: frozenset((S.RUNNING,)),
    Step.RESUME: frozenset((S.PAUSED,)),
    Step.CANCEL: frozenset((S.DRAFT, S.SUBMITTED, S.APPROVED, S.SCHEDULED, S.RUNNING, S.PAUSED)),
    Step.RETRY: frozenset((S.RUNNING, S.PAUSED, S.FINISHED)),
    Step.MET: frozenset((S.RUNNING, S.PAUSED)),
}
"""From which states each step may be taken."""

NEWS_LASTS = timedelta(days=3)
"""News that could not go out by then is none any more."""

SEGMENT_GREW = 10
"""A segment that has grown so many times since it was approved is another one: somebody looks at it again."""


class Refusal(StrEnum):
    """Why a step was not taken; the id of a sentence that says what to do (`broadcast.refused.<word>`)."""

    WRONG_STATE = "wrong-state"
    OWN_DRAFT = "own-draft"
    NOT_ABOVE = "not-above"
    NO_RIGHT = "no-right"
    CHANGED_SINCE = "changed-since"
    NO_DRY_RUN = "no-dry-run"
    NOBODY = "nobody"
    GREW = "grew"
    DRIVE_CLOSED = "drive-closed"
    NO_DRIVE = "no-drive"
    TOO_LONG = "too-long"
    NO_WORDS = "no-words"
    NO_SUCH_TOPIC = "no-such-topic"
    TOPIC_OUTDATED = "topic-outdated"
    NO_TEMPLATE = "no-template"
    NO_IMAGE = "no-image"
    NO_SUCH_UNIT = "no-such-unit"
    BAD_SEGMENT = "bad-segment"
    BAD_PURPOSE = "bad-purpose"
    BAD_CODE = "bad-code"
    CODE_TAKEN = "code-taken"
    IN_THE_PAST = "in-the-past"
    UNKNOWN = "unknown-broadcast"
    NEEDS_APPEAL = "needs-appeal"
    BAD_NEED = "bad-need"
    NEED_OVER = "need-over"
    DRIVE_AFTER_NEED = "drive-after-need"
    ONLY_AREA = "only-area"
    NO_APPEAL = "no-appeal"
    APPEAL_CLOSED = "appeal-closed"


class Refused(Exception):
    """The step was not taken, and nothing was changed.

    Args:
        detail: what the sentence names: a channel, a number; never a person.
    """

    def __init__(self, why: Refusal, detail: str = "") -> None:
        super().__init__(f"{why} {detail}".strip())
        self.why, self.detail = why, detail


@dataclass(frozen=True, slots=True)
class Draft:
    """What staff write, and what an approval stands for.

    Args:
        segment: the expression, as it reads in its canonical form.
        topic: an answer of the content whose words it sends; else `words` by language.
        drive_id: the drive it is about; its button registers there.
        template: name of the form used for those whose window is shut; "": they are left out.
        held_out: per cent of the people who are not sent it, to compare with.
        need: of an urgent one: how much blood, until when, for which groups.
    """

    purpose: MessagePurpose
    unit_id: int
    segment: str
    topic: str = ""
    words: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    image_id: int | None = None
    drive_id: int | None = None
    template: str = ""
    held_out: int = 0
    need: Need | None = None


@dataclass(frozen=True, slots=True)
class Broadcast:
    """One broadcast as its row stands."""

    id: int
    code: str
    draft: Draft
    state: BroadcastState
    revision: int = 1
    created_by: str = ""
    approved_by: str = ""
    ledger: str = ""
    starts_at: datetime | None = None
    started_at: datetime | None = None
    expanded_at: datetime | None = None
    paused_at: datetime | None = None
    pause_reason: str = ""
    finished_at: datetime | None = None


def drive_serves(purpose: MessagePurpose, state: DriveState) -> bool:
    """Whether a drive is in a state for such a message: open to register, or for its own registrants closed too."""
    return state is DriveState.OPEN or (purpose is MessagePurpose.DRIVE and state is DriveState.CLOSED)


def lasts_until(purpose: MessagePurpose, starts_at: datetime, ends_at: datetime) -> datetime:
    """Until when it is of use to speak of a drive: news of it until it begins; to its registrants, and where blood is needed
    at once, until it ends."""
    return starts_at if purpose is MessagePurpose.NEWS else ends_at


def check_need(draft: Draft, segment: Segment, now: datetime) -> None:
    """What an urgent one must say, and whom it may be for.

    By blood group it goes to an area and to nothing narrower: else a count would tell one person's group.

    Raises:
        Refused: it is no appeal yet, or it cannot be one.
    """
    if draft.purpose is not MessagePurpose.URGENT:
        return
    if draft.need is None:
        raise Refused(Refusal.NEEDS_APPEAL)
    if not 1 <= draft.need.bags <= MOST_BAGS:
        raise Refused(Refusal.BAD_NEED, str(MOST_BAGS))
    if draft.need.by <= now:
        raise Refused(Refusal.NEED_OVER)
    if draft.need.groups and not is_area(segment):
        raise Refused(Refusal.ONLY_AREA)


def is_area(segment: Segment) -> bool:
    """Whether it speaks of units and of when people may give again, and of nothing else."""
    match segment:
        case All() | OfUnit() | EligibleOn():
            return True
        case Not(part):
            return is_area(part)
        case And(parts) | Or(parts):
            return all(is_area(part) for part in parts)
    return False


def check_step(state: BroadcastState, step: Step) -> None:
    """Whether a step may be taken from this state.

    Raises:
        Refused: it may not.
    """
    if state not in ALLOWED[step]:
        raise Refused(Refusal.WRONG_STATE, state.value)


def check_approver(broadcast: Broadcast, login: str, *, above: bool) -> None:
    """Whoever wrote it may not approve it; and it takes somebody of the level above its unit, or of the top.

    Raises:
        Refused: not this person.
    """
    if login == broadcast.created_by:
        raise Refused(Refusal.OWN_DRAFT)
    if not above:
        raise Refused(Refusal.NOT_ABOVE)


def check_growth(approved: int, now: int) -> None:
    """Raises:
    Refused: the segment is empty, or not the one that was looked at.
    """
    if now == 0:
        raise Refused(Refusal.NOBODY)
    if now > SEGMENT_GREW * max(approved, 1):
        raise Refused(Refusal.GREW, f"{approved} → {now}")
