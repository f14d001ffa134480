"""What somebody did and heard lately, as far as reminders of giving are judged by it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, func, select

from bot.domain.intents import CAP_PERIOD, Heard
from bot.domain.outbox import MessagePurpose
from bot.domain.registrations import RegistrationState
from bot.storage.tables import deferrals, donations, outbox, registrations, slots

COUNTED = (MessagePurpose.REMINDER.value, MessagePurpose.NEWS.value, MessagePurpose.URGENT.value)
"""Messages that no drive of the person's own needs: MESSAGE_CAP counts them."""


@dataclass(slots=True)
class Lately:
    """One person.

    Args:
        put_off_openly: the newest word of a site names no day.
        registered: they hold a place at a drive to come.
    """

    last_given_on: date | None = None
    newest_deferral: int | None = None
    deferred_until: date | None = None
    put_off_openly: bool = False
    registered: bool = False
    heard: Heard = field(default_factory=Heard)


NOTHING_LATELY = Lately()


def lately(
    connection: Connection, people: Sequence[int], address_ids: Sequence[int], now: datetime
) -> dict[int, Lately]:
    """By contact id; four statements for a page of people."""
    if not people:
        return {}
    found = {contact: Lately() for contact in people}
    last = select(donations.c.contact_id, func.max(donations.c.given_on)).where(donations.c.contact_id.in_(people))
    for contact, day in connection.execute(last.group_by(donations.c.contact_id)):
        found[contact].last_given_on = day
    _deferrals(connection, people, found)
    held = (
        select(registrations.c.contact_id)
        .join(slots, slots.c.id == registrations.c.slot_id)
        .where(
            registrations.c.contact_id.in_(people),
            registrations.c.state == RegistrationState.BOOKED.value,
            slots.c.starts_at > now,
        )
    )
    for contact in connection.execute(held).scalars():
        found[contact].registered = True
    _heard(connection, address_ids, now, found)
    return found


def _deferrals(connection: Connection, people: Sequence[int], found: dict[int, Lately]) -> None:
    """The newest word counts; given again since, an open one is over."""
    query = select(deferrals).where(deferrals.c.contact_id.in_(people)).order_by(deferrals.c.decided_on)
    for row in connection.execute(query):
        life = found[row.contact_id]
        life.newest_deferral, life.deferred_until = row.id, row.until
        later = life.last_given_on is not None and life.last_given_on > row.decided_on
        life.put_off_openly = row.until is None and not later


def _heard(connection: Connection, address_ids: Sequence[int], now: datetime, found: dict[int, Lately]) -> None:
    query: Any = (
        select(
            outbox.c.contact_id,
            func.max(outbox.c.created_at),
            func.count(func.coalesce(outbox.c.intent_id, outbox.c.broadcast_id).distinct()),
        )
        .where(
            outbox.c.address_id.in_(address_ids),
            outbox.c.created_at >= now - CAP_PERIOD,
            outbox.c.purpose.in_(COUNTED),
            outbox.c.state.not_in(("skipped", "failed", "moved")),
        )
        .group_by(outbox.c.contact_id)
    )
    for contact, last_at, count in connection.execute(query):
        if contact in found:
            found[contact].heard = Heard(last_at, count)
