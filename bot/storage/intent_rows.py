"""Writing planned intents: a key exists once, whatever is planned how often."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, or_, text
from sqlalchemy.dialects import postgresql, sqlite

from bot.storage.prepared import Prepared, Row
from bot.storage.tables import intents

REPLANNED = "replanned"
CANCELLED = "cancelled"

_columns = (
    "id",
    "key",
    "contact_id",
    "address_id",
    "purpose",
    "occasion",
    "registration_id",
    "donation_id",
    "deferral_id",
    "change_id",
    "due_at",
    "expires_at",
    "state",
    "created_at",
)


def _planning(insert: Any) -> Any:
    """One that planning itself had ended (moved away, cancelled) waits again when it is true again; one that waits goes
    by the newest timing; one that was queued, sent or skipped for another reason stays as it is."""
    row = insert(intents)
    # Written out: the statement is prepared once, for rows alone.
    ended_by_us = text(f"intents.state = 'skipped' AND intents.reason IN ('{REPLANNED}', '{CANCELLED}')")
    other_timing = (intents.c.due_at != row.excluded.due_at) | (intents.c.expires_at != row.excluded.expires_at)
    timing = {"due_at": row.excluded.due_at, "expires_at": row.excluded.expires_at}
    return row.on_conflict_do_update(
        index_elements=["key"],
        set_={"state": text("'waiting'"), "reason": text("''"), "decided_at": text("NULL"), **timing},
        where=or_(ended_by_us, text("intents.state = 'waiting'") & other_timing),
    )


_plan = Prepared(_planning(sqlite.insert), _planning(postgresql.insert).returning(intents.c.id), _columns)


def write_plan(connection: Connection, wanted: Sequence[Row]) -> int:
    """Returns how many intents are new, waiting again, or due at another time."""
    return _plan.run(connection, wanted) if wanted else 0
