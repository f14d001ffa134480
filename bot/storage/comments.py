"""Comments under our posts, the one private reply that each of them allows, and the replies that are owed."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, delete, exists, select, text, update

from bot.domain.updates import Commented
from bot.storage.platform_events import PlatformEvent, event_id, keep_event
from bot.storage.tables import accounts, platform_events

COMMENT, REPLIED, OWED = "comment", "private-reply", "reply-owed"
REPLY_WITHIN = timedelta(days=7)
"""Private replies page: one message, within seven days of the comment."""

A_DAY = timedelta(days=1)
"""So much longer what was answered is kept, so that no comment outlives the word that it has its reply."""


_OWED_ONES = text(f"platform_events.kind = '{OWED}'")
"""Written out, not bound: only so both databases see that the partial index serves."""


class ReplyClaim(StrEnum):
    """Whether a comment may be answered privately now."""

    GRANTED = "granted"
    UNKNOWN = "unknown-comment"
    TOO_LATE = "too-late"
    REPLIED = "replied-already"


@dataclass(frozen=True, slots=True)
class OwedReply:
    """A comment asked to come, and nobody has answered yet. Neither its words nor who wrote it are known here."""

    account_id: int
    comment_id: str
    post_id: str


def keep_comments(
    connection: Connection, comments: Sequence[Commented], now: datetime, owed: Collection[str] = ()
) -> None:
    """Ids and time alone: neither the words nor who wrote them are kept.

    Args:
        owed: ids of the comments that ask to come. One that is told again is owed nothing new; one that was taken away
            is owed nothing any more.
    """
    for comment in comments:
        if comment.gone:
            connection.execute(delete(platform_events).where(_is(OWED, comment.account_id, comment.comment_id)))
            continue
        event = PlatformEvent(comment.account_id, comment.comment_id, COMMENT, comment.comment_id, comment.post_id)
        is_new = keep_event(connection, event, min(comment.sent_at, now))
        if is_new and comment.comment_id in owed:
            _owe(connection, OwedReply(comment.account_id, comment.comment_id, comment.post_id), now)


def owed_replies(connection: Connection, account_ids: Collection[int], now: datetime, most: int) -> list[OwedReply]:
    """Replies whose time has come, the oldest first, of accounts that are not paused."""
    paused = exists().where(accounts.c.id == platform_events.c.account_id, accounts.c.paused_at.is_not(None))
    query = due_replies(account_ids, now).where(~paused).limit(most)
    return [OwedReply(row.account_id, row.subject, row.detail) for row in connection.execute(query)]


def due_replies(account_ids: Collection[int], now: datetime) -> Select[Any]:
    """What is asked each few seconds: the small index of what is owed serves, not the one of all that an account told."""
    mine = (platform_events.c.account_id + 0).in_(account_ids)
    query = select(platform_events).where(_OWED_ONES, platform_events.c.at <= now, mine)
    return query.order_by(platform_events.c.at, platform_events.c.id)


def commented_at(connection: Connection, account_id: int, comment_id: str) -> datetime | None:
    """When the comment was written; None for one that we do not know."""
    query = select(platform_events.c.at).where(_is(COMMENT, account_id, comment_id))
    return connection.execute(query).scalar()


def settle_owed(connection: Connection, owed: OwedReply) -> bool:
    """Nothing is owed any more; False when somebody else has settled it."""
    return bool(connection.execute(delete(platform_events).where(_is_owed(owed))).rowcount)


def put_off(connection: Connection, owed: OwedReply, until: datetime) -> None:
    """Not before."""
    connection.execute(update(platform_events).where(_is_owed(owed)).values(at=until))


def take_claim_back(connection: Connection, owed: OwedReply, until: datetime) -> None:
    """The call certainly had no effect: it is owed again, from a moment on."""
    connection.execute(delete(platform_events).where(_is(REPLIED, owed.account_id, owed.comment_id)))
    _owe(connection, owed, until)


def drop_comments(connection: Connection, now: datetime, most: int) -> int:
    """Comments that can no longer be answered, and that they were."""
    kinds = platform_events.c.kind.in_((COMMENT, REPLIED, OWED))
    old = select(platform_events.c.id).where(platform_events.c.at <= now - REPLY_WITHIN - A_DAY, kinds).limit(most)
    return connection.execute(delete(platform_events).where(platform_events.c.id.in_(old))).rowcount


def claim_reply(connection: Connection, account_id: int, comment_id: str, now: datetime) -> ReplyClaim:
    """Write down that this comment gets its one reply; the commit comes before the call, so a second one never begins."""
    written_at = commented_at(connection, account_id, comment_id)
    if written_at is None:
        return ReplyClaim.UNKNOWN
    if now - written_at >= REPLY_WITHIN:
        return ReplyClaim.TOO_LATE
    event = PlatformEvent(account_id, comment_id, REPLIED, comment_id, "")
    return ReplyClaim.GRANTED if keep_event(connection, event, now) else ReplyClaim.REPLIED


def _owe(connection: Connection, owed: OwedReply, at: datetime) -> None:
    event = PlatformEvent(owed.account_id, owed.comment_id, OWED, owed.comment_id, owed.post_id)
    keep_event(connection, event, at)


def _is_owed(owed: OwedReply) -> ColumnElement[bool]:
    return _is(OWED, owed.account_id, owed.comment_id)


def _is(kind: str, account_id: int, comment_id: str) -> ColumnElement[bool]:
    return platform_events.c.id == event_id(PlatformEvent(account_id, comment_id, kind, comment_id, ""))
