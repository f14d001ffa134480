"""Codes on posters"""

import sqlalchemy as sa
from alembic import op

from bot.storage.columns import Moment

revision = "0004"
down_revision = "0003"


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


def downgrade() -> None:
    """There is no way back inside a database that has been used since."""
    raise RuntimeError("Codes that were printed cannot be taken back: restore a backup made before the upgrade instead.")
