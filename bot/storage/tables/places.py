"""The union tree, seasons, drives, their slots and the codes on their posters."""

from sqlalchemy import CheckConstraint, Column, Date, Integer, Table, Text, UniqueConstraint

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
