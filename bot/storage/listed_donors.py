"""Lines of old donor lists, before somebody claims theirs: read in by pages, counted, and gone when nobody did."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, exists, func, select
from sqlalchemy.dialects import postgresql, sqlite

from bot.domain.listed import Basis, ListedDonor
from bot.storage.audit import note
from bot.storage.ids import new_id
from bot.storage.sealing import KeyRing
from bot.storage.tables import listed_donors, units
from bot.understanding.folding import fold

PAGE = 200
NAME = "listed_donors.name"
BORN = "listed_donors.birth_date"
PHONE = "listed_donors.phone"
BLOOD = "listed_donors.blood_group"
"""The labels that sealed values are bound to."""

IMPORTED, BEGUN = "donors-imported", "donors-import-begun"

Row = dict[str, Any]
is_open = listed_donors.c.phone_blind.is_not(None)
"""Nobody has claimed it (then the contact has name and phone), and it was not erased: of an erased line only its hash stays, until the line would have gone
anyway, so that reading the same file again does not bring it back."""


@dataclass(frozen=True, slots=True)
class Listing:
    """One reading of one file."""

    basis: Basis
    by: str
    at: datetime
    expires_at: datetime


def line_hash(ring: KeyRing, listed: ListedDonor, unit_code: str) -> bytes:
    """The same person in a list of the same unit, however the name is typed; tells nothing without the key."""
    return ring.blind("\n".join(("line", fold(listed.name), listed.born, listed.phone, unit_code)))


def known_lines(connection: Connection, hashes: Collection[bytes]) -> set[bytes]:
    """Those of a page that stand in the table."""
    wanted = listed_donors.c.line_hash.in_(list(hashes))
    return set(connection.execute(select(listed_donors.c.line_hash).where(wanted)).scalars())


def line_rows(ring: KeyRing, lines: Sequence[tuple[bytes, ListedDonor]], listing: Listing) -> list[Row]:
    """Sealed before any transaction is open."""
    return [
        {
            "id": new_id(),
            "unit_id": listed.unit_id,
            "line_hash": hashed,
            "name_sealed": ring.seal_text(listed.name, NAME),
            "birth_date_sealed": ring.seal_text(listed.born, BORN),
            "phone_sealed": ring.seal_text(listed.phone, PHONE),
            "phone_blind": ring.blind(listed.phone),
            "blood_group_sealed": ring.seal_text(listed.blood_group, BLOOD),
            "donations": listed.donations,
            "last_given_on": listed.last_given_on,
            "component": listed.component.value if listed.component else None,
            "basis": listing.basis.value,
            "listed_at": listing.at,
            "listed_by": listing.by,
            "expires_at": listing.expires_at,
        }
        for hashed, listed in lines
    ]


def keep_lines(connection: Connection, rows: Sequence[Row]) -> int:
    """Write one page; a line that is known stays as it is. Returns how many are new."""
    known = known_lines(connection, [row["line_hash"] for row in rows])
    new = [row for row in rows if row["line_hash"] not in known]
    if new:
        connection.execute(_insert[connection.dialect.name], new)
    return len(new)


_insert: dict[str, Any] = {
    "sqlite": sqlite.insert(listed_donors).on_conflict_do_nothing(),
    "postgresql": postgresql.insert(listed_donors).on_conflict_do_nothing(),
}


def note_import(connection: Connection, listing: Listing, unit_code: str, kept: int | None = None) -> None:
    """Before the first page on which ground, after the last how many: never which."""
    detail = listing.basis.value if kept is None else f"{kept} lines"
    note(connection, listing.at, listing.by, BEGUN if kept is None else IMPORTED, unit_code, detail)


def any_open(connection: Connection) -> bool:
    """Whether anybody could find a line of theirs at all."""
    return bool(connection.execute(_any_open).scalar_one())


# So written, the index on phones answers it however many lines were claimed.
_any_open = select(exists().where(listed_donors.c.phone_blind > b""))


def drop_unclaimed(connection: Connection, now: datetime, limit: int = PAGE) -> int:
    """Delete a page of lines that nobody claimed in time, and what is left of those that were erased."""
    over = (
        select(listed_donors.c.id)
        .where(listed_donors.c.expires_at <= now, listed_donors.c.claimed_by.is_(None))
        .order_by(listed_donors.c.expires_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return connection.execute(delete(listed_donors).where(listed_donors.c.id.in_(over))).rowcount


# --- figures ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ListFigures:
    """One reading of a file, of one unit; only numbers."""

    unit_id: int
    unit: str
    listed_at: datetime
    expires_at: datetime
    basis: str
    lines: int
    claimed: int
    open: int


def list_figures(connection: Connection, scope: Collection[int] | None) -> list[ListFigures]:
    """The readings of files for these units (None: every unit), newest first."""
    own = (listed_donors.c.unit_id, units.c.name, listed_donors.c.listed_at, listed_donors.c.expires_at)
    query = (
        select(
            *own,
            listed_donors.c.basis,
            func.count(),
            func.count(listed_donors.c.claimed_by),
            func.count().filter(is_open),
        )
        .join(units, units.c.id == listed_donors.c.unit_id)
        .group_by(*own, listed_donors.c.basis)
        .order_by(listed_donors.c.listed_at.desc(), units.c.name)
    )
    if scope is not None:
        query = query.where(listed_donors.c.unit_id.in_(scope))
    return [ListFigures(*row) for row in connection.execute(query)]


def shared_phones(connection: Connection, scope: Collection[int] | None) -> int:
    """Open lines that share their phone with another: where two fit one person, the assistant asks nobody."""
    per_phone = (
        select(func.count().label("lines"))
        .where(is_open, *_within(scope))
        .group_by(listed_donors.c.phone_blind)
        .having(func.count() > 1)
        .subquery()
    )
    return int(connection.execute(select(func.coalesce(func.sum(per_phone.c.lines), 0))).scalar_one())


def _within(scope: Collection[int] | None) -> tuple[Any, ...]:
    return () if scope is None else (listed_donors.c.unit_id.in_(scope),)


# --- by hand ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LineToCall:
    """Somebody whom an officer may ask in person; `name` and `phone` are None under a lost key."""

    name: str | None = field(repr=False)
    phone: str | None = field(repr=False)


def lines_to_call(
    connection: Connection, ring: KeyRing, unit_id: int, now: datetime, limit: int = 1000
) -> list[LineToCall]:
    """The open lines of one unit, by name."""
    wanted = listed_donors.c.unit_id == unit_id, is_open, listed_donors.c.expires_at > now
    query = select(listed_donors.c.name_sealed, listed_donors.c.phone_sealed).where(*wanted)
    rows = connection.execute(query.order_by(listed_donors.c.id).limit(limit)).all()
    found = [LineToCall(ring.text_or_none(row[0], NAME), ring.text_or_none(row[1], PHONE)) for row in rows]
    return sorted(found, key=lambda line: fold(line.name or ""))
