"""Writes the turns of a whole batch: a bounded number of multi-row statements, whatever the size of the batch."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Table, bindparam, text, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.storage.columns import to_microseconds
from bot.storage.prepared import Prepared, Row
from bot.storage.tables import addresses, consents, contacts, donors, kept_aside, outbox, registrations, seen


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
    # Rare: people whose state cannot be read, words not to keep or changed afterwards, blood groups, colleagues with their
    # places.
    touched: list[Row] = field(default_factory=list)
    unsaid: list[Row] = field(default_factory=list)
    said_anew: list[Row] = field(default_factory=list)
    blood_groups: list[Row] = field(default_factory=list)
    brought: list[tuple[Row, Row]] = field(default_factory=list)


# --- first statement: lock every address (PostgreSQL) and drop repeats -------------------------------------------

_seen_columns = ("address_id", "update_id", "received_at", "kind", "text_sealed")

# The advisory locks are taken in the order of the sorted array before any row is inserted; a new person has no row
# that could be locked. They end with the transaction.
_lock_and_drop_repeats = text(
    """
    WITH locked AS MATERIALIZED (SELECT count(pg_advisory_xact_lock(k)) AS n FROM unnest(CAST(:locks AS bigint[])) AS k)
    INSERT INTO seen (address_id, update_id, received_at, kind, text_sealed)
    SELECT r.* FROM locked, unnest(
        CAST(:address_id AS bigint[]), CAST(:update_id AS text[]),
        CAST(:received_at AS timestamptz[]), CAST(:kind AS text[]), CAST(:text_sealed AS bytea[])
    ) AS r
    WHERE locked.n >= 0
    ON CONFLICT DO NOTHING RETURNING address_id, update_id
    """
)
_one_seen = f"({', '.join('?' * len(_seen_columns))})"
_drop_repeats = "INSERT INTO seen ({}) VALUES {} ON CONFLICT DO NOTHING RETURNING address_id, update_id"


def lock_and_drop_repeats(
    connection: Connection, rows: Sequence[Row], hold: Collection[int] = ()
) -> set[tuple[int, str]]:
    """Record updates as seen and return the keys (address id, update id) of those never seen before.

    On PostgreSQL the same statement first locks every address, and those to `hold`, in ascending order, until the
    commit. On SQLite the single writer is the lock.
    """
    if connection.dialect.name == "sqlite":
        values: list[Any] = []
        for row in rows:
            at = to_microseconds(row["received_at"])
            values += (row["address_id"], row["update_id"], at, row["kind"], row["text_sealed"])
        statement = _drop_repeats.format(", ".join(_seen_columns), ", ".join([_one_seen] * len(rows)))
        return {(row[0], row[1]) for row in connection.exec_driver_sql(statement, tuple(values))}
    columns: dict[str, Any] = {name: [row[name] for row in rows] for name in _seen_columns}
    columns["locks"] = sorted({*columns["address_id"], *hold})
    return {(row[0], row[1]) for row in connection.execute(_lock_and_drop_repeats, columns)}


# --- places ------------------------------------------------------------------------------------------------------


# The wishes travel as one JSON object, so the statement is the same for any number of slots. On PostgreSQL the rows are
# locked in the order of their ids first, so that two processes cannot lock each other; not so strongly that a place
# written before its seat is asked for (it refers to the slot) would stand in the way.
_grant = """
    UPDATE slots SET
        granted = {most}({least}(w.places, capacity - taken), -taken),
        taken = taken + {most}({least}(w.places, capacity - taken), -taken)
    FROM (SELECT CAST(key AS bigint) AS slot_id, CAST(value AS integer) AS places FROM {wishes}) AS w
    WHERE slots.id = w.slot_id{locked}
        AND (w.places < 0 OR (taken < capacity AND EXISTS (
            SELECT 1 FROM drives WHERE drives.id = slots.drive_id AND drives.state = 'open')))
    RETURNING slots.id, slots.granted
    """
_locked_in_order = """ AND slots.id IN (
        SELECT id FROM slots WHERE id IN (SELECT CAST(json_object_keys(CAST(:wanted AS json)) AS bigint))
        ORDER BY id FOR NO KEY UPDATE)"""
_grants = {
    "sqlite": text(_grant.format(most="max", least="min", wishes="json_each(:wanted)", locked="")),
    "postgresql": text(
        _grant.format(
            most="greatest", least="least", wishes="json_each_text(CAST(:wanted AS json))", locked=_locked_in_order
        )
    ),
}


def grant_places(connection: Connection, wanted: Mapping[int, int]) -> dict[int, int]:
    """Take places in slots: as many as are left, at most as many as wanted; none where the drive is not open.

    Args:
        wanted: slot id → number of places (negative: places given back).

    Returns:
        slot id → number granted (a slot that is missing got nothing).
    """
    if not wanted:
        return {}
    wishes = json.dumps({str(slot): wanted[slot] for slot in sorted(wanted)})
    rows = connection.execute(_grants[connection.dialect.name], {"wanted": wishes})
    return {row[0]: row[1] for row in rows}


# --- the turns ---------------------------------------------------------------------------------------------------

_address_columns = (
    "id",
    "account_id",
    "user_id",
    "contact_id",
    "first_seen_at",
    "last_inbound_at",
    "blocked_at",
    "talk_sealed",
    "form_touched_at",
    "handoff",
    "handoff_since",
    "handoff_urgent",
)
_outbox_columns = (
    "id",
    "key",
    "account_id",
    "address_id",
    "contact_id",
    "purpose",
    "priority",
    "part",
    "body_sealed",
    "state",
    "created_at",
    "due_at",
    "sent_at",
)
_contact_columns = (
    "id",
    "unit_id",
    "language",
    "name_sealed",
    "birth_date_sealed",
    "phone_sealed",
    "phone_blind",
    "name_words",
    "created_at",
    "updated_at",
)
_registration_columns = (
    "id",
    "contact_id",
    "address_id",
    "drive_id",
    "slot_id",
    "unit_id",
    "ticket",
    "state",
    "dangerous_work",
    "created_at",
    "updated_at",
    "planned_at",
)
_consent_columns = ("id", "contact_id", "purpose", "wording", "given_at", "address_id")
_aside_columns = ("id", "account_id", "address_id", "channel", "received_at", "reason", "body_sealed")
_never_changed = {"id", "account_id", "user_id", "contact_id", "first_seen_at", "created_at"}


def _upsert(table: Table, columns: Sequence[str]) -> Prepared:
    """Insert rows by id, or change what may change."""

    def statement(insert: Any) -> Any:
        new = insert(table)
        changes = {name: new.excluded[name] for name in columns if name not in _never_changed}
        return new.on_conflict_do_update(index_elements=["id"], set_=changes)

    return Prepared(statement(sqlite.insert), statement(postgresql.insert), columns)


def _insert_once(table: Table, columns: Sequence[str]) -> Prepared:
    """Insert rows; one whose key is there already changes nothing."""
    return Prepared(
        sqlite.insert(table).on_conflict_do_nothing(), postgresql.insert(table).on_conflict_do_nothing(), columns
    )


_addresses = _upsert(addresses, _address_columns)
_contacts = _upsert(contacts, _contact_columns)
_registrations = _upsert(registrations, _registration_columns)
_consents = _insert_once(consents, _consent_columns)
_outbox = _insert_once(outbox, _outbox_columns)
_kept_aside = _insert_once(kept_aside, _aside_columns)
_withdraw = (
    update(consents)
    .where(
        consents.c.contact_id == bindparam("who"),
        consents.c.purpose == bindparam("what"),
        consents.c.withdrawn_at.is_(None),
    )
    .values(withdrawn_at=bindparam("at"))
)


_touch = update(addresses).where(addresses.c.id == bindparam("row")).values(last_inbound_at=bindparam("at"))
_unsay = (
    update(seen)
    .where(seen.c.address_id == bindparam("whose"), seen.c.update_id == bindparam("which"))
    .values(text_sealed=None)
)
# Words that were not to be kept stay away, whatever they are changed into.
_say_anew = (
    update(seen)
    .where(
        seen.c.address_id == bindparam("whose"),
        seen.c.update_id == bindparam("which"),
        seen.c.text_sealed.is_not(None),
    )
    .values(text_sealed=bindparam("words"))
)


def _keep_blood(insert: Any) -> Any:
    new = insert(donors)
    sealed = {"blood_group_sealed": new.excluded.blood_group_sealed}
    return new.on_conflict_do_update(index_elements=["contact_id"], set_=sealed)


_blood = {"sqlite": _keep_blood(sqlite.insert), "postgresql": _keep_blood(postgresql.insert)}


def write_turns(connection: Connection, writes: Writes) -> None:
    """Write a batch: at most six statements here. Places given back, withdrawals, faults, people who cannot be
    read, words not to keep or changed and blood groups are rare and add one each."""
    if writes.touched:
        connection.execute(_touch, writes.touched)
    rows_of: tuple[tuple[Prepared, Sequence[Row]], ...] = (
        (_addresses, [writes.addresses[key] for key in sorted(writes.addresses)]),
        (_contacts, [writes.contacts[key] for key in sorted(writes.contacts)]),
        (_consents, writes.consents),
        (_registrations, [writes.registrations[key] for key in sorted(writes.registrations)]),
        (_outbox, writes.outbox),
        (_kept_aside, writes.kept_aside),
    )
    for statement, rows in rows_of:
        if rows:
            statement.run(connection, rows)
    if writes.withdrawals:
        connection.execute(_withdraw, writes.withdrawals)
    if writes.said_anew:
        connection.execute(_say_anew, writes.said_anew)
    if writes.unsaid:
        connection.execute(_unsay, writes.unsaid)
    if writes.brought:
        connection.execute(contacts.insert(), [contact for contact, _ in writes.brought])
        connection.execute(registrations.insert(), [place for _, place in writes.brought])
    if writes.blood_groups:
        connection.execute(_blood[connection.dialect.name], writes.blood_groups)
    grant_places(connection, {slot: -places for slot, places in writes.released.items() if places})


def keep_aside(connection: Connection, rows: Sequence[Row]) -> None:
    """Keep events for staff that could not be decoded; the same event is kept once."""
    if rows:
        _kept_aside.run(connection, rows)
