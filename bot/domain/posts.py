"""Public posts: a page's post, an OA's article, a channel's post; their life from draft to posted. Pure."""

import json
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.updates import ChannelKind


class PostKind(StrEnum):
    """What a post is on its platform."""

    PAGE = "page-post"
    ARTICLE = "article"
    CHANNEL = "channel-post"


KIND_ON = {
    ChannelKind.MESSENGER: PostKind.PAGE,
    ChannelKind.ZALO: PostKind.ARTICLE,
    ChannelKind.TELEGRAM: PostKind.CHANNEL,
}
"""What can be posted from which account; the web chat has no wall."""


class PostState(StrEnum):
    """The life of a post. From `sending` on it may stand in public."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    SENDING = "sending"
    CHECKING = "checking"
    POSTED = "posted"
    FAILED = "failed"
    UNKNOWN = "unknown"
    CANCELLED = "cancelled"


class PostStep(StrEnum):
    """What staff do with one."""

    CHANGE = "change"
    SUBMIT = "submit"
    RETURN = "return"
    APPROVE = "approve"
    CANCEL = "cancel"
    THERE = "there"
    AGAIN = "again"


S = PostState
ALLOWED: dict[PostStep, frozenset[PostState]] = {
    PostStep.CHANGE: frozenset((S.DRAFT, S.SUBMITTED, S.APPROVED, S.FAILED)),
    PostStep.SUBMIT: frozenset((S.DRAFT,)),
    PostStep.RETURN: frozenset((S.SUBMITTED, S.APPROVED)),
    PostStep.APPROVE: frozenset((S.SUBMITTED,)),
    PostStep.CANCEL: frozenset((S.DRAFT, S.SUBMITTED, S.APPROVED, S.FAILED)),
    PostStep.THERE: frozenset((S.UNKNOWN,)),
    PostStep.AGAIN: frozenset((S.UNKNOWN, S.FAILED)),
}
"""From which states each step may be taken."""

LONGEST = {PostKind.PAGE: 5000, PostKind.ARTICLE: 8000, PostKind.CHANNEL: 4096}
"""Characters of the whole text. Only Telegram's is a limit of the platform; nobody reads longer ones."""

CAPTION = 1024
"""Of a picture on Telegram (sendPhoto)."""

TITLE = 150
"""Of an article (Zalo)."""

LATEST = timedelta(hours=12)
"""A post that could not go out for so long after its time goes out no more by itself: somebody looks at it again."""

_CHANNEL = re.compile(r"@[A-Za-z][A-Za-z0-9_]{4,31}|-100\d{5,15}")


class PostFault(StrEnum):
    """What is wrong with a draft; the id of a sentence (`page.posts.fault.<word>`)."""

    NO_WORDS = "no-words"
    TOO_LONG = "too-long"
    NO_TITLE = "no-title"
    NO_COVER = "no-cover"
    NO_HTTPS = "no-https"
    NO_CHANNEL = "no-channel"
    NO_ACCOUNT = "no-account"
    NO_UNIT = "no-unit"
    NO_DRIVE = "no-drive"
    NO_TIME = "no-time"
    PAST = "past"


@dataclass(frozen=True, slots=True)
class Aim:
    """Who sees it, beyond the wall: an article's followers (`followers`: it is sent to them; Zalo's groups of ages, 0 all,
    1 male, 2 female), or the Telegram channel it goes to."""

    channel: str = ""
    followers: bool = False
    gender: int = 0
    ages: tuple[int, ...] = ()

    def to_json(self) -> str:
        known = {"channel": self.channel, "followers": self.followers, "gender": self.gender, "ages": self.ages}
        return json.dumps({name: value for name, value in known.items() if value})

    @classmethod
    def from_json(cls, text: str) -> "Aim":
        known = json.loads(text or "{}")
        ages = tuple(known.get("ages", ()))
        return cls(known.get("channel", ""), bool(known.get("followers")), int(known.get("gender", 0)), ages)


@dataclass(frozen=True, slots=True)
class PostDraft:
    """What staff write, and what an approval stands for.

    Args:
        drive_id: the drive whose code and link it carries.
        due_at: when it goes out; None: as soon as it is approved.
    """

    account_id: int
    unit_id: int
    kind: PostKind
    words: str = field(repr=False)
    title: str = ""
    image_id: int | None = None
    drive_id: int | None = None
    aim: Aim = Aim()
    due_at: datetime | None = None


def faults_of(draft: PostDraft, whole: str, *, fetchable: bool) -> tuple[PostFault, ...]:
    """What stands against handing it in.

    Args:
        whole: the text as it will stand there, with its link.
        fetchable: whether platforms could fetch a picture of ours (a public https address).
    """
    found: list[PostFault] = []
    if not draft.words.strip():
        found.append(PostFault.NO_WORDS)
    if _size(whole) > (CAPTION if _is_caption(draft) else LONGEST[draft.kind]):
        found.append(PostFault.TOO_LONG)
    if draft.image_id is not None and not fetchable:
        found.append(PostFault.NO_HTTPS)
    match draft.kind:
        case PostKind.ARTICLE:
            if not 0 < len(draft.title) <= TITLE:
                found.append(PostFault.NO_TITLE)
            if draft.image_id is None:
                found.append(PostFault.NO_COVER)
        case PostKind.CHANNEL if not is_channel(draft.aim.channel):
            found.append(PostFault.NO_CHANNEL)
        case PostKind.CHANNEL | PostKind.PAGE:
            pass
    return tuple(found)


def is_channel(name: str) -> bool:
    """A Telegram channel by its public name or its number.

    >>> is_channel("@congdoanmau"), is_channel("-1001234567890"), is_channel("12345")
    (True, True, False)
    """
    return _CHANNEL.fullmatch(name) is not None


def _size(text: str) -> int:
    """As Telegram counts, in UTF-16 units: a hand that points is two."""
    return len(text.encode("utf-16-le")) // 2


def _is_caption(draft: PostDraft) -> bool:
    return draft.kind is PostKind.CHANNEL and draft.image_id is not None


class PostRefusal(StrEnum):
    """Why a step was not taken; the id of a sentence (`page.posts.refused.<word>`)."""

    WRONG_STATE = "wrong-state"
    CHANGED = "changed"
    OWN_DRAFT = "own-draft"
    NOT_ABOVE = "not-above"
    DRIVE_OVER = "drive-over"


class PostRefused(Exception):
    """The step was not taken, and nothing was changed."""

    def __init__(self, why: PostRefusal) -> None:
        super().__init__(why.value)
        self.why = why


def check_post_step(state: PostState, step: PostStep, *, stands: bool) -> None:
    """Whether a step may be taken.

    Args:
        stands: a part of it stands in public already (an article that only waits for its followers).

    Raises:
        PostRefused: not from this state.
    """
    if state not in ALLOWED[step] or (stands and step in (PostStep.CHANGE, PostStep.RETURN)):
        raise PostRefused(PostRefusal.WRONG_STATE)


class Stage(StrEnum):
    """The call that is next."""

    PUBLISH = "publish"
    CHECK = "check"
    TO_FOLLOWERS = "to-followers"


class Fate(StrEnum):
    """How a call ended."""

    DONE = "done"
    WAIT = "wait"
    FAILED = "failed"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Ending:
    """How a call ended.

    Args:
        platform_id: of what stands there now.
        step_id: of what the platform still works on.
        reason: one of our words, and the platform's code behind a colon.
        wait: how long to leave it alone.
    """

    fate: Fate
    platform_id: str = ""
    step_id: str = ""
    reason: str = ""
    wait: timedelta = timedelta()


@dataclass(frozen=True, slots=True)
class Next:
    """What a call's end makes of the row."""

    state: PostState
    reason: str = ""
    look_at: datetime | None = None


def after(stage: Stage, ending: Ending, *, followers: bool, now: datetime, since: datetime) -> Next:
    """Where a post goes on. What may stand in public is never posted again by itself.

    Args:
        followers: an article that goes to followers too.
        since: when this post wanted to be there.
    """
    later = now + ending.wait
    match ending.fate:
        case Fate.FAILED:
            return Next(PostState.FAILED, ending.reason)
        case Fate.LOST:
            return Next(PostState.UNKNOWN, ending.reason)
        case Fate.WAIT if stage is Stage.CHECK:
            slow = now - since > LATEST
            return Next(PostState.UNKNOWN, "slow") if slow else Next(PostState.CHECKING, look_at=later)
        case Fate.WAIT:
            return Next(PostState.APPROVED, ending.reason, later)
        case Fate.DONE if ending.step_id and stage is Stage.PUBLISH:
            return Next(PostState.CHECKING, look_at=later)
        case Fate.DONE if stage is Stage.CHECK and followers:
            return Next(PostState.APPROVED)
        case Fate.DONE:
            return Next(PostState.POSTED, "in-review" if stage is Stage.TO_FOLLOWERS else "")
