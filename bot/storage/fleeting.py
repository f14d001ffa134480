"""Messages of ours that would tell what somebody answered: soon after they went out they lose their words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, func, select, text, update

from bot.domain.conversations import ABANDONED, QUIET_LIVES
from bot.domain.outbox import OPEN
from bot.storage.chat_history import BODY, CONFIDENTIAL, FLEETING
from bot.storage.housekeeping import NOTHING, PAGE, forget_forms
from bot.storage.sealing import KeyRing
from bot.storage.tables import outbox
from bot.storage.tables.sending import IS_FLEETING

SPOKEN_FOR = QUIET_LIVES
"""As long as the form that they belong to."""


@dataclass(frozen=True, slots=True)
class Fleeting:
    """One such message that is due to be emptied."""

    id: int
    address_id: int | None


def due_fleeting(connection: Connection, now: datetime) -> Sequence[Fleeting]:
    """A page of those that went out or ended a quarter of an hour ago."""
    statement = (
        select(outbox.c.id, outbox.c.address_id)
        .where(text(IS_FLEETING), outbox.c.created_at <= now - SPOKEN_FOR, outbox.c.state.not_in(OPEN))
        .order_by(outbox.c.created_at)
        .limit(PAGE)
    )
    return [Fleeting(row.id, row.address_id) for row in connection.execute(statement)]


def empty_fleeting(connection: Connection, ring: KeyRing, due: Sequence[Fleeting], now: datetime) -> int:
    """They lose their words and are fleeting no more; a form that nobody touched meanwhile goes with them."""
    homes = sorted({one.address_id for one in due if one.address_id is not None})
    forget_forms(connection, ring, now - ABANDONED, homes)
    kept = func.substr(outbox.c.key, len(FLEETING) + 1)
    change = update(outbox).where(outbox.c.id == bindparam("row"), text(IS_FLEETING))
    emptied = change.values(body_sealed=bindparam("body"), key=CONFIDENTIAL + kept)
    connection.execute(emptied, [{"row": one.id, "body": ring.seal_json(NOTHING, BODY)} for one in due])
    return len(due)
