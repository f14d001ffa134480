"""Questions without an answer, ratings of answers"""

import sqlalchemy as sa
from alembic import op

from bot.storage.columns import Moment

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "unanswered",
        sa.Column("folded", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("first_on", Moment(), nullable=False),
        sa.Column("last_on", Moment(), nullable=False),
        sa.Column("handled_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("folded", name=op.f("pk_unanswered")),
    )
    op.create_index(op.f("ix_unanswered_last_on"), "unanswered", ["last_on"])
    op.create_table(
        "topic_ratings",
        sa.Column("wording", sa.Text(), nullable=False),
        sa.Column("useful", sa.Integer(), nullable=False),
        sa.Column("not_useful", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("wording", name=op.f("pk_topic_ratings")),
    )


def downgrade() -> None:
    """Nothing here is of a person; the counts begin anew."""
    op.drop_table("topic_ratings")
    op.drop_table("unanswered")
