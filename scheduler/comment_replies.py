"""The one private message to whoever commented that they would like to come; claimed before the call, never sent twice."""

import logging
from datetime import datetime, timedelta

from sqlalchemy import Connection

from bot.channels.base import Account, Misconfigured, SendError, Throttled, Unavailable
from bot.channels.messenger import Messenger
from bot.dialog.post_words import private_reply
from bot.domain.updates import ChannelKind
from bot.storage.comments import (
    OwedReply,
    ReplyClaim,
    claim_reply,
    commented_at,
    owed_replies,
    put_off,
    settle_owed,
    take_claim_back,
)
from bot.storage.posts import Post, post_on_platform
from scheduler.parts import Parts

log = logging.getLogger(__name__)

LOOKED_AT = 50
"""Replies looked at in one run. One call a run and page: at a run each five seconds that stays under Meta's 750 an hour."""

OURS_WITHIN = timedelta(minutes=10)
"""A comment may be told before we have the id of its post: so long it may still turn out to be one of ours."""

A_MINUTE, AN_HOUR = timedelta(minutes=1), timedelta(hours=1)


async def answer_comments(parts: Parts) -> int:
    """At most one call for each page; returns how many people got their message."""
    channel = parts.channels.get(ChannelKind.MESSENGER)
    if not isinstance(channel, Messenger):
        return 0
    pages = {account.id: account for account in parts.accounts if account.kind is ChannelKind.MESSENGER}
    now, called, answered = parts.clock(), set[int](), 0
    for owed in await parts.db.read(lambda c: owed_replies(c, list(pages), now, LOOKED_AT)):
        if owed.account_id in called:
            continue
        post = await _begin(parts, owed, now)
        if post is not None:
            called.add(owed.account_id)
            answered += await _answer(parts, channel, pages[owed.account_id], owed, post)
    return answered


async def _begin(parts: Parts, owed: OwedReply, now: datetime) -> Post | None:
    return await parts.db.write(lambda c: _claimed(c, owed, now))


def _claimed(connection: Connection, owed: OwedReply, now: datetime) -> Post | None:
    """Committed before the call: a kill behind it costs this person the message, and never brings them two."""
    post = post_on_platform(connection, owed.account_id, owed.post_id, now)
    if post is None:
        written = commented_at(connection, owed.account_id, owed.comment_id)
        if written is not None and now - written < OURS_WITHIN:
            put_off(connection, owed, now + A_MINUTE)
        else:
            settle_owed(connection, owed)
        return None
    if not settle_owed(connection, owed):
        return None
    claim = claim_reply(connection, owed.account_id, owed.comment_id, now)
    return post if claim is ReplyClaim.GRANTED else None


async def _answer(parts: Parts, channel: Messenger, account: Account, owed: OwedReply, post: Post) -> bool:
    over = post.draft.drive_id is not None and not post.drive_takes
    message = private_reply(parts.words, post.number, over=over)
    try:
        await channel.private_reply(account, owed.comment_id, message, f"comment:{owed.comment_id}")
    except (Throttled, Unavailable, Misconfigured) as error:
        wait = AN_HOUR if isinstance(error, Misconfigured) else max(A_MINUTE, timedelta(seconds=error.retry_after or 0))
        until = parts.clock() + wait
        await parts.db.write(lambda c: take_claim_back(c, owed, until))
        return False
    except SendError as error:
        log.info("A comment on account %d gets no private reply: %s", account.id, error.code or type(error).__name__)
        return False
    return True
