"""Running the service: alarms, the house's own keys, what platforms tell of accounts."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, LargeBinary, SmallInteger, Table, Text

from bot.storage.columns import Moment
from bot.storage.tables.ground import Id, metadata

# What staff must know of; one open row for each kind and subject. `subject` is an id or a code, never a person's words.
alarms = Table(
    "alarms",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False, server_default=""),
    Column("detail", Text, nullable=False, server_default=""),
    Column("began_at", Moment, nullable=False),
    Column("ended_at", Moment, index=True),
    Column("seen_at", Moment, nullable=False),
    # How often staff were told, and when last.
    Column("told", SmallInteger, nullable=False, server_default="0"),
    Column("told_at", Moment),
    Index("ix_alarms_kind_subject", "kind", "subject"),
)
Index(
    "uq_alarms_open",
    alarms.c.kind,
    alarms.c.subject,
    unique=True,
    sqlite_where=alarms.c.ended_at.is_(None),
    postgresql_where=alarms.c.ended_at.is_(None),
)

# Keys that the program made for itself, sealed under ENCRYPTION_KEYS (`key_store.py`).
house_keys = Table(
    "house_keys",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value_sealed", LargeBinary, nullable=False),
)

# What a platform told us about an account: a template's status, a quota, a quality. `subject` is a template's id.
platform_events = Table(
    "platform_events",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("account_id", BigInteger, ForeignKey("accounts.id"), nullable=False),
    Column("at", Moment, nullable=False),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False, server_default=""),
    Column("detail", Text, nullable=False, server_default=""),
    Index("ix_platform_events_account_id_at", "account_id", "at"),
)
# Private replies to comments that are still to be sent.
Index(
    "ix_platform_events_owed",
    platform_events.c.at,
    sqlite_where=platform_events.c.kind == "reply-owed",
    postgresql_where=platform_events.c.kind == "reply-owed",
)

# Small things that the program remembers of itself: by which schedule it planned.
marks = Table(
    "marks",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)
