"""The lane's one transaction: record calls that ended, judge what is due once more, write down what begins."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from bot.domain.outbox import MessagePurpose
from bot.domain.platforms import Platforms
from bot.domain.quiet_hours import QuietHours
from bot.domain.windows import Shut, judge
from bot.storage.leases import check
from bot.storage.outbox import Candidate, Finished, begin_attempts, due, finish, postpone, skip


@dataclass(frozen=True, slots=True)
class Claim:
    """The calls to make now. `found`: how many messages were looked at; `more`: another look may find others."""

    calls: tuple[Candidate, ...]
    found: int
    more: bool


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
    quiet: QuietHours,
    platforms: Platforms,
) -> Claim:
    """Record outcomes and begin at most `most` calls; the commit comes before the first of them.

    Windows and quiet hours are judged here, as late as can be, by the later of the clock and the row's own judgement.

    Raises:
        LostLease: the lane has another owner; nothing was done.
    """
    if most:
        check(connection, lane_name(account_id), epoch)
    finish(connection, ended)
    found = due(connection, account_id, now, most) if most else []
    calls, shut, later = [], [], []
    for one in found:
        moment = max(now, one.judged_at or now)
        if (closed := _shut(one, moment, platforms)) is not None and closed.opens_at is None:
            shut.append((one.id, closed.reason))
        elif closed is not None and closed.opens_at is not None:
            later.append((one.id, closed.opens_at, closed.reason))
        elif (until := _quiet_until(one, moment, quiet)) > moment:
            later.append((one.id, until, "quiet-hours"))
        else:
            calls.append(one)
    skip(connection, shut)
    postpone(connection, later)
    begin_attempts(connection, calls, epoch, now)
    return Claim(tuple(calls), len(found), more=most > 0 and len(found) == most)


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
