"""What the pages of messages to many share: the message, the buttons it has for whom, its page and its form."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from sqlalchemy import Connection

from bot.domain.appeals import BLOOD_GROUPS, Standing
from bot.domain.broadcasts import ALLOWED, Broadcast, BroadcastState, Draft, Refused, Step
from bot.domain.drives import DriveState
from bot.domain.ledgers import Ledger
from bot.intake.broadcast_desk import By, desk_of, sentence
from bot.intake.broadcast_desk import Desk as Office
from bot.intake.broadcast_words import Preview, previews, template_previews
from bot.storage.appeal_candidates import count_candidates, own_turnout
from bot.storage.appeals import Appeal, appeal_of, places_left, standing_of
from bot.storage.approved_templates import approved_templates
from bot.storage.broadcast_figures import Outcome, Progress, outcome_of, progress_of
from bot.storage.broadcast_images import PATH
from bot.storage.broadcast_surroundings import Surroundings, surroundings_of
from bot.storage.broadcasts import broadcast_at
from bot.storage.drives_desk import list_drives, unit_choices
from bot.storage.dry_run import paces_of
from bot.storage.staff import StaffMember
from bot.web.console.access import may_edit, may_open
from bot.web.console.broadcast_fields import channels_on
from bot.web.console.desk import LANGUAGE, Desk, number_in_path, show_desk
from bot.web.console.post_fields import pictures_of_content
from bot.web.parts import PARTS, WebParts

BEGUN = (BroadcastState.RUNNING, BroadcastState.PAUSED, BroadcastState.FINISHED, BroadcastState.CANCELLED)
OFFERED = (DriveState.OPEN, DriveState.CLOSED, DriveState.PROPOSED, DriveState.DRAFT)


@dataclass(frozen=True, slots=True)
class Sheet:
    """One broadcast with all that its page shows."""

    broadcast: Broadcast
    around: Surroundings
    progress: Progress | None = None
    outcome: Outcome | None = None
    appeal: "AppealSheet | None" = None


@dataclass(frozen=True, slots=True)
class AppealSheet:
    """How an appeal stands.

    Args:
        left: how many may still be asked.
        expected: bags that what was promised comes to, as usual.
        full: there is no place left at its drive.
    """

    appeal: Appeal
    standing: Standing
    left: int
    expected: int
    full: bool


async def find_broadcast(request: web.Request, seated: Desk) -> Broadcast:
    parts, number = request.app[PARTS], number_in_path(request, "broadcast")
    found = await parts.db.read(lambda c: broadcast_at(c, number))
    if found is None or not seated.member.may_see(found.draft.unit_id):
        raise web.HTTPNotFound
    return found


def office_of(parts: WebParts) -> Office:
    limits = {kind: channel.limits for kind, channel in parts.channels.items()}
    return desk_of(parts.db, parts.ring, parts.catalogues.library, limits, parts.settings)


def by_of(member: StaffMember, unit_id: int) -> By:
    return By(member.login, may_edit(member, unit_id), may_open(member, unit_id))


def steps_for(member: StaffMember, broadcast: Broadcast) -> set[Step]:
    """Which buttons its page has."""
    by = by_of(member, broadcast.draft.unit_id)
    found = {step for step, states in ALLOWED.items() if by.edits and broadcast.state in states}
    if not by.above or member.login == broadcast.created_by:
        found.discard(Step.APPROVE)
    if broadcast.draft.need is None:
        found.discard(Step.MET)
    return found


def in_words(parts: WebParts, refused: Refused) -> str:
    return sentence(parts.catalogues.words, refused, LANGUAGE)


def refusal(parts: WebParts, word: str) -> str:
    return parts.catalogues.words.text(f"broadcast.refused.{word}", LANGUAGE)


def progress_on(connection: Connection, parts: WebParts, broadcast: Broadcast) -> Progress | None:
    if broadcast.state not in BEGUN or broadcast.started_at is None:
        return None
    paces = paces_of(connection, {kind: channel.limits for kind, channel in parts.channels.items()})
    return progress_of(connection, broadcast.id, parts.clock(), paces)


def _sheet(connection: Connection, parts: WebParts, broadcast: Broadcast) -> Sheet:
    progress = progress_on(connection, parts, broadcast)
    outcome = outcome_of(connection, broadcast) if progress is not None else None
    appeal = _appeal(connection, parts, broadcast) if progress is not None else None
    return Sheet(broadcast, surroundings_of(connection, broadcast.draft), progress, outcome, appeal)


def _appeal(connection: Connection, parts: WebParts, broadcast: Broadcast) -> AppealSheet | None:
    found = appeal_of(connection, broadcast.id) if broadcast.draft.need is not None else None
    if found is None:
        return None
    now, standing = parts.clock(), standing_of(connection, broadcast)
    expected = int(standing.given + standing.pledged * own_turnout(connection, now).usual)
    left, free = count_candidates(connection, broadcast.id), places_left(connection, broadcast.draft.drive_id, now)
    return AppealSheet(found, standing, left, expected, full=free == 0)


def hides_of(draft: Draft) -> bool:
    """Whether small counts tell a blood group, so that none is shown."""
    return draft.need is not None and bool(draft.need.groups)


def previews_of(
    office: Office, parts: WebParts, draft: Draft, around: Surroundings, approved: Any, image: str
) -> tuple[list[Preview], str]:
    """What each channel shows, and what keeps it from going out as it stands."""
    said = office.said(parts.clock())
    try:
        shown = previews(said, draft, around, image, LANGUAGE)
    except KeyError:
        return [], refusal(parts, "no-words")
    try:
        return [*shown, *template_previews(said, draft, around, approved)], ""
    except Refused as refused:
        return shown, in_words(parts, refused)


async def show_broadcast(
    request: web.Request,
    seated: Desk,
    broadcast: Broadcast,
    *,
    refused: str = "",
    told: str = "",
    ledger: Ledger | None = None,
) -> web.StreamResponse:
    parts = request.app[PARTS]
    sheet, approved = await parts.db.read(lambda c: (_sheet(c, parts, broadcast), approved_templates(c)))
    image = f"{PATH}{sheet.around.picture}" if sheet.around.picture else ""
    shown, fault = previews_of(office_of(parts), parts, broadcast.draft, sheet.around, approved, image)
    steps = steps_for(seated.member, broadcast)
    return await show_desk(
        request,
        seated,
        "broadcast.html",
        status=409 if refused else 200,
        sheet=sheet,
        one=broadcast,
        refused=refused or (fault if broadcast.state is BroadcastState.DRAFT else ""),
        told=told,
        shown=shown,
        ledger=ledger or (Ledger.from_json(broadcast.ledger) if broadcast.ledger else None),
        fresh=ledger is not None,
        hides=hides_of(broadcast.draft),
        steps={step.value for step in steps},
        waits_for_other=broadcast.state is BroadcastState.SUBMITTED and Step.APPROVE not in steps,
    )


async def show_form(
    request: web.Request,
    seated: Desk,
    broadcast: Broadcast | None,
    typed: Mapping[str, str],
    *,
    fault: str = "",
) -> web.StreamResponse:
    parts, now = request.app[PARTS], request.app[PARTS].clock()
    library = parts.catalogues.library.as_of(now.astimezone(parts.settings.timezone).date())
    topics = sorted(
        (topic.title[LANGUAGE], topic.id.removeprefix("topic."))
        for topic in library.topics.values()
        if not topic.is_stale(now.astimezone(parts.settings.timezone).date())
    )
    units, drives, templates = await parts.db.read(
        lambda c: (
            unit_choices(c, seated.member, now),
            [one for one in list_drives(c, seated.member, now) if one.ends_at > now and one.state in OFFERED],
            sorted(name for name, all_of in approved_templates(c).items() if any(one.usable for one in all_of)),
        )
    )
    return await show_desk(
        request,
        seated,
        "broadcast_form.html",
        status=422 if fault else 200,
        one=broadcast,
        typed=defaultdict(str, typed),
        fault=fault,
        pictures=await asyncio.to_thread(pictures_of_content),
        topics=topics,
        units=units,
        drives=drives,
        templates=templates,
        channels=channels_on(parts.channels),
        blood_groups=BLOOD_GROUPS,
    )
