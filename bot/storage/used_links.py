"""Links that open something once: whether one was used already, until it would have ended anyway."""

import hashlib
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from bot.storage.housekeeping import PAGE
from bot.storage.tables import used_links

KEPT_LONGER = timedelta(days=1)
"""A clock that was put back a little must not open a used link again."""


def use_link(connection: Connection, token: str, expires_at: datetime, now: datetime) -> bool:
    """Use a link up; True the first time only, whoever else tries at the same moment.

    Args:
        expires_at: when the link ends by itself.
    """
    if now > expires_at:
        return False
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    row = {"link_hash": _hash(token), "expires_at": expires_at}
    added = insert(used_links).values(row).on_conflict_do_nothing().returning(used_links.c.expires_at)
    return connection.execute(added).first() is not None


def link_is_used(connection: Connection, token: str) -> bool:
    """Looking does not use it up."""
    query = select(used_links.c.expires_at).where(used_links.c.link_hash == _hash(token))
    return connection.execute(query).first() is not None


def drop_used_links(connection: Connection, now: datetime) -> int:
    """Forget one page of links that ended long ago; returns how many."""
    old = select(used_links.c.link_hash).where(used_links.c.expires_at < now - KEPT_LONGER).limit(PAGE)
    return connection.execute(delete(used_links).where(used_links.c.link_hash.in_(old))).rowcount


def _hash(token: str) -> bytes:
    return hashlib.sha256(f"link\n{token}".encode()).digest()
