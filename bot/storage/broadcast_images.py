"""Pictures of broadcasts and public posts: each kept once, under the digest by which platforms fetch it."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, exists, select
from sqlalchemy.dialects import postgresql, sqlite

from bot.domain.images import check_image
from bot.storage.ids import new_id
from bot.storage.tables import broadcast_images, broadcasts, posts

PATH = "/pictures/b/"
"""Where the web floor shows them."""

UNUSED_FOR = timedelta(days=30)

_insert: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


@dataclass(frozen=True, slots=True)
class KeptImage:
    """One picture; `kind` is its media type."""

    id: int
    digest: str
    kind: str
    body: bytes = field(repr=False)


def keep_image(connection: Connection, kind: str, body: bytes, now: datetime) -> int:
    """Its id; the same picture handed in again has the id it had. What it says it is counts for nothing: `kind` must be
    what its bytes are.

    Raises:
        NotTaken: it is no picture that platforms take (`domain/images.py`).
        ValueError: `kind` is another.
    """
    if check_image(body).kind != kind:
        raise ValueError(f"this is no {kind}")
    digest = hashlib.sha256(body).hexdigest()[:40]
    row = {"id": new_id(), "digest": digest, "kind": kind, "body": body, "at": now}
    statement = _insert[connection.dialect.name](broadcast_images).values(row)
    again = statement.on_conflict_do_update(index_elements=["digest"], set_={"at": now})
    kept: int = connection.execute(again.returning(broadcast_images.c.id)).scalar_one()
    return kept


def image_at(connection: Connection, digest: str) -> KeptImage | None:
    """The picture of this digest."""
    row = connection.execute(select(broadcast_images).where(broadcast_images.c.digest == digest)).first()
    return KeptImage(row.id, row.digest, row.kind, row.body) if row else None


def drop_unused(connection: Connection, now: datetime, most: int) -> int:
    """Pictures that no broadcast and no post has any more, a month after they were last handed in."""
    used = exists().where(posts.c.image_id == broadcast_images.c.id)
    sent = exists().where(broadcasts.c.image_id == broadcast_images.c.id)
    old = select(broadcast_images.c.id).where(broadcast_images.c.at <= now - UNUSED_FOR, ~used, ~sent).limit(most)
    return connection.execute(delete(broadcast_images).where(broadcast_images.c.id.in_(old))).rowcount


def digest_of(connection: Connection, image_id: int | None) -> str:
    """The name a picture stands under behind `PATH`; "" for none, or where it is gone."""
    if image_id is None:
        return ""
    query = select(broadcast_images.c.digest).where(broadcast_images.c.id == image_id)
    return connection.execute(query).scalar() or ""
