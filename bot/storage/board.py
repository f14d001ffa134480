"""The board of a drive's queue: counts by slot, how long people wait, bags by volume. Nobody's name."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from sqlalchemy import Connection, Row, func, select

from bot.domain.registrations import RegistrationState
from bot.storage.tables import donations, drives, registrations, slots

EXPECTED = tuple(
    state.value for state in RegistrationState if state not in (RegistrationState.CANCELLED, RegistrationState.HELD)
)
CAME = (
    RegistrationState.ARRIVED.value,
    RegistrationState.DONATED.value,
    RegistrationState.DEFERRED.value,
    RegistrationState.LEFT.value,
)
NOT_TODAY = (RegistrationState.DEFERRED.value, RegistrationState.LEFT.value)


@dataclass(frozen=True, slots=True)
class SlotLine:
    """One slot. Deferred and left stand together: the board may hang where everybody reads it."""

    starts_at: datetime
    expected: int
    came: int
    waiting: int
    donated: int
    not_today: int


@dataclass(frozen=True, slots=True)
class Board:
    """`bags`: number of donations by volume (None: not written). `wait`: the median from coming to the outcome."""

    slots: tuple[SlotLine, ...]
    bags: tuple[tuple[int | None, int], ...]
    goal: int | None
    wait: timedelta | None
    longest: timedelta | None

    def total(self, what: str) -> int:
        return sum(int(getattr(line, what)) for line in self.slots)

    @property
    def units(self) -> int:
        return sum(count for _, count in self.bags)


def board_of(connection: Connection, drive_id: int, now: datetime) -> Board:
    """How a drive stands at this moment."""
    by_slot = _states(connection, drive_id)
    starts = select(slots.c.id, slots.c.starts_at).where(slots.c.drive_id == drive_id).order_by(slots.c.starts_at)
    lines = tuple(_line(row.starts_at, by_slot.get(row.id, {})) for row in connection.execute(starts))
    goal = connection.execute(select(drives.c.goal_units).where(drives.c.id == drive_id)).scalar()
    times = connection.execute(_times(drive_id)).all()
    return Board(lines, _bags(connection, drive_id), goal, _median(times), _longest(times, now))


def _states(connection: Connection, drive_id: int) -> dict[int, dict[str, int]]:
    query = (
        select(registrations.c.slot_id, registrations.c.state, func.count())
        .where(registrations.c.drive_id == drive_id)
        .group_by(registrations.c.slot_id, registrations.c.state)
    )
    found: dict[int, dict[str, int]] = {}
    for slot, state, count in connection.execute(query):
        found.setdefault(slot, {})[state] = count
    return found


def _line(starts_at: datetime, counts: Mapping[str, int]) -> SlotLine:
    def of(states: Iterable[str]) -> int:
        return sum(counts.get(state, 0) for state in states)

    return SlotLine(
        starts_at,
        expected=of(EXPECTED),
        came=of(CAME),
        waiting=of((RegistrationState.ARRIVED.value,)),
        donated=of((RegistrationState.DONATED.value,)),
        not_today=of(NOT_TODAY),
    )


def _bags(connection: Connection, drive_id: int) -> tuple[tuple[int | None, int], ...]:
    given = donations.c.drive_id == drive_id, donations.c.verified.is_(True)
    query = select(donations.c.ml, func.count()).where(*given).group_by(donations.c.ml)
    rows = [(row[0], int(row[1])) for row in connection.execute(query)]
    return tuple(sorted(rows, key=lambda row: (row[0] is None, row[0] or 0)))


def _times(drive_id: int) -> Any:
    came = registrations.c.drive_id == drive_id, registrations.c.arrived_at.is_not(None)
    return select(registrations.c.state, registrations.c.arrived_at, registrations.c.settled_at).where(*came)


def _median(times: Iterable[Row[Any]]) -> timedelta | None:
    """Of those who went through today; who left or was put off waited too."""
    waits = [row.settled_at - row.arrived_at for row in times if row.settled_at and row.state in CAME]
    return median(sorted(waits)) if waits else None


def _longest(times: Iterable[Row[Any]], now: datetime) -> timedelta | None:
    waiting = [now - row.arrived_at for row in times if row.state == RegistrationState.ARRIVED.value]
    return max(waiting, default=None)
