"""Another chat of somebody we know: joined by a link that works once."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, select, update

from bot.storage.tables import addresses, contacts
from bot.storage.used_links import use_link

LINK_LASTS = timedelta(days=1)


def join_person(connection: Connection, address_id: int, origin_id: int, link: str, now: datetime) -> int | None:
    """Give an address to the person of another one; their contact id, or None when the link is used up, they are
    gone, or the address belongs to somebody already."""
    origin = select(addresses.c.contact_id).where(addresses.c.id == origin_id, addresses.c.erased_at.is_(None))
    contact = connection.execute(origin).scalar()
    if contact is None or not _is_there(connection, contact):
        return None
    own = connection.execute(select(addresses.c.contact_id).where(addresses.c.id == address_id)).scalar()
    if own is not None and own != contact and _is_there(connection, own):
        return None
    # The link ends by itself a day after it was made; a little more keeps it used for as long as it could be tried.
    if not use_link(connection, link, now + LINK_LASTS, now):
        return None
    connection.execute(update(addresses).where(addresses.c.id == address_id).values(contact_id=contact))
    return int(contact)


def note_asked_route(connection: Connection, address_id: int, now: datetime) -> None:
    """They were asked for one more way to reach them."""
    connection.execute(update(addresses).where(addresses.c.id == address_id).values(asked_route_at=now))


def _is_there(connection: Connection, contact_id: int) -> bool:
    """Locked against an erasure at the same moment."""
    row = select(contacts.c.id).where(contacts.c.id == contact_id, contacts.c.erased_at.is_(None))
    return connection.execute(row.with_for_update(read=True)).first() is not None
