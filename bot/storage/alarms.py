"""Alarms as rows: one open row for each kind and subject, however many processes look."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.domain.alarms import Alarm, AlarmKind
from bot.storage.ids import new_id
from bot.storage.staff import StaffMember
from bot.storage.tables import alarms

KEPT_FOR = timedelta(days=30)
SHOWN_AT_MOST = 100

_insert: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


@dataclass(frozen=True, slots=True)
class AlarmRow:
    """One alarm as it stands. `last_told_at` is of any alarm of this kind and subject."""

    id: int
    alarm: Alarm
    began_at: datetime
    ended_at: datetime | None
    seen_at: datetime
    told: int
    last_told_at: datetime | None = None


def open_alarms(connection: Connection) -> list[AlarmRow]:
    """What stands open, the oldest first."""
    other = alarms.alias("other")
    last = select(func.max(other.c.told_at)).where(other.c.kind == alarms.c.kind, other.c.subject == alarms.c.subject)
    query = (
        select(alarms, last.correlate(alarms).scalar_subquery().label("last_told_at"))
        .where(alarms.c.ended_at.is_(None))
        .order_by(alarms.c.began_at, alarms.c.id)
    )
    return [_row(row, row.last_told_at) for row in connection.execute(query)]


def begin(connection: Connection, alarm: Alarm, now: datetime) -> AlarmRow | None:
    """Open it; None when it stands open already (another process was faster)."""
    identity = new_id()
    values: dict[str, Any] = {
        "id": identity,
        "kind": alarm.kind.value,
        "subject": alarm.subject,
        "detail": alarm.detail,
        "began_at": now,
        "seen_at": now,
    }
    statement = _insert[connection.dialect.name](alarms).on_conflict_do_nothing().returning(alarms.c.id)
    if connection.execute(statement, values).first() is None:
        return None
    last = select(func.max(alarms.c.told_at)).where(
        alarms.c.kind == alarm.kind.value, alarms.c.subject == alarm.subject
    )
    return AlarmRow(identity, alarm, now, None, now, 0, connection.execute(last).scalar())


def end(connection: Connection, row: AlarmRow, now: datetime) -> bool:
    """It is over; False when it was already. Who it was about need not be remembered, and old ones need not at all."""
    values: dict[str, Any] = {"ended_at": now}
    if row.alarm.kind is AlarmKind.URGENT:
        values["subject"] = ""
    statement = update(alarms).where(alarms.c.id == row.id, alarms.c.ended_at.is_(None)).values(values)
    if connection.execute(statement).rowcount != 1:
        return False
    connection.execute(delete(alarms).where(alarms.c.ended_at < now - KEPT_FOR))
    return True


def see(connection: Connection, row: AlarmRow, detail: str, now: datetime) -> None:
    """It still stands, and this is how it stands now."""
    connection.execute(update(alarms).where(alarms.c.id == row.id).values(seen_at=now, detail=detail))


def note_told(connection: Connection, row: AlarmRow, now: datetime) -> bool:
    """Claim the next telling of an open alarm; False when another process tells it or it is over."""
    mine = (alarms.c.id == row.id) & (alarms.c.told == row.told) & alarms.c.ended_at.is_(None)
    return connection.execute(update(alarms).where(mine).values(told=row.told + 1, told_at=now)).rowcount == 1


def shown_alarms(connection: Connection, member: StaffMember, *, operation: bool) -> list[AlarmRow]:
    """Open and recent alarms that concern this member: open ones first, the newest first.

    Args:
        operation: show those about running the service.
    """
    order = alarms.c.ended_at.is_(None).desc(), alarms.c.began_at.desc()
    rows = [
        _row(row, row.told_at) for row in connection.execute(select(alarms).order_by(*order).limit(5 * SHOWN_AT_MOST))
    ]
    return [row for row in rows if concerns(row.alarm, member, operation=operation)][:SHOWN_AT_MOST]


def count_open(connection: Connection, member: StaffMember, *, operation: bool) -> int:
    """How many open alarms concern this member."""
    rows = connection.execute(select(alarms).where(alarms.c.ended_at.is_(None)))
    return sum(concerns(_row(row, row.told_at).alarm, member, operation=operation) for row in rows)


def count_by_kind(connection: Connection) -> dict[str, int]:
    """Open alarms by kind; kinds without any are 0."""
    query = select(alarms.c.kind, func.count()).where(alarms.c.ended_at.is_(None)).group_by(alarms.c.kind)
    found = {row[0]: row[1] for row in connection.execute(query)}
    return {kind.value: found.get(kind.value, 0) for kind in AlarmKind}


def concerns(alarm: Alarm, member: StaffMember, *, operation: bool) -> bool:
    """Whether it is theirs to see: their people's, what their unit sends, or the service's."""
    if not alarm.kind.of_people and not alarm.kind.of_broadcast:
        return operation
    if alarm.kind is not AlarmKind.URGENT and member.role == "health":
        return False
    return member.may_see(alarm.unit_id)


def _row(row: Row[Any], last_told_at: datetime | None) -> AlarmRow:
    alarm = Alarm(AlarmKind(row.kind), row.subject, row.detail)
    return AlarmRow(row.id, alarm, row.began_at, row.ended_at, row.seen_at, row.told, last_told_at)
