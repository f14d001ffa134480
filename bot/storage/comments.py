"""Comments under our posts, and the one private reply that each of them allows."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection, delete, select

from bot.domain.updates import Commented
from bot.storage.platform_events import PlatformEvent, keep_event
from bot.storage.tables import platform_events

COMMENT, REPLIED = "comment", "private-reply"
REPLY_WITHIN = timedelta(days=7)
"""Private replies page: one message, within seven days of the comment."""

A_DAY = timedelta(days=1)
"""So much longer what was answered is kept, so that no comment outlives the word that it has its reply."""


class ReplyClaim(StrEnum):
    """Whether a comment may be answered privately now."""

    GRANTED = "granted"
    UNKNOWN = "unknown-comment"
    TOO_LATE = "too-late"
    REPLIED = "replied-already"


def keep_comments(connection: Connection, comments: Sequence[Commented], now: datetime) -> None:
    """Ids and time alone: neither the words nor who wrote them are kept."""
    for comment in comments:
        event = PlatformEvent(comment.account_id, comment.comment_id, COMMENT, comment.comment_id, comment.post_id)
        keep_event(connection, event, min(comment.sent_at, now))


def drop_comments(connection: Connection, now: datetime, most: int) -> int:
    """Comments that can no longer be answered, and that they were."""
    old = (
        select(platform_events.c.id)
        .where(platform_events.c.at <= now - REPLY_WITHIN - A_DAY, platform_events.c.kind.in_((COMMENT, REPLIED)))
        .limit(most)
    )
    return connection.execute(delete(platform_events).where(platform_events.c.id.in_(old))).rowcount


def claim_reply(connection: Connection, account_id: int, comment_id: str, now: datetime) -> ReplyClaim:
    """Write down that this comment gets its one reply; the commit comes before the call, so a second one never begins.

    Nothing calls this yet: the broadcasts' public posts (issue 8) will, before `Messenger.private_reply`.
    """
    query = select(platform_events.c.at).where(
        platform_events.c.account_id == account_id,
        platform_events.c.kind == COMMENT,
        platform_events.c.subject == comment_id,
    )
    commented_at = connection.execute(query).scalar()
    if commented_at is None:
        return ReplyClaim.UNKNOWN
    if now - commented_at >= REPLY_WITHIN:
        return ReplyClaim.TOO_LATE
    event = PlatformEvent(account_id, comment_id, REPLIED, comment_id, "")
    return ReplyClaim.GRANTED if keep_event(connection, event, now) else ReplyClaim.REPLIED
