"""The registrations of one drive as its organisers see them."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, select

from bot.domain.registrations import RegistrationState
from bot.storage.sealing import KeyRing
from bot.storage.tables import contacts, registrations, slots, units


@dataclass(frozen=True, slots=True)
class DeskRegistration:
    """One line of the list. The birth date stays out: nobody at the desk needs it."""

    id: int
    starts_at: datetime
    unit: str | None
    state: RegistrationState
    ticket: str
    dangerous_work: bool
    name: str = field(repr=False)
    phone: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class DeskSlot:
    """How full one slot is."""

    id: int
    starts_at: datetime
    capacity: int
    taken: int


def registrations_of(connection: Connection, ring: KeyRing, drive_id: int) -> list[DeskRegistration]:
    """Everybody who holds or held a place, by slot and then in the order they came; nobody who was erased."""
    query = (
        select(
            registrations,
            slots.c.starts_at,
            contacts.c.name_sealed,
            contacts.c.phone_sealed,
            units.c.name.label("unit"),
        )
        .select_from(
            registrations.join(slots, slots.c.id == registrations.c.slot_id)
            .join(contacts, contacts.c.id == registrations.c.contact_id)
            .outerjoin(units, units.c.id == registrations.c.unit_id)
        )
        .where(registrations.c.drive_id == drive_id, contacts.c.erased_at.is_(None))
        .order_by(slots.c.starts_at, registrations.c.created_at, registrations.c.id)
    )
    return [
        DeskRegistration(
            id=row.id,
            starts_at=row.starts_at,
            unit=row.unit,
            state=RegistrationState(row.state),
            ticket=row.ticket,
            dangerous_work=row.dangerous_work,
            name=ring.open_text(row.name_sealed, "contacts.name") or "",
            phone=ring.open_text(row.phone_sealed, "contacts.phone") or "",
        )
        for row in connection.execute(query)
    ]


def slots_of(connection: Connection, drive_id: int) -> list[DeskSlot]:
    query = select(slots).where(slots.c.drive_id == drive_id).order_by(slots.c.starts_at)
    return [DeskSlot(row.id, row.starts_at, row.capacity, row.taken) for row in connection.execute(query)]
