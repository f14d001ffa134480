"""One person at several addresses: codes that join, wrong ones lately typed, and what each join moved."""

from sqlalchemy import BigInteger, Column, LargeBinary, SmallInteger, Table

from bot.storage.columns import Moment
from bot.storage.tables.ground import Id, metadata

# Codes that join the address where they were asked for with the one where they are typed: only a keyed hash is kept.
join_codes = Table(
    "join_codes",
    metadata,
    Column("code_hash", LargeBinary, primary_key=True),
    # No foreign key, like `seen`: asking for a code may be the first thing somebody says.
    Column("address_id", BigInteger, nullable=False, unique=True),
    Column("expires_at", Moment, nullable=False, index=True),
)

# Wrong codes lately typed at an address: who guesses must wait. The account is there so that all of it can be bounded.
join_tries = Table(
    "join_tries",
    metadata,
    Column("address_id", Id, primary_key=True, autoincrement=False),
    Column("account_id", BigInteger, nullable=False, index=True),
    Column("tries", SmallInteger, nullable=False),
    Column("since", Moment, nullable=False),
)

# Two people who turned out to be one: `gone_id` became `kept_id`. `moved_sealed` holds what it takes to undo it; the row
# goes when that time is over. No foreign keys: behind an address there may be no contact yet.
joins = Table(
    "joins",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("kept_id", BigInteger, nullable=False, index=True),
    Column("gone_id", BigInteger, nullable=False, index=True),
    Column("joined_at", Moment, nullable=False, index=True),
    Column("moved_sealed", LargeBinary, nullable=False),
)
