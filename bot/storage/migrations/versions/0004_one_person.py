"""Codes on posters, one person at several addresses"""

import sqlalchemy as sa
from alembic import op

from bot.storage.columns import Moment

revision = "0004"
down_revision = "0003"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "poster_codes",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("drive_id", sa.BigInteger(), nullable=True),
        sa.Column("unit_id", sa.BigInteger(), nullable=True),
        sa.Column("made_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["drive_id"], ["drives.id"], name=op.f("fk_poster_codes_drive_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_poster_codes_unit_id")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_poster_codes")),
        sa.UniqueConstraint("drive_id", "unit_id", name=op.f("uq_poster_codes_drive_id_unit_id")),
    )
    _joining()


def _joining() -> None:
    op.create_table(
        "join_codes",
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("address_id", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("code_hash", name=op.f("pk_join_codes")),
        sa.UniqueConstraint("address_id", name=op.f("uq_join_codes_address_id")),
    )
    op.create_index(op.f("ix_join_codes_expires_at"), "join_codes", ["expires_at"])
    op.create_table(
        "join_tries",
        sa.Column("address_id", ID, autoincrement=False, nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("tries", sa.SmallInteger(), nullable=False),
        sa.Column("since", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("address_id", name=op.f("pk_join_tries")),
    )
    op.create_index(op.f("ix_join_tries_account_id"), "join_tries", ["account_id"])
    op.create_table(
        "joins",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("kept_id", sa.BigInteger(), nullable=False),
        sa.Column("gone_id", sa.BigInteger(), nullable=False),
        sa.Column("joined_at", Moment(), nullable=False),
        sa.Column("moved_sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_joins")),
    )
    for name in ("kept_id", "gone_id", "joined_at"):
        op.create_index(op.f(f"ix_joins_{name}"), "joins", [name])


def downgrade() -> None:
    """There is no way back inside a database that has been used since."""
    raise RuntimeError(
        "Codes that were printed cannot be taken back: restore a backup made before the upgrade instead."
    )
