"""The accounts we speak from, people and their addresses with the talk, donors, consents."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    false,
)

from bot.storage.columns import Moment
from bot.storage.tables.ground import Id, metadata, own_id, reference

accounts = Table(
    "accounts",
    metadata,
    own_id(),
    Column("kind", Text, nullable=False),
    Column("code", Text, nullable=False, unique=True),
    Column("external_id", Text, nullable=False),
    reference("units.id", "unit_id", nullable=True),
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
    own_id(),
    reference("units.id", "unit_id", nullable=True),
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
    # When this person sleeps, where it is not at night: "" or a preset such as "nights" (`domain/rhythms.py`).
    Column("rhythm", Text, nullable=False, server_default=""),
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
    own_id(),
    reference("accounts.id", "account_id"),
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
    # Verified ones only; what people tell of themselves counts for the interval and for nothing else.
    Column("donations", Integer, nullable=False, server_default="0"),
    # "Ask me next month": no reminder of the next donation before this day.
    Column("ask_again_on", Date),
    # Null until the planning sweep has looked at that wish.
    Column("asked_planned_at", Moment),
    # The name that may stand on a thank-you card, as the person wants it read.
    Column("shown_name_sealed", LargeBinary),
    # When somebody of staff called them after their first donation (`first_timers.py`).
    Column("called_on", Date),
)

Index(
    "ix_donors_unplanned_wishes",
    donors.c.contact_id,
    sqlite_where=donors.c.ask_again_on.is_not(None) & donors.c.asked_planned_at.is_(None),
    postgresql_where=donors.c.ask_again_on.is_not(None) & donors.c.asked_planned_at.is_(None),
)

consents = Table(
    "consents",
    metadata,
    own_id(),
    reference("contacts.id", "contact_id"),
    Column("purpose", Text, nullable=False),
    Column("wording", Text, nullable=False),
    Column("given_at", Moment, nullable=False),
    reference("addresses.id", "address_id", nullable=True),
    Column("withdrawn_at", Moment),
    Index("ix_consents_contact_id_purpose", "contact_id", "purpose"),
    Index("ix_consents_address_id", "address_id"),
)
