"""What people's rights leave behind: proofs, requests, used links, reports of pressure."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, LargeBinary, Table, Text

from bot.storage.columns import Moment
from bot.storage.tables.ground import Id, metadata

# What is left of a consent after erasure: no link to any other row, only a keyed hash of the address. Whoever shows the
# platform id again can be shown what was agreed and when; nobody can be found from it.
consent_proofs = Table(
    "consent_proofs",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("who", LargeBinary, nullable=False, index=True),
    Column("purpose", Text, nullable=False),
    Column("wording", Text, nullable=False),
    Column("given_at", Moment, nullable=False),
    Column("withdrawn_at", Moment),
    Column("erased_at", Moment, nullable=False),
)

# That somebody used a right, never with what: kind is show, page, download, withdraw or erase; source is chat, page,
# platform, staff or retention.
data_requests = Table(
    "data_requests",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("by", Text, nullable=False, server_default=""),
    # The id of a row that no longer names anybody once the erasure is done.
    Column("contact_id", BigInteger),
    Column("code_hash", LargeBinary, unique=True),
    Column("asked_at", Moment, nullable=False, index=True),
    Column("done_at", Moment),
)
Index(
    "ix_data_requests_open",
    data_requests.c.asked_at,
    sqlite_where=data_requests.c.done_at.is_(None),
    postgresql_where=data_requests.c.done_at.is_(None),
)

# Links that open something once: a hash of each one that was used, until it would have ended anyway.
used_links = Table(
    "used_links",
    metadata,
    Column("link_hash", LargeBinary, primary_key=True),
    Column("expires_at", Moment, nullable=False),
)

# "I felt made to come": read above the unit, and with no link to the person unless they asked to be called back.
pressure_reports = Table(
    "pressure_reports",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("unit_id", BigInteger, ForeignKey("units.id")),
    Column("said_on", Moment, nullable=False),
    Column("words_sealed", LargeBinary),
    Column("address_id", BigInteger, ForeignKey("addresses.id")),
    Column("closed_at", Moment),
)
