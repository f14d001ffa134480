"""People's rights and the care of the service: erasure, proofs, requests, links, alarms, the index key"""

import sqlalchemy as sa
from alembic import op

from bot.storage.columns import Moment

revision = "0002"
down_revision = "0001"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("contacts", sa.Column("name_words", sa.Text(), nullable=True))
    op.create_index(
        "ix_contacts_unfilled_names",
        "contacts",
        ["id"],
        sqlite_where=sa.text("name_words IS NULL AND name_sealed IS NOT NULL"),
        postgresql_where=sa.text("name_words IS NULL AND name_sealed IS NOT NULL"),
    )
    op.add_column("contacts", sa.Column("erased_at", Moment(), nullable=True))
    op.add_column("addresses", sa.Column("erased_at", Moment(), nullable=True))
    op.create_index(
        "ix_addresses_erased",
        "addresses",
        ["erased_at"],
        sqlite_where=sa.text("erased_at IS NOT NULL"),
        postgresql_where=sa.text("erased_at IS NOT NULL"),
    )
    for table in ("consents", "registrations", "intents"):  # looked up when an address goes
        op.create_index(f"ix_{table}_address_id", table, ["address_id"])
    op.create_index("ix_intents_contact_id", "intents", ["contact_id"])
    op.add_column("drives", sa.Column("reported_at", Moment(), nullable=True))
    op.add_column("kept_aside", sa.Column("address_id", sa.BigInteger(), nullable=True))
    op.create_index(op.f("ix_kept_aside_address_id"), "kept_aside", ["address_id"])
    op.create_index(op.f("ix_kept_aside_received_at"), "kept_aside", ["received_at"])
    op.add_column("accounts", sa.Column("tokens_expire_at", Moment(), nullable=True))
    _let_outbox_lose_its_address()
    _new_tables()


def _let_outbox_lose_its_address() -> None:
    """On SQLite a column cannot be changed, and a copy of the table would break the attempts that point at it. Taking
    NOT NULL away changes nothing on the disk, so only the words of the schema change (sqlite.org/lang_altertable,
    "other kinds of table schema changes")."""
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        op.alter_column("outbox", "address_id", existing_type=sa.BigInteger(), nullable=True)
        return
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    connection.exec_driver_sql("PRAGMA writable_schema=ON")
    connection.exec_driver_sql(
        "UPDATE sqlite_schema SET sql = replace(sql, 'address_id BIGINT NOT NULL', 'address_id BIGINT') "
        "WHERE type = 'table' AND name = 'outbox'"
    )
    connection.exec_driver_sql(f"PRAGMA schema_version={version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema=OFF")


def _new_tables() -> None:
    op.create_table(
        "consent_proofs",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("who", sa.LargeBinary(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("wording", sa.Text(), nullable=False),
        sa.Column("given_at", Moment(), nullable=False),
        sa.Column("withdrawn_at", Moment(), nullable=True),
        sa.Column("erased_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent_proofs")),
    )
    op.create_index(op.f("ix_consent_proofs_who"), "consent_proofs", ["who"])
    op.create_table(
        "data_requests",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), server_default="", nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=True),
        sa.Column("code_hash", sa.LargeBinary(), nullable=True),
        sa.Column("asked_at", Moment(), nullable=False),
        sa.Column("done_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_data_requests")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_data_requests_code_hash")),
    )
    op.create_index(op.f("ix_data_requests_asked_at"), "data_requests", ["asked_at"])
    op.create_index(
        "ix_data_requests_open",
        "data_requests",
        ["asked_at"],
        sqlite_where=sa.text("done_at IS NULL"),
        postgresql_where=sa.text("done_at IS NULL"),
    )
    op.create_table(
        "used_links",
        sa.Column("link_hash", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("link_hash", name=op.f("pk_used_links")),
    )
    op.create_table(
        "staff_addresses",
        sa.Column("address_id", ID, autoincrement=False, nullable=False),
        sa.Column("staff_id", sa.BigInteger(), nullable=False),
        sa.Column("linked_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_staff_addresses_staff_id")),
        sa.PrimaryKeyConstraint("address_id", name=op.f("pk_staff_addresses")),
    )
    op.create_index(op.f("ix_staff_addresses_staff_id"), "staff_addresses", ["staff_id"])
    op.create_table(
        "staff_code_tries",
        sa.Column("address_id", ID, autoincrement=False, nullable=False),
        sa.Column("tries", sa.SmallInteger(), nullable=False),
        sa.Column("since", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("address_id", name=op.f("pk_staff_code_tries")),
    )
    op.create_table(
        "alarms",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), server_default="", nullable=False),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.Column("began_at", Moment(), nullable=False),
        sa.Column("ended_at", Moment(), nullable=True),
        sa.Column("seen_at", Moment(), nullable=False),
        sa.Column("told", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("told_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarms")),
    )
    op.create_index(op.f("ix_alarms_ended_at"), "alarms", ["ended_at"])
    op.create_index("ix_alarms_kind_subject", "alarms", ["kind", "subject"])
    op.create_index(
        "uq_alarms_open",
        "alarms",
        ["kind", "subject"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "pressure_reports",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("unit_id", sa.BigInteger(), nullable=True),
        sa.Column("said_on", Moment(), nullable=False),
        sa.Column("words_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("address_id", sa.BigInteger(), nullable=True),
        sa.Column("closed_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_pressure_reports_unit_id")),
        sa.ForeignKeyConstraint(["address_id"], ["addresses.id"], name=op.f("fk_pressure_reports_address_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pressure_reports")),
    )
    op.create_table(
        "house_keys",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value_sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_house_keys")),
    )


def downgrade() -> None:
    """There is no way back inside a database that has been used since."""
    raise RuntimeError(
        "What people did with their rights would be lost: restore a backup made before the upgrade instead."
    )
