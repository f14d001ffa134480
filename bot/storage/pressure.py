"""Reports of "I felt made to come": who may read them, and how little they hold."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, func, or_, select, update

from bot.storage.audit import note
from bot.storage.handoffs import Person, person_behind
from bot.storage.sealing import KeyRing
from bot.storage.staff import StaffMember
from bot.storage.tables import pressure_reports, units

LABEL = "pressure_reports.words"
SHOWN_AT_MOST = 200


@dataclass(frozen=True, slots=True)
class PressureReport:
    """One report. `said_on` is the first moment of a day; `call_back`: they asked for it, so their chat is known."""

    id: int
    unit: str
    said_on: datetime
    closed_at: datetime | None
    call_back: bool
    words: str = field(repr=False)


def report_pressure(
    connection: Connection, ring: KeyRing, unit_id: int | None, words: str, address_id: int | None, now: datetime
) -> None:
    """Keep a report so that nobody finds the person by its moment: the day alone, and an id of chance.

    Args:
        address_id: None unless the person wants to be called back.
    """
    row = {
        "id": secrets.randbits(62),  # ids of `new_id` tell the millisecond
        "unit_id": unit_id,
        "said_on": now.replace(hour=0, minute=0, second=0, microsecond=0),
        "words_sealed": ring.seal_text(words or None, LABEL),
        "address_id": address_id,
    }
    connection.execute(pressure_reports.insert().values(row))


def hears_of_pressure(member: StaffMember) -> bool:
    """Whether anything could ever stand on the list for them: there is a unit below theirs, or they are at the top."""
    if member.role not in ("admin", "approver", "organiser"):
        return False
    return member.scope is None or member.at_top or len(member.scope) > 1


def pressure_reports_for(connection: Connection, ring: KeyRing, member: StaffMember) -> list[PressureReport]:
    """Reports about units strictly below the member's own (without a unit: for the top), the open ones first."""
    order = pressure_reports.c.closed_at.is_not(None), pressure_reports.c.said_on.desc(), pressure_reports.c.id
    rows = connection.execute(_heard_by(member, _reports()).order_by(*order).limit(SHOWN_AT_MOST))
    return [_report(row, ring) for row in rows]


def open_pressure(connection: Connection, member: StaffMember) -> int:
    """How many reports nobody has dealt with yet."""
    query = select(func.count()).select_from(pressure_reports).where(pressure_reports.c.closed_at.is_(None))
    return int(connection.execute(_heard_by(member, query)).scalar_one())


def close_report(connection: Connection, member: StaffMember, report_id: int, now: datetime) -> bool:
    """It was looked into; from now on nothing points to the person any more. False when it is not theirs or closed."""
    mine = _heard_by(member, select(pressure_reports.c.id).where(pressure_reports.c.id == report_id))
    changed = connection.execute(
        update(pressure_reports)
        .where(pressure_reports.c.id.in_(mine), pressure_reports.c.closed_at.is_(None))
        .values(closed_at=now, address_id=None)
    )
    if changed.rowcount:
        note(connection, now, member.login, "pressure-closed", f"report {report_id}")
    return bool(changed.rowcount)


def call_back_of(connection: Connection, ring: KeyRing, member: StaffMember, report_id: int) -> Person | None:
    """The person behind an open report who asked to be called back."""
    query = select(pressure_reports.c.address_id).where(
        pressure_reports.c.id == report_id, pressure_reports.c.closed_at.is_(None)
    )
    address_id = connection.execute(_heard_by(member, query)).scalar()
    return None if address_id is None else person_behind(connection, ring, address_id)


def _reports() -> Select[Any]:
    return select(pressure_reports, units.c.name.label("unit")).outerjoin(
        units, units.c.id == pressure_reports.c.unit_id
    )


def _heard_by(member: StaffMember, query: Select[Any]) -> Select[Any]:
    """Strictly above: whoever is of the unit itself never hears of it, except the administrators."""
    if not hears_of_pressure(member):
        return query.where(pressure_reports.c.id.is_(None))
    if member.scope is None:
        return query
    below: Sequence[int] = sorted(member.scope - {member.unit_id})
    heard = pressure_reports.c.unit_id.in_(below)
    return query.where(or_(heard, pressure_reports.c.unit_id.is_(None)) if member.at_top else heard)


def _report(row: Row[Any], ring: KeyRing) -> PressureReport:
    return PressureReport(
        id=row.id,
        unit=row.unit or "",
        said_on=row.said_on,
        closed_at=row.closed_at,
        call_back=row.address_id is not None,
        words=ring.text_or_none(row.words_sealed, LABEL) or "",
    )
