"""How a broadcast goes, as numbers: by message while it runs, by what people did afterwards. Nobody is named."""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, case, func, select

from bot.domain.broadcasts import CONSENTS, Broadcast
from bot.domain.deciding import HELD_OUT
from bot.domain.ledgers import AccountPace
from bot.domain.registrations import RegistrationState
from bot.storage.counted_links import clicks_of
from bot.storage.tables import accounts, addresses, broadcasts, consents, outbox, recipients, registrations

COUNTS_FROM = 5
"""Fewer people than this are not shown as a number: somebody might be recognised."""

FOLLOWS_WITHIN = timedelta(days=14)
"""What people do so long after a message is counted beside it."""

MEASURED_OVER = timedelta(minutes=1)
ACCOUNT_PAUSED = "account-paused"
ENDS = ("sent", "failed", "skipped", "moved", "unknown")


@dataclass(slots=True)
class Progress:
    """People by what became of their message; `intended` is the sum. `moved` counts messages that were tried again.

    Args:
        reasons: why, of those that failed, were skipped or may have arrived; and of those that wait for their hour, or for
            an account which stands still.
        per_minute: messages sent in the last minute.
        finishes_at: when the last would go out at the permitted pace; None where nothing waits.
    """

    intended: int = 0
    waiting: int = 0
    sent: int = 0
    failed: int = 0
    skipped: int = 0
    moved: int = 0
    unknown: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    per_minute: int = 0
    finishes_at: datetime | None = None


def progress_of(
    connection: Connection, broadcast_id: int, now: datetime, paces: Mapping[int, AccountPace] | None = None
) -> Progress:
    """As it stands now.

    Args:
        paces: account → what it may send (`dry_run.paces_of`); without them nothing is said of the end.
    """
    found = Progress()
    for state, reason, count in connection.execute(_people(broadcast_id, now)):
        if state != "queued":
            _add(found, state, reason, count)
    for state, reason, count in connection.execute(_messages(broadcast_id)):
        if state == "moved":
            found.moved += count
        else:
            _add(
                found, state if state in ENDS else "waiting", reason if state in ENDS and state != "sent" else "", count
            )
    if found.waiting and (held := _at_paused_accounts(connection, broadcast_id)):
        found.reasons[ACCOUNT_PAUSED] = held
    found.intended = found.waiting + found.sent + found.failed + found.skipped + found.unknown
    found.per_minute = _sent_since(connection, broadcast_id, now - MEASURED_OVER)
    if found.waiting and paces:
        found.finishes_at = now + timedelta(minutes=_minutes(connection, broadcast_id, paces))
    return found


def _add(found: Progress, state: str, reason: str, count: int) -> None:
    setattr(found, state, getattr(found, state) + count)
    if reason:
        found.reasons[reason] += count
        if state == "failed":
            found.failures[reason] += count


def _people(broadcast_id: int, now: datetime) -> Select[Any]:
    """Why somebody waited until an hour that has come says nothing any more."""
    holds = (recipients.c.state != "waiting") | (recipients.c.due_at > now)
    reason = case((holds, recipients.c.reason), else_="").label("why")
    return (
        select(recipients.c.state, reason, func.count())
        .where(recipients.c.broadcast_id == broadcast_id)
        .group_by(recipients.c.state, reason)
    )


def _messages(broadcast_id: int) -> Select[Any]:
    """A long message goes out in parts; the first one stands for the person."""
    return (
        select(outbox.c.state, outbox.c.reason, func.count())
        .where(outbox.c.broadcast_id == broadcast_id, outbox.c.part == 0)
        .group_by(outbox.c.state, outbox.c.reason)
    )


def _at_paused_accounts(connection: Connection, broadcast_id: int) -> int:
    """People who wait because the account that would write to them stands still; it goes on when that does."""
    paused = select(accounts.c.id).where(accounts.c.paused_at.is_not(None))
    people = select(func.count()).where(
        recipients.c.broadcast_id == broadcast_id, recipients.c.state == "waiting", recipients.c.account_id.in_(paused)
    )
    queued = select(func.count()).where(
        outbox.c.broadcast_id == broadcast_id,
        outbox.c.part == 0,
        outbox.c.state == "waiting",
        outbox.c.account_id.in_(paused),
    )
    return int(connection.execute(people).scalar_one() + connection.execute(queued).scalar_one())


def _sent_since(connection: Connection, broadcast_id: int, since: datetime) -> int:
    query = select(func.count()).where(
        outbox.c.broadcast_id == broadcast_id, outbox.c.state == "sent", outbox.c.sent_at > since
    )
    return connection.execute(query).scalar_one()


def _minutes(connection: Connection, broadcast_id: int, paces: Mapping[int, AccountPace]) -> int:
    """Of the account that takes longest."""
    query = (
        select(recipients.c.account_id, func.count())
        .where(recipients.c.broadcast_id == broadcast_id, recipients.c.state == "waiting")
        .group_by(recipients.c.account_id)
    )
    rows = connection.execute(query).all()
    return max((math.ceil(count / paces[account].per_minute) for account, count in rows if account in paces), default=0)


# --- what people did afterwards ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Followed:
    """What so many people did within two weeks. None: too few to be said."""

    people: int
    answered: int | None
    booked: int | None
    came: int | None
    gave: int | None
    opted_out: int | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """Beside each other: those who were sent it, and those who were left out on purpose.

    Args:
        seen: how often it was seen, on Zalo alone (`broadcast_seen.py`).
        clicks: how often its links were opened.
    """

    sent: Followed
    held_out: Followed | None
    seen: int | None
    clicks: int | None


def outcome_of(connection: Connection, broadcast: Broadcast, *, whole: bool = False) -> Outcome:
    """Counts alone, and none of fewer than five people (`whole` is for the program's own decisions)."""
    least = 0 if whole else COUNTS_FROM
    since = broadcast.started_at
    sent = _followed(connection, broadcast, _was_sent(broadcast.id), since, least)
    share = broadcast.draft.held_out
    left_out = _followed(connection, broadcast, _was_held_out(broadcast.id), since, least) if share else None
    seen = connection.execute(select(broadcasts.c.seen).where(broadcasts.c.id == broadcast.id)).scalar_one()
    return Outcome(sent, left_out, shown(seen, least), shown(clicks_of(connection, broadcast.id), least))


def shown(count: int, least: int = COUNTS_FROM) -> int | None:
    """None: too few to be said."""
    return count if count == 0 or count >= least else None


def _was_sent(broadcast_id: int) -> Select[Any]:
    return select(outbox.c.contact_id).where(
        outbox.c.broadcast_id == broadcast_id, outbox.c.part == 0, outbox.c.state == "sent"
    )


def _was_held_out(broadcast_id: int) -> Select[Any]:
    return select(recipients.c.contact_id).where(
        recipients.c.broadcast_id == broadcast_id, recipients.c.reason == HELD_OUT
    )


def _followed(
    connection: Connection, broadcast: Broadcast, people: Select[Any], since: datetime | None, least: int
) -> Followed:
    count = connection.execute(select(func.count()).select_from(people.subquery())).scalar_one()
    if since is None or not count:
        return Followed(count, 0, 0, 0, 0, 0)
    until = since + FOLLOWS_WITHIN

    def of_places(*more: ColumnElement[bool]) -> int | None:
        of_drive = (registrations.c.drive_id == broadcast.draft.drive_id,) if broadcast.draft.drive_id else ()
        query = select(func.count(registrations.c.contact_id.distinct())).where(
            registrations.c.contact_id.in_(people),
            registrations.c.created_at > since,
            registrations.c.created_at <= until,
            *of_drive,
            *more,
        )
        return shown(connection.execute(query).scalar_one(), least)

    return Followed(
        people=count,
        answered=shown(_answered(connection, people, since), least),
        booked=of_places(),
        came=of_places(registrations.c.arrived_at.is_not(None)),
        gave=of_places(registrations.c.state == RegistrationState.DONATED.value),
        opted_out=shown(opted_out(connection, broadcast, people, since, until), least),
    )


def _answered(connection: Connection, people: Select[Any], since: datetime) -> int:
    """Who has written or tapped since."""
    query = select(func.count(addresses.c.contact_id.distinct())).where(
        addresses.c.contact_id.in_(people), addresses.c.last_inbound_at > since
    )
    return connection.execute(query).scalar_one()


def opted_out(
    connection: Connection, broadcast: Broadcast, people: Select[Any], since: datetime, until: datetime
) -> int:
    """Who took back the consent to such messages since."""
    taken_back = and_(
        consents.c.contact_id.in_(people),
        consents.c.purpose == CONSENTS[broadcast.draft.purpose].value,
        consents.c.withdrawn_at > since,
        consents.c.withdrawn_at <= until,
    )
    return connection.execute(select(func.count(consents.c.contact_id.distinct())).where(taken_back)).scalar_one()
