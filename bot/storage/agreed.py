"""What people agreed to, as planned messages are judged by it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, select

from bot.domain.consents import Purpose
from bot.storage.tables import consents

LOOKED_AT = (Purpose.REGISTRATION.value, Purpose.REMINDER.value)
"""Those that `domain/intents.py` asks for."""

_purposes = {purpose.value: purpose for purpose in Purpose}


@dataclass(slots=True)
class Agreed:
    """One person's consents: those that stand, those taken back, and where the reminder was agreed to."""

    standing: set[Purpose] = field(default_factory=set)
    taken_back: set[Purpose] = field(default_factory=set)
    reminder_address: int | None = None

    @property
    def withdrawn(self) -> set[Purpose]:
        """Taken back and not given again."""
        return self.taken_back - self.standing


NOTHING = Agreed()


def agreements(connection: Connection, people: Sequence[int]) -> dict[int, Agreed]:
    """By contact id; people who never agreed to anything are missing."""
    query = select(consents.c.contact_id, consents.c.purpose, consents.c.withdrawn_at, consents.c.address_id).where(
        consents.c.contact_id.in_(people), consents.c.purpose.in_(LOOKED_AT)
    )
    found: dict[int, Agreed] = {}
    for contact, purpose, withdrawn_at, address in connection.execute(query.order_by(consents.c.given_at)):
        agreed = found.setdefault(contact, Agreed())
        (agreed.standing if withdrawn_at is None else agreed.taken_back).add(_purposes[purpose])
        if withdrawn_at is None and purpose == Purpose.REMINDER:
            agreed.reminder_address = address
    return found
