"""Drives: the list with figures, a new one, opening and closing, and who registered."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from aiohttp import web

from bot.dialog.wording import local_day
from bot.domain.drives import DriveState
from bot.domain.references import NoPosters
from bot.storage.audit import note
from bot.storage.drives_desk import (
    DeskDrive,
    code_is_taken,
    create_drive,
    drive_at,
    list_drives,
    set_reported,
    set_state,
    unit_choices,
)
from bot.storage.registrations_desk import registrations_of, slots_of
from bot.web.console.access import Right, may_edit, may_open
from bot.web.console.desk import Desk, desk, fields_of, number_in_path, show_desk
from bot.web.console.drive_fields import read_drive
from bot.web.downloads import download
from bot.web.parts import PARTS

OPENABLE = (DriveState.DRAFT, DriveState.PROPOSED, DriveState.CLOSED)
USUAL = {"from": "07:30", "until": "11:30", "minutes": "30", "capacity": "20"}


def add_routes(app: web.Application) -> None:
    app.router.add_get("/console/drives", drives_page)
    app.router.add_get("/console/drives/new", new_page)
    app.router.add_post("/console/drives/new", created)
    app.router.add_post("/console/drives/{drive}/open", opened)
    app.router.add_post("/console/drives/{drive}/close", closed)
    app.router.add_post("/console/drives/{drive}/propose", proposed)
    app.router.add_post("/console/drives/{drive}/return", returned)
    app.router.add_post("/console/drives/{drive}/reported", reported)
    app.router.add_post("/console/drives/{drive}/posters", posters)
    app.router.add_get("/console/drives/{drive}", registrations_page)


@desk(Right.FIGURES)
async def drives_page(request: web.Request, seated: Desk) -> web.StreamResponse:
    parts = request.app[PARTS]
    now = parts.clock()
    drives = await parts.db.read(lambda connection: list_drives(connection, seated.member, now))
    return await show_desk(
        request,
        seated,
        "drives.html",
        drives=drives,
        openable={drive.id for drive in drives if _can_open(seated, drive)},
        closable={drive.id for drive in drives if _can_close(seated, drive)},
        proposable={drive.id for drive in drives if _can_propose(seated, drive)},
        returnable={drive.id for drive in drives if _can_return(seated, drive)},
        changeable={drive.id for drive in drives if _can_change(seated, drive, now)},
        with_posters={drive.id for drive in drives if _has_posters(seated, drive, now)},
    )


@desk(Right.EDIT_DRIVES)
async def new_page(request: web.Request, seated: Desk) -> web.StreamResponse:
    return await _show_new(request, seated, USUAL, {})


@desk(Right.EDIT_DRIVES)
async def created(request: web.Request, seated: Desk) -> web.StreamResponse:
    """A draft; opening it is a step of its own."""
    parts, fields = request.app[PARTS], await fields_of(request)
    now = parts.clock()
    units = await parts.db.read(lambda connection: unit_choices(connection, seated.member, now))
    new, faults = read_drive(fields, parts.settings.timezone, {unit for unit, _ in units}, now)
    if new is None:
        return await _show_new(request, seated, fields, faults)
    made = await parts.db.write(
        lambda connection: (
            None if code_is_taken(connection, new.code) else create_drive(connection, seated.member, new, now)
        )
    )
    if made is None:
        return await _show_new(request, seated, fields, {"code": "code-taken"})
    raise web.HTTPSeeOther("/console/drives")


@desk(Right.OPEN_DRIVES)
async def opened(request: web.Request, seated: Desk) -> web.StreamResponse:
    drive = await _drive(request, seated)
    if not _can_open(seated, drive):
        raise web.HTTPForbidden
    return await _change(request, seated, drive, DriveState.OPEN)


@desk(Right.EDIT_DRIVES)
async def closed(request: web.Request, seated: Desk) -> web.StreamResponse:
    drive = await _drive(request, seated)
    if not _can_close(seated, drive):
        raise web.HTTPForbidden
    return await _change(request, seated, drive, DriveState.CLOSED)


@desk(Right.EDIT_DRIVES)
async def proposed(request: web.Request, seated: Desk) -> web.StreamResponse:
    """The unit asks somebody of the level above to open it."""
    drive = await _drive(request, seated)
    if not _can_propose(seated, drive):
        raise web.HTTPForbidden
    return await _change(request, seated, drive, DriveState.PROPOSED)


@desk(Right.OPEN_DRIVES)
async def returned(request: web.Request, seated: Desk) -> web.StreamResponse:
    """Not like this: it is a draft again."""
    drive = await _drive(request, seated)
    if not _can_return(seated, drive):
        raise web.HTTPForbidden
    return await _change(request, seated, drive, DriveState.DRAFT)


@desk(Right.EDIT_DRIVES)
async def reported(request: web.Request, seated: Desk) -> web.StreamResponse:
    """The report was signed, or on the same day: it was not after all."""
    parts, drive = request.app[PARTS], await _drive(request, seated)
    now, signed = parts.clock(), (await fields_of(request)).get("signed") != "no"
    if not (_can_report(seated, drive, now) if signed else _can_unreport(seated, drive, now, parts.settings.timezone)):
        raise web.HTTPForbidden
    at = now if signed else None
    await parts.db.write(lambda connection: set_reported(connection, seated.member, drive, at, now))
    raise web.HTTPSeeOther(f"/console/drives/{drive.id}")


@desk(Right.EDIT_DRIVES)
async def posters(request: web.Request, seated: Desk) -> web.StreamResponse:
    """A page for each unit, to print; codes that are missing are made, so it is no GET."""
    parts, drive = request.app[PARTS], await _drive(request, seated)
    now = parts.clock()
    if parts.posters is None or not _has_posters(seated, drive, now):
        raise web.HTTPForbidden
    try:
        made = await parts.posters(drive.code, now)
    except NoPosters as error:
        raise web.HTTPConflict from error
    await parts.db.write(lambda connection: note(connection, now, seated.member.login, "posters-printed", drive.code))
    return await download(request, iter((made,)), "application/pdf", f"ap-phich-{drive.code}.pdf")


@desk(Right.PEOPLE)
async def registrations_page(request: web.Request, seated: Desk) -> web.StreamResponse:
    """Names and phones: looking at them is noted too."""
    parts, drive = request.app[PARTS], await _drive(request, seated)
    now = parts.clock()
    people = await parts.db.read(lambda connection: registrations_of(connection, parts.ring, drive.id))
    slots = await parts.db.read(lambda connection: slots_of(connection, drive.id))
    await parts.db.write(
        lambda connection: note(connection, now, seated.member.login, "registrations-viewed", drive.code)
    )
    return await show_desk(
        request,
        seated,
        "registrations.html",
        drive=drive,
        people=people,
        slots=slots,
        can_report=_can_report(seated, drive, now),
        can_unreport=_can_unreport(seated, drive, now, parts.settings.timezone),
        kept_days=parts.settings.retention.registrations.days,
        unreported_days=parts.settings.retention.unreported.days,
    )


async def _show_new(
    request: web.Request, seated: Desk, typed: Mapping[str, str], faults: Mapping[str, str]
) -> web.StreamResponse:
    parts = request.app[PARTS]
    now = parts.clock()
    units = await parts.db.read(lambda connection: unit_choices(connection, seated.member, now))
    return await show_desk(
        request,
        seated,
        "drive_new.html",
        status=422 if faults else 200,
        typed=defaultdict(str, typed),
        faults=faults,
        units=units,
    )


async def _drive(request: web.Request, seated: Desk) -> DeskDrive:
    parts, drive_id = request.app[PARTS], number_in_path(request, "drive")
    found = await parts.db.read(lambda connection: drive_at(connection, seated.member, drive_id))
    if found is None:
        raise web.HTTPNotFound
    return found


async def _change(request: web.Request, seated: Desk, drive: DeskDrive, state: DriveState) -> web.StreamResponse:
    parts = request.app[PARTS]
    now = parts.clock()
    await parts.db.write(lambda connection: set_state(connection, seated.member, drive, state, now))
    parts.catalogues.forget()
    raise web.HTTPSeeOther("/console/drives")


def _can_open(seated: Desk, drive: DeskDrive) -> bool:
    """Who has proposed it does not open it; an administrator may, and it is noted."""
    own = drive.proposed_by == seated.member.login and seated.member.role != "admin"
    return drive.state in OPENABLE and not own and may_open(seated.member, drive.unit_id)


def _can_propose(seated: Desk, drive: DeskDrive) -> bool:
    return drive.state is DriveState.DRAFT and may_edit(seated.member, drive.unit_id) and not _can_open(seated, drive)


def _can_return(seated: Desk, drive: DeskDrive) -> bool:
    return drive.state is DriveState.PROPOSED and may_open(seated.member, drive.unit_id)


def _can_change(seated: Desk, drive: DeskDrive, now: datetime) -> bool:
    takes_place = drive.state in (DriveState.OPEN, DriveState.CLOSED)
    return takes_place and drive.ends_at > now and may_edit(seated.member, drive.unit_id)


def _can_report(seated: Desk, drive: DeskDrive, now: datetime) -> bool:
    return drive.reported_at is None and drive.ends_at <= now and may_edit(seated.member, drive.unit_id)


def _can_unreport(seated: Desk, drive: DeskDrive, now: datetime, zone: ZoneInfo) -> bool:
    """A slip can be undone on the day it was made."""
    if drive.reported_at is None or not may_edit(seated.member, drive.unit_id):
        return False
    return local_day(drive.reported_at, zone) == local_day(now, zone)


def _can_close(seated: Desk, drive: DeskDrive) -> bool:
    return drive.state is DriveState.OPEN and may_edit(seated.member, drive.unit_id)


def _has_posters(seated: Desk, drive: DeskDrive, now: datetime) -> bool:
    is_coming = drive.ends_at > now and drive.state in (DriveState.DRAFT, DriveState.OPEN)
    return is_coming and may_edit(seated.member, drive.unit_id)
