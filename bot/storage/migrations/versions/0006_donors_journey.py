"""The donor's journey: who came and what became of it, deferrals, lists of earlier donors, corrections"""

import sqlalchemy as sa
from alembic import op

from bot.storage.columns import Moment

revision = "0006"
down_revision = "0005"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _people()
    _drives()
    _registrations()
    _outcomes()
    _lists()
    _corrections()
    _fleeting()


def _people() -> None:
    op.add_column("contacts", sa.Column("rhythm", sa.Text(), server_default="", nullable=False))
    op.add_column("donors", sa.Column("ask_again_on", sa.Date(), nullable=True))
    op.add_column("donors", sa.Column("asked_planned_at", Moment(), nullable=True))
    wished = sa.text("ask_again_on IS NOT NULL AND asked_planned_at IS NULL")
    op.create_index(
        "ix_donors_unplanned_wishes", "donors", ["contact_id"], sqlite_where=wished, postgresql_where=wished
    )
    op.add_column("donors", sa.Column("shown_name_sealed", sa.LargeBinary(), nullable=True))
    op.add_column("donors", sa.Column("called_on", sa.Date(), nullable=True))


def _drives() -> None:
    op.add_column("drives", sa.Column("walk_ins", sa.Integer(), server_default="0", nullable=False))
    op.add_column("drives", sa.Column("proposed_by", sa.Text(), server_default="", nullable=False))
    op.add_column("drives", sa.Column("opened_by", sa.Text(), server_default="", nullable=False))
    op.create_table(
        "drive_changes",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("drive_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("was_starts_at", Moment(), nullable=False),
        sa.Column("was_place", sa.Text(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["drive_id"], ["drives.id"], name=op.f("fk_drive_changes_drive_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drive_changes")),
    )
    op.create_index(op.f("ix_drive_changes_drive_id"), "drive_changes", ["drive_id"])
    op.create_table(
        "drive_staff",
        sa.Column("drive_id", sa.BigInteger(), nullable=False),
        sa.Column("staff_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["drive_id"], ["drives.id"], name=op.f("fk_drive_staff_drive_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_drive_staff_staff_id")),
        sa.PrimaryKeyConstraint("drive_id", "staff_id", name=op.f("pk_drive_staff")),
    )


def _registrations() -> None:
    op.add_column("registrations", sa.Column("origin", sa.Text(), server_default="own", nullable=False))
    op.add_column("registrations", sa.Column("brought_by", sa.BigInteger(), nullable=True))
    op.add_column("registrations", sa.Column("held_until", Moment(), nullable=True))
    op.add_column("registrations", sa.Column("arrived_at", Moment(), nullable=True))
    op.add_column("registrations", sa.Column("settled_at", Moment(), nullable=True))
    op.add_column("registrations", sa.Column("was", sa.Text(), server_default="", nullable=False))
    # A held place is a place: nobody holds one and books another at the same drive.
    op.drop_index("uq_registrations_one_place", "registrations")
    one_place = sa.text("state IN ('booked', 'held')")
    op.create_index(
        "uq_registrations_one_place",
        "registrations",
        ["contact_id", "drive_id"],
        unique=True,
        sqlite_where=one_place,
        postgresql_where=one_place,
    )
    held = sa.text("state = 'held'")
    op.create_index("ix_registrations_held", "registrations", ["held_until"], sqlite_where=held, postgresql_where=held)
    op.create_index(
        "ix_registrations_brought_by",
        "registrations",
        ["brought_by"],
        sqlite_where=sa.text("brought_by IS NOT NULL"),
        postgresql_where=sa.text("brought_by IS NOT NULL"),
    )


def _outcomes() -> None:
    op.add_column("donations", sa.Column("registration_id", sa.BigInteger(), nullable=True))
    op.add_column("donations", sa.Column("source", sa.Text(), server_default="site", nullable=False))
    op.create_index(op.f("ix_donations_drive_id"), "donations", ["drive_id"])
    op.create_table(
        "deferrals",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=False),
        sa.Column("drive_id", sa.BigInteger(), nullable=True),
        sa.Column("registration_id", sa.BigInteger(), nullable=True),
        sa.Column("decided_on", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("reason_group_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("planned_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_deferrals_contact_id")),
        sa.ForeignKeyConstraint(["drive_id"], ["drives.id"], name=op.f("fk_deferrals_drive_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deferrals")),
        sa.UniqueConstraint("contact_id", "decided_on", name=op.f("uq_deferrals_contact_id_decided_on")),
    )
    unplanned = sa.text("planned_at IS NULL")
    op.create_index("ix_deferrals_unplanned", "deferrals", ["id"], sqlite_where=unplanned, postgresql_where=unplanned)
    op.add_column("intents", sa.Column("deferral_id", sa.BigInteger(), nullable=True))
    op.add_column("intents", sa.Column("change_id", sa.BigInteger(), nullable=True))
    op.create_index(
        "ix_intents_deferral_id",
        "intents",
        ["deferral_id"],
        sqlite_where=sa.text("deferral_id IS NOT NULL"),
        postgresql_where=sa.text("deferral_id IS NOT NULL"),
    )


def _lists() -> None:
    op.create_table(
        "listed_donors",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("unit_id", sa.BigInteger(), nullable=False),
        sa.Column("line_hash", sa.LargeBinary(), nullable=False),
        sa.Column("name_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("birth_date_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("phone_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("phone_blind", sa.LargeBinary(), nullable=True),
        sa.Column("blood_group_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("donations", sa.Integer(), nullable=True),
        sa.Column("last_given_on", sa.Date(), nullable=True),
        sa.Column("component", sa.Text(), nullable=True),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("listed_at", Moment(), nullable=False),
        sa.Column("listed_by", sa.Text(), nullable=False),
        sa.Column("expires_at", Moment(), nullable=False),
        sa.Column("claimed_at", Moment(), nullable=True),
        sa.Column("claimed_by", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_listed_donors_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_listed_donors")),
        sa.UniqueConstraint("line_hash", name=op.f("uq_listed_donors_line_hash")),
    )
    op.create_index(op.f("ix_listed_donors_phone_blind"), "listed_donors", ["phone_blind"])
    op.create_index(op.f("ix_listed_donors_expires_at"), "listed_donors", ["expires_at"])
    op.create_index(op.f("ix_listed_donors_claimed_by"), "listed_donors", ["claimed_by"])


def _corrections() -> None:
    op.create_table(
        "marks",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_marks")),
    )
    op.create_table(
        "corrections",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("wording", sa.Text(), nullable=False),
        sa.Column("told_since", Moment(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("finished_at", Moment(), nullable=True),
        sa.Column("reached", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_corrections")),
        sa.UniqueConstraint("topic", "wording", name=op.f("uq_corrections_topic_wording")),
    )


def _fleeting() -> None:
    op.create_index("ix_donations_given_on", "donations", ["given_on"])
    fleeting = sa.text("substr(key, 1, 16) = 'private:fleeting'")
    op.create_index("ix_outbox_fleeting", "outbox", ["created_at"], sqlite_where=fleeting, postgresql_where=fleeting)


def downgrade() -> None:
    """There is no way back inside a database that has been used since."""
    raise RuntimeError("What the sites recorded would be lost: restore a backup made before the upgrade instead.")
