"""Broadcasts: their recipients, pictures and counted links, appeals, public posts, tags"""

import sqlalchemy as sa
from alembic import op

from bot.storage.columns import Moment

revision = "0007"
down_revision = "0006"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _broadcasts()
    _recipients()
    _broadcast_images()
    _appeals()
    _posts()
    _counted_links()
    _tags()
    op.add_column("outbox", sa.Column("broadcast_id", sa.BigInteger(), nullable=True))
    of_one = sa.text("broadcast_id IS NOT NULL")
    op.create_index(
        "ix_outbox_broadcast",
        "outbox",
        ["broadcast_id", "state", "reason"],
        sqlite_where=of_one,
        postgresql_where=of_one,
    )
    owed = sa.text("kind = 'reply-owed'")
    op.create_index("ix_platform_events_owed", "platform_events", ["at"], sqlite_where=owed, postgresql_where=owed)


def _broadcasts() -> None:
    op.create_table(
        "broadcasts",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.BigInteger(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("segment", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), server_default="", nullable=False),
        sa.Column("words", sa.Text(), server_default="", nullable=False),
        sa.Column("image_id", sa.BigInteger(), nullable=True),
        sa.Column("drive_id", sa.BigInteger(), nullable=True),
        sa.Column("template", sa.Text(), server_default="", nullable=False),
        sa.Column("held_out", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("need", sa.Integer(), nullable=True),
        sa.Column("needed_by", Moment(), nullable=True),
        sa.Column("needed_groups", sa.Text(), server_default="", nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("submitted_by", sa.Text(), server_default="", nullable=False),
        sa.Column("submitted_at", Moment(), nullable=True),
        sa.Column("approved_by", sa.Text(), server_default="", nullable=False),
        sa.Column("approved_at", Moment(), nullable=True),
        sa.Column("ledger", sa.Text(), server_default="", nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=True),
        sa.Column("starts_at", Moment(), nullable=True),
        sa.Column("started_at", Moment(), nullable=True),
        sa.Column("cursor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("expanded_at", Moment(), nullable=True),
        sa.Column("paused_at", Moment(), nullable=True),
        sa.Column("pause_reason", sa.Text(), server_default="", nullable=False),
        sa.Column("finished_at", Moment(), nullable=True),
        sa.Column("seen", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["drive_id"], ["drives.id"], name=op.f("fk_broadcasts_drive_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_broadcasts_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_broadcasts")),
        sa.UniqueConstraint("code", name=op.f("uq_broadcasts_code")),
    )
    where = sa.text("state IN ('scheduled', 'running', 'paused')")
    op.create_index("ix_broadcasts_live", "broadcasts", ["id"], sqlite_where=where, postgresql_where=where)


def _recipients() -> None:
    op.create_table(
        "recipients",
        sa.Column("broadcast_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("contact_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("address_id", sa.BigInteger(), nullable=True),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("route", sa.Text(), server_default="", nullable=False),
        sa.Column("price_vnd", sa.Integer(), server_default="0", nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("due_at", Moment(), nullable=True),
        sa.Column("decided_at", Moment(), nullable=True),
        sa.Column("wave", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("tries", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("thanks", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["broadcast_id"], ["broadcasts.id"], name=op.f("fk_recipients_broadcast_id")),
        sa.PrimaryKeyConstraint("broadcast_id", "contact_id", name=op.f("pk_recipients")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_recipients_contact_id", "recipients", ["contact_id"])
    where = sa.text("state = 'waiting'")
    op.create_index(
        "ix_recipients_next",
        "recipients",
        ["broadcast_id", "account_id", "due_at", "contact_id"],
        sqlite_where=where,
        postgresql_where=where,
    )


def _broadcast_images() -> None:
    op.create_table(
        "broadcast_images",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_broadcast_images")),
        sa.UniqueConstraint("digest", name=op.f("uq_broadcast_images_digest")),
    )


def _appeals() -> None:
    op.create_table(
        "appeals",
        sa.Column("broadcast_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("cursor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("gathered_at", Moment(), nullable=True),
        sa.Column("wave", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("still_to_ask", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_wave_at", Moment(), nullable=True),
        sa.Column("closed_at", Moment(), nullable=True),
        sa.Column("close_reason", sa.Text(), server_default="", nullable=False),
        sa.Column("thanked_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["broadcast_id"], ["broadcasts.id"], name=op.f("fk_appeals_broadcast_id")),
        sa.PrimaryKeyConstraint("broadcast_id", name=op.f("pk_appeals")),
    )
    op.create_table(
        "appeal_candidates",
        sa.Column("broadcast_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("contact_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["broadcast_id"], ["broadcasts.id"], name=op.f("fk_appeal_candidates_broadcast_id")),
        sa.PrimaryKeyConstraint("broadcast_id", "contact_id", name=op.f("pk_appeal_candidates")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_appeal_candidates_contact_id", "appeal_candidates", ["contact_id"])
    op.create_index("ix_appeal_candidates_place", "appeal_candidates", ["broadcast_id", "place"])


def _posts() -> None:
    op.create_table(
        "posts",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("drive_id", sa.BigInteger(), nullable=True),
        sa.Column("unit_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), server_default="", nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("image_id", sa.BigInteger(), nullable=True),
        sa.Column("target", sa.Text(), server_default="", nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("revision", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("approved_by", sa.Text(), server_default="", nullable=False),
        sa.Column("approved_at", Moment(), nullable=True),
        sa.Column("due_at", Moment(), nullable=True),
        sa.Column("started_at", Moment(), nullable=True),
        sa.Column("posted_at", Moment(), nullable=True),
        sa.Column("platform_id", sa.Text(), nullable=True),
        sa.Column("step_id", sa.Text(), nullable=True),
        sa.Column("look_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_posts_account_id")),
        sa.ForeignKeyConstraint(["drive_id"], ["drives.id"], name=op.f("fk_posts_drive_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_posts_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_posts")),
    )
    where = sa.text("state IN ('approved', 'sending', 'checking')")
    op.create_index("ix_posts_open", "posts", ["due_at"], sqlite_where=where, postgresql_where=where)
    op.create_index("ix_posts_platform_id", "posts", ["platform_id"])


def _counted_links() -> None:
    op.create_table(
        "counted_links",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("broadcast_id", sa.BigInteger(), nullable=True),
        sa.Column("post_id", sa.BigInteger(), nullable=True),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("clicks", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint("(broadcast_id IS NULL) <> (post_id IS NULL)", name=op.f("ck_counted_links_of_one")),
        sa.ForeignKeyConstraint(["broadcast_id"], ["broadcasts.id"], name=op.f("fk_counted_links_broadcast_id")),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_counted_links_post_id")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_counted_links")),
    )
    op.create_index("ix_counted_links_broadcast_id", "counted_links", ["broadcast_id"])
    op.create_index("ix_counted_links_post_id", "counted_links", ["post_id"])


def _tags() -> None:
    op.create_table(
        "tags",
        sa.Column("contact_id", ID, autoincrement=False, nullable=False),
        sa.Column("tag", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_tags_contact_id")),
        sa.PrimaryKeyConstraint("contact_id", "tag", name=op.f("pk_tags")),
    )
    op.create_index("ix_tags_tag", "tags", ["tag", "contact_id"])


def downgrade() -> None:
    """There is no way back inside a database that has been used since."""
    raise RuntimeError("What was sent would be lost: restore a backup made before the upgrade instead.")
