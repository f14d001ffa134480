"""Routes and their prices, the life of an OA's tokens, what platforms tell of templates and quotas"""

import sqlalchemy as sa
from alembic import op

from bot.storage.columns import Moment

revision = "0003"
down_revision = "0002"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("outbox", sa.Column("route", sa.Text(), server_default="text", nullable=False))
    op.add_column("outbox", sa.Column("price_vnd", sa.Integer(), nullable=True))
    op.add_column("accounts", sa.Column("tokens_at", Moment(), nullable=True))
    op.add_column("accounts", sa.Column("tokens_seed", sa.LargeBinary(), nullable=True))
    op.add_column("accounts", sa.Column("refresh_state", sa.Text(), server_default="", nullable=False))
    op.add_column("accounts", sa.Column("refresh_at", Moment(), nullable=True))
    op.add_column("accounts", sa.Column("refresh_tries", sa.SmallInteger(), server_default="0", nullable=False))
    op.add_column("addresses", sa.Column("asked_route_at", Moment(), nullable=True))
    op.add_column("templates", sa.Column("status", sa.Text(), server_default="approved", nullable=False))
    op.add_column("templates", sa.Column("phone_price_vnd", sa.Integer(), nullable=True))
    op.create_table(
        "platform_events",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), server_default="", nullable=False),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_platform_events_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_platform_events")),
    )
    op.create_index("ix_platform_events_account_id_at", "platform_events", ["account_id", "at"])


def downgrade() -> None:
    """There is no way back inside a database that has been used since."""
    raise RuntimeError("Tokens that rotated cannot be taken back: restore a backup made before the upgrade instead.")
