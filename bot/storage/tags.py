"""Tags of people: put on and taken off by staff, and what joining, parting and erasure do to them."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from bot.domain.tags import AT_MOST, TagFault, is_about_health
from bot.storage.audit import note
from bot.storage.joins import Join, Plain
from bot.storage.tables import contacts, tags


def tags_of(connection: Connection, contact_id: int) -> tuple[str, ...]:
    query = select(tags.c.tag).where(tags.c.contact_id == contact_id).order_by(tags.c.tag)
    return tuple(connection.execute(query).scalars())


def put_tag(connection: Connection, contact_id: int, tag: str, now: datetime, *, who: str) -> TagFault | None:
    """Put it on a person who is still there; once more changes nothing. The record says who did it to whom, and
    which word; the words themselves name nobody."""
    if is_about_health(tag):
        return TagFault.HEALTH
    alive = select(contacts.c.id).where(contacts.c.id == contact_id, contacts.c.erased_at.is_(None))
    if connection.execute(alive.with_for_update()).first() is None:
        return None
    there = tags_of(connection, contact_id)
    if tag in there:
        return None
    if len(there) >= AT_MOST:
        return TagFault.MANY
    connection.execute(insert(tags).values(contact_id=contact_id, tag=tag, by=who, at=now))
    note(connection, now, who, "tag-put", f"contact {contact_id}", tag)
    return None


def take_tag_off(connection: Connection, contact_id: int, tag: str, now: datetime, *, who: str) -> None:
    gone = delete(tags).where(tags.c.contact_id == contact_id, tags.c.tag == tag)
    if connection.execute(gone).rowcount:
        note(connection, now, who, "tag-taken-off", f"contact {contact_id}", tag)


def erase_tags(connection: Connection, contact_ids: Collection[int]) -> None:
    connection.execute(delete(tags).where(tags.c.contact_id.in_(contact_ids)))


def move_tags(connection: Connection, kept: int, gone: int) -> Plain:
    """What only `gone` had goes over; of what both had, who put it on `gone` is noted. The shell keeps none."""
    ours = set(tags_of(connection, kept))
    theirs = connection.execute(select(tags).where(tags.c.contact_id == gone).order_by(tags.c.tag)).all()
    moved = [row.tag for row in theirs if row.tag not in ours]
    _give(connection, moved, gone, kept)
    erase_tags(connection, (gone,))
    return {"tags": moved, "tags_twice": [[row.tag, row.by, row.at.isoformat()] for row in theirs if row.tag in ours]}


def tags_back(connection: Connection, join: Join) -> None:
    """What nobody has taken off since."""
    still = set(tags_of(connection, join.kept))
    _give(connection, join.moved.get("tags", ()), join.kept, join.gone)
    for tag, by, at in join.moved.get("tags_twice", ()):
        if tag in still:
            row = {"contact_id": join.gone, "tag": tag, "by": by, "at": datetime.fromisoformat(at)}
            connection.execute(insert(tags).values(row))


def _give(connection: Connection, which: Collection[str], whose: int, to: int) -> None:
    if which:
        theirs = tags.c.contact_id == whose, tags.c.tag.in_(which)
        connection.execute(update(tags).where(*theirs).values(contact_id=to))
