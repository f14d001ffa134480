"""What staff do with a broadcast, for the console and the command line alike: checked, tried without sending, written."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from bot.dialog.talk import Words
from bot.domain.appeals import Closing
from bot.domain.broadcasts import Broadcast, BroadcastState, Draft, Refusal, Refused, Step, check_step
from bot.domain.ledgers import Ledger
from bot.domain.platforms import Limits
from bot.domain.quiet_hours import QuietHours
from bot.domain.segments import SegmentFault, parse
from bot.domain.updates import ChannelKind
from bot.intake.broadcast_words import Said, check_words, wording_of
from bot.library.library import Library
from bot.settings import Settings
from bot.storage import broadcasts as life
from bot.storage.approved_templates import approved_templates
from bot.storage.broadcast_queue import recall, retry_failed
from bot.storage.broadcast_surroundings import surroundings_of
from bot.storage.database import Database
from bot.storage.dry_run import Tools, dry_run, people_of
from bot.storage.sealing import KeyRing
from bot.storage.segments import Ground, condition, count_people


@dataclass(frozen=True, slots=True)
class Desk:
    """What the steps need.

    Args:
        library: the whole of it; what holds today is looked up.
        site: our public address.
        key: signs approvals.
    """

    db: Database
    library: Library
    tools: Tools
    site: str
    key: bytes = field(repr=False)

    def said(self, now: datetime) -> Said:
        return Said(self.library, now.astimezone(self.tools.quiet.zone).date(), self.tools.limits, self.site)


@dataclass(frozen=True, slots=True)
class By:
    """Who takes a step.

    Args:
        edits: its unit is theirs to work for.
        above: they approve what its unit sends.
    """

    login: str
    edits: bool
    above: bool


def desk_of(
    db: Database, ring: KeyRing, library: Library, limits: Mapping[ChannelKind, Limits], settings: Settings
) -> Desk:
    """By what this installation decides: the channels that are on, its quiet hours and its cap.

    Args:
        limits: of those channels.
    """
    on = {kind: platform for kind, platform in library.platforms.items() if kind in limits}
    quiet = QuietHours(settings.timezone, settings.quiet_from, settings.quiet_to)
    return Desk(
        db,
        library,
        Tools(on, limits, quiet, ring, settings.message_cap),
        settings.base_url(),
        settings.secret_key.encode(),
    )


# --- before anything is written ---------------------------------------------------------------------------------------


def canonical(connection: Connection, expression: str, tools: Tools, now: datetime) -> str:
    """A segment as it is kept.

    Raises:
        Refused: it cannot be read, or it names what is not there.
    """
    try:
        segment = parse(expression)
        condition(connection, segment, Ground(now, tools.quiet.zone, tools.platforms, approved_templates(connection)))
    except SegmentFault as fault:
        raise bad_segment(fault) from fault
    return str(segment)


def people_in(connection: Connection, broadcast: Broadcast, tools: Tools, now: datetime) -> int:
    """How many people are in its segment now, whatever they agreed to.

    Raises:
        Refused: the segment names what is not there any more.
    """
    try:
        return count_people(connection, people_of(connection, broadcast, tools, now))
    except SegmentFault as fault:
        raise bad_segment(fault) from fault


def check_draft(connection: Connection, desk: Desk, draft: Draft, now: datetime) -> None:
    """Everything that would keep it from going out as it stands.

    Raises:
        Refused: the first of them.
    """
    life.check_rows(connection, draft)
    life.check_drive(connection, draft, now)
    life.check_appeal(connection, draft, now)
    check_words(desk.said(now), draft, surroundings_of(connection, draft), approved_templates(connection))


async def try_out(desk: Desk, broadcast: Broadcast, now: datetime) -> Ledger:
    """The dry run of this moment.

    Raises:
        Refused: the segment names what is not there any more.
    """
    try:
        return await asyncio.to_thread(dry_run, desk.db, broadcast, desk.tools, now)
    except SegmentFault as fault:
        raise bad_segment(fault) from fault


# --- the steps --------------------------------------------------------------------------------------------------------


async def create(desk: Desk, by: By, draft: Draft, code: str, now: datetime) -> int:
    """A draft; its words may still be faulty, what it names must be there.

    Raises:
        Refused: not by this person, or it cannot be kept.
    """
    if not by.edits:
        raise Refused(Refusal.NO_RIGHT)
    return await desk.db.write(lambda c: life.create(c, by.login, draft, code, now))


async def change(desk: Desk, by: By, broadcast: Broadcast, draft: Draft, now: datetime) -> None:
    """Raises:
    Refused: not by this person, or not any more.
    """
    if not by.edits:
        raise Refused(Refusal.NO_RIGHT)
    await desk.db.write(lambda c: life.change(c, by.login, broadcast, draft, now))


async def take(
    desk: Desk,
    by: By,
    broadcast: Broadcast,
    step: Step,
    now: datetime,
    *,
    at: datetime | None = None,
    reasons: Sequence[str] = (),
) -> int:
    """One step of its life; returns how many messages it concerned, where that is known.

    Args:
        at: for a start: not now but then.
        reasons: for a retry: which failures.

    Raises:
        Refused: not by this person, not from this state, or something is in the way; nothing was written.
    """
    if not by.edits:
        raise Refused(Refusal.NO_RIGHT)
    check_step(broadcast.state, step)
    match step:
        case Step.SUBMIT:
            await _submit(desk, by, broadcast, now)
        case Step.APPROVE:
            await _approve(desk, by, broadcast, now)
        case Step.START:
            await start(desk, by.login, broadcast, now, at)
        case Step.RETURN:
            await desk.db.write(lambda c: life.give_back(c, by.login, broadcast, now))
        case Step.PAUSE:
            await desk.db.write(lambda c: life.pause(c, by.login, broadcast, now))
        case Step.RESUME:
            await desk.db.write(lambda c: life.resume(c, by.login, broadcast, now))
        case Step.CANCEL:
            return await _cancel(desk, by, broadcast, now)
        case Step.MET:
            return await _meet(desk, by, broadcast, now)
        case Step.RETRY:
            return await _retry(desk, by, broadcast, reasons, now)
        case Step.CHANGE:
            raise ValueError("a change has a function of its own")
    return 0


async def _submit(desk: Desk, by: By, broadcast: Broadcast, now: datetime) -> None:
    await desk.db.read(lambda c: check_draft(c, desk, broadcast.draft, now))
    ledger = await try_out(desk, broadcast, now)
    await desk.db.write(lambda c: life.submit(c, by.login, broadcast, ledger, now))


async def _approve(desk: Desk, by: By, broadcast: Broadcast, now: datetime) -> None:
    wording = wording_of(desk.said(now), broadcast.draft)

    def write(connection: Connection) -> None:
        check_draft(connection, desk, broadcast.draft, now)
        text = life.text_of(connection, broadcast.draft, wording)
        life.approve(connection, desk.key, by.login, by.above, broadcast, text, broadcast.ledger, now)

    await desk.db.write(write)


async def start(desk: Desk, login: str, broadcast: Broadcast, now: datetime, at: datetime | None = None) -> None:
    """Start it as it stands now, for a person or when its time has come.

    Raises:
        Refused: as `storage.broadcasts.start`, or its words hold no more; nothing was written.
    """
    people, said, draft = (
        await desk.db.read(lambda c: people_in(c, broadcast, desk.tools, now)),
        desk.said(now),
        broadcast.draft,
    )

    def write(connection: Connection) -> None:
        check_words(said, draft, surroundings_of(connection, draft), approved_templates(connection))
        text = life.text_of(connection, draft, wording_of(said, draft))
        life.start(connection, desk.key, login, broadcast, text, people, now, at)

    await desk.db.write(write)


async def _cancel(desk: Desk, by: By, broadcast: Broadcast, now: datetime) -> int:
    ended = page = await desk.db.write(lambda c: life.cancel(c, by.login, broadcast, now))
    while page:
        page = await desk.db.write(lambda c: recall(c, broadcast.id, now))
        ended += page
    return ended


async def _meet(desk: Desk, by: By, broadcast: Broadcast, now: datetime) -> int:
    ended = page = await desk.db.write(lambda c: life.meet(c, by.login, broadcast, now))
    while page:
        page = await desk.db.write(lambda c: recall(c, broadcast.id, now, Closing.MET.value))
        ended += page
    return ended


async def _retry(desk: Desk, by: By, broadcast: Broadcast, reasons: Sequence[str], now: datetime) -> int:
    again = page = await desk.db.write(lambda c: life.retry(c, by.login, broadcast, reasons, now))
    while page:
        page = await desk.db.write(lambda c: retry_failed(c, broadcast.id, reasons, now))
        again += page
    return again


def held_because(words: Words, why: str, language: str) -> str:
    """Why the program itself stopped a broadcast (`pause_reason`), in words."""
    known = f"page.broadcasts.reason.{why}"
    return (
        words.text(known, language)
        if words.has(known)
        else words.text("page.broadcasts.reason.other", language, {"detail": why})
    )


def bad_segment(fault: SegmentFault) -> Refused:
    return Refused(Refusal.BAD_SEGMENT, f"{fault.word} {fault.at + 1} {fault.what}")


def sentence(words: Words, refused: Refused, language: str) -> str:
    """What stands on the page or in the terminal: what is wrong, and what to do."""
    detail = refused.detail
    if refused.why is Refusal.BAD_SEGMENT:
        word, place, what = detail.split(" ", 2)
        detail = words.text(f"segment.fault.{word}", language, {"detail": what, "count": place})
    if refused.why is Refusal.WRONG_STATE and detail in set(BroadcastState):
        detail = words.text(f"broadcast.state.{detail}", language)
    return words.text(f"broadcast.refused.{refused.why}", language, {"detail": detail})
