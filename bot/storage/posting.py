"""Posts on their way: the start of a call is committed before the call, so a kill leaves at most one and a question."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, exists, or_, select, update

from bot.domain.posts import LATEST, Ending, Fate, PostState, Stage, after
from bot.storage.leases import release, take
from bot.storage.posts import Post, post_at
from bot.storage.tables import accounts, posts

LOST_AFTER = timedelta(minutes=2)
"""Longer than any call may last (`scheduler/posting.py` gives it one minute): whoever began it is gone."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One call that is ours to make.

    Args:
        began: its start as it stands in the row (None for a look, which changes nothing in public).
    """

    post: Post
    stage: Stage
    epoch: int
    began: datetime | None


def lease_of(account_id: int) -> str:
    return f"posting:{account_id}"


def accounts_with_work(connection: Connection, account_ids: Collection[int], now: datetime) -> list[int]:
    """Accounts that are not paused and have a post whose time has come."""
    paused = exists().where(accounts.c.id == posts.c.account_id, accounts.c.paused_at.is_not(None))
    query = select(posts.c.account_id).where(posts.c.account_id.in_(account_ids), _ready(now), ~paused).distinct()
    return sorted(connection.execute(query).scalars())


def any_lost(connection: Connection, now: datetime) -> bool:
    """Whether there is a call whose caller is gone."""
    return connection.execute(select(posts.c.id).where(_lost(now)).limit(1)).first() is not None


def give_up_lost(connection: Connection, now: datetime) -> int:
    """Calls whose caller is gone: they may stand there, so staff look."""
    values = {"state": PostState.UNKNOWN.value, "reason": "interrupted"}
    return connection.execute(update(posts).where(_lost(now)).values(values)).rowcount


def claim(connection: Connection, account_id: int, owner: str, now: datetime) -> Claim | None:
    """The next call of this account; None while another of its calls is under way, or somebody else has its lease."""
    under_way = select(posts.c.id).where(posts.c.account_id == account_id, posts.c.state == PostState.SENDING.value)
    epoch = take(connection, lease_of(account_id), owner, now)
    if epoch is None or connection.execute(under_way.limit(1)).first() is not None:
        return None
    query = select(posts.c.id).where(posts.c.account_id == account_id, _ready(now)).order_by(posts.c.due_at, posts.c.id)
    for post_id in connection.execute(query.limit(10)).scalars().all():
        post = post_at(connection, post_id, now)
        if post is None:
            continue
        if post.state is PostState.CHECKING:
            return Claim(post, Stage.CHECK, epoch, None)
        if why := _too_late(post, now):
            _set(connection, post, {"state": PostState.FAILED.value, "reason": why})
            continue
        if _set(connection, post, {"state": PostState.SENDING.value, "started_at": now, "reason": ""}):
            stage = Stage.TO_FOLLOWERS if post.platform_id else Stage.PUBLISH
            return Claim(post, stage, epoch, now)
    release(connection, lease_of(account_id), epoch, now)
    return None


def record(connection: Connection, claimed: Claim, ending: Ending, now: datetime) -> bool:
    """How the call ended. A call that was given up meanwhile still tells what became of it, unless staff have decided."""
    post, stage = claimed.post, claimed.stage
    since = post.draft.due_at or now
    next_ = after(stage, ending, followers=post.draft.aim.followers, now=now, since=since)
    values: dict[str, Any] = {"state": next_.state.value, "reason": next_.reason, "look_at": next_.look_at}
    if ending.platform_id and stage is not Stage.TO_FOLLOWERS:
        values["platform_id"] = ending.platform_id
    if ending.step_id or (ending.platform_id and stage is Stage.TO_FOLLOWERS):
        values["step_id"] = ending.step_id or ending.platform_id
    if next_.state is PostState.POSTED:
        values["posted_at"] = now
    release(connection, lease_of(post.draft.account_id), claimed.epoch, now)
    if claimed.began is None:
        mine = posts.c.state == PostState.CHECKING.value, posts.c.revision == post.revision
    else:
        states = [PostState.SENDING.value]
        if ending.fate is not Fate.LOST:
            states.append(PostState.UNKNOWN.value)
        mine = posts.c.state.in_(states), posts.c.started_at == claimed.began
    return connection.execute(update(posts).where(posts.c.id == post.id, *mine).values(values)).rowcount == 1


def _too_late(post: Post, now: datetime) -> str:
    """Why it goes out no more by itself; "" when it may."""
    if post.draft.drive_id is not None and not post.drive_takes:
        return "drive-over"
    stands = bool(post.platform_id)  # an article that waits for its followers may wait for the morning
    late = post.draft.due_at is not None and now - post.draft.due_at > LATEST
    return "too-late" if late and not stands else ""


def _lost(now: datetime) -> ColumnElement[bool]:
    return (posts.c.state == PostState.SENDING.value) & (posts.c.started_at <= now - LOST_AFTER)


def _ready(now: datetime) -> ColumnElement[bool]:
    rested = or_(posts.c.look_at.is_(None), posts.c.look_at <= now)
    waits = (posts.c.state == PostState.APPROVED.value) & (posts.c.due_at <= now)
    return (waits | (posts.c.state == PostState.CHECKING.value)) & rested


def _set(connection: Connection, post: Post, values: dict[str, Any]) -> bool:
    as_it_was = posts.c.state == post.state.value, posts.c.revision == post.revision
    return connection.execute(update(posts).where(posts.c.id == post.id, *as_it_was).values(values)).rowcount == 1
