"""Staff, their keys and chats, and what they did."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, LargeBinary, SmallInteger, Table, Text, false

from bot.storage.columns import Moment
from bot.storage.tables.ground import Id, metadata, own_id, reference

staff = Table(
    "staff",
    metadata,
    own_id(),
    Column("login", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
    reference("units.id", "unit_id", nullable=True),
    Column("password_hash", Text),
    Column("disabled_at", Moment),
    Column("on_duty", Boolean, nullable=False, server_default=false()),
)

# One-time login links and console sessions: only a hash of the secret is kept.
staff_keys = Table(
    "staff_keys",
    metadata,
    Column("secret_hash", LargeBinary, primary_key=True),
    reference("staff.id", "staff_id"),
    Column("kind", Text, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("used_at", Moment),
)

audit = Table(
    "audit",
    metadata,
    own_id(),
    Column("at", Moment, nullable=False),
    Column("who", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False, server_default=""),
    Column("detail", Text, nullable=False, server_default=""),
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
