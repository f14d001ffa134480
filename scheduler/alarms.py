"""The alarms sweep: what stands out is written down once, told to whom it concerns, told again, and told to be over."""

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import Connection

from bot.domain.alarms import STALE_PROCESS, Alarm, AlarmKind, Figures, alarms_of, is_due
from bot.domain.changing import replace
from bot.domain.listeners import Listener
from bot.domain.messages import Message
from bot.intake.broadcast_desk import held_because
from bot.storage.alarm_figures import read_figures
from bot.storage.alarm_posts import tell, tell_over
from bot.storage.alarms import AlarmRow, begin, end, open_alarms, see
from scheduler.parts import Parts

log = logging.getLogger(__name__)

SEEN_EVERY = timedelta(minutes=1)
"""How often an open alarm is touched, so that others know that its process still lives."""

KNOWN_REASONS = {AlarmKind.BACKUP_FAILED: ("failed", "old")}
"""Details that have a text of their own."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What must be written: alarms that began, ended, should be told now, or just go on."""

    new: tuple[Alarm, ...] = ()
    over: tuple[AlarmRow, ...] = ()
    due: tuple[AlarmRow, ...] = ()
    seen: tuple[tuple[AlarmRow, str], ...] = ()


async def watch(parts: Parts) -> int:
    """Look once; returns how many alarms stand open. Several processes may look at the same time."""
    now = parts.clock()
    own = await asyncio.to_thread(parts.own, now)
    figures, standing = await parts.db.read(lambda c: (read_figures(c, own, parts.quiet.zone, now), open_alarms(c)))
    changes = changes_of(figures, standing, now)
    for row, detail in changes.seen:
        await parts.db.write(partial(see, row=row, detail=detail, now=now))
    for row in changes.over:
        _wake(parts, await parts.db.write(partial(_end, parts=parts, row=row, now=now)))
    for alarm in changes.new:
        _wake(parts, await parts.db.write(partial(_begin, parts=parts, alarm=alarm, now=now)))
    for row in changes.due:
        _wake(parts, await parts.db.write(partial(_tell, parts=parts, row=row, now=now)))
    return len(standing) + len(changes.new) - len(changes.over)


def changes_of(figures: Figures, standing: Iterable[AlarmRow], now: datetime) -> Changes:
    """Compare what should stand with what stands. What another process said of itself is its own business, until
    it has been silent for too long."""
    wanted = {alarm.name: alarm for alarm in alarms_of(figures, now)}
    over, due, seen = [], [], []
    for row in standing:
        alarm = wanted.pop(row.alarm.name, None)
        others = row.alarm.kind.of_process and row.alarm.subject != figures.own.name
        if alarm is None and (not others or now - row.seen_at > STALE_PROCESS):
            over.append(row)
        elif alarm is not None:
            if now - row.seen_at >= SEEN_EVERY:
                seen.append((row, alarm.detail))
            if is_due(alarm.kind, row.told, row.last_told_at, now):
                due.append(replace(row, alarm=alarm))
    return Changes(tuple(sorted(wanted.values(), key=_order)), tuple(over), tuple(due), tuple(seen))


def _order(alarm: Alarm) -> tuple[int, str]:
    return tuple(AlarmKind).index(alarm.kind), alarm.subject


def _begin(connection: Connection, parts: Parts, alarm: Alarm, now: datetime) -> list[Listener]:
    row = begin(connection, alarm, now)
    if row is None:
        return []
    log.warning("Alarm %d: %s %s %s", row.id, alarm.kind, _subject(alarm), alarm.detail)
    return _tell(connection, parts, row, now) if is_due(alarm.kind, 0, row.last_told_at, now) else []


def _tell(connection: Connection, parts: Parts, row: AlarmRow, now: datetime) -> list[Listener]:
    heard = tell(
        connection, parts.ring, row, lambda language: words_of(parts, row.alarm, language), now, parts.platforms
    )
    if heard is not None and all(one.shut for one in heard):
        log.warning("Alarm %d reaches nobody: no chat is linked for it, or none can be written to now", row.id)
    return heard or []


def _end(connection: Connection, parts: Parts, row: AlarmRow, now: datetime) -> list[Listener]:
    if not end(connection, row, now):
        return []
    log.info("Alarm %d is over: %s", row.id, row.alarm.kind)
    if not row.told:
        return []
    return tell_over(
        connection, parts.ring, row, lambda language: words_of_end(parts, row.alarm, language), now, parts.platforms
    )


def words_of(parts: Parts, alarm: Alarm, language: str) -> Message:
    """What the chat says: what happened, what to do next, and where the console is. Nothing personal."""
    known = KNOWN_REASONS.get(alarm.kind, ())
    text_id = f"alarm.{alarm.kind}.{alarm.detail}" if alarm.detail in known else f"alarm.{alarm.kind}"
    values = {"account": alarm.subject, "count": alarm.shown, "link": f"{parts.console}/console/alarms"}
    if alarm.kind is AlarmKind.BROADCAST_HELD:
        values["label"] = held_because(parts.words, alarm.shown, language)
    return Message(parts.words.text(text_id, language, values))


def words_of_end(parts: Parts, alarm: Alarm, language: str) -> Message:
    what = parts.words.text(f"alarm.{alarm.kind}.title", language)
    return Message(parts.words.text("alarm.over", language, {"label": what, "account": _shown(alarm)}))


def _shown(alarm: Alarm) -> str:
    """The account or process it is about; people and units are not named."""
    return "" if alarm.kind.of_people or not alarm.subject else f" ({alarm.subject})"


def _subject(alarm: Alarm) -> str:
    return alarm.subject or "-"


def _wake(parts: Parts, heard: Iterable[Listener]) -> None:
    accounts = {one.account_id for one in heard if not one.shut}
    if accounts:
        parts.sender.nudge(accounts)
