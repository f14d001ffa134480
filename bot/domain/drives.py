"""Drives and their slots: where and when people can give blood, and how many places are left."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.changing import replace


class DriveState(StrEnum):
    """A drive's life: only an open one takes registrations."""

    DRAFT = "draft"
    PROPOSED = "proposed"
    OPEN = "open"
    CLOSED = "closed"
    CANCELLED = "cancelled"


PASS_AFTER = timedelta(seconds=1)
"""Passes for people who come without a time of their own stand behind the drive's last stretch, as a slot like any other:
whatever guards places guards them too. No other slot begins off the minute."""


def is_pass_time(starts_at: datetime) -> bool:
    """Whether this is the beginning of the passes, not of a stretch of the drive."""
    return starts_at.second == PASS_AFTER.seconds


@dataclass(frozen=True, slots=True)
class Slot:
    """A stretch of a drive with a number of places; or its passes."""

    id: int
    starts_at: datetime
    capacity: int
    taken: int

    @property
    def is_pass(self) -> bool:
        return is_pass_time(self.starts_at)

    @property
    def places_left(self) -> int:
        return max(0, self.capacity - self.taken)

    @property
    def is_full(self) -> bool:
        return self.taken >= self.capacity


@dataclass(frozen=True, slots=True)
class Drive:
    """One donation day. Times are aware UTC; slots are in order of time."""

    id: int
    code: str
    name: str
    unit_id: int
    place: str
    address: str
    starts_at: datetime
    ends_at: datetime
    state: DriveState = DriveState.OPEN
    slots: tuple[Slot, ...] = ()
    campaign: str = ""
    site_phone: str = ""

    def slot(self, slot_id: int) -> Slot | None:
        return next((slot for slot in self.slots if slot.id == slot_id), None)

    def open_slots(self, now: datetime) -> tuple[Slot, ...]:
        """Slots that have not begun and still have a place; passes are not among them."""
        return tuple(slot for slot in self._open(now) if not slot.is_pass)

    def open_pass(self, now: datetime) -> Slot | None:
        """The passes, while there are some left."""
        return next((slot for slot in self._open(now) if slot.is_pass), None)

    def takes(self, slot: Slot, now: datetime) -> bool:
        """Whether a place in this slot can be had."""
        return slot in self._open(now)

    def _open(self, now: datetime) -> tuple[Slot, ...]:
        return tuple(slot for slot in self.slots if slot.starts_at > now and not slot.is_full)

    def with_slot_full(self, slot_id: int) -> "Drive":
        """The same drive after the truth said that this slot is full."""
        slots = tuple(replace(s, taken=max(s.taken, s.capacity)) if s.id == slot_id else s for s in self.slots)
        return replace(self, slots=slots)


def slot_starts(starts_at: datetime, ends_at: datetime, minutes: int) -> list[datetime]:
    """The beginning of every slot of a drive: equal stretches that all fit before the end."""
    if minutes <= 0:
        raise ValueError("a slot lasts at least one minute")
    starts, step, at = [], timedelta(minutes=minutes), starts_at
    while at + step <= ends_at:
        starts.append(at)
        at += step
    return starts
