"""Every table, for SQLite and PostgreSQL alike. Columns named `…_sealed` hold encrypted bytes (`sealing.py`)."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    false,
)

from bot.storage.columns import Moment

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


# INTEGER on SQLite: only that word makes a primary key the row's own address instead of a second index.
Id = BigInteger().with_variant(Integer(), "sqlite")


def _id() -> Column[int]:
    return Column("id", Id, primary_key=True, autoincrement=False)


def _to(target: str, name: str, *, nullable: bool = False) -> Column[int]:
    return Column(name, BigInteger, ForeignKey(target), nullable=nullable)


units = Table(
    "units",
    metadata,
    _id(),
    Column("code", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("level", Text, nullable=False),
    _to("units.id", "parent_id", nullable=True),
    Column("valid_from", Date),
    Column("valid_to", Date),
    _to("units.id", "successor_id", nullable=True),
    Column("members", Integer),
)

accounts = Table(
    "accounts",
    metadata,
    _id(),
    Column("kind", Text, nullable=False),
    Column("code", Text, nullable=False, unique=True),
    Column("external_id", Text, nullable=False),
    _to("units.id", "unit_id", nullable=True),
    Column("secrets_env", Text),
    Column("tokens_sealed", LargeBinary),
    # When its access ends unless a person acts; null where that is not known.
    Column("tokens_expire_at", Moment),
    # Zalo: when the pair was issued; a hash of the environment's seed it began from; and the refresh under way:
    # "" (none), "begun" (its answer is not known yet), "lost" (only an admin of the OA can help).
    Column("tokens_at", Moment),
    Column("tokens_seed", LargeBinary),
    Column("refresh_state", Text, nullable=False, server_default=""),
    Column("refresh_at", Moment),
    Column("refresh_tries", SmallInteger, nullable=False, server_default="0"),
    Column("paused_at", Moment),
    Column("paused_reason", Text),
    UniqueConstraint("kind", "external_id"),
)

contacts = Table(
    "contacts",
    metadata,
    _id(),
    _to("units.id", "unit_id", nullable=True),
    Column("language", Text, nullable=False, server_default="vi"),
    Column("name_sealed", LargeBinary),
    Column("birth_date_sealed", LargeBinary),
    Column("phone_sealed", LargeBinary),
    Column("phone_blind", LargeBinary, index=True),
    # Tokens of the folded words of the name, for search (`name_index.py`).
    Column("name_words", Text),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    # Nobody stands behind this row any more: it only holds counts together (`erasing.py`).
    Column("erased_at", Moment),
)
Index(
    "ix_contacts_unfilled_names",
    contacts.c.id,
    sqlite_where=contacts.c.name_words.is_(None) & contacts.c.name_sealed.is_not(None),
    postgresql_where=contacts.c.name_words.is_(None) & contacts.c.name_sealed.is_not(None),
)

# An address and its conversation are one row: a conversation belongs to exactly one address, and two tables would
# double the writes of the hottest path (docs/why.md).
addresses = Table(
    "addresses",
    metadata,
    _id(),
    _to("accounts.id", "account_id"),
    Column("user_id", Text, nullable=False),
    # Given at the first hello, before anything personal is known; the contact row comes with the first registration.
    Column("contact_id", BigInteger, nullable=False, index=True),
    Column("first_seen_at", Moment, nullable=False),
    Column("last_inbound_at", Moment, nullable=False),
    Column("blocked_at", Moment),
    Column("talk_sealed", LargeBinary),
    Column("form_touched_at", Moment),
    Column("handoff", Text, nullable=False, server_default="none"),
    Column("handoff_since", Moment),
    Column("handoff_urgent", Boolean, nullable=False, server_default=false()),
    # The person had everything erased; the row itself goes as soon as the last answer is out (`erasing.py`).
    Column("erased_at", Moment),
    # When we last asked this person for one more way to reach them: at most once a month.
    Column("asked_route_at", Moment),
    UniqueConstraint("account_id", "user_id"),
)
Index(
    "ix_addresses_erased",
    addresses.c.erased_at,
    sqlite_where=addresses.c.erased_at.is_not(None),
    postgresql_where=addresses.c.erased_at.is_not(None),
)
Index(
    "ix_addresses_waiting",
    addresses.c.handoff_since,
    sqlite_where=addresses.c.handoff != "none",
    postgresql_where=addresses.c.handoff != "none",
)

donors = Table(
    "donors",
    metadata,
    Column("contact_id", Id, ForeignKey("contacts.id"), primary_key=True, autoincrement=False),
    Column("blood_group_sealed", LargeBinary),
    Column("last_given_on", Date),
    Column("last_component", Text),
    Column("next_on", Date),
    Column("deferred_until", Date),
    Column("donations", Integer, nullable=False, server_default="0"),
)

consents = Table(
    "consents",
    metadata,
    _id(),
    _to("contacts.id", "contact_id"),
    Column("purpose", Text, nullable=False),
    Column("wording", Text, nullable=False),
    Column("given_at", Moment, nullable=False),
    _to("addresses.id", "address_id", nullable=True),
    Column("withdrawn_at", Moment),
    Index("ix_consents_contact_id_purpose", "contact_id", "purpose"),
    Index("ix_consents_address_id", "address_id"),
)

campaigns = Table(
    "campaigns",
    metadata,
    _id(),
    Column("code", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("starts_on", Date),
    Column("ends_on", Date),
    Column("goal_units", Integer),
)

drives = Table(
    "drives",
    metadata,
    _id(),
    Column("code", Text, nullable=False, unique=True),
    _to("units.id", "unit_id"),
    _to("campaigns.id", "campaign_id", nullable=True),
    Column("name", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("address", Text, nullable=False, server_default=""),
    Column("starts_at", Moment, nullable=False),
    Column("ends_at", Moment, nullable=False),
    Column("state", Text, nullable=False),
    Column("slot_minutes", Integer, nullable=False),
    Column("slot_capacity", Integer, nullable=False),
    Column("goal_units", Integer),
    Column("site_phone", Text, nullable=False, server_default=""),
    # When its report was signed: from then on the people's data of this drive are kept only a little longer.
    Column("reported_at", Moment),
    # Grows when date, place or state change: registrations planned for an older revision are planned again.
    Column("revision", Integer, nullable=False, server_default="1"),
)

slots = Table(
    "slots",
    metadata,
    _id(),
    _to("drives.id", "drive_id"),
    Column("starts_at", Moment, nullable=False),
    Column("capacity", Integer, nullable=False),
    Column("taken", Integer, nullable=False, server_default="0"),
    # How many places the newest guarded update granted: `RETURNING` cannot show the old value of `taken`.
    Column("granted", Integer, nullable=False, server_default="0"),
    UniqueConstraint("drive_id", "starts_at"),
    CheckConstraint("taken >= 0", name="taken"),
)

registrations = Table(
    "registrations",
    metadata,
    _id(),
    _to("contacts.id", "contact_id"),
    _to("addresses.id", "address_id", nullable=True),
    _to("drives.id", "drive_id"),
    _to("slots.id", "slot_id"),
    _to("units.id", "unit_id", nullable=True),
    Column("ticket", Text, nullable=False, unique=True),
    Column("state", Text, nullable=False),
    Column("dangerous_work", Boolean, nullable=False, server_default=false()),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    # Null until the planning sweep has made the intents of this registration as it stands now.
    Column("planned_at", Moment),
    Index("ix_registrations_drive_id_state", "drive_id", "state"),
    Index("ix_registrations_contact_id", "contact_id"),
    Index("ix_registrations_address_id", "address_id"),
)
# One place at a drive for each person; cancelled registrations stay as history.
Index(
    "uq_registrations_one_place",
    registrations.c.contact_id,
    registrations.c.drive_id,
    unique=True,
    sqlite_where=registrations.c.state == "booked",
    postgresql_where=registrations.c.state == "booked",
)
Index(
    "ix_registrations_unplanned",
    registrations.c.id,
    sqlite_where=registrations.c.planned_at.is_(None),
    postgresql_where=registrations.c.planned_at.is_(None),
)

donations = Table(
    "donations",
    metadata,
    _id(),
    _to("contacts.id", "contact_id"),
    _to("drives.id", "drive_id", nullable=True),
    Column("given_on", Date, nullable=False),
    Column("component", Text, nullable=False),
    Column("ml", Integer),
    Column("verified", Boolean, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("planned_at", Moment),
    UniqueConstraint("contact_id", "given_on", "component"),
)
Index(
    "ix_donations_unplanned",
    donations.c.id,
    sqlite_where=donations.c.planned_at.is_(None),
    postgresql_where=donations.c.planned_at.is_(None),
)

intents = Table(
    "intents",
    metadata,
    _id(),
    Column("key", Text, nullable=False, unique=True),
    _to("contacts.id", "contact_id"),
    _to("addresses.id", "address_id", nullable=True),
    Column("purpose", Text, nullable=False),
    Column("occasion", Text, nullable=False),
    _to("registrations.id", "registration_id", nullable=True),
    _to("donations.id", "donation_id", nullable=True),
    Column("due_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False, server_default=""),
    Column("decided_at", Moment),
    Column("created_at", Moment, nullable=False),
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
    _id(),
    Column("key", Text, nullable=False, unique=True),
    _to("accounts.id", "account_id"),
    # Null once the person was erased: the row stays for the figures.
    _to("addresses.id", "address_id", nullable=True),
    Column("contact_id", BigInteger),
    _to("intents.id", "intent_id", nullable=True),
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

attempts = Table(
    "attempts",
    metadata,
    _id(),
    _to("outbox.id", "outbox_id"),
    Column("number", SmallInteger, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("outcome", Text),
    Column("code", Text),
    UniqueConstraint("outbox_id", "number"),
)

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
    _id(),
    _to("accounts.id", "account_id", nullable=True),
    # Whose it was, where that could be read; no foreign key, like `seen`.
    Column("address_id", BigInteger, index=True),
    Column("channel", Text, nullable=False),
    Column("received_at", Moment, nullable=False, index=True),
    Column("reason", Text, nullable=False),
    Column("body_sealed", LargeBinary, nullable=False),
)

# Templates that a platform has approved, by what they are for (`templates:` in a load file).
templates = Table(
    "templates",
    metadata,
    _id(),
    Column("purpose", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("ways", Text, nullable=False, server_default=""),
    Column("params", Text, nullable=False, server_default=""),
    Column("price_vnd", Integer),
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

staff = Table(
    "staff",
    metadata,
    _id(),
    Column("login", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
    _to("units.id", "unit_id", nullable=True),
    Column("password_hash", Text),
    Column("disabled_at", Moment),
    Column("on_duty", Boolean, nullable=False, server_default=false()),
)

# One-time login links and console sessions: only a hash of the secret is kept.
staff_keys = Table(
    "staff_keys",
    metadata,
    Column("secret_hash", LargeBinary, primary_key=True),
    _to("staff.id", "staff_id"),
    Column("kind", Text, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("used_at", Moment),
)

audit = Table(
    "audit",
    metadata,
    _id(),
    Column("at", Moment, nullable=False),
    Column("who", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False, server_default=""),
    Column("detail", Text, nullable=False, server_default=""),
)
