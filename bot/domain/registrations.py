"""A registration: one contact's place at a drive."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

TICKET_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O, U, so a ticket can be read aloud and typed back."""

TICKET_LENGTH = 10


class RegistrationState(StrEnum):
    """Words, not codes: they stand in exports."""

    HELD = "held"
    BOOKED = "booked"
    CANCELLED = "cancelled"
    ARRIVED = "arrived"
    DONATED = "donated"
    DEFERRED = "deferred"
    LEFT = "left"
    ABSENT = "absent"


class Origin(StrEnum):
    """How a place came to be."""

    OWN = "own"
    COLLEAGUE = "colleague"
    WALK_IN = "walk-in"

    @property
    def takes_place(self) -> bool:
        """A pass counts against the drive's passes, not against a slot."""
        return self is not Origin.WALK_IN


@dataclass(frozen=True, slots=True)
class Registration:
    """`slot_starts_at` is aware UTC. `ticket` is 10 letters and digits, shown as XXXXX-XXXXX. `called_off`: its drive was
    cancelled; until that day is past the place can be moved to another drive."""

    id: int
    drive_id: int
    slot_id: int
    slot_starts_at: datetime
    ticket: str
    state: RegistrationState = RegistrationState.BOOKED
    unit_id: int | None = None
    dangerous_work: bool = False
    origin: Origin = Origin.OWN
    called_off: bool = False

    @property
    def is_booked(self) -> bool:
        return self.state is RegistrationState.BOOKED

    @property
    def is_held(self) -> bool:
        """Kept free for this person, who has not said yes yet."""
        return self.state is RegistrationState.HELD


def ticket_from(seed: int) -> str:
    """A ticket code from 50 random bits that the edge supplies."""
    return "".join(TICKET_ALPHABET[(seed >> (5 * i)) & 31] for i in range(TICKET_LENGTH))


def spoken_ticket(ticket: str) -> str:
    """The code as people read it: XXXXX-XXXXX."""
    return f"{ticket[:5]}-{ticket[5:]}"
