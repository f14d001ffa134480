"""Fills the search tokens of names that were written before there were any, one small page at a time."""

from sqlalchemy import ColumnElement, Connection, bindparam, select, update

from bot.storage.name_index import name_words
from bot.storage.sealing import KeyRing, LostKey
from bot.storage.tables import contacts

PAGE = 200


def names_to_fill(connection: Connection) -> bool:
    """Whether there is anything to do; a partial index answers without a look at the table."""
    return connection.execute(select(contacts.c.id).where(_unfilled()).limit(1)).first() is not None


def fill_name_words(connection: Connection, ring: KeyRing, behind: int) -> tuple[int, int, int]:
    """One page, in the order of the ids.

    Args:
        behind: look only at rows with a greater id, so that names under a lost key do not stop the rest.

    Returns:
        the last id looked at, how many rows were looked at, and how many were filled.
    """
    statement = (
        select(contacts.c.id, contacts.c.name_sealed)
        .where(_unfilled(), contacts.c.id > behind)
        .order_by(contacts.c.id)
        .limit(PAGE)
        .with_for_update(skip_locked=True, key_share=True)
    )
    rows = connection.execute(statement).all()
    values = [{"row": row.id, "words": words} for row in rows if (words := _words(ring, row.name_sealed)) is not None]
    if values:
        # A registration that came meanwhile has written its own, and an erased person has none.
        change = update(contacts).where(contacts.c.id == bindparam("row"), contacts.c.name_words.is_(None))
        connection.execute(change.values(name_words=bindparam("words")), values)
    return (rows[-1].id if rows else behind), len(rows), len(values)


def _unfilled() -> ColumnElement[bool]:
    return contacts.c.name_words.is_(None) & contacts.c.name_sealed.is_not(None)


def _words(ring: KeyRing, sealed: bytes) -> str | None:
    try:
        return name_words(ring, ring.open(sealed, "contacts.name").decode())
    except LostKey:
        return None
