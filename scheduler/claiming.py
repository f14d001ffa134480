"""The lane's one transaction: record calls that ended, judge what is due once more, write down what begins."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection

from bot.domain.outbox import REFUSALS, MessagePurpose
from bot.domain.platforms import Platforms
from bot.domain.quiet_hours import QuietHours
from bot.domain.windows import Shut, judge
from bot.storage.leases import check
from bot.storage.moving import hold_people
from bot.storage.outbox import Candidate, Finished, begin_attempts, due, finish, postpone, skip

Move = Callable[[Connection, Sequence[int], datetime], frozenset[int]]
"""Gives messages that were refused another way, where there is one; returns the accounts that have work by it."""

FINAL = frozenset(("expired", "consent-withdrawn"))
"""Reasons that hold on every other way too."""

HELD_ELSEWHERE = timedelta(seconds=1)
"""So long waits a message whose person the intake holds just now."""


@dataclass(frozen=True, slots=True)
class Rules:
    """By what a lane judges. Without `move` what is refused stays refused."""

    quiet: QuietHours
    platforms: Platforms
    move: Move | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """The calls to make now. `found`: how many messages were looked at; `more`: another look may find others;
    `moved`: accounts that got messages from here."""

    calls: tuple[Candidate, ...]
    found: int
    more: bool
    moved: frozenset[int] = frozenset()


@dataclass(slots=True)
class _Judged:
    """What becomes of due messages; `refused`: shut this way, for a reason that need not hold on another."""

    calls: list[Candidate] = field(default_factory=list)
    shut: list[tuple[int, str]] = field(default_factory=list)
    refused: list[tuple[int, str]] = field(default_factory=list)
    later: list[tuple[int, datetime, str]] = field(default_factory=list)


def lane_name(account_id: int) -> str:
    """The lease of an account's lane."""
    return f"lane:{account_id}"


def advance(
    connection: Connection,
    account_id: int,
    epoch: int,
    ended: tuple[Finished, ...],
    most: int,
    now: datetime,
    rules: Rules,
    resting: Sequence[int] = (),
) -> Claim:
    """Record outcomes and begin at most `most` calls; the commit comes before the first of them.

    Windows and quiet hours are judged here, as late as can be, by the later of the clock and the row's own judgement.

    Args:
        resting: addresses that get nothing now.

    Raises:
        LostLease: the lane has another owner; nothing was done.
    """
    if most:
        check(connection, lane_name(account_id), epoch)
    moved = record(connection, ended, rules, now)
    found = due(connection, account_id, now, most, resting) if most else []
    judged = _judge(found, now, rules)
    moved |= _refuse(connection, judged, rules, now)
    skip(connection, judged.shut)
    postpone(connection, judged.later)
    begin_attempts(connection, judged.calls, epoch, now)
    return Claim(tuple(judged.calls), len(found), most > 0 and len(found) == most, moved)


def record(connection: Connection, ended: Sequence[Finished], rules: Rules, now: datetime) -> frozenset[int]:
    """Record outcomes; what was refused goes another way in the same transaction. Returns accounts with work by it."""
    refused = [one.outbox_id for one in ended if one.outcome in REFUSALS]
    if rules.move is None or not refused:
        finish(connection, ended)
        return frozenset()
    hold_people(connection, refused, wait=True)
    finish(connection, ended)
    return rules.move(connection, refused, now)


def _judge(found: Sequence[Candidate], now: datetime, rules: Rules) -> _Judged:
    judged = _Judged()
    for one in found:
        moment = max(now, one.judged_at or now)
        closed = _shut(one, moment, rules.platforms)
        if closed is not None and closed.opens_at is not None:
            judged.later.append((one.id, closed.opens_at, closed.reason))
        elif closed is not None:
            (judged.shut if closed.reason in FINAL else judged.refused).append((one.id, closed.reason))
        elif (until := _quiet_until(one, moment, rules.quiet)) > moment:
            judged.later.append((one.id, until, "quiet-hours"))
        else:
            judged.calls.append(one)
    return judged


def _refuse(connection: Connection, judged: _Judged, rules: Rules, now: datetime) -> frozenset[int]:
    """End what is shut this way, and let it go another one. The rows are locked already, so nobody is waited for."""
    if not judged.refused:
        return frozenset()
    if rules.move is None:
        skip(connection, judged.refused)
        return frozenset()
    held = hold_people(connection, [row for row, _ in judged.refused], wait=False)
    skip(connection, [(row, reason) for row, reason in judged.refused if row in held])
    judged.later.extend((row, now + HELD_ELSEWHERE, reason) for row, reason in judged.refused if row not in held)
    return rules.move(connection, sorted(held), now)


def _shut(one: Candidate, moment: datetime, platforms: Platforms) -> Shut | None:
    if one.expires_at is not None and moment >= one.expires_at:
        return Shut("expired")
    if not one.agreed:
        return Shut("consent-withdrawn")
    platform = platforms.get(one.channel)
    if platform is None:
        return Shut("channel-off")
    window = judge(platform, one.route, one.purpose, one.last_inbound_at, one.blocked_at, moment)
    return window if isinstance(window, Shut) else None


def _quiet_until(one: Candidate, moment: datetime, quiet: QuietHours) -> datetime:
    """Answers know no quiet hours. A drive's message expires on the day of the drive, whose morning begins early."""
    if one.purpose.answers:
        return moment
    over = quiet.over_at(moment)
    is_drive = one.purpose is MessagePurpose.DRIVE and one.expires_at is not None
    if is_drive and one.expires_at is not None and quiet.same_day(over, one.expires_at):
        return quiet.over_at(moment, drive_day=True)
    return over
