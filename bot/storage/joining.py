"""Another address of somebody we know: joined by a link or a code that works once, and parted again."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection, select, update

from bot.domain.contacts import Address
from bot.storage.erasing import lock_homes
from bot.storage.join_codes import forget_wrong, has_guessed_enough, note_wrong, owner_of, use_code
from bot.storage.joins import Join
from bot.storage.merging import merge
from bot.storage.parting import part_person
from bot.storage.sealing import KeyRing
from bot.storage.tables import addresses, contacts
from bot.storage.used_links import use_link

LINK_LASTS = timedelta(days=1)


class Refusal(StrEnum):
    """Why nothing was joined. Wrong, used, too old and too many tries are never told apart."""

    NO_GOOD = "no-good"
    SAME = "same"


@dataclass(frozen=True, slots=True)
class Joined:
    """`contact_id` is the person of both addresses now; `origin` is the address that the code or link came from."""

    contact_id: int
    origin: int


def homes_around(connection: Connection, address_ids: Iterable[int]) -> frozenset[int]:
    """These addresses and all others of their people: what must be locked before anything moves."""
    wanted = frozenset(address_ids)
    theirs = select(addresses.c.contact_id).where(addresses.c.id.in_(wanted))
    found = connection.execute(select(addresses.c.id).where(addresses.c.contact_id.in_(theirs))).scalars()
    return wanted | frozenset(found)


def join_by_link(
    connection: Connection, ring: KeyRing, address: Address, origin: int, link: str, now: datetime
) -> Joined | Refusal:
    """By a link for an address that belongs to nobody yet."""
    contact = _contact_at(connection, origin)
    if contact is None or not _is_known(connection, contact):
        return Refusal.NO_GOOD
    own = _contact_at(connection, address.id) or address.contact_id
    if own != contact and _is_known(connection, own):
        return Refusal.NO_GOOD
    # The link ends by itself a day after it was made; a little more keeps it used for as long as it could be tried.
    if not use_link(connection, link, now + LINK_LASTS, now):
        return Refusal.NO_GOOD
    if own != contact:
        merge(connection, ring, contact, own, address.id, now)
    return Joined(contact, origin)


def look_up(connection: Connection, ring: KeyRing, address: Address, code: str, now: datetime) -> Refusal | None:
    """Whether a code would join this address to another; nothing is told of whose it is. A wrong one counts."""
    found = _origin(connection, ring, address, code, now)
    return found if isinstance(found, Refusal) else None


def join_by_code(connection: Connection, ring: KeyRing, address: Address, code: str, now: datetime) -> Joined | Refusal:
    """Make one person of both sides, whoever they are; the caller holds `homes_around` both.

    Whoever is known goes on; of two that are, the one that the code came from.
    """
    origin = _origin(connection, ring, address, code, now)
    if isinstance(origin, Refusal):
        return origin
    if not use_code(connection, ring, code, now):
        return Refusal.NO_GOOD
    forget_wrong(connection, address)
    theirs, own = _contact_at(connection, origin), _contact_at(connection, address.id) or address.contact_id
    if theirs is None:
        return Refusal.NO_GOOD
    kept, gone = theirs, own
    if not _is_known(connection, theirs) and _is_known(connection, own):
        kept, gone = own, theirs
    merge(connection, ring, kept, gone, address.id, now)
    return Joined(kept, origin)


def part_from(connection: Connection, ring: KeyRing, contact_id: int, now: datetime, *, who: str) -> Join | None:
    """Undo the last join of a person, for callers that do not hold their addresses yet (the console)."""
    lock_homes(connection, contact_id)
    return part_person(connection, ring, contact_id, now, who=who)


def note_asked_route(connection: Connection, address_id: int, now: datetime) -> None:
    """They were asked for one more way to reach them."""
    connection.execute(update(addresses).where(addresses.c.id == address_id).values(asked_route_at=now))


def _origin(connection: Connection, ring: KeyRing, address: Address, code: str, now: datetime) -> int | Refusal:
    if has_guessed_enough(connection, address, now):
        return Refusal.NO_GOOD
    origin = owner_of(connection, ring, code, now)
    if origin is None:
        note_wrong(connection, address, now)
        return Refusal.NO_GOOD
    own = _contact_at(connection, address.id) or address.contact_id
    return Refusal.SAME if origin == address.id or _contact_at(connection, origin) == own else origin


def _contact_at(connection: Connection, address_id: int) -> int | None:
    """None where there is no such address, or its person had it erased."""
    query = select(addresses.c.contact_id).where(addresses.c.id == address_id, addresses.c.erased_at.is_(None))
    return connection.execute(query).scalar()


def _is_known(connection: Connection, contact_id: int) -> bool:
    """Locked against an erasure at the same moment."""
    row = select(contacts.c.id).where(contacts.c.id == contact_id, contacts.c.erased_at.is_(None))
    return connection.execute(row.with_for_update(key_share=True)).first() is not None
