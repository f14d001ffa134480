"""What a join and a parting do to deferrals and to places taken for colleagues."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, or_, select, text, update

from bot.domain.registrations import RegistrationState
from bot.storage.intent_rows import REPLANNED
from bot.storage.joins import Join
from bot.storage.tables import deferrals, intents, registrations


def leave_deferrals(connection: Connection, kept: int, gone: int, now: datetime) -> list[int]:
    """Two words of the same day: that of `gone` stays on its shell, and nothing is planned because of it."""
    days = select(deferrals.c.decided_on).where(deferrals.c.contact_id == kept)
    twice = select(deferrals.c.id).where(deferrals.c.contact_id == gone, deferrals.c.decided_on.in_(days))
    left = list(connection.execute(twice).scalars())
    if left:
        waiting = intents.c.deferral_id.in_(left), text("intents.state = 'waiting'")
        ended = {"state": "skipped", "reason": REPLANNED, "decided_at": now}
        connection.execute(update(intents).where(*waiting).values(ended))
        connection.execute(update(deferrals).where(deferrals.c.id.in_(left)).values(planned_at=now))
    return left


def deferrals_going(connection: Connection, join: Join, places: Sequence[int]) -> list[int]:
    """Their own, and those decided since at a drive where they had the place."""
    there = select(registrations.c.drive_id).where(
        registrations.c.id.in_(places), registrations.c.state != RegistrationState.CANCELLED.value
    )
    since = (deferrals.c.created_at > join.joined_at) & deferrals.c.drive_id.in_(there)
    theirs = or_(deferrals.c.id.in_(join.moved.get("deferrals", ())), since)
    taken = select(deferrals.c.decided_on).where(deferrals.c.contact_id == join.gone)
    query = select(deferrals.c.id).where(
        deferrals.c.contact_id == join.kept, theirs, deferrals.c.decided_on.not_in(taken)
    )
    return list(connection.execute(query).scalars())


def plan_left_again(connection: Connection, join: Join) -> None:
    """What stood on both sides counts for both again."""
    left = join.moved.get("deferrals_left", ())
    if left:
        connection.execute(update(deferrals).where(deferrals.c.id.in_(left)).values(planned_at=None))


def move_brought(connection: Connection, kept: int, gone: int) -> list[int]:
    """Places that they took for colleagues; returns their ids."""
    theirs = select(registrations.c.id).where(registrations.c.brought_by == gone)
    ids = list(connection.execute(theirs).scalars())
    _bring(connection, ids, kept)
    return ids


def brought_back(connection: Connection, join: Join) -> None:
    """They are again theirs who took them."""
    _bring(connection, join.moved.get("brought", ()), join.gone, whose=join.kept)


def _bring(connection: Connection, ids: Sequence[int], to: int, whose: int | None = None) -> None:
    if ids:
        which: list[ColumnElement[bool]] = [registrations.c.id.in_(ids)]
        if whose is not None:
            which.append(registrations.c.brought_by == whose)
        connection.execute(update(registrations).where(*which).values(brought_by=to))
