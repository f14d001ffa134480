"""When staff must be told of something, and how often. Figures in, alarms out; no clock, no rows."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from bot.domain.office_hours import office_time

REPLY_WAITS = timedelta(minutes=10)
"""Somebody looks at the screen for an answer: later than that the lane is stuck or the platform is away."""

OTHER_WAITS = timedelta(hours=2)
"""A big broadcast may need two hours at Zalo's pace; behind that something stands still."""

TOKEN_LAST_SHARE = 0.08
"""The last part of a token's life, when its renewal should long be done: two hours of Zalo's 25, five days of two months."""

TOKEN_LAST_HOURS = timedelta(hours=2)
"""At least so long before the end, also where the beginning is not known."""

SPOOL_STAYS = timedelta(seconds=60)
"""A restart of the database takes seconds; calls that lie longer mean that it does not come back."""

START_WAITS = timedelta(minutes=10)
"""A broadcast begins within seconds of its time, and the people of the largest are gone through in two minutes."""

LATE_IS_TOLD_FOR = timedelta(hours=1)
"""A broadcast that began late goes out at an hour that nobody chose: staff should still be able to take it back."""

COPY_TOO_OLD = timedelta(hours=30)
"""Copies are made each night: a day and the width of the night."""

PERSON_WAITS = timedelta(hours=2)
"""Office hours somebody waits for a person before others are asked to help."""

OWNER_ANSWERS = timedelta(minutes=1)
"""In an urgent talk that staff own they have it before their eyes; who has not answered by then does not look."""

SLOW_LOOP = 0.5
"""Seconds: Zalo gives a webhook call two, and nothing of ours should hold the loop longer than 0.02."""

DISK_LEAST = 0.10
"""Share of the disk that must be free: SQLite needs room for its log, a copy needs room for a whole second file."""

CALM = timedelta(minutes=15)
"""An alarm that comes and goes is told at most once in this time. Urgent ones always: each may be another emergency."""

TELLINGS = 4
"""The first and three reminders; who has not acted then will not read a fifth."""

STALE_PROCESS = timedelta(minutes=5)
"""What a process said about itself ends when it has been silent for so long: it is gone."""


class AlarmKind(StrEnum):
    """What is wrong; the word stands in rows, in metrics and in the ids of texts."""

    URGENT = "urgent"
    HANDOFF_WAITING = "handoff-waiting"
    ACCOUNT_PAUSED = "account-paused"
    POLICY_WARNING = "policy-warning"
    UNPAID = "unpaid"
    TOKEN_LOST = "token-lost"  # noqa: S105 - a word, not a secret
    TOKEN_NEAR_DEATH = "token-near-death"  # noqa: S105
    OLDEST_WAITING = "oldest-waiting"
    BROADCAST_HELD = "broadcast-held"
    BROADCAST_LATE = "broadcast-late"
    KEPT_ASIDE = "kept-aside"
    SPOOL_IN_USE = "spool-in-use"
    BACKUP_FAILED = "backup-failed"
    LOOP_LAG = "loop-lag"
    DISK_FULL = "disk-full"

    @property
    def of_process(self) -> bool:
        """Only the process itself knows it; its subject is the process's name."""
        return self in (AlarmKind.SPOOL_IN_USE, AlarmKind.BACKUP_FAILED, AlarmKind.LOOP_LAG, AlarmKind.DISK_FULL)

    @property
    def of_people(self) -> bool:
        """Somebody waits."""
        return self in (AlarmKind.URGENT, AlarmKind.HANDOFF_WAITING)

    @property
    def of_broadcast(self) -> bool:
        """About what a unit sends to many. All that is neither this nor of people is about running the service."""
        return self in (AlarmKind.BROADCAST_HELD, AlarmKind.BROADCAST_LATE)

    @property
    def again_after(self) -> timedelta:
        return timedelta(minutes=10) if self is AlarmKind.URGENT else timedelta(hours=4)


@dataclass(frozen=True, slots=True)
class Alarm:
    """One thing staff must know of. There is one of each kind and subject at a time.

    Args:
        subject: the code of an account or a broadcast, an id of ours, or a process's name; never a person's words.
        detail: a number or one of our own words that the message shows; for urgent ones the unit's id, for those of
            broadcasts the unit's id, a space, and what is shown.
    """

    kind: AlarmKind
    subject: str = ""
    detail: str = ""

    @property
    def name(self) -> tuple[AlarmKind, str]:
        return self.kind, self.subject

    @property
    def unit_id(self) -> int | None:
        """Whose people or whose broadcast it is about, where that is known."""
        unit = {AlarmKind.URGENT: self.detail, AlarmKind.HANDOFF_WAITING: self.subject}.get(self.kind, "")
        if self.kind.of_broadcast:
            unit = self.detail.partition(" ")[0]
        return int(unit) if unit else None

    @property
    def shown(self) -> str:
        """The number or the word of `detail` that the message shows."""
        return self.detail.partition(" ")[2] if self.kind.of_broadcast else self.detail


@dataclass(frozen=True, slots=True)
class AccountFigures:
    """One account.

    Args:
        paused_reason: None while it may send.
        tokens_at, tokens_expire_at: when its access was given and when it ends; None where that is not known.
        tokens_lost: no renewal is possible any more, somebody must give consent again.
        warned: the platform has warned of a ban, and has neither spoken it nor taken it back.
        unpaid: messages that the platform has refused for want of money, and that still wait.
        oldest: by priority, since when its oldest message that could go out waits; replies come first.
    """

    code: str
    paused_reason: str | None = None
    tokens_at: datetime | None = None
    tokens_expire_at: datetime | None = None
    tokens_lost: bool = False
    oldest: tuple[datetime | None, ...] = ()
    id: int = 0
    unpaid: int = 0
    warned: bool = False


@dataclass(frozen=True, slots=True)
class Waiting:
    """One person who waits for staff. `owned`: staff own the talk, and have not answered since then."""

    address_id: int
    unit_id: int | None
    since: datetime
    urgent: bool
    owned: bool = False


@dataclass(frozen=True, slots=True)
class BroadcastFigures:
    """One broadcast that goes out, should go out, or was stopped by the program itself.

    Args:
        held: the word that says why the program stopped it; "" where it did not.
        due_at: when it should have begun; None where somebody started it by hand or has let it go on since.
        began_at: when it began, or went on again after a pause; None before.
        gone_through: its people have been looked at, and the rest is for the lanes.
    """

    code: str
    unit_id: int
    held: str = ""
    due_at: datetime | None = None
    began_at: datetime | None = None
    gone_through: bool = False


@dataclass(frozen=True, slots=True)
class CopiesFigures:
    """The nightly copies: the newest good one, and the newest failure."""

    newest_at: datetime | None
    failed_at: datetime | None


@dataclass(frozen=True, slots=True)
class OwnFigures:
    """What a process knows of itself. `disk_free` is a share of 1; `copies` is None where none are wanted."""

    name: str = ""
    started_at: datetime | None = None
    spool_since: datetime | None = None
    spool_bytes: int = 0
    loop_lag: float = 0.0
    disk_free: float | None = None
    copies: CopiesFigures | None = None


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything the alarms are judged by. `kept_aside` counts the events of the last hour."""

    zone: ZoneInfo
    accounts: tuple[AccountFigures, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    kept_aside: int = 0
    own: OwnFigures = OwnFigures()
    broadcasts: tuple[BroadcastFigures, ...] = ()


def alarms_of(figures: Figures, now: datetime) -> frozenset[Alarm]:
    """Everything that stands out now."""
    found = [alarm for account in figures.accounts for alarm in _of_account(account, now)]
    found += _of_people(figures, now)
    found += [alarm for one in figures.broadcasts for alarm in _of_broadcast(one, now)]
    found += _of_process(figures.own, now)
    if figures.kept_aside:
        found.append(Alarm(AlarmKind.KEPT_ASIDE, "", str(figures.kept_aside)))
    return frozenset(found)


def is_due(kind: AlarmKind, told: int, told_at: datetime | None, now: datetime) -> bool:
    """Whether an open alarm should be told now.

    Args:
        told: how often this alarm has been told.
        told_at: when one of this kind and subject was last told, this or an earlier one.
    """
    if told_at is None:
        return True
    if told == 0:
        return kind is AlarmKind.URGENT or now - told_at >= CALM
    return told < TELLINGS and now - told_at >= kind.again_after


def _of_account(account: AccountFigures, now: datetime) -> Iterator[Alarm]:
    """A lost token explains the pause, and a pause explains why messages wait: only the cause is told."""
    if account.tokens_lost:
        yield Alarm(AlarmKind.TOKEN_LOST, account.code)
        return
    if account.paused_reason is not None:
        yield Alarm(AlarmKind.ACCOUNT_PAUSED, account.code, account.paused_reason)
    elif since := _too_long(account, now):
        yield Alarm(AlarmKind.OLDEST_WAITING, account.code, _minutes(now - since))
    if account.warned:
        yield Alarm(AlarmKind.POLICY_WARNING, account.code)
    if account.unpaid:
        yield Alarm(AlarmKind.UNPAID, account.code, str(account.unpaid))
    if account.tokens_expire_at is not None and now > _renewed_by(account.tokens_at, account.tokens_expire_at):
        left = max((account.tokens_expire_at - now).total_seconds(), 0)
        yield Alarm(AlarmKind.TOKEN_NEAR_DEATH, account.code, str(int(left // 3600)))


def _renewed_by(given_at: datetime | None, ends_at: datetime) -> datetime:
    life = ends_at - given_at if given_at is not None else timedelta()
    return ends_at - max(life * TOKEN_LAST_SHARE, TOKEN_LAST_HOURS)


def _too_long(account: AccountFigures, now: datetime) -> datetime | None:
    late = [
        since
        for priority, since in enumerate(account.oldest)
        if since is not None and now - since > (OTHER_WAITS if priority else REPLY_WAITS)
    ]
    return min(late, default=None)


def _of_people(figures: Figures, now: datetime) -> Iterator[Alarm]:
    """Urgent words one by one and at once; other waits together by unit, when the office had time to see them."""
    late: defaultdict[int | None, int] = defaultdict(int)
    for person in figures.waiting:
        if person.owned and now - person.since < OWNER_ANSWERS:
            continue
        if person.urgent:
            yield Alarm(AlarmKind.URGENT, str(person.address_id), _id(person.unit_id))
        elif office_time(person.since, now, figures.zone) > PERSON_WAITS:
            late[person.unit_id] += 1
    for unit_id, count in late.items():
        yield Alarm(AlarmKind.HANDOFF_WAITING, _id(unit_id), str(count))


def _of_broadcast(one: BroadcastFigures, now: datetime) -> Iterator[Alarm]:
    if one.held:
        yield Alarm(AlarmKind.BROADCAST_HELD, one.code, f"{one.unit_id} {one.held}")
    elif (late := _late(one, now)) > START_WAITS:
        yield Alarm(AlarmKind.BROADCAST_LATE, one.code, f"{one.unit_id} {_minutes(late)}")


def _late(one: BroadcastFigures, now: datetime) -> timedelta:
    """How long it has been due, or stands still after it began, or how late it began not long ago."""
    if one.began_at is None:
        return now - one.due_at if one.due_at is not None else timedelta()
    if not one.gone_through:
        return now - one.began_at
    if one.due_at is None or now - one.began_at > LATE_IS_TOLD_FOR:
        return timedelta()
    return one.began_at - one.due_at


def _of_process(own: OwnFigures, now: datetime) -> Iterator[Alarm]:
    if own.spool_since is not None and now - own.spool_since > SPOOL_STAYS:
        yield Alarm(AlarmKind.SPOOL_IN_USE, own.name, _minutes(now - own.spool_since))
    if own.loop_lag > SLOW_LOOP:
        yield Alarm(AlarmKind.LOOP_LAG, own.name, f"{own.loop_lag:.1f}")
    if own.disk_free is not None and own.disk_free < DISK_LEAST:
        yield Alarm(AlarmKind.DISK_FULL, own.name, str(int(own.disk_free * 100)))
    if own.copies is not None and (reason := _copies_fault(own.copies, own.started_at, now)):
        yield Alarm(AlarmKind.BACKUP_FAILED, own.name, reason)


def _copies_fault(copies: CopiesFigures, started_at: datetime | None, now: datetime) -> str:
    if copies.failed_at is not None and (copies.newest_at is None or copies.failed_at > copies.newest_at):
        return "failed"
    last = copies.newest_at or started_at
    return "old" if last is not None and now - last > COPY_TOO_OLD else ""


def _minutes(waited: timedelta) -> str:
    return str(int(waited.total_seconds() // 60))


def _id(identity: int | None) -> str:
    return "" if identity is None else str(identity)
