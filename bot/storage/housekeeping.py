"""What is dropped or wiped when the time of keeping it is over; each function does one small page."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, func, select, tuple_, update

from bot.domain.changing import replace
from bot.domain.messages import Message
from bot.domain.outbox import OPEN
from bot.storage.sealing import KeyRing, LostKey
from bot.storage.tables import addresses, kept_aside, outbox, seen, staff_keys
from bot.storage.talks import dump_talk, load_talk

PAGE = 200
"""The sweep goes on while a page was full, so everything it calls has pages of this size."""

BODY = "outbox.body"
NOTHING = Message("").to_json()


def drop_keys(connection: Connection, now: datetime) -> int:
    """Login links and sessions that have run out."""
    old = select(staff_keys.c.secret_hash).where(staff_keys.c.expires_at <= now).limit(PAGE)
    return connection.execute(delete(staff_keys).where(staff_keys.c.secret_hash.in_(old))).rowcount


def forget_forms(connection: Connection, ring: KeyRing, before: datetime, homes: Sequence[int] | None = None) -> int:
    """Forms that nobody has touched since, at these addresses or at any: their answers leave the state of the talk."""
    statement = (
        select(addresses.c.id, addresses.c.talk_sealed)
        .where(addresses.c.form_touched_at <= before)
        .limit(PAGE)
        .with_for_update(skip_locked=True, key_share=True)
    )
    rows = connection.execute(statement if homes is None else statement.where(addresses.c.id.in_(homes))).all()
    if rows:
        wiped = update(addresses).where(addresses.c.id == bindparam("row"))
        values = [{"row": row.id, "talk": _without_form(row.talk_sealed, ring)} for row in rows]
        connection.execute(wiped.values(talk_sealed=bindparam("talk"), form_touched_at=None), values)
    return len(rows)


def _without_form(sealed: bytes | None, ring: KeyRing) -> bytes | None:
    """A talk under a lost key cannot be read by anybody: it begins anew."""
    try:
        return dump_talk(replace(load_talk(sealed, ring), form=None, offered=()), ring)
    except LostKey:
        return None


def drop_seen(connection: Connection, before: datetime) -> int:
    """Updates so old that no platform repeats them."""
    old = select(seen.c.address_id, seen.c.update_id).where(seen.c.received_at <= before).limit(PAGE)
    return connection.execute(delete(seen).where(tuple_(seen.c.address_id, seen.c.update_id).in_(old))).rowcount


def forget_words(connection: Connection, before: datetime) -> int:
    """What people wrote; that it was seen stays for a while, against repeats."""
    old = (
        select(seen.c.address_id, seen.c.update_id)
        .where(seen.c.received_at <= before, seen.c.text_sealed.is_not(None))
        .limit(PAGE)
    )
    statement = update(seen).where(tuple_(seen.c.address_id, seen.c.update_id).in_(old)).values(text_sealed=None)
    return connection.execute(statement).rowcount


def drop_kept_aside(connection: Connection, before: datetime) -> int:
    """Events that could not be decoded hold words too."""
    old = select(kept_aside.c.id).where(kept_aside.c.received_at <= before).limit(PAGE)
    return connection.execute(delete(kept_aside).where(kept_aside.c.id.in_(old))).rowcount


def full_bodies(connection: Connection, ring: KeyRing, before: datetime, behind: int) -> Sequence[int]:
    """A page of messages that went out or ended before this moment and still hold words, by id, behind this one."""
    statement = (
        select(outbox.c.id)
        .where(
            outbox.c.id > behind,
            outbox.c.created_at <= before,
            outbox.c.state.not_in(OPEN),
            func.length(outbox.c.body_sealed) > len(ring.seal_json(NOTHING, BODY)),
        )
        .order_by(outbox.c.id)
        .limit(PAGE)
    )
    return connection.execute(statement).scalars().all()


def empty_bodies(connection: Connection, ring: KeyRing, ids: Sequence[int]) -> int:
    """They lose their words; the rows stay for the figures."""
    change = update(outbox).where(outbox.c.id == bindparam("row")).values(body_sealed=bindparam("body"))
    connection.execute(change, [{"row": one, "body": ring.seal_json(NOTHING, BODY)} for one in ids])
    return len(ids)
