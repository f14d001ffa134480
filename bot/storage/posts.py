"""Public posts as staff write, approve and settle them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, func, insert, select, update

from bot.domain.drives import DriveState
from bot.domain.posts import (
    Aim,
    PostDraft,
    PostKind,
    PostRefusal,
    PostRefused,
    PostState,
    PostStep,
    check_post_step,
)
from bot.domain.references import code_of
from bot.domain.updates import ChannelKind
from bot.storage.audit import note
from bot.storage.broadcast_images import PATH
from bot.storage.ids import new_id
from bot.storage.references import numbers_of
from bot.storage.tables import accounts, broadcast_images, drives, poster_codes, posts, units

SHOWN_AT_MOST = 100


@dataclass(frozen=True, slots=True)
class Post:
    """One post as its row stands, with what it hangs on.

    Args:
        image: the path of its picture behind our address; "" without one.
        number: of its drive's code, None for a post about no drive.
        drive_takes: people can register there.
    """

    id: int
    draft: PostDraft = field(repr=False)
    state: PostState
    reason: str
    revision: int
    created_by: str
    approved_by: str
    account: str
    channel: ChannelKind
    account_unit_id: int | None
    unit: str
    drive: str = ""
    drive_takes: bool = False
    number: int | None = None
    image: str = ""
    platform_id: str = ""
    step_id: str = ""
    started_at: datetime | None = None
    posted_at: datetime | None = None
    approved_at: datetime | None = None

    @property
    def code(self) -> str:
        return "" if self.number is None else code_of(self.number)


def posts_of(connection: Connection, unit_ids: Collection[int] | None, now: datetime) -> list[Post]:
    """Those of these units (None: all), the newest first."""
    query = _posts().order_by(posts.c.id.desc()).limit(SHOWN_AT_MOST)
    if unit_ids is not None:
        query = query.where(posts.c.unit_id.in_(unit_ids))
    return [as_post(row, now) for row in connection.execute(query)]


def post_at(connection: Connection, post_id: int, now: datetime) -> Post | None:
    """One post."""
    row = connection.execute(_posts().where(posts.c.id == post_id)).first()
    return as_post(row, now) if row else None


def post_on_platform(connection: Connection, account_id: int, platform_id: str, now: datetime) -> Post | None:
    """The post that the platform knows by this id."""
    query = _posts().where(posts.c.platform_id == platform_id, posts.c.account_id == account_id)
    row = connection.execute(query.limit(1)).first()
    return as_post(row, now) if row else None


def count_asking(connection: Connection, unit_ids: Collection[int] | None, *, approver: bool) -> int:
    """Posts of these units (None: all) that wait for a person: whose fate is unclear, and for an approver those to approve."""
    asking = [PostState.UNKNOWN.value, *([PostState.SUBMITTED.value] if approver else [])]
    query = select(func.count()).select_from(posts).where(posts.c.state.in_(asking))
    if unit_ids is not None:
        query = query.where(posts.c.unit_id.in_(unit_ids))
    return connection.execute(query).scalar_one()


def last_channel(connection: Connection, account_id: int) -> str:
    """The Telegram channel of this bot's last post."""
    query = select(posts.c.target).where(posts.c.account_id == account_id, posts.c.kind == PostKind.CHANNEL.value)
    return Aim.from_json(connection.execute(query.order_by(posts.c.id.desc()).limit(1)).scalar() or "").channel


def create(connection: Connection, login: str, draft: PostDraft, now: datetime) -> int:
    """A draft; the code of its drive is made with it."""
    identity = new_id()
    _give_code(connection, draft, now)
    row = {"id": identity, "state": PostState.DRAFT.value, "created_by": login, "created_at": now, **_columns(draft)}
    connection.execute(insert(posts).values(row))
    note(connection, now, login, "post-created", _name(identity))
    return identity


def change(connection: Connection, login: str, post: Post, draft: PostDraft, now: datetime) -> None:
    """Other words: a draft again, whatever was approved. Whoever wrote last is the one who may not approve it.

    Raises:
        PostRefused: it is on its way already, or somebody else was quicker.
    """
    check_post_step(post.state, PostStep.CHANGE, stands=bool(post.platform_id))
    _give_code(connection, draft, now)
    undone = {"state": PostState.DRAFT.value, "approved_by": "", "approved_at": None, "look_at": None, "reason": ""}
    undone |= {"started_at": None, "step_id": None}
    _guarded(connection, post, {**_columns(draft), **undone, "created_by": login, "revision": post.revision + 1})
    note(connection, now, login, "post-changed", _name(post.id))


def approve(connection: Connection, login: str, post: Post, *, above: bool, now: datetime) -> None:
    """From now on it goes out at its time.

    Raises:
        PostRefused: not by this person, not as it stands now, or its drive is over.
    """
    check_post_step(post.state, PostStep.APPROVE, stands=bool(post.platform_id))
    if login == post.created_by:
        raise PostRefused(PostRefusal.OWN_DRAFT)
    if not above:
        raise PostRefused(PostRefusal.NOT_ABOVE)
    if post.draft.drive_id is not None and not post.drive_takes:
        raise PostRefused(PostRefusal.DRIVE_OVER)
    due = max(post.draft.due_at or now, now)
    who = {"state": PostState.APPROVED.value, "approved_by": login, "approved_at": now, "due_at": due, "reason": ""}
    _guarded(connection, post, who)
    note(connection, now, login, "post-approved", _name(post.id), f"revision {post.revision}")


def take_step(connection: Connection, login: str, post: Post, step: PostStep, now: datetime) -> None:
    """Submit, return, cancel, or settle what may have been posted.

    Raises:
        PostRefused: not from this state.
    """
    check_post_step(post.state, step, stands=bool(post.platform_id))
    _guarded(connection, post, _made_of(post, step, now))
    note(connection, now, login, f"post-{step.value}", _name(post.id), f"was {post.state.value}")


def _made_of(post: Post, step: PostStep, now: datetime) -> dict[str, Any]:
    match step:
        case PostStep.SUBMIT:
            return {"state": PostState.SUBMITTED.value}
        case PostStep.RETURN:
            unsigned = {"approved_by": "", "approved_at": None, "look_at": None}
            return {"state": PostState.DRAFT.value, **unsigned}
        case PostStep.CANCEL:
            return {"state": PostState.CANCELLED.value}
        case PostStep.THERE:
            return {"state": PostState.POSTED.value, "reason": "by-staff", "posted_at": post.started_at or now}
        case PostStep.AGAIN:
            again = {"state": PostState.APPROVED.value, "reason": "", "due_at": now, "look_at": None, "step_id": None}
            return {**again, "started_at": None}
        case PostStep.CHANGE | PostStep.APPROVE:
            raise ValueError(f"{step} has a function of its own")


def _guarded(connection: Connection, post: Post, values: Mapping[str, Any]) -> None:
    """Only if the row stands as it was read: of two people who press at once, one does it."""
    as_it_was = and_(posts.c.state == post.state.value, posts.c.revision == post.revision)
    changed = connection.execute(update(posts).where(posts.c.id == post.id, as_it_was).values(values))
    if changed.rowcount != 1:
        raise PostRefused(PostRefusal.CHANGED)


def _give_code(connection: Connection, draft: PostDraft, now: datetime) -> None:
    if draft.drive_id is not None:
        numbers_of(connection, draft.drive_id, [draft.unit_id], now)


def _columns(draft: PostDraft) -> dict[str, Any]:
    return {
        "account_id": draft.account_id,
        "unit_id": draft.unit_id,
        "kind": draft.kind.value,
        "words": draft.words,
        "title": draft.title,
        "image_id": draft.image_id,
        "drive_id": draft.drive_id,
        "target": draft.aim.to_json(),
        "due_at": draft.due_at,
    }


def _name(post_id: int) -> str:
    return f"post {post_id}"


def _posts() -> Any:
    codes = and_(poster_codes.c.drive_id == posts.c.drive_id, poster_codes.c.unit_id == posts.c.unit_id)
    return (
        select(
            posts,
            accounts.c.code.label("account"),
            accounts.c.kind.label("channel"),
            accounts.c.unit_id.label("account_unit_id"),
            units.c.name.label("unit"),
            drives.c.name.label("drive"),
            drives.c.state.label("drive_state"),
            drives.c.ends_at.label("drive_ends_at"),
            poster_codes.c.number,
            broadcast_images.c.digest,
        )
        .join(accounts, accounts.c.id == posts.c.account_id)
        .join(units, units.c.id == posts.c.unit_id)
        .outerjoin(drives, drives.c.id == posts.c.drive_id)
        .outerjoin(poster_codes, codes)
        .outerjoin(broadcast_images, broadcast_images.c.id == posts.c.image_id)
    )


def as_post(row: Row[Any], now: datetime) -> Post:
    draft = PostDraft(
        account_id=row.account_id,
        unit_id=row.unit_id,
        kind=PostKind(row.kind),
        words=row.words,
        title=row.title,
        image_id=row.image_id,
        drive_id=row.drive_id,
        aim=Aim.from_json(row.target),
        due_at=row.due_at,
    )
    return Post(
        id=row.id,
        draft=draft,
        state=PostState(row.state),
        reason=row.reason,
        revision=row.revision,
        created_by=row.created_by,
        approved_by=row.approved_by,
        account=row.account,
        channel=ChannelKind(row.channel),
        account_unit_id=row.account_unit_id,
        unit=row.unit,
        drive=row.drive or "",
        drive_takes=row.drive_state == DriveState.OPEN.value and row.drive_ends_at > now,
        number=row.number,
        image=f"{PATH}{row.digest}" if row.digest else "",
        platform_id=row.platform_id or "",
        step_id=row.step_id or "",
        started_at=row.started_at,
        posted_at=row.posted_at,
        approved_at=row.approved_at,
    )
