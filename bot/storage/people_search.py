"""Finds people by phone or name without opening the table: by the phone's blind index and the tokens of the words."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, false, or_, select

from bot.storage.name_index import name_tokens
from bot.storage.sealing import KeyRing
from bot.storage.tables import contacts, units
from bot.understanding.phones import read_phone


@dataclass(frozen=True, slots=True)
class FoundPerson:
    """One person. `name` and `phone` are None where none was told, or where no key opens them any more."""

    contact_id: int
    unit_id: int | None
    unit_code: str
    unit: str
    created_at: datetime
    name: str | None = field(repr=False)
    phone: str | None = field(repr=False)


def find_people(
    connection: Connection,
    ring: KeyRing,
    *,
    phone: str = "",
    name: str = "",
    scope: frozenset[int] | None,
    without_unit: bool = False,
    limit: int = 50,
) -> list[FoundPerson]:
    """People with this phone (typed in any usual way) and with all these words in their name, the newest first.

    Only rows that match are opened. Nothing to look for, or a phone that is none, finds nobody; so does what was erased.

    Args:
        scope: ids of the units to look in; None means all.
        without_unit: those of no unit too (they belong to the top), where a scope is given.
    """
    wanted = _wanted(ring, phone.strip(), name.strip())
    if wanted is None:
        return []
    query = _people().where(wanted, _within(scope, without_unit)).order_by(contacts.c.id.desc()).limit(limit)
    return [_found(row, ring) for row in connection.execute(query)]


def person_of(
    connection: Connection,
    ring: KeyRing,
    contact_id: int,
    *,
    scope: frozenset[int] | None,
    without_unit: bool = False,
) -> FoundPerson | None:
    """One person by contact id, if they stand within the scope and were not erased."""
    row = connection.execute(_people().where(contacts.c.id == contact_id, _within(scope, without_unit))).first()
    return _found(row, ring) if row else None


def _wanted(ring: KeyRing, phone: str, name: str) -> ColumnElement[bool] | None:
    conditions: list[ColumnElement[bool]] = []
    if phone:
        number = read_phone(phone)
        conditions.append(contacts.c.phone_blind == ring.blind(number) if isinstance(number, str) else false())
    if name:
        # Tokens are hexadecimal, so nothing in them means anything to LIKE. Measured: docs/why.md.
        tokens = name_tokens(ring, name)
        conditions.append(
            and_(*(contacts.c.name_words.like(f"% {token} %") for token in tokens)) if tokens else false()
        )
    return and_(*conditions) if conditions else None


def _within(scope: Collection[int] | None, without_unit: bool) -> ColumnElement[bool]:
    alive = contacts.c.erased_at.is_(None)
    if scope is None:
        return alive
    theirs = contacts.c.unit_id.in_(scope)
    return and_(alive, or_(theirs, contacts.c.unit_id.is_(None)) if without_unit else theirs)


def _people() -> Select[Any]:
    return select(
        contacts.c.id,
        contacts.c.unit_id,
        contacts.c.created_at,
        contacts.c.name_sealed,
        contacts.c.phone_sealed,
        units.c.code.label("unit_code"),
        units.c.name.label("unit"),
    ).outerjoin(units, units.c.id == contacts.c.unit_id)


def _found(row: Row[Any], ring: KeyRing) -> FoundPerson:
    return FoundPerson(
        contact_id=row.id,
        unit_id=row.unit_id,
        unit_code=row.unit_code or "",
        unit=row.unit or "",
        created_at=row.created_at,
        name=ring.text_or_none(row.name_sealed, "contacts.name"),
        phone=ring.text_or_none(row.phone_sealed, "contacts.phone"),
    )
