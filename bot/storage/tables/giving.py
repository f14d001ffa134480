"""Places that people hold, and what they gave."""

from sqlalchemy import Boolean, Column, Date, Index, Integer, Table, Text, UniqueConstraint, false

from bot.storage.columns import Moment
from bot.storage.tables.ground import metadata, own_id, reference

registrations = Table(
    "registrations",
    metadata,
    own_id(),
    reference("contacts.id", "contact_id"),
    reference("addresses.id", "address_id", nullable=True),
    reference("drives.id", "drive_id"),
    reference("slots.id", "slot_id"),
    reference("units.id", "unit_id", nullable=True),
    Column("ticket", Text, nullable=False, unique=True),
    Column("state", Text, nullable=False),
    Column("dangerous_work", Boolean, nullable=False, server_default=false()),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    # Null until the planning sweep has made the intents of this registration as it stands now.
    Column("planned_at", Moment),
    Index("ix_registrations_drive_id_state", "drive_id", "state"),
    Index("ix_registrations_contact_id", "contact_id"),
    Index("ix_registrations_address_id", "address_id"),
)
# One place at a drive for each person; cancelled registrations stay as history.
Index(
    "uq_registrations_one_place",
    registrations.c.contact_id,
    registrations.c.drive_id,
    unique=True,
    sqlite_where=registrations.c.state == "booked",
    postgresql_where=registrations.c.state == "booked",
)
Index(
    "ix_registrations_unplanned",
    registrations.c.id,
    sqlite_where=registrations.c.planned_at.is_(None),
    postgresql_where=registrations.c.planned_at.is_(None),
)

donations = Table(
    "donations",
    metadata,
    own_id(),
    reference("contacts.id", "contact_id"),
    reference("drives.id", "drive_id", nullable=True),
    Column("given_on", Date, nullable=False),
    Column("component", Text, nullable=False),
    Column("ml", Integer),
    Column("verified", Boolean, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("planned_at", Moment),
    UniqueConstraint("contact_id", "given_on", "component"),
)
Index(
    "ix_donations_unplanned",
    donations.c.id,
    sqlite_where=donations.c.planned_at.is_(None),
    postgresql_where=donations.c.planned_at.is_(None),
)
