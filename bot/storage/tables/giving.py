"""Places that people hold, what they gave, and what put them off."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    false,
)

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
    # own, colleague (somebody else took the place for them) or walk-in (a pass: it takes no place of a slot).
    Column("origin", Text, nullable=False, server_default="own"),
    # The contact who took the place for a colleague.
    Column("brought_by", BigInteger),
    # A place that was held for somebody who has not said yes: free again from then on.
    Column("held_until", Moment),
    # At the site: came, and what became of it stands in `state`.
    Column("arrived_at", Moment),
    Column("settled_at", Moment),
    # The state before the last step at the site, so that a slip can be taken back; "" where there is nothing to undo.
    Column("was", Text, nullable=False, server_default=""),
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
    sqlite_where=registrations.c.state.in_(("booked", "held")),
    postgresql_where=registrations.c.state.in_(("booked", "held")),
)
Index(
    "ix_registrations_held",
    registrations.c.held_until,
    sqlite_where=registrations.c.state == "held",
    postgresql_where=registrations.c.state == "held",
)
Index(
    "ix_registrations_brought_by",
    registrations.c.brought_by,
    sqlite_where=registrations.c.brought_by.is_not(None),
    postgresql_where=registrations.c.brought_by.is_not(None),
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
    # No foreign key: the place may go before the donation does.
    Column("registration_id", BigInteger),
    # site (check-in), results (a hospital's file), list (an old list that the person claimed), told (by themselves).
    Column("source", Text, nullable=False, server_default="site"),
    UniqueConstraint("contact_id", "given_on", "component"),
    Index("ix_donations_drive_id", "drive_id"),
    # Who gave for the first time some weeks ago (`first_timers.py`).
    Index("ix_donations_given_on", "given_on"),
)
Index(
    "ix_donations_unplanned",
    donations.c.id,
    sqlite_where=donations.c.planned_at.is_(None),
    postgresql_where=donations.c.planned_at.is_(None),
)

# "Not today": decided by the staff of a site. The reason is a group, read by the health role and by the donor alone.
deferrals = Table(
    "deferrals",
    metadata,
    own_id(),
    reference("contacts.id", "contact_id"),
    reference("drives.id", "drive_id", nullable=True),
    Column("registration_id", BigInteger),
    Column("decided_on", Date, nullable=False),
    # The first day to come again; null: only a doctor can say.
    Column("until", Date),
    Column("reason_group_sealed", LargeBinary),
    Column("created_at", Moment, nullable=False),
    Column("planned_at", Moment),
    UniqueConstraint("contact_id", "decided_on"),
)
Index(
    "ix_deferrals_unplanned",
    deferrals.c.id,
    sqlite_where=deferrals.c.planned_at.is_(None),
    postgresql_where=deferrals.c.planned_at.is_(None),
)

# Donors of old lists, before they have claimed their line: nobody is written to because of one, and it goes unclaimed.
listed_donors = Table(
    "listed_donors",
    metadata,
    own_id(),
    reference("units.id", "unit_id"),
    # A keyed hash of the line: reading the same file again changes nothing.
    Column("line_hash", LargeBinary, nullable=False, unique=True),
    Column("name_sealed", LargeBinary),
    Column("birth_date_sealed", LargeBinary),
    Column("phone_sealed", LargeBinary),
    Column("phone_blind", LargeBinary, index=True),
    Column("blood_group_sealed", LargeBinary),
    Column("donations", Integer),
    Column("last_given_on", Date),
    Column("component", Text),
    # The lawful basis that whoever imported the list declared: one of our own words.
    Column("basis", Text, nullable=False),
    Column("listed_at", Moment, nullable=False),
    Column("listed_by", Text, nullable=False),
    Column("expires_at", Moment, nullable=False, index=True),
    Column("claimed_at", Moment),
    Column("claimed_by", BigInteger, index=True),
)
