"""Tables about people's rights and about running the service: proofs, requests, links, alarms, the index key."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, LargeBinary, SmallInteger, Table, Text

from bot.storage.columns import Moment
from bot.storage.tables import Id, metadata

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

# Chat addresses at which a member of staff gets alarms. No foreign key to the address, like `seen`: the code may be the
# first thing somebody says, and then the address is written after it.
staff_addresses = Table(
    "staff_addresses",
    metadata,
    Column("address_id", Id, primary_key=True, autoincrement=False),
    Column("staff_id", BigInteger, ForeignKey("staff.id"), nullable=False, index=True),
    Column("linked_at", Moment, nullable=False),
)

# Wrong codes lately typed at an address: who guesses must wait.
staff_code_tries = Table(
    "staff_code_tries",
    metadata,
    Column("address_id", Id, primary_key=True, autoincrement=False),
    Column("tries", SmallInteger, nullable=False),
    Column("since", Moment, nullable=False),
)

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
