"""What a broadcast's rows say of one person: told to them, forgotten with them, and one row where two people are one."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    and_,
    delete,
    exists,
    literal,
    null,
    select,
    union_all,
    update,
)

from bot.storage.recipients import SKIPPED, WAITING
from bot.storage.tables import appeal_candidates, broadcasts, recipients

ERASED, JOINED = "erased", "joined"
IN_LINE = "in-line"
"""An appeal has not asked them, and may."""


def _of(contact_id: int) -> ColumnElement[bool]:
    return recipients.c.contact_id == contact_id


def chosen_for(contact_id: int) -> CompoundSelect[Any]:
    """Which broadcasts they were among the people of, and what became of it; and which appeals may still call them."""
    own = (recipients.c.state, recipients.c.reason, recipients.c.decided_at, recipients.c.thanks)
    was = (
        select(broadcasts.c.id, broadcasts.c.code.label("broadcast"), *own)
        .join(broadcasts, broadcasts.c.id == recipients.c.broadcast_id)
        .where(_of(contact_id))
    )
    may_be = (
        select(broadcasts.c.id, broadcasts.c.code, literal(IN_LINE), literal(""), null(), literal(""))
        .join(appeal_candidates, appeal_candidates.c.broadcast_id == broadcasts.c.id)
        .where(appeal_candidates.c.contact_id == contact_id)
    )
    return union_all(was, may_be).order_by("id")


def forget_recipient(connection: Connection, contact_id: int, now: datetime) -> None:
    """Nothing more is sent to them, and no address stands beside them; the row stays, so that the ledger balances."""
    _end(connection, _of(contact_id), ERASED, now)
    connection.execute(update(recipients).where(_of(contact_id)).values(address_id=None))
    connection.execute(delete(appeal_candidates).where(appeal_candidates.c.contact_id == contact_id))


def move_recipient(connection: Connection, kept: int, gone: int, now: datetime) -> None:
    """What waits for the one who goes waits for the one who stays, unless that one has it already: nobody gets it twice.

    What has been decided stays as it was counted.
    """
    theirs = recipients.alias("theirs")
    has_it = exists().where(theirs.c.broadcast_id == recipients.c.broadcast_id, theirs.c.contact_id == kept)
    _end(connection, and_(_of(gone), has_it), JOINED, now)
    waits = and_(_of(gone), recipients.c.state == WAITING)
    connection.execute(update(recipients).where(waits).values(contact_id=kept))
    # The one who stays stands in the row of an appeal for themselves, if they agreed to be asked.
    connection.execute(delete(appeal_candidates).where(appeal_candidates.c.contact_id == gone))


def _end(connection: Connection, which: ColumnElement[bool], reason: str, now: datetime) -> None:
    ended = {"state": SKIPPED, "reason": reason, "due_at": None, "decided_at": now}
    connection.execute(update(recipients).where(which, recipients.c.state == WAITING).values(ended))
