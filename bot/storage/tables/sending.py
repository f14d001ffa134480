"""What goes out: intents, messages, attempts, approved templates, leases."""

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from bot.storage.columns import Moment
from bot.storage.tables.ground import metadata, own_id, reference

intents = Table(
    "intents",
    metadata,
    own_id(),
    Column("key", Text, nullable=False, unique=True),
    reference("contacts.id", "contact_id"),
    reference("addresses.id", "address_id", nullable=True),
    Column("purpose", Text, nullable=False),
    Column("occasion", Text, nullable=False),
    reference("registrations.id", "registration_id", nullable=True),
    reference("donations.id", "donation_id", nullable=True),
    Column("due_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False, server_default=""),
    Column("decided_at", Moment),
    Column("created_at", Moment, nullable=False),
    # What else it may be about; no foreign keys, so that erasing and planning need not wait for each other.
    Column("deferral_id", BigInteger),
    Column("change_id", BigInteger),
)
Index(
    "ix_intents_deferral_id",
    intents.c.deferral_id,
    sqlite_where=intents.c.deferral_id.is_not(None),
    postgresql_where=intents.c.deferral_id.is_not(None),
)
Index(
    "ix_intents_due",
    intents.c.due_at,
    sqlite_where=intents.c.state == "waiting",
    postgresql_where=intents.c.state == "waiting",
)
Index("ix_intents_registration_id", intents.c.registration_id)
Index("ix_intents_donation_id", intents.c.donation_id)
# Erasure asks for a person's, and every foreign key to an address is looked up when that address goes.
Index("ix_intents_contact_id", intents.c.contact_id)
Index("ix_intents_address_id", intents.c.address_id)

outbox = Table(
    "outbox",
    metadata,
    own_id(),
    Column("key", Text, nullable=False, unique=True),
    reference("accounts.id", "account_id"),
    # Null once the person was erased: the row stays for the figures.
    reference("addresses.id", "address_id", nullable=True),
    Column("contact_id", BigInteger),
    reference("intents.id", "intent_id", nullable=True),
    Column("purpose", Text, nullable=False),
    Column("priority", SmallInteger, nullable=False),
    Column("part", SmallInteger, nullable=False, server_default="0"),
    Column("body_sealed", LargeBinary, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False, server_default=""),
    Column("created_at", Moment, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("judged_at", Moment),
    Column("expires_at", Moment),
    Column("sent_at", Moment),
    Column("platform_id", Text),
    Column("attempts", SmallInteger, nullable=False, server_default="0"),
    # How it goes: text, template-uid, template-phone, utility; and what the platform charged (đồng), once known.
    Column("route", Text, nullable=False, server_default="text"),
    Column("price_vnd", Integer),
    # Of a broadcast; no foreign key: it is written for every message that goes out.
    Column("broadcast_id", BigInteger),
)
Index(
    "ix_outbox_broadcast",
    outbox.c.broadcast_id,
    outbox.c.state,
    outbox.c.reason,
    sqlite_where=outbox.c.broadcast_id.is_not(None),
    postgresql_where=outbox.c.broadcast_id.is_not(None),
)
Index(
    "ix_outbox_waiting",
    outbox.c.account_id,
    outbox.c.priority,
    outbox.c.due_at,
    outbox.c.id,
    sqlite_where=outbox.c.state.in_(("waiting", "sending")),
    postgresql_where=outbox.c.state.in_(("waiting", "sending")),
)
Index("ix_outbox_address_id_id", outbox.c.address_id, outbox.c.id)
Index(
    "ix_outbox_intent_id",
    outbox.c.intent_id,
    sqlite_where=outbox.c.intent_id.is_not(None),
    postgresql_where=outbox.c.intent_id.is_not(None),
)

IS_FLEETING = "substr(key, 1, 16) = 'private:fleeting'"
"""Answers whose words go soon after they went out (`storage/fleeting.py`), in the very words of the index."""

Index(
    "ix_outbox_fleeting",
    outbox.c.created_at,
    sqlite_where=text(IS_FLEETING),
    postgresql_where=text(IS_FLEETING),
)

attempts = Table(
    "attempts",
    metadata,
    own_id(),
    reference("outbox.id", "outbox_id"),
    Column("number", SmallInteger, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("outcome", Text),
    Column("code", Text),
    UniqueConstraint("outbox_id", "number"),
)

# Templates that a platform has approved, by what they are for (`templates:` in a load file).
templates = Table(
    "templates",
    metadata,
    own_id(),
    Column("purpose", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("ways", Text, nullable=False, server_default=""),
    Column("params", Text, nullable=False, server_default=""),
    Column("price_vnd", Integer),
    Column("phone_price_vnd", Integer),
    # approved, or what the platform said of it since: pending, rejected, disabled.
    Column("status", Text, nullable=False, server_default="approved"),
    UniqueConstraint("purpose", "channel", "language"),
)

leases = Table(
    "leases",
    metadata,
    Column("name", Text, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("expires_at", Moment, nullable=False),
)
