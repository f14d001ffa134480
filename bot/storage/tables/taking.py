"""What came in: updates that were seen, events kept aside."""

from sqlalchemy import BigInteger, Column, Index, LargeBinary, Table, Text

from bot.storage.columns import Moment
from bot.storage.tables.ground import metadata, own_id, reference

# An update that was seen is also where its words are kept (encrypted, dropped after days): one row, one write.
seen = Table(
    "seen",
    metadata,
    # The id of an address stands for its account and user, so this key is unique on account and update id, and a
    # person's updates lie side by side. No foreign key: an update is seen before its address is written.
    Column("address_id", BigInteger, primary_key=True, autoincrement=False),
    Column("update_id", Text, primary_key=True),
    Column("received_at", Moment, nullable=False),
    Column("kind", Text, nullable=False),
    Column("text_sealed", LargeBinary),
    sqlite_with_rowid=False,
)
Index("ix_seen_received_at", seen.c.received_at)

kept_aside = Table(
    "kept_aside",
    metadata,
    own_id(),
    reference("accounts.id", "account_id", nullable=True),
    # Whose it was, where that could be read; no foreign key, like `seen`.
    Column("address_id", BigInteger, index=True),
    Column("channel", Text, nullable=False),
    Column("received_at", Moment, nullable=False, index=True),
    Column("reason", Text, nullable=False),
    Column("body_sealed", LargeBinary, nullable=False),
)
