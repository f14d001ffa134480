"""Writes the turns of a whole batch: a bounded number of multi-row statements, whatever the size of the batch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, and_, bindparam, case, exists, func, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.domain.drives import DriveState
from bot.storage.tables import addresses, consents, contacts, drives, kept_aside, outbox, registrations, seen, slots

Row = dict[str, Any]


@dataclass(slots=True)
class Writes:
    """Rows to write in one commit, by table; filled by the intake, in the order of the updates."""

    addresses: dict[int, Row] = field(default_factory=dict)
    contacts: dict[int, Row] = field(default_factory=dict)
    consents: list[Row] = field(default_factory=list)
    withdrawals: list[Row] = field(default_factory=list)
    registrations: dict[int, Row] = field(default_factory=dict)
    released: dict[int, int] = field(default_factory=dict)
    outbox: list[Row] = field(default_factory=list)
    kept_aside: list[Row] = field(default_factory=list)


# --- first statement: lock every address (PostgreSQL) and drop repeats -------------------------------------------

_seen_columns = ("account_id", "update_id", "address_id", "received_at", "kind", "text_sealed")

# The advisory locks are taken in the order of the sorted array before any row is inserted; a new person has no row
# that could be locked. They end with the transaction.
_lock_and_drop_repeats = text(
    """
    WITH locked AS MATERIALIZED (SELECT count(pg_advisory_xact_lock(k)) AS n FROM unnest(CAST(:locks AS bigint[])) AS k)
    INSERT INTO seen (account_id, update_id, address_id, received_at, kind, text_sealed)
    SELECT r.* FROM locked, unnest(
        CAST(:account_id AS bigint[]), CAST(:update_id AS text[]), CAST(:address_id AS bigint[]),
        CAST(:received_at AS timestamptz[]), CAST(:kind AS text[]), CAST(:text_sealed AS bytea[])
    ) AS r
    WHERE locked.n >= 0
    ON CONFLICT DO NOTHING RETURNING account_id, update_id
    """
)
_drop_repeats = sqlite.insert(seen).on_conflict_do_nothing().returning(seen.c.account_id, seen.c.update_id)


def lock_and_drop_repeats(connection: Connection, rows: Sequence[Row]) -> set[tuple[int, str]]:
    """Record updates as seen and return the keys (account id, update id) of those never seen before.

    On PostgreSQL the same statement first locks every address, in ascending order, until the commit. On SQLite the
    single writer is the lock.
    """
    if connection.dialect.name == "sqlite":
        return {(row[0], row[1]) for row in connection.execute(_drop_repeats, list(rows))}
    columns: dict[str, Any] = {name: [row[name] for row in rows] for name in _seen_columns}
    columns["locks"] = sorted(set(columns["address_id"]))
    return {(row[0], row[1]) for row in connection.execute(_lock_and_drop_repeats, columns)}


# --- places ------------------------------------------------------------------------------------------------------


def grant_places(connection: Connection, wanted: Mapping[int, int]) -> dict[int, int]:
    """Take places in slots: as many as are left, at most as many as wanted; none where the drive is not open.

    Args:
        wanted: slot id → number of places (negative: places given back).

    Returns:
        slot id → number granted (a slot that is missing got nothing).
    """
    if not wanted:
        return {}
    order = sorted(wanted)
    asked = case({slot: wanted[slot] for slot in order}, value=slots.c.id)
    left = slots.c.capacity - slots.c.taken
    granted = case(
        (asked < 0, case((-asked > slots.c.taken, -slots.c.taken), else_=asked)), (asked > left, left), else_=asked
    )
    locked = select(slots.c.id).where(slots.c.id.in_(order)).order_by(slots.c.id).with_for_update()
    is_open = exists().where(drives.c.id == slots.c.drive_id, drives.c.state == DriveState.OPEN)
    statement = (
        update(slots)
        .where(slots.c.id.in_(locked), (asked < 0) | and_(is_open, left > 0))
        .values(granted=granted, taken=slots.c.taken + granted)
        .returning(slots.c.id, slots.c.granted)
    )
    return {row.id: row.granted for row in connection.execute(statement)}


# --- the turns ---------------------------------------------------------------------------------------------------

_address_changes = (
    "last_inbound_at",
    "blocked_at",
    "talk_sealed",
    "form_touched_at",
    "handoff",
    "handoff_since",
    "handoff_urgent",
)
_contact_changes = (
    "unit_id",
    "language",
    "name_sealed",
    "birth_date_sealed",
    "phone_sealed",
    "phone_blind",
    "updated_at",
)
_registration_changes = (
    "drive_id",
    "slot_id",
    "unit_id",
    "ticket",
    "state",
    "dangerous_work",
    "address_id",
    "updated_at",
    "planned_at",
)


def _upserts(insert: Any) -> dict[str, Any]:
    def upsert(table: Table, key: Sequence[str], changes: Sequence[str]) -> Any:
        statement = insert(table)
        return statement.on_conflict_do_update(
            index_elements=list(key), set_={name: statement.excluded[name] for name in changes}
        )

    return {
        "addresses": upsert(addresses, ("id",), _address_changes),
        "contacts": upsert(contacts, ("id",), _contact_changes),
        "registrations": upsert(registrations, ("id",), _registration_changes),
        "outbox": insert(outbox).on_conflict_do_nothing(),
        "kept_aside": insert(kept_aside).on_conflict_do_nothing(),
        "consents": insert(consents),
    }


_statements = {"sqlite": _upserts(sqlite.insert), "postgresql": _upserts(postgresql.insert)}
_withdraw = (
    update(consents)
    .where(
        consents.c.contact_id == bindparam("who"),
        consents.c.purpose == bindparam("what"),
        consents.c.withdrawn_at.is_(None),
    )
    .values(withdrawn_at=bindparam("at"))
)


def write_turns(connection: Connection, writes: Writes) -> None:
    """Write a batch: at most six statements here; places given back, withdrawals and faults add one each."""
    statements = _statements[connection.dialect.name]
    rows_of: dict[str, Sequence[Row]] = {
        "addresses": [writes.addresses[key] for key in sorted(writes.addresses)],
        "contacts": [writes.contacts[key] for key in sorted(writes.contacts)],
        "consents": writes.consents,
        "registrations": [writes.registrations[key] for key in sorted(writes.registrations)],
        "outbox": writes.outbox,
        "kept_aside": writes.kept_aside,
    }
    for name, rows in rows_of.items():
        if rows:
            connection.execute(statements[name], list(rows))
    if writes.withdrawals:
        connection.execute(_withdraw, writes.withdrawals)
    grant_places(connection, {slot: -places for slot, places in writes.released.items() if places})


def keep_aside(connection: Connection, rows: Sequence[Row]) -> None:
    """Keep events for staff that could not be decoded; the same event is kept once."""
    if rows:
        connection.execute(_statements[connection.dialect.name]["kept_aside"], list(rows))


def settle_echoes(connection: Connection, echoes: Sequence[Row], now: datetime) -> int:
    """An echo with our key proves that a message of unknown fate went out (rows: `echo_key`, `echo_id`)."""
    if not echoes:
        return 0
    statement = (
        update(outbox)
        .where(outbox.c.key == bindparam("echo_key"), outbox.c.state == "unknown")
        .values(
            state="sent",
            reason="echoed",
            sent_at=now,
            platform_id=func.coalesce(bindparam("echo_id"), outbox.c.platform_id),
        )
    )
    return connection.execute(statement, list(echoes)).rowcount
