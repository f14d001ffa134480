"""Who hears an alarm: the people it concerns, and others when none of those can be reached."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from bot.domain.alarms import AlarmKind


@dataclass(frozen=True, slots=True)
class Listener:
    """A chat address at which a member of staff gets alarms.

    Args:
        scope: units they may see; None means every unit.
        shut: why nothing can go to this address now, or "".
    """

    address_id: int
    account_id: int
    contact_id: int
    role: str
    on_duty: bool
    scope: frozenset[int] | None
    at_top: bool
    language: str = "vi"
    shut: str = ""

    def may_see(self, unit_id: int | None) -> bool:
        """What has no unit belongs to the top."""
        if self.scope is None:
            return True
        return self.at_top if unit_id is None else unit_id in self.scope


def listeners_for(kind: AlarmKind, unit_id: int | None, known: Sequence[Listener]) -> tuple[Listener, ...]:
    """Circle after circle, until one holds somebody who can be reached now; those before are kept as tried."""
    chosen: list[Listener] = []
    for belongs in _circles(kind):
        circle = [one for one in known if belongs(one, unit_id) and one not in chosen]
        chosen += circle
        if any(not one.shut for one in circle):
            break
    return tuple(chosen)


_Circle = Callable[[Listener, int | None], bool]


def _circles(kind: AlarmKind) -> Iterator[_Circle]:
    match kind:
        case AlarmKind.URGENT:
            yield lambda one, unit: one.role == "health" and one.on_duty and one.may_see(unit)
            yield _is_admin
            yield lambda one, unit: one.role == "health" and one.may_see(unit)
        case AlarmKind.HANDOFF_WAITING | AlarmKind.BROADCAST_HELD | AlarmKind.BROADCAST_LATE:
            yield lambda one, unit: one.role in ("organiser", "approver") and one.may_see(unit)
            yield _is_admin
        case _:
            yield _is_admin


def _is_admin(one: Listener, _unit: int | None) -> bool:
    return one.role == "admin"
