"""People put off at a site, for the health role alone: until when, and why. Everybody else sees no reason."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, or_, select, update

from bot.domain.donations import ReasonGroup
from bot.storage.audit import note
from bot.storage.outcomes import REASON
from bot.storage.sealing import KeyRing
from bot.storage.staff import StaffMember
from bot.storage.tables import contacts, deferrals, drives

PAGE = 100
FEWEST = 5
"""Fewer people than that in a group are not counted out loud."""


@dataclass(frozen=True, slots=True)
class DeskDeferral:
    """One person put off. `name` is empty where no key opens it."""

    id: int
    drive_id: int | None
    drive: str
    decided_on: date
    until: date | None
    reason: ReasonGroup | None = field(repr=False)
    name: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ReasonFigures:
    """How often each group; None stands where it is too few to say."""

    by_group: tuple[tuple[ReasonGroup, int | None], ...]
    total: int


def list_deferrals(
    connection: Connection, ring: KeyRing, member: StaffMember, since: date, limit: int = PAGE
) -> list[DeskDeferral]:
    """Those of the member's units, the newest first."""
    query = _deferrals(member).where(deferrals.c.decided_on >= since)
    newest = query.order_by(deferrals.c.decided_on.desc(), deferrals.c.id.desc()).limit(limit)
    return [_desk_deferral(row, ring) for row in connection.execute(newest)]


def deferral_at(connection: Connection, ring: KeyRing, member: StaffMember, deferral_id: int) -> DeskDeferral | None:
    """One of them, if it is theirs to see."""
    row = connection.execute(_deferrals(member).where(deferrals.c.id == deferral_id)).first()
    return _desk_deferral(row, ring) if row else None


def write_reason(
    connection: Connection, ring: KeyRing, member: StaffMember, deferral_id: int, reason: ReasonGroup, now: datetime
) -> None:
    """The group that a doctor of the site told; noted without the word itself."""
    sealed = {"reason_group_sealed": ring.seal_text(reason, REASON)}
    connection.execute(update(deferrals).where(deferrals.c.id == deferral_id).values(sealed))
    note(connection, now, member.login, "deferral-reason", f"deferral {deferral_id}")


def reason_figures(connection: Connection, ring: KeyRing, member: StaffMember, since: date) -> ReasonFigures:
    """Counts by group; one that singles somebody out is hidden, and so is a second one that would give it away."""
    sealed = _deferrals(member).where(deferrals.c.decided_on >= since, deferrals.c.reason_group_sealed.is_not(None))
    counts = Counter(_reason(row, ring) for row in connection.execute(sealed))
    told = {group: counts[group] for group in ReasonGroup if counts[group]}
    hidden = {group for group, count in told.items() if count < FEWEST}
    if len(hidden) == 1 and len(told) > 1:
        hidden.add(min((group for group in told if group not in hidden), key=lambda group: told[group]))
    shown = tuple((group, None if group in hidden else count) for group, count in told.items())
    return ReasonFigures(shown, sum(told.values()))


def _deferrals(member: StaffMember) -> Select[Any]:
    query = (
        select(deferrals, contacts.c.name_sealed, drives.c.name.label("drive"))
        .join(contacts, contacts.c.id == deferrals.c.contact_id)
        .outerjoin(drives, drives.c.id == deferrals.c.drive_id)
        .where(contacts.c.erased_at.is_(None))
    )
    if member.scope is None:
        return query
    theirs = drives.c.unit_id.in_(member.scope)
    return query.where(or_(theirs, deferrals.c.drive_id.is_(None)) if member.at_top else theirs)


def _desk_deferral(row: Row[Any], ring: KeyRing) -> DeskDeferral:
    name = ring.text_or_none(row.name_sealed, "contacts.name") or ""
    return DeskDeferral(row.id, row.drive_id, row.drive or "", row.decided_on, row.until, _reason(row, ring), name)


def _reason(row: Row[Any], ring: KeyRing) -> ReasonGroup | None:
    told = ring.text_or_none(row.reason_group_sealed, REASON)
    return ReasonGroup(told) if told in set(ReasonGroup) else None
