"""What follows an erasure, one small page after another: words, messages, and at last the address itself."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import get_args

from sqlalchemy import ColumnElement, Connection, and_, bindparam, delete, exists, or_, select, tuple_, update

from bot.domain.messages import Message
from bot.domain.outbox import OPEN
from bot.domain.updates import Silent
from bot.storage.erasing import ERASED
from bot.storage.sealing import KeyRing
from bot.storage.tables import (
    addresses,
    audit,
    consents,
    contacts,
    intents,
    kept_aside,
    outbox,
    pressure_reports,
    registrations,
    seen,
    staff_addresses,
)

PAGE = 200
AT_ONCE = 20
"""Addresses that go in one page: each is looked up in every table that may point to it."""

REPEATED = timedelta(days=2)
"""Platforms repeat a webhook call for up to 36 hours. Until then it stays known that an update was seen, so that a
repeat does not bring the person back."""

GOODBYE_WAITS = timedelta(days=1)
"""A last answer that could not go out for so long never will."""

BODY = "outbox.body"
SILENT = tuple(kind.__name__.lower() for kind in get_args(Silent))
"""Kinds of updates that no person writes: a receipt for our goodbye is no return."""

_erased = addresses.c.erased_at.is_not(None)
_before = outbox.c.contact_id.is_(None) | (outbox.c.contact_id != addresses.c.contact_id)
"""A message from before the erasure: that gave the address another contact id."""
_told = and_(
    seen.c.address_id == addresses.c.id, seen.c.text_sealed.is_not(None), seen.c.received_at <= addresses.c.erased_at
)


def anything_to_forget(connection: Connection) -> bool:
    """Whether any address was erased and is still there: a cheap question that needs no write."""
    return connection.execute(select(addresses.c.id).where(_erased).limit(1)).first() is not None


def forget_erased(connection: Connection, ring: KeyRing, now: datetime) -> int:
    """Do one page of what erasures left; returns how many rows, 0 when nothing can be done now.

    Any number of processes may do it at once, and each may be killed after any page: what is left is found in the rows.
    It waits for nobody: rows that others hold are left to the next run.
    """
    return (
        _wipe_words(connection)
        or _drop_seen(connection, now)
        or _give_up_goodbyes(connection, now)
        or _empty_messages(connection, ring)
        or _let_addresses_go(connection, ring)
    )


def _wipe_words(connection: Connection) -> int:
    told = select(seen.c.address_id, seen.c.update_id).join(addresses, _told).where(_erased).limit(PAGE)
    keys = tuple_(seen.c.address_id, seen.c.update_id).in_(told.with_for_update(of=seen, skip_locked=True))
    return connection.execute(update(seen).where(keys).values(text_sealed=None)).rowcount


def _drop_seen(connection: Connection, now: datetime) -> int:
    """The younger ones go with everybody's, by `drop_seen`."""
    old = (
        select(seen.c.address_id, seen.c.update_id)
        .join(addresses, addresses.c.id == seen.c.address_id)
        .where(_erased, seen.c.received_at <= addresses.c.erased_at, seen.c.received_at <= now - REPEATED)
        .limit(PAGE)
        .with_for_update(of=seen, skip_locked=True)
    )
    return connection.execute(delete(seen).where(tuple_(seen.c.address_id, seen.c.update_id).in_(old))).rowcount


def _give_up_goodbyes(connection: Connection, now: datetime) -> int:
    late = (
        select(outbox.c.id)
        .join(addresses, addresses.c.id == outbox.c.address_id)
        .where(_erased, _before, outbox.c.state == "waiting", outbox.c.created_at <= now - GOODBYE_WAITS)
        .limit(PAGE)
        .with_for_update(of=outbox, skip_locked=True)
    )
    statement = update(outbox).where(outbox.c.id.in_(late), outbox.c.state == "waiting")
    return connection.execute(statement.values(state="skipped", reason=ERASED)).rowcount


def _empty_messages(connection: Connection, ring: KeyRing) -> int:
    """Messages from before the erasure that have ended. Nobody locks an address after them, so there is no circle."""
    done = (
        select(outbox.c.id)
        .join(addresses, addresses.c.id == outbox.c.address_id)
        .where(_erased, _before, outbox.c.state.not_in(OPEN))
        .limit(PAGE)
        .with_for_update(of=outbox, skip_locked=True)
    )
    return _make_nobodys(connection, ring, connection.execute(done).scalars().all())


_nobodys = (
    update(outbox)
    .where(outbox.c.id == bindparam("row"))
    .values(contact_id=None, address_id=None, platform_id=None, key=bindparam("name"), body_sealed=bindparam("body"))
)


def _make_nobodys(connection: Connection, ring: KeyRing, ids: Sequence[int]) -> int:
    """The rows stay for the figures; a key may hold an address or a platform's id, a body may hold anything."""
    nothing = Message("").to_json()
    rows = [{"row": one, "name": f"{ERASED}:{one}", "body": ring.seal_json(nothing, BODY)} for one in ids]
    if rows:
        connection.execute(_nobodys, rows)
    return len(rows)


def _settled() -> ColumnElement[bool]:
    """Nothing from before the erasure is left."""
    old_messages = exists().where(outbox.c.address_id == addresses.c.id, _before)
    return ~old_messages & ~exists().where(_told)


def _came_back() -> ColumnElement[bool]:
    """They wrote since, or are somebody we know again."""
    wrote = exists().where(
        seen.c.address_id == addresses.c.id,
        seen.c.received_at > addresses.c.erased_at,
        seen.c.kind.not_in(SILENT),
    )
    return wrote | exists().where(contacts.c.id == addresses.c.contact_id)


def _let_addresses_go(connection: Connection, ring: KeyRing) -> int:
    """Delete addresses that are done with. Whoever came back keeps theirs, as somebody new.

    First lock, then look: on PostgreSQL only a statement that began after the lock sees what the intake has committed.
    """
    open_ones = exists().where(outbox.c.address_id == addresses.c.id, outbox.c.state.in_(OPEN))
    ready = _erased, _settled(), or_(_came_back(), ~open_ones)
    found = select(addresses.c.id).where(*ready).order_by(addresses.c.id).limit(AT_ONCE)
    ids = connection.execute(found.with_for_update(of=addresses, skip_locked=True)).scalars().all()
    if not ids:
        return 0
    again = select(addresses.c.id, _came_back().label("back")).where(addresses.c.id.in_(ids), *ready)
    rows = connection.execute(again).all()
    back = [row.id for row in rows if row.back]
    gone = [row.id for row in rows if not row.back]
    if back:
        connection.execute(update(addresses).where(addresses.c.id.in_(back)).values(erased_at=None))
    return len(back) + (_delete(connection, ring, gone) if gone else 0)


def _delete(connection: Connection, ring: KeyRing, ids: Sequence[int]) -> int:
    """Messages that staff wrote meanwhile go first; the last page takes the addresses."""
    rest = select(outbox.c.id).where(outbox.c.address_id.in_(ids)).limit(PAGE)
    if emptied := _make_nobodys(connection, ring, connection.execute(rest).scalars().all()):
        return emptied
    for table in (registrations, intents, consents, pressure_reports):
        connection.execute(update(table).where(table.c.address_id.in_(ids)).values(address_id=None))
    for table in (staff_addresses, kept_aside):
        connection.execute(delete(table).where(table.c.address_id.in_(ids)))
    # An address's number follows from the platform's id, so it must not stay behind in what staff did either.
    noted = audit.c.subject.in_([f"address {one}" for one in ids])
    connection.execute(update(audit).where(noted).values(subject="address"))
    return connection.execute(delete(addresses).where(addresses.c.id.in_(ids))).rowcount
