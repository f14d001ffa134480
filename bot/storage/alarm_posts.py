"""Puts alarms into the outbox of the staff who should hear them."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select
from sqlalchemy.dialects import postgresql, sqlite

from bot.domain.alarms import AlarmKind
from bot.domain.listeners import Listener, listeners_for
from bot.domain.messages import Message
from bot.domain.outbox import PRIORITIES, MessagePurpose
from bot.domain.platforms import Platforms, RouteKind
from bot.domain.tree import below
from bot.domain.units import Unit
from bot.domain.updates import ChannelKind
from bot.domain.windows import Shut, judge
from bot.storage.alarms import AlarmRow, note_told
from bot.storage.catalogue import all_units
from bot.storage.ids import new_id
from bot.storage.sealing import KeyRing, LostKey
from bot.storage.tables import accounts, addresses, outbox, staff, staff_addresses
from bot.storage.talks import load_talk

Say = Callable[[str], Message]
"""The message in a language."""

_insert: dict[str, Any] = {
    "sqlite": sqlite.insert(outbox).on_conflict_do_nothing(),
    "postgresql": postgresql.insert(outbox).on_conflict_do_nothing(),
}


def tell(
    connection: Connection, ring: KeyRing, row: AlarmRow, say: Say, now: datetime, platforms: Platforms
) -> list[Listener] | None:
    """Tell an open alarm once more to whom it concerns now; None when another process does.

    An address that cannot be reached gets a row too, skipped with its reason.
    """
    if not note_told(connection, row, now):
        return None
    heard = listeners_for(row.alarm.kind, row.alarm.unit_id, _listeners(connection, ring, now, platforms))
    again = f":{row.told}" if row.told else ""
    keys = [f"alarm:{row.id}:{one.address_id}{again}" for one in heard]
    _post(connection, ring, zip(heard, keys, strict=True), say, now, now + row.alarm.kind.again_after)
    return list(heard)


def tell_over(
    connection: Connection, ring: KeyRing, row: AlarmRow, say: Say, now: datetime, platforms: Platforms
) -> list[Listener]:
    """Tell those who were told of it that it is over."""
    known = {f"alarm:{row.id}:{one.address_id}": one for one in _listeners(connection, ring, now, platforms)}
    told = select(outbox.c.key).where(outbox.c.key.in_(known), outbox.c.state != "skipped")
    heard = [known[key] for key in connection.execute(told).scalars()]
    keys = [f"alarm-over:{row.id}:{one.address_id}" for one in heard]
    _post(connection, ring, zip(heard, keys, strict=True), say, now, now + AlarmKind.URGENT.again_after)
    return heard


def _post(
    connection: Connection,
    ring: KeyRing,
    heard: Iterable[tuple[Listener, str]],
    say: Say,
    now: datetime,
    expires_at: datetime,
) -> None:
    rows = [
        {
            "id": new_id(),
            "key": key,
            "account_id": one.account_id,
            "address_id": one.address_id,
            "contact_id": one.contact_id,
            "purpose": MessagePurpose.STAFF.value,
            "priority": PRIORITIES[MessagePurpose.STAFF],
            "body_sealed": ring.seal_json(say(one.language).to_json(), "outbox.body"),
            "state": "skipped" if one.shut else "waiting",
            "reason": one.shut,
            "created_at": now,
            "due_at": now,
            "expires_at": expires_at,
        }
        for one, key in heard
    ]
    if rows:
        connection.execute(_insert[connection.dialect.name], rows)


def _listeners(connection: Connection, ring: KeyRing, now: datetime, platforms: Platforms) -> list[Listener]:
    query = (
        select(
            addresses,
            accounts.c.kind,
            accounts.c.paused_at,
            staff.c.role,
            staff.c.on_duty,
            staff.c.unit_id.label("staff_unit"),
        )
        .select_from(staff_addresses)
        .join(addresses, addresses.c.id == staff_addresses.c.address_id)
        .join(accounts, accounts.c.id == addresses.c.account_id)
        .join(staff, staff.c.id == staff_addresses.c.staff_id)
        .where(staff.c.disabled_at.is_(None), addresses.c.erased_at.is_(None))
        .order_by(staff_addresses.c.linked_at)
    )
    rows, tree = list(connection.execute(query)), all_units(connection)
    return [_listener(row, tree, ring, _shut(row, now, platforms)) for row in rows]


def _listener(row: Row[Any], tree: Sequence[Unit], ring: KeyRing, shut: str) -> Listener:
    scope, at_top = frozenset[int](), False
    if row.staff_unit is not None:
        scope = below(tree, row.staff_unit)
        at_top = next((unit.parent_id for unit in tree if unit.id == row.staff_unit), None) is None
    return Listener(
        address_id=row.id,
        account_id=row.account_id,
        contact_id=row.contact_id,
        role=row.role,
        on_duty=row.on_duty,
        scope=None if row.role == "admin" else scope,
        at_top=row.role == "admin" or at_top,
        language=_language(row.talk_sealed, ring),
        shut=shut,
    )


def _shut(row: Row[Any], now: datetime, platforms: Platforms) -> str:
    """The sender judges again; here it decides whether somebody else must be told."""
    if row.kind == ChannelKind.WEB:
        return "web-not-a-route"
    if row.paused_at is not None:
        return "account-paused"
    platform = platforms[ChannelKind(row.kind)]
    verdict = judge(platform, RouteKind.TEXT, MessagePurpose.STAFF, row.last_inbound_at, row.blocked_at, now)
    return verdict.reason if isinstance(verdict, Shut) else ""


def _language(talk_sealed: bytes | None, ring: KeyRing) -> str:
    try:
        return load_talk(talk_sealed, ring).language
    except LostKey:
        return "vi"
