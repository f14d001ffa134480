"""The sweep of public posts: one call at a time for each account, its start committed before it, its end after it."""

import asyncio
import logging
from datetime import timedelta

from sqlalchemy import Connection

from bot.channels.base import (
    Account,
    Channel,
    ContactGone,
    Misconfigured,
    OutsideWindow,
    Rejected,
    SendError,
    Throttled,
    Unavailable,
    Unpaid,
)
from bot.channels.messenger import Messenger
from bot.channels.messenger_posts import PagePost
from bot.channels.telegram import Telegram
from bot.channels.zalo import Zalo
from bot.channels.zalo_articles import (
    AUTHOR,
    DESCRIPTION,
    Article,
    Target,
    article_id,
    broadcast_articles,
    create_article,
)
from bot.dialog.post_words import Links, Way, post_text
from bot.domain.posts import KIND_ON, Ending, Fate, Stage
from bot.storage.counted_links import keep_post_links
from bot.storage.posting import Claim, accounts_with_work, any_lost, claim, give_up_lost, record
from bot.storage.posts import Post
from scheduler.parts import Parts

log = logging.getLogger(__name__)

CALL_LASTS = 60.0
"""Seconds; after twice as many a post is held for lost (`storage/posting.py`)."""

SOON = timedelta(seconds=20)
"""Between two looks at an article that Zalo works on."""

AGAIN_IN = timedelta(minutes=2)
"""After a call that certainly did nothing, unless the platform names a longer time."""

REFUSED: tuple[tuple[type[SendError], str], ...] = (
    (ContactGone, "no-channel"),
    (OutsideWindow, "quota"),
    (Unpaid, "unpaid"),
    (Misconfigured, "account"),
    (Rejected, "refused"),
)


async def post_due(parts: Parts) -> int:
    """Everything whose time has come; returns how many calls were made."""
    now = parts.clock()
    if await parts.db.read(lambda c: any_lost(c, now)):
        lost = await parts.db.write(lambda c: give_up_lost(c, now))
        log.warning("%d posts were interrupted: whether they stand there, staff have to look", lost)
    able = {account.id: account for account in parts.accounts if account.kind in KIND_ON}
    busy = await parts.db.read(lambda c: accounts_with_work(c, list(able), now))
    return sum([await _one_call(parts, able[account_id]) for account_id in busy])


async def _one_call(parts: Parts, account: Account) -> bool:
    channel = parts.channels.get(account.kind)
    if channel is None:
        return False
    claimed = await parts.db.write(lambda c: _begun(c, parts, account.id))
    if claimed is None:
        return False
    ending = await _carried_out(parts, account, channel, claimed)
    await parts.db.write(lambda c: record(c, claimed, ending, parts.clock()))
    log.info("Post %d on account %d: %s %s %s", claimed.post.id, account.id, claimed.stage, ending.fate, ending.reason)
    return True


def _begun(connection: Connection, parts: Parts, account_id: int) -> Claim | None:
    """The next call. What its words link to is known before anybody can read them."""
    claimed = claim(connection, account_id, parts.sender.owner, parts.clock())
    if claimed is not None and claimed.stage is Stage.PUBLISH:
        post = claimed.post
        keep_post_links(connection, post.id, Links(parts.console, post.id).targets(post.draft.words))
    return claimed


async def _carried_out(parts: Parts, account: Account, channel: Channel, claimed: Claim) -> Ending:
    """The call; whatever happens becomes an ending."""
    try:
        async with asyncio.timeout(CALL_LASTS):
            return await _call(parts, account, channel, claimed)
    except SendError as error:
        return _ending(claimed.stage, error)
    except TimeoutError:
        return _lost(claimed.stage, "no-answer")
    except Exception as error:
        log.error("A post of account %d failed in our own code: %s", account.id, type(error).__name__)
        return _lost(claimed.stage, "own-fault")


async def _call(parts: Parts, account: Account, channel: Channel, claimed: Claim) -> Ending:
    post, way = claimed.post, Way(claimed.post.code, parts.post_link(account.id, claimed.post.code))
    picture = f"{parts.console}{post.image}" if post.image else ""
    links = Links(parts.console, post.id)
    whole = post_text(parts.words, post.draft.words, way, links)
    match channel:
        case Messenger():
            return Ending(Fate.DONE, await channel.publish(account, PagePost(whole, picture)))
        case Telegram():
            return Ending(Fate.DONE, await channel.publish(account, post.draft.aim.channel, whole, picture))
        case Zalo():
            return await _on_zalo(channel, account, claimed, article_of(post, whole, picture))
    raise TypeError(f"nothing can be posted on {channel.kind}")


async def _on_zalo(zalo: Zalo, account: Account, claimed: Claim, article: Article) -> Ending:
    post = claimed.post
    match claimed.stage:
        case Stage.PUBLISH:
            return Ending(Fate.DONE, step_id=await create_article(zalo, account, article), wait=SOON)
        case Stage.CHECK:
            found = await article_id(zalo, account, post.step_id)
            return Ending(Fate.DONE, found) if found else Ending(Fate.WAIT, wait=SOON)
        case Stage.TO_FOLLOWERS:
            aim = Target(post.draft.aim.gender, post.draft.aim.ages)
            return Ending(Fate.DONE, await broadcast_articles(zalo, account, [post.platform_id], aim))


def article_of(post: Post, whole: str, picture: str) -> Article:
    """A post as Zalo has it: its first paragraph stands under the title in the list too."""
    paragraphs = tuple(part.strip() for part in whole.split("\n\n") if part.strip())
    first = paragraphs[0].replace("\n", " ")
    short = first if len(first) <= DESCRIPTION else first[: DESCRIPTION - 1].rstrip() + "…"
    return Article(post.draft.title, post.unit[:AUTHOR], short, picture, paragraphs, shown=True)


def _ending(stage: Stage, error: SendError) -> Ending:
    """What a refusal means for a post. A look that failed is tried again: it changes nothing."""
    if isinstance(error, Throttled | Unavailable) or (stage is Stage.CHECK and not isinstance(error, Rejected)):
        wait = max(AGAIN_IN, timedelta(seconds=error.retry_after or 0))
        return Ending(Fate.WAIT, reason=_named("waits", error), wait=wait)
    word = next((word for kind, word in REFUSED if isinstance(error, kind)), "")
    return Ending(Fate.FAILED, reason=_named(word, error)) if word else _lost(stage, _named("no-answer", error))


def _lost(stage: Stage, reason: str) -> Ending:
    return Ending(Fate.WAIT, wait=AGAIN_IN) if stage is Stage.CHECK else Ending(Fate.LOST, reason=reason)


def _named(word: str, error: SendError) -> str:
    """Our word, and the platform's number beside it."""
    return f"{word}:{error.code}" if error.code else word
