"""The union tree, seasons, drives, their slots and the codes on their posters."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
)

from bot.storage.columns import Moment
from bot.storage.tables.ground import metadata, own_id, reference

units = Table(
    "units",
    metadata,
    own_id(),
    Column("code", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("level", Text, nullable=False),
    reference("units.id", "parent_id", nullable=True),
    Column("valid_from", Date),
    Column("valid_to", Date),
    reference("units.id", "successor_id", nullable=True),
    Column("members", Integer),
)

campaigns = Table(
    "campaigns",
    metadata,
    own_id(),
    Column("code", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("starts_on", Date),
    Column("ends_on", Date),
    Column("goal_units", Integer),
)

drives = Table(
    "drives",
    metadata,
    own_id(),
    Column("code", Text, nullable=False, unique=True),
    reference("units.id", "unit_id"),
    reference("campaigns.id", "campaign_id", nullable=True),
    Column("name", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("address", Text, nullable=False, server_default=""),
    Column("starts_at", Moment, nullable=False),
    Column("ends_at", Moment, nullable=False),
    Column("state", Text, nullable=False),
    Column("slot_minutes", Integer, nullable=False),
    Column("slot_capacity", Integer, nullable=False),
    Column("goal_units", Integer),
    Column("site_phone", Text, nullable=False, server_default=""),
    # When its report was signed: from then on the people's data of this drive are kept only a little longer.
    Column("reported_at", Moment),
    # Grows when date, place or state change: registrations planned for an older revision are planned again.
    Column("revision", Integer, nullable=False, server_default="1"),
    # Passes for people who come without a time of their own; they stand as one more slot (`passes.py`).
    Column("walk_ins", Integer, nullable=False, server_default="0"),
    # Logins: who asked for it, and who of the level above opened it.
    Column("proposed_by", Text, nullable=False, server_default=""),
    Column("opened_by", Text, nullable=False, server_default=""),
)

# What became of a drive that people hold places at: `moved` or `cancelled`, and what was told before.
drive_changes = Table(
    "drive_changes",
    metadata,
    own_id(),
    reference("drives.id", "drive_id"),
    Column("kind", Text, nullable=False),
    Column("was_starts_at", Moment, nullable=False),
    Column("was_place", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Index("ix_drive_changes_drive_id", "drive_id"),
)

# Who helps at the door of which drive; everybody else of their role sees nobody there.
drive_staff = Table(
    "drive_staff",
    metadata,
    Column("drive_id", BigInteger, ForeignKey("drives.id"), primary_key=True, autoincrement=False),
    Column("staff_id", BigInteger, ForeignKey("staff.id"), primary_key=True, autoincrement=False),
)

slots = Table(
    "slots",
    metadata,
    own_id(),
    reference("drives.id", "drive_id"),
    Column("starts_at", Moment, nullable=False),
    Column("capacity", Integer, nullable=False),
    Column("taken", Integer, nullable=False, server_default="0"),
    # How many places the newest guarded update granted: `RETURNING` cannot show the old value of `taken`.
    Column("granted", Integer, nullable=False, server_default="0"),
    UniqueConstraint("drive_id", "starts_at"),
    CheckConstraint("taken >= 0", name="taken"),
)

# Codes on posters. A number is never given twice, so a row is never deleted.
poster_codes = Table(
    "poster_codes",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    # Empty where the number was printed once and its drive is gone: a backup older than the drive was put back.
    reference("drives.id", "drive_id", nullable=True),
    reference("units.id", "unit_id", nullable=True),
    Column("made_at", Moment, nullable=False),
    UniqueConstraint("drive_id", "unit_id"),
)
