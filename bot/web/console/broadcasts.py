"""Messages to many on the console: written with a preview, tried, approved by another, started, watched, stopped."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from sqlalchemy import Connection

from bot.domain.broadcasts import ALLOWED, Broadcast, BroadcastState, Draft, Refused, Step
from bot.domain.changing import replace
from bot.domain.drives import DriveState
from bot.domain.images import LARGEST, NotTaken
from bot.domain.ledgers import Ledger
from bot.intake.broadcast_desk import By, Desk, canonical, change, check_draft, create, desk_of, sentence, take, try_out
from bot.intake.broadcast_words import Preview, previews, template_previews
from bot.storage.approved_templates import approved_templates
from bot.storage.broadcast_figures import Outcome, Progress, outcome_of, progress_of
from bot.storage.broadcast_images import PATH, keep_image
from bot.storage.broadcast_surroundings import Surroundings, surroundings_of
from bot.storage.broadcast_tests import send_to_oneself
from bot.storage.broadcasts import broadcast_at, broadcasts_of
from bot.storage.catalogue import all_units
from bot.storage.drives_desk import list_drives, unit_choices
from bot.storage.dry_run import paces_of
from bot.storage.staff import StaffMember
from bot.web.console import desk as desks
from bot.web.console.access import Right, may_edit, may_open
from bot.web.console.broadcast_fields import (
    KEEP,
    Choices,
    channels_on,
    code_for,
    expression_of,
    moment_of,
    read_draft,
    typed_of,
)
from bot.web.console.desk import desk, fields_of, number_in_path, show_desk
from bot.web.console.post_fields import chosen_picture, pictures_of_content
from bot.web.console.uploads import Upload, upload_desk
from bot.web.pages import show
from bot.web.parts import PARTS, WebParts

LONGEST = 12_000
BEGUN = (BroadcastState.RUNNING, BroadcastState.PAUSED, BroadcastState.FINISHED, BroadcastState.CANCELLED)


@dataclass(frozen=True, slots=True)
class Sheet:
    """One broadcast with all that its page shows."""

    broadcast: Broadcast
    around: Surroundings
    progress: Progress | None = None
    outcome: Outcome | None = None


class _Known:
    """The reasons that have a sentence of their own."""

    def __init__(self, parts: WebParts) -> None:
        self._words = parts.catalogues.words

    def __contains__(self, text_id: str) -> bool:
        return self._words.has(text_id)


def add_routes(app: web.Application) -> None:
    app.router.add_get("/console/broadcasts", list_page)
    app.router.add_get("/console/broadcasts/new", new_page)
    app.router.add_post("/console/broadcasts/new", created)
    app.router.add_post("/console/broadcasts/look", looked)
    app.router.add_get("/console/broadcasts/{broadcast}", one_page)
    app.router.add_get("/console/broadcasts/{broadcast}/change", change_page)
    app.router.add_post("/console/broadcasts/{broadcast}/change", changed)
    app.router.add_post("/console/broadcasts/{broadcast}/step", stepped)
    app.router.add_post("/console/broadcasts/{broadcast}/try", tried)
    app.router.add_post("/console/broadcasts/{broadcast}/test", tested)


# --- pages ------------------------------------------------------------------------------------------------------------


@desk(Right.EDIT_DRIVES)
async def list_page(request: web.Request, seated: desks.Desk) -> web.StreamResponse:
    parts = request.app[PARTS]

    def read(connection: Connection) -> list[tuple[Broadcast, str, Progress | None]]:
        names = {unit.id: unit.name for unit in all_units(connection)}
        return [
            (one, names.get(one.draft.unit_id, ""), _progress(connection, parts, one))
            for one in broadcasts_of(connection, seated.member)
        ]

    return await show_desk(request, seated, "broadcasts.html", rows=await parts.db.read(read))


@desk(Right.EDIT_DRIVES)
async def one_page(request: web.Request, seated: desks.Desk) -> web.StreamResponse:
    return await _show(request, seated, await _broadcast(request, seated))


@desk(Right.EDIT_DRIVES)
async def new_page(request: web.Request, seated: desks.Desk) -> web.StreamResponse:
    typed = {"purpose": "news", "picture": "none", "drive": request.query.get("drive", "")}
    return await _show_form(request, seated, None, typed)


@desk(Right.EDIT_DRIVES)
async def change_page(request: web.Request, seated: desks.Desk) -> web.StreamResponse:
    broadcast = await _broadcast(request, seated)
    if Step.CHANGE not in _steps(seated.member, broadcast):
        raise web.HTTPConflict
    return await _show_form(request, seated, broadcast, typed_of(broadcast.draft, broadcast.code))


# --- what is pressed --------------------------------------------------------------------------------------------------


@upload_desk(Right.EDIT_DRIVES, largest=LARGEST, longest=LONGEST)
async def created(request: web.Request, seated: desks.Desk, upload: Upload) -> web.StreamResponse:
    return await _kept(request, seated, upload, None)


@upload_desk(Right.EDIT_DRIVES, largest=LARGEST, longest=LONGEST)
async def changed(request: web.Request, seated: desks.Desk, upload: Upload) -> web.StreamResponse:
    return await _kept(request, seated, upload, await _broadcast(request, seated))


@upload_desk(Right.EDIT_DRIVES, largest=LARGEST, longest=LONGEST)
async def looked(request: web.Request, seated: desks.Desk, upload: Upload) -> web.StreamResponse:
    """The form as it is being written: what each channel would show, and how many people it is for."""
    parts, now, fields = request.app[PARTS], request.app[PARTS].clock(), upload.fields
    office = _office(parts)

    def look(connection: Connection) -> dict[str, Any]:
        choices = _choices(connection, seated.member, parts)
        segment = canonical(connection, expression_of(fields, choices.drives), office.tools, now)
        draft = read_draft(fields, choices, segment, None)
        around = surroundings_of(connection, draft)
        return {"segment": segment, "draft": draft, "around": around, "approved": approved_templates(connection)}

    try:
        seen = await parts.db.read(look)
        ledger = await try_out(office, Broadcast(0, "", seen["draft"], BroadcastState.DRAFT), now)
        shown, fault = _previews(
            office, parts, seen["draft"], seen["around"], seen["approved"], fields.get("image", "")
        )
    except Refused as refused:
        empty: dict[str, Any] = {"fault": _words(parts, refused), "segment": "", "shown": ()}
        return show(request, "console/broadcast_look.html", language=desks.LANGUAGE, **empty)
    values = {
        "fault": fault,
        "segment": seen["segment"],
        "ledger": ledger,
        "shown": shown,
        "words_known": _Known(parts),
    }
    return show(request, "console/broadcast_look.html", language=desks.LANGUAGE, **values)


@desk(Right.EDIT_DRIVES)
async def stepped(request: web.Request, seated: desks.Desk) -> web.StreamResponse:
    """A button of its page; what was seen there is what it counts for."""
    parts, broadcast, fields = request.app[PARTS], await _broadcast(request, seated), await fields_of(request)
    told = fields.get("step", "")
    if told not in set(Step) or told == Step.CHANGE:
        raise web.HTTPNotFound
    if fields.get("revision") != str(broadcast.revision):
        return await _show(request, seated, broadcast, refused=_sentence(parts, "changed-since"))
    try:
        at = moment_of(fields, parts.settings.timezone) if told == Step.START else None
        reasons = [fields["reason"]] if fields.get("reason") else []
        by = _by(seated.member, broadcast.draft.unit_id)
        await take(_office(parts), by, broadcast, Step(told), parts.clock(), at=at, reasons=reasons)
    except Refused as refused:
        return await _show(request, seated, await _broadcast(request, seated), refused=_words(parts, refused))
    parts.nudge()
    raise web.HTTPSeeOther(f"/console/broadcasts/{broadcast.id}")


@desk(Right.EDIT_DRIVES)
async def tried(request: web.Request, seated: desks.Desk) -> web.StreamResponse:
    """A dry run of this moment; nothing is written."""
    parts, broadcast = request.app[PARTS], await _broadcast(request, seated)
    office, now = _office(parts), parts.clock()
    try:
        await parts.db.read(lambda c: check_draft(c, office, broadcast.draft, now))
        ledger = await try_out(office, broadcast, now)
    except Refused as refused:
        return await _show(request, seated, broadcast, refused=_words(parts, refused))
    return await _show(request, seated, broadcast, ledger=ledger)


@desk(Right.EDIT_DRIVES)
async def tested(request: web.Request, seated: desks.Desk) -> web.StreamResponse:
    """To the chats that this member of staff has linked, and to nobody else."""
    parts, broadcast = request.app[PARTS], await _broadcast(request, seated)
    if not may_edit(seated.member, broadcast.draft.unit_id):
        raise web.HTTPForbidden
    office, now = _office(parts), parts.clock()

    def send(connection: Connection) -> int:
        check_draft(connection, office, broadcast.draft, now)
        around = surroundings_of(connection, broadcast.draft)
        picture = f"{parts.settings.base_url()}{PATH}{around.picture}" if around.picture else ""
        seen = previews(office.said(now), broadcast.draft, around, picture, desks.LANGUAGE)
        messages = {one.channel: one.parts for one in seen}
        return send_to_oneself(connection, parts.ring, seated.member, broadcast, messages, now)

    try:
        count = await parts.db.write(send)
    except Refused as refused:
        return await _show(request, seated, broadcast, refused=_words(parts, refused))
    parts.nudge()
    word = "test-sent" if count else "test-nowhere"
    return await _show(request, seated, broadcast, told=parts.catalogues.words.text(f"page.broadcasts.{word}", "vi"))


async def _kept(
    request: web.Request, seated: desks.Desk, upload: Upload, broadcast: Broadcast | None
) -> web.StreamResponse:
    """The form as it came is kept as a draft; only what cannot be kept is refused."""
    parts, now, fields = request.app[PARTS], request.app[PARTS].clock(), upload.fields
    office = _office(parts)
    if broadcast is not None and fields.get("revision") != str(broadcast.revision):
        return await _show(request, seated, broadcast, refused=_sentence(parts, "changed-since"))
    try:
        picture = await chosen_picture(upload)
    except NotTaken as fault:
        said = parts.catalogues.words.text(f"page.picture.{fault.why}", desks.LANGUAGE)
        return await _show_form(request, seated, broadcast, fields, fault=said)
    kept = broadcast.draft.image_id if broadcast is not None and fields.get("picture") == KEEP else None

    def read(connection: Connection) -> Draft:
        choices = _choices(connection, seated.member, parts)
        segment = canonical(connection, expression_of(fields, choices.drives), office.tools, now)
        draft = read_draft(fields, choices, segment, kept)
        return replace(draft, image_id=keep_image(connection, picture.kind, picture.body, now)) if picture else draft

    try:
        draft = await parts.db.write(read)
        by = _by(seated.member, draft.unit_id)
        if broadcast is None:
            code = code_for(fields.get("code", ""), now, parts.settings.timezone)
            number = await create(office, by, draft, code, now)
        else:
            await change(office, by, broadcast, draft, now)
            number = broadcast.id
    except Refused as refused:
        return await _show_form(request, seated, broadcast, fields, fault=_words(parts, refused))
    raise web.HTTPSeeOther(f"/console/broadcasts/{number}")


# --- what they stand on -----------------------------------------------------------------------------------------------


def _office(parts: WebParts) -> Desk:
    limits = {kind: channel.limits for kind, channel in parts.channels.items()}
    return desk_of(parts.db, parts.catalogues.library, limits, parts.settings)


def _by(member: StaffMember, unit_id: int) -> By:
    return By(member.login, may_edit(member, unit_id), may_open(member, unit_id))


def _steps(member: StaffMember, broadcast: Broadcast) -> set[Step]:
    """Which buttons its page has."""
    by = _by(member, broadcast.draft.unit_id)
    found = {step for step, states in ALLOWED.items() if by.edits and broadcast.state in states}
    if not by.above or member.login == broadcast.created_by:
        found.discard(Step.APPROVE)
    return found


def _words(parts: WebParts, refused: Refused) -> str:
    return sentence(parts.catalogues.words, refused, desks.LANGUAGE)


def _sentence(parts: WebParts, word: str) -> str:
    return parts.catalogues.words.text(f"broadcast.refused.{word}", desks.LANGUAGE)


async def _broadcast(request: web.Request, seated: desks.Desk) -> Broadcast:
    parts, number = request.app[PARTS], number_in_path(request, "broadcast")
    found = await parts.db.read(lambda c: broadcast_at(c, number))
    if found is None or not seated.member.may_see(found.draft.unit_id):
        raise web.HTTPNotFound
    return found


def _progress(connection: Connection, parts: WebParts, broadcast: Broadcast) -> Progress | None:
    if broadcast.state not in BEGUN or broadcast.started_at is None:
        return None
    paces = paces_of(connection, {kind: channel.limits for kind, channel in parts.channels.items()})
    return progress_of(connection, broadcast.id, parts.clock(), paces)


def _sheet(connection: Connection, parts: WebParts, broadcast: Broadcast) -> Sheet:
    progress = _progress(connection, parts, broadcast)
    outcome = outcome_of(connection, broadcast) if progress is not None else None
    return Sheet(broadcast, surroundings_of(connection, broadcast.draft), progress, outcome)


def _previews(
    office: Desk, parts: WebParts, draft: Draft, around: Surroundings, approved: Any, image: str
) -> tuple[list[Preview], str]:
    """What each channel shows, and what keeps it from going out as it stands."""
    said = office.said(parts.clock())
    try:
        shown = previews(said, draft, around, image, desks.LANGUAGE)
    except KeyError:
        return [], _sentence(parts, "no-words")
    try:
        return [*shown, *template_previews(said, draft, around, approved)], ""
    except Refused as refused:
        return shown, _words(parts, refused)


async def _show(
    request: web.Request,
    seated: desks.Desk,
    broadcast: Broadcast,
    *,
    refused: str = "",
    told: str = "",
    ledger: Ledger | None = None,
) -> web.StreamResponse:
    parts = request.app[PARTS]
    sheet, approved = await parts.db.read(lambda c: (_sheet(c, parts, broadcast), approved_templates(c)))
    image = f"{PATH}{sheet.around.picture}" if sheet.around.picture else ""
    shown, fault = _previews(_office(parts), parts, broadcast.draft, sheet.around, approved, image)
    steps = _steps(seated.member, broadcast)
    return await show_desk(
        request,
        seated,
        "broadcast.html",
        status=409 if refused else 200,
        sheet=sheet,
        words_known=_Known(parts),
        one=broadcast,
        refused=refused or (fault if broadcast.state is BroadcastState.DRAFT else ""),
        told=told,
        shown=shown,
        ledger=ledger or (Ledger.from_json(broadcast.ledger) if broadcast.ledger else None),
        fresh=ledger is not None,
        steps={step.value for step in steps},
        waits_for_other=broadcast.state is BroadcastState.SUBMITTED and Step.APPROVE not in steps,
    )


async def _show_form(
    request: web.Request,
    seated: desks.Desk,
    broadcast: Broadcast | None,
    typed: Mapping[str, str],
    *,
    fault: str = "",
) -> web.StreamResponse:
    parts, now = request.app[PARTS], request.app[PARTS].clock()
    library = parts.catalogues.library.as_of(now.astimezone(parts.settings.timezone).date())
    topics = sorted(
        (topic.title[desks.LANGUAGE], topic.id.removeprefix("topic."))
        for topic in library.topics.values()
        if not topic.is_stale(now.astimezone(parts.settings.timezone).date())
    )
    units, drives, templates = await parts.db.read(
        lambda c: (
            unit_choices(c, seated.member, now),
            [one for one in list_drives(c, seated.member, now) if one.ends_at > now and one.state in _OFFERED],
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
    )


_OFFERED = (DriveState.OPEN, DriveState.CLOSED, DriveState.PROPOSED, DriveState.DRAFT)


def _choices(connection: Connection, member: StaffMember, parts: WebParts) -> Choices:
    now = parts.clock()
    return Choices(
        units={unit for unit, _ in unit_choices(connection, member, now)},
        drives={one.id: one.code for one in list_drives(connection, member, now)},
    )
