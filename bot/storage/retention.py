"""What is let go because its purpose is over. Read a page of candidates, then write it: each is judged again there.

Everything is judged by moments that stand in rows, and by `now`. A clock that is wrong by hours moves a deletion by as
much and nothing else; periods are weeks and more.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, exists, or_, select, update

from bot.domain.consents import BY_CHOICE
from bot.domain.outbox import OPEN
from bot.domain.retention import FILLING_IN, Retention
from bot.storage.audit import note
from bot.storage.data_requests import note_request
from bot.storage.erasing import ERASED, Homes, empty_contact, lock_homes, part_addresses, strip_registrations
from bot.storage.housekeeping import PAGE
from bot.storage.ids import new_id
from bot.storage.proofs import turn_into_proofs
from bot.storage.sealing import KeyRing
from bot.storage.tables import addresses, consents, contacts, drives, outbox, registrations, staff_addresses
from bot.storage.talks import begun_anew

AT_ONCE = 20
"""Addresses parted in one transaction: each may have words to wipe."""

SOURCE = "retention"


def _is_over(keep: Retention, now: datetime) -> ColumnElement[bool]:
    """The people of this drive need not be known any more: its report was signed, or nobody will sign it."""
    reported = now - keep.registrations
    return or_(
        and_(drives.c.reported_at <= reported, drives.c.ends_at <= reported),
        and_(drives.c.reported_at.is_(None), drives.c.ends_at <= now - keep.unreported),
    )


# --- registrations -----------------------------------------------------------------------------------------------


def old_registrations(connection: Connection, keep: Retention, now: datetime) -> Sequence[int]:
    """A page of registrations that still lead to a person although their drive is over."""
    statement = (
        select(registrations.c.id)
        .join(drives, drives.c.id == registrations.c.drive_id)
        .where(_is_over(keep, now), registrations.c.ticket.not_like(f"{ERASED}-%"))
        .limit(PAGE)
    )
    return connection.execute(statement).scalars().all()


def strip_old(connection: Connection, ids: Sequence[int], now: datetime) -> int:
    """They keep their drive and their unit, for the figures; a person who stays keeps them too."""
    return strip_registrations(connection, registrations.c.id.in_(ids), now)


# --- people ------------------------------------------------------------------------------------------------------


def _is_needed_no_more(keep: Retention, now: datetime) -> ColumnElement[bool]:
    """No lasting consent stands, and no drive of theirs is recent or to come."""
    wanted = exists().where(
        consents.c.contact_id == contacts.c.id, consents.c.purpose.in_(BY_CHOICE), consents.c.withdrawn_at.is_(None)
    )
    registered = exists().where(
        registrations.c.contact_id == contacts.c.id,
        drives.c.id == registrations.c.drive_id,
        _is_over(keep, now).is_not(True),  # a drive without a report makes half of it unknown
    )
    fresh = contacts.c.updated_at > now - keep.registrations
    return contacts.c.erased_at.is_(None) & ~fresh & ~wanted & ~registered


def old_people(connection: Connection, keep: Retention, now: datetime, behind: int) -> Sequence[int]:
    """A page of contacts that may go, by id, behind this one."""
    statement = select(contacts.c.id).where(contacts.c.id > behind, _is_needed_no_more(keep, now))
    return connection.execute(statement.order_by(contacts.c.id).limit(PAGE)).scalars().all()


def let_go(connection: Connection, ring: KeyRing, contact_id: int, keep: Retention, now: datetime) -> bool:
    """Forget a person as an erasure would, but their chat goes on: as somebody we do not know.

    False when it must not be (any more), or messages came meanwhile: the next sweep finds them again.
    """
    homes = lock_homes(connection, contact_id)
    asked = select(contacts.c.id).where(contacts.c.id == contact_id, _is_needed_no_more(keep, now))
    if connection.execute(asked).first() is None or _is_filling_in(homes, now):
        return False
    if unlink_messages(connection, contact_id) == PAGE:
        return False
    turn_into_proofs(connection, ring, contact_id, homes, now, withdrawn_at=None)
    empty_contact(connection, contact_id, now)
    for home in homes:
        talk = begun_anew(home.talk_sealed, ring)
        values = {"contact_id": new_id(), "talk_sealed": talk, "form_touched_at": None}
        connection.execute(update(addresses).where(addresses.c.id == home.id).values(values))
    note_request(connection, "erase", SOURCE, now, contact_id=contact_id)
    note(connection, now, SOURCE, ERASED, f"contact {contact_id}")
    return True


def _is_filling_in(homes: Homes, now: datetime) -> bool:
    """Somebody in the middle of a registration is known again in a moment."""
    return any(home.form_touched_at is not None and now - home.form_touched_at < FILLING_IN for home in homes)


def unlink_messages(connection: Connection, contact_id: int) -> int:
    """A message must not tie what is left of a person to their address. One page; those not sent yet go out still."""
    homes = select(addresses.c.id).where(addresses.c.contact_id == contact_id)
    theirs = outbox.c.address_id.in_(homes), outbox.c.contact_id.is_not(None)
    ids = connection.execute(select(outbox.c.id).where(*theirs).order_by(outbox.c.id).limit(PAGE)).scalars().all()
    if ids:
        connection.execute(update(outbox).where(outbox.c.id.in_(ids)).values(contact_id=None))
    return len(ids)


# --- addresses ---------------------------------------------------------------------------------------------------


def _is_idle(keep: Retention, now: datetime) -> ColumnElement[bool]:
    """Nobody we know writes from there, nothing is on its way there, and no member of staff waits for alarms there."""
    known = exists().where(contacts.c.id == addresses.c.contact_id, contacts.c.erased_at.is_(None))
    open_ones = exists().where(outbox.c.address_id == addresses.c.id, outbox.c.state.in_(OPEN))
    linked = exists().where(staff_addresses.c.address_id == addresses.c.id)
    quiet = addresses.c.last_inbound_at <= now - keep.idle
    return addresses.c.erased_at.is_(None) & quiet & ~known & ~open_ones & ~linked


def idle_addresses(connection: Connection, keep: Retention, now: datetime) -> Sequence[int]:
    """A page of addresses that wrote nothing for so long that they may go."""
    statement = select(addresses.c.id).where(_is_idle(keep, now)).order_by(addresses.c.id).limit(PAGE)
    return connection.execute(statement).scalars().all()


def part_idle(connection: Connection, ids: Sequence[int], keep: Retention, now: datetime) -> int:
    """Treat them like erased ones: `forget_erased` does the rest."""
    asked = select(addresses).where(addresses.c.id.in_(ids), _is_idle(keep, now)).order_by(addresses.c.id)
    homes = connection.execute(asked.with_for_update(of=addresses, skip_locked=True)).all()
    part_addresses(connection, homes, now)
    return len(homes)
