"""Brings a load file into the database: an upsert by code in one transaction, all or nothing."""

import os
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, Table, insert, select

from bot.domain.loads import BadLoad, Entry, Fault, Loaded, LoadFile, circles
from bot.domain.passwords import hash_password, is_password
from bot.storage import loading_drives
from bot.storage.audit import note
from bot.storage.ids import new_id
from bot.storage.loading_desk import Desk, upsert
from bot.storage.loading_templates import load_templates
from bot.storage.tables import accounts, campaigns, staff, units

UNIT_COLUMNS = {"name": "name", "level": "level", "from": "valid_from", "until": "valid_to", "members": "members"}
CAMPAIGN_COLUMNS = {"name": "name", "starts": "starts_on", "ends": "ends_on", "goal_units": "goal_units"}
WEB = "web"
PLATFORM_IDS = {"zalo": "oa_id", "messenger": "page_id", "telegram": "bot_id"}


def load(
    connection: Connection,
    file: LoadFile,
    *,
    now: datetime,
    zone: ZoneInfo,
    environment: Mapping[str, str],
    who: str,
) -> Loaded:
    """Add and change what the file says; what it does not mention stays. Nothing is ever removed.

    Args:
        environment: where staff passwords are found by name.
        who: stands in the audit.

    Raises:
        BadLoad: the file does not fit the database; roll back.
    """
    desk = Desk(connection, now, zone, environment)
    desk.units = _ids(connection, units, file.units)
    desk.campaigns = _ids(connection, campaigns, file.campaigns)
    plans = [loading_drives.plan(desk, entry) for entry in file.drives]
    faults = [*_faults(desk, file), *(fault for plan in plans for fault in plan.faults)]
    if faults:
        raise BadLoad(file.name, faults)
    done = Loaded()
    _load_units(desk, file.units, done)
    _load_staff(desk, file.staff, done)
    _load_campaigns(desk, file.campaigns, done)
    for plan in plans:
        done.of("drives").count(loading_drives.carry_out(connection, plan, desk.now))
    _load_channels(desk, file.channels, done)
    load_templates(desk, file.templates, done)
    if done.changed_anything:
        detail = "; ".join(f"{section}: {tally}" for section, tally in done.tallies.items())
        note(connection, now, who, "load", file.name, detail)
    return done


def _ids(connection: Connection, table: Table, entries: Iterable[Entry]) -> dict[str, int]:
    ids: dict[str, int] = {row.code: row.id for row in connection.execute(select(table.c.code, table.c.id))}
    for entry in entries:
        ids.setdefault(entry.key, new_id())
    return ids


def _rows(connection: Connection, table: Table, key: str = "code") -> dict[str, Row[Any]]:
    return {row._mapping[key]: row for row in connection.execute(select(table))}


def _faults(desk: Desk, file: LoadFile) -> Iterator[Fault]:
    """Everything that only the database can tell, before anything is written."""
    for entry in file.units:
        yield from desk.unknown(entry, "parent", desk.units)
        yield from desk.unknown(entry, "successor", desk.units)
    yield from _circle_faults(desk, file.units)
    yield from _staff_faults(desk, file.staff)
    for entry in file.drives:
        yield from desk.unknown(entry, "unit", desk.units)
        yield from desk.unknown(entry, "campaign", desk.campaigns)
    for entry in file.channels:
        yield from desk.unknown(entry, "unit", desk.units)
    yield from _channel_faults(desk, file.channels)


def _circle_faults(desk: Desk, entries: tuple[Entry, ...]) -> Iterator[Fault]:
    codes = {row.id: row.code for row in desk.connection.execute(select(units.c.id, units.c.code))}
    for name, column in (("parent", units.c.parent_id), ("successor", units.c.successor_id)):
        above: dict[str, str | None] = {
            row.code: codes.get(row[1]) for row in desk.connection.execute(select(units.c.code, column))
        }
        above.update({entry.key: entry.values[name] for entry in entries if name in entry.values})
        for code in circles(above, [entry.key for entry in entries]):
            entry = next(entry for entry in entries if entry.key == code)
            if entry.values.get(name) != code:
                yield entry.fault(name, f"makes a circle: {code} would stand above itself")


def _staff_faults(desk: Desk, entries: tuple[Entry, ...]) -> Iterator[Fault]:
    known = _rows(desk.connection, staff, "login")
    for entry in entries:
        yield from desk.unknown(entry, "unit", desk.units)
        variable, row = entry.values.get("password_env"), known.get(entry.key)
        if variable is None or desk.environment.get(variable) or (row is not None and row.password_hash):
            continue
        yield entry.fault("password_env", f"the variable {variable} is not set: set it, or leave the field out")


def _channel_faults(desk: Desk, entries: tuple[Entry, ...]) -> Iterator[Fault]:
    by_code = _rows(desk.connection, accounts)
    holders = {(row.kind, row.external_id): row.code for row in by_code.values() if row.secrets_env}
    for entry in entries:
        kind = entry.values["kind"]
        own = PLATFORM_IDS[kind]
        external, row = entry.values[own], by_code.get(entry.key)
        holder = holders.setdefault((kind, external), entry.key)
        if entry.key == WEB or (row is not None and row.kind != kind):
            yield entry.fault("code", f"{entry.key} is the code of a channel of another kind: choose another one")
        elif row is not None and row.external_id != external:
            yield entry.fault(own, f"{entry.key} is {row.external_id} already: another one needs another code")
        elif holder != entry.key:
            yield entry.fault(own, f"{external} is known under the code {holder} already")


def _load_units(desk: Desk, entries: tuple[Entry, ...], done: Loaded) -> None:
    """New units first without their ties, so that a parent may stand below its children in the file."""
    before = _rows(desk.connection, units)
    fresh = [entry for entry in entries if entry.key not in before]
    blank: dict[str, Any] = dict.fromkeys(UNIT_COLUMNS.values())
    rows = [
        {**blank, "id": desk.units[e.key], "code": e.key, **desk.values(e, UNIT_COLUMNS, before.get(e.key))}
        for e in fresh
    ]
    if rows:
        desk.connection.execute(insert(units), rows)
    now_there = _rows(desk.connection, units) if rows else before
    for entry in entries:
        row = now_there[entry.key]
        values = desk.values(entry, UNIT_COLUMNS, row)
        for name, column in (("parent", "parent_id"), ("successor", "successor_id")):
            if name in entry.values:
                values[column] = desk.units[entry.values[name]]
        word = upsert(desk.connection, units, row, row.id, values)
        done.of("units").count("added" if entry.key not in before else word)


def _load_staff(desk: Desk, entries: tuple[Entry, ...], done: Loaded) -> None:
    before = _rows(desk.connection, staff, "login")
    for entry in entries:
        row = before.get(entry.key)
        values = desk.values(entry, {"name": "name", "role": "role"}, row)
        if "unit" in entry.values:
            values["unit_id"] = desk.units[entry.values["unit"]]
        password = desk.environment.get(entry.values.get("password_env", ""), "")
        if password and not (row is not None and row.password_hash and is_password(password, row.password_hash)):
            values["password_hash"] = hash_password(password, os.urandom(16))
        word = upsert(desk.connection, staff, row, new_id(), values if row else {"login": entry.key, **values})
        done.of("staff").count(word)


def _load_campaigns(desk: Desk, entries: tuple[Entry, ...], done: Loaded) -> None:
    before = _rows(desk.connection, campaigns)
    for entry in entries:
        row = before.get(entry.key)
        values = {"code": entry.key, **desk.values(entry, CAMPAIGN_COLUMNS, row)}
        done.of("campaigns").count(upsert(desk.connection, campaigns, row, desk.campaigns[entry.key], values))


def _load_channels(desk: Desk, entries: tuple[Entry, ...], done: Loaded) -> None:
    """An account that came from the environment under its kind's name is taken over under the file's code."""
    by_code = _rows(desk.connection, accounts)
    by_external = {(row.kind, row.external_id): row for row in by_code.values()}
    for entry in entries:
        kind = entry.values["kind"]
        external = entry.values[PLATFORM_IDS[kind]]
        row = by_code.get(entry.key) or by_external.get((kind, external))
        values = {"code": entry.key, "kind": kind, "external_id": external, "secrets_env": entry.values["secrets_env"]}
        if "unit" in entry.values:
            values["unit_id"] = desk.units[entry.values["unit"]]
        done.of("channels").count(upsert(desk.connection, accounts, row, new_id(), values))
