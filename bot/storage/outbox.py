"""Messages on their way out: due, begun, finished. The start of an attempt is committed before its call."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Connection,
    Integer,
    and_,
    bindparam,
    case,
    exists,
    func,
    insert,
    or_,
    select,
    text,
    true,
    update,
)

from bot.domain.consents import Purpose
from bot.domain.outbox import Decision, MessagePurpose, Outcome
from bot.domain.platforms import RouteKind
from bot.domain.updates import ChannelKind
from bot.storage.accounts import pause
from bot.storage.ids import new_id
from bot.storage.tables import accounts, addresses, attempts, consents, outbox


@dataclass(frozen=True, slots=True)
class Candidate:
    """A due message that may be claimed, with what the last judgement needs.

    Args:
        agreed: the consent that its purpose needs stands at this moment; answers need none.
    """

    id: int
    key: str
    account_id: int
    address_id: int
    channel: ChannelKind
    user_id: str
    purpose: MessagePurpose
    body_sealed: bytes = field(repr=False)
    attempts: int
    judged_at: datetime | None
    expires_at: datetime | None
    last_inbound_at: datetime
    blocked_at: datetime | None
    agreed: bool = True
    route: RouteKind = RouteKind.TEXT


@dataclass(frozen=True, slots=True)
class Finished:
    """One call that ended. `number` is the attempt's; `started_at` when it began; `charged` where the platform says.

    `full_price`: what a message of its kind costs that is not free; for one that became so while it waited.
    """

    outbox_id: int
    address_id: int
    account_id: int
    number: int
    started_at: datetime
    ended_at: datetime
    outcome: Outcome
    decision: Decision
    code: str = ""
    platform_id: str | None = None
    charged: bool | None = None
    full_price: int | None = None


# The states are written out, not bound: only so both databases see that the partial index ix_outbox_waiting serves.
_open_rows = text("outbox.state IN ('waiting', 'sending')")
_is_waiting = text("outbox.state = 'waiting'")

_other = outbox.alias("other")
_first_of_its_person = ~exists().where(
    _other.c.address_id == outbox.c.address_id,
    or_(
        text("other.state = 'sending'"),
        and_(
            text("other.state = 'waiting'"),
            or_(
                _other.c.priority < outbox.c.priority,
                and_(_other.c.priority == outbox.c.priority, _other.c.id < outbox.c.id),
            ),
        ),
    ),
)
_claimable = (
    # The states are written out, not bound: only so both databases see that ix_outbox_waiting serves.
    text("outbox.state IN ('waiting', 'sending')"),
    text("outbox.state = 'waiting'"),
    outbox.c.account_id == bindparam("account"),
    outbox.c.due_at <= bindparam("now"),
    accounts.c.paused_at.is_(None),
    outbox.c.address_id.not_in(bindparam("resting", expanding=True)),
    _first_of_its_person,
)
# A drive's message belongs to the registration's consent; every other purpose has its own of the same name. Of the
# address's person, not of the row: people are merged, and an erased one has no consent left.
_agreed = case(
    (text("outbox.purpose IN ('reply', 'staff', 'correction')"), true()),
    else_=exists().where(
        consents.c.contact_id == addresses.c.contact_id,
        consents.c.purpose
        == case((outbox.c.purpose == MessagePurpose.DRIVE.value, Purpose.REGISTRATION.value), else_=outbox.c.purpose),
        consents.c.withdrawn_at.is_(None),
    ),
)
_due = (
    select(
        outbox.c.id,
        outbox.c.key,
        outbox.c.account_id,
        outbox.c.address_id,
        outbox.c.purpose,
        outbox.c.body_sealed,
        outbox.c.attempts,
        outbox.c.judged_at,
        outbox.c.expires_at,
        outbox.c.route,
        accounts.c.kind,
        addresses.c.user_id,
        addresses.c.last_inbound_at,
        addresses.c.blocked_at,
        _agreed.label("agreed"),
    )
    .join(accounts, accounts.c.id == outbox.c.account_id)
    .join(addresses, addresses.c.id == outbox.c.address_id)
    .where(*_claimable)
    .order_by(outbox.c.priority, outbox.c.due_at, outbox.c.id)
    .limit(bindparam("most", type_=Integer))
    .with_for_update(of=outbox, skip_locked=True)
)


def due(
    connection: Connection, account_id: int, now: datetime, most: int, resting: Sequence[int] = ()
) -> list[Candidate]:
    """The next messages of an account: replies first, one per person, a person's in order; none while it is paused.

    Args:
        resting: addresses that get nothing just now, because of the platform's pace in one chat.
    """
    rows = connection.execute(_due, {"account": account_id, "now": now, "most": most, "resting": resting})
    return [
        Candidate(
            id=row.id,
            key=row.key,
            account_id=row.account_id,
            address_id=row.address_id,
            channel=ChannelKind(row.kind),
            user_id=row.user_id,
            purpose=MessagePurpose(row.purpose),
            body_sealed=row.body_sealed,
            attempts=row.attempts,
            judged_at=row.judged_at,
            expires_at=row.expires_at,
            last_inbound_at=row.last_inbound_at,
            blocked_at=row.blocked_at,
            agreed=bool(row.agreed),
            route=RouteKind(row.route),
        )
        for row in rows
    ]


_any_due = select(outbox.c.id).join(accounts, accounts.c.id == outbox.c.account_id).where(*_claimable).limit(1)


def has_due(connection: Connection, account_id: int, now: datetime, resting: Sequence[int] = ()) -> bool:
    """Whether a claim could find anything: a cheap question that needs no write."""
    found = connection.execute(_any_due, {"account": account_id, "now": now, "resting": resting}).first()
    return found is not None


_begin = (
    update(outbox).where(outbox.c.id.in_(bindparam("ids", expanding=True))).values(
        state="sending", reason="", attempts=outbox.c.attempts + 1
    )
)  # fmt: skip


def begin_attempts(connection: Connection, chosen: Sequence[Candidate], epoch: int, now: datetime) -> None:
    """Write down that these calls begin. The caller has checked the lease in this transaction and calls after it."""
    if not chosen:
        return
    connection.execute(_begin, {"ids": [one.id for one in chosen]})
    rows = [
        {"id": new_id(), "outbox_id": one.id, "number": one.attempts + 1, "epoch": epoch, "started_at": now}
        for one in chosen
    ]
    connection.execute(insert(attempts), rows)


_finish = (
    update(outbox)
    .where(
        outbox.c.id == bindparam("row"),
        outbox.c.attempts == bindparam("attempt"),
        # Marked unknown meanwhile by a new owner of the lane: now we do know.
        or_(outbox.c.state == "sending", outbox.c.state == "unknown"),
    )
    .values(
        state=bindparam("to_state"),
        reason=bindparam("why"),
        due_at=func.coalesce(bindparam("again_at", type_=outbox.c.due_at.type), outbox.c.due_at),
        sent_at=bindparam("at"),
        platform_id=bindparam("their_id"),
        # Free allowances are known only afterwards: what was not charged cost nothing.
        price_vnd=case(
            (bindparam("free", type_=Boolean), 0),
            # Free when it was judged, and no more when its turn came: the platform's word counts.
            (
                and_(bindparam("charged", type_=Boolean), func.coalesce(outbox.c.price_vnd, 0) == 0),
                bindparam("full_price", type_=Integer),
            ),
            else_=outbox.c.price_vnd,
        ),
    )
)
_end_attempt = (
    update(attempts)
    .where(attempts.c.outbox_id == bindparam("row"), attempts.c.number == bindparam("attempt"))
    .values(ended_at=bindparam("at"), outcome=bindparam("how"), code=bindparam("their_code"))
)
_block = (
    update(addresses)
    .where(addresses.c.id == bindparam("who"), addresses.c.last_inbound_at <= bindparam("since"))
    .values(blocked_at=func.coalesce(addresses.c.blocked_at, bindparam("at", type_=addresses.c.blocked_at.type)))
)


def finish(connection: Connection, ended: Sequence[Finished]) -> None:
    """Record the outcomes of calls. Doing it twice changes nothing.

    Addresses come before outbox rows, in the intake's order, so that the two never wait for each other in a circle.
    """
    if not ended:
        return
    gone = [one for one in ended if one.decision.blocks]
    if gone:
        gone.sort(key=lambda one: one.address_id)
        rows = [{"who": one.address_id, "since": one.started_at, "at": one.ended_at} for one in gone]
        connection.execute(_block, rows)
    connection.execute(_finish, [_finish_row(one) for one in ended])
    connection.execute(
        _end_attempt,
        [
            {
                "row": one.outbox_id,
                "attempt": one.number,
                "at": one.ended_at,
                "how": one.outcome.value,
                "their_code": one.code or None,
            }
            for one in ended
        ],
    )
    for one in ended:
        if one.decision.pauses:
            pause(connection, one.account_id, f"{one.outcome} {one.code}".strip(), one.ended_at)


def _finish_row(one: Finished) -> dict[str, Any]:
    return {
        "row": one.outbox_id,
        "attempt": one.number,
        "to_state": one.decision.state.value,
        "why": one.decision.reason,
        "again_at": one.decision.retry_at,
        "at": one.ended_at if one.outcome is Outcome.SENT else None,
        "their_id": one.platform_id,
        "free": one.charged is False,
        "charged": one.charged is True and one.full_price is not None,
        "full_price": one.full_price,
    }


_skip = (
    update(outbox)
    .where(outbox.c.id == bindparam("row"), outbox.c.state == "waiting")
    .values(state="skipped", reason=bindparam("why"))
)
_postpone = (
    update(outbox)
    .where(outbox.c.id == bindparam("row"), outbox.c.state == "waiting")
    .values(due_at=bindparam("until"), reason=bindparam("why"))
)


def skip(connection: Connection, reasons: Iterable[tuple[int, str]]) -> None:
    """End waiting messages without a call: (row, reason)."""
    rows = [{"row": row, "why": reason} for row, reason in reasons]
    if rows:
        connection.execute(_skip, rows)


def postpone(connection: Connection, until: Iterable[tuple[int, datetime, str]]) -> None:
    """Let waiting messages wait longer: (row, moment, reason)."""
    rows = [{"row": row, "until": moment, "why": reason} for row, moment, reason in until]
    if rows:
        connection.execute(_postpone, rows)


def expire(connection: Connection, now: datetime, most: int) -> int:
    """Waiting messages whose time is over, also those of accounts that no lane serves."""
    late = select(outbox.c.id).where(_open_rows, _is_waiting, outbox.c.expires_at <= now).limit(most)
    statement = (
        update(outbox)
        .where(outbox.c.id.in_(late), outbox.c.state == "waiting")
        .values(state="skipped", reason="expired")
    )
    return connection.execute(statement).rowcount


def count_states(connection: Connection, ids: Sequence[int]) -> list[tuple[str, str, int]]:
    """How these messages stand: (state, reason, how many)."""
    found: list[tuple[str, str, int]] = []
    for start in range(0, len(ids), 500):
        statement = (
            select(outbox.c.state, outbox.c.reason, func.count())
            .where(outbox.c.id.in_(ids[start : start + 500]))
            .group_by(outbox.c.state, outbox.c.reason)
        )
        found.extend((row[0], row[1], row[2]) for row in connection.execute(statement))
    return found


def open_and_due(connection: Connection, now: datetime) -> list[tuple[int, int]]:
    """Every message that is under way or could go out now: (row, account); none of paused accounts."""
    statement = (
        select(outbox.c.id, outbox.c.account_id)
        .join(accounts, accounts.c.id == outbox.c.account_id)
        .where(_open_rows, outbox.c.due_at <= now, accounts.c.paused_at.is_(None))
    )
    return [(row[0], row[1]) for row in connection.execute(statement)]
