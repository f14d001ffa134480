"""The door of a drive: find who came, press what became of it, take a slip back; and the board of its queue."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from aiohttp import web
from sqlalchemy import Connection, Row, select

from bot.domain.donations import Component, Donation, ReasonGroup
from bot.domain.door import Step, day_at_site, is_deferral, is_open, read_wanted
from bot.domain.registrations import RegistrationState
from bot.storage.board import board_of
from bot.storage.door_desk import (
    Elsewhere,
    Outcome,
    Refusal,
    find_guests,
    guest_at,
    may_help,
    take_step,
    undo_step,
    waiting_guests,
)
from bot.storage.tables import drives
from bot.web.console.access import Right
from bot.web.console.desk import Desk, desk, fields_of, number_in_path, row_number, show_desk
from bot.web.parts import PARTS

BAGS = (250, 350, 450)
"""The usual bags; another volume comes with the hospital's list."""

WAITS = (7, 28, 84, 180, 365)
"""Days until somebody may come again, as buttons; any other day is typed."""

LONGEST_SEARCH = 100


def add_routes(app: web.Application) -> None:
    app.router.add_get("/console/drives/{drive}/door", door_page)
    app.router.add_post("/console/drives/{drive}/door", looked)
    app.router.add_post("/console/drives/{drive}/door/{place}/step", stepped)
    app.router.add_post("/console/drives/{drive}/door/{place}/undo", undone)
    app.router.add_get("/console/drives/{drive}/board", board_page)


@desk(Right.DOOR)
async def door_page(request: web.Request, seated: Desk) -> web.StreamResponse:
    """Who waits, and one person in the middle where one was just looked at."""
    return await _show(request, seated, await drive_here(request, seated))


@desk(Right.DOOR)
async def looked(request: web.Request, seated: Desk) -> web.StreamResponse:
    """What was typed or scanned stands in the body, never in an address."""
    drive, fields = await drive_here(request, seated), await fields_of(request)
    return await _show(request, seated, drive, typed=fields.get("who", "")[:LONGEST_SEARCH])


@desk(Right.DOOR)
async def stepped(request: web.Request, seated: Desk) -> web.StreamResponse:
    """One step with all that follows from it; a second press, or a second helper, hears that it is done."""
    parts, drive, fields = request.app[PARTS], await drive_here(request, seated), await fields_of(request)
    place, now = number_in_path(request, "place"), parts.clock()
    step = _step(fields.get("step", ""))
    if not open_now(drive, now):
        return await _show(request, seated, drive, place=place, fault="shut")
    outcome = _outcome(seated, drive, step, fields, parts.settings.timezone, now)
    if outcome is None:
        return await _show(request, seated, drive, place=place, fault="until")
    intervals = parts.catalogues.library.rules.intervals
    refusal = await parts.db.write(
        lambda c: take_step(c, parts.ring, seated.member, drive.id, place, step, outcome, intervals, now)
    )
    return await _show(request, seated, drive, place=place, fault=refusal)


@desk(Right.DOOR)
async def undone(request: web.Request, seated: Desk) -> web.StreamResponse:
    parts, drive, fields = request.app[PARTS], await drive_here(request, seated), await fields_of(request)
    place, now = number_in_path(request, "place"), parts.clock()
    if fields.get("seen") not in set(RegistrationState):
        raise web.HTTPNotFound
    seen, intervals = RegistrationState(fields["seen"]), parts.catalogues.library.rules.intervals
    refusal = await parts.db.write(lambda c: undo_step(c, seated.member, drive.id, place, seen, intervals, now))
    return await _show(request, seated, drive, place=place, fault=refusal)


@desk(Right.DOOR)
async def board_page(request: web.Request, seated: Desk) -> web.StreamResponse:
    """Counts for a screen that everybody may read."""
    parts, drive = request.app[PARTS], await drive_here(request, seated)
    board = await parts.db.read(lambda connection: board_of(connection, drive.id, parts.clock()))
    return await show_desk(request, seated, "board.html", drive=drive, board=board)


async def drive_here(request: web.Request, seated: Desk) -> Row[Any]:
    """The drive of the address, where they help."""
    parts, drive_id = request.app[PARTS], number_in_path(request, "drive")

    def read(connection: Connection) -> Row[Any] | None:
        row = connection.execute(select(drives).where(drives.c.id == drive_id)).first()
        return row if row is not None and may_help(connection, seated.member, row.id, row.unit_id) else None

    found = await parts.db.read(read)
    if found is None:
        raise web.HTTPNotFound
    return found


def open_now(drive: Row[Any], now: Any) -> bool:
    return is_open(drive.starts_at, drive.ends_at, drive.reported_at, now)


def _step(text: str) -> Step:
    if text not in set(Step):
        raise web.HTTPNotFound
    return Step(text)


def _outcome(
    seated: Desk, drive: Row[Any], step: Step, fields: Mapping[str, str], zone: Any, now: Any
) -> Outcome | None:
    """What goes with the step; None when the day to come again cannot be. Only the health role writes why."""
    day = day_at_site(drive.starts_at, drive.ends_at, zone, now)
    if step is Step.DONATED:
        component = fields.get("component", "")
        kind = Component(component) if component in set(Component) else Component.WHOLE_BLOOD
        ml = row_number(fields.get("ml", ""))
        return Outcome(day, Donation(day, kind, ml if ml is not None and 200 <= ml <= 700 else None))
    if step is not Step.DEFERRED:
        return Outcome(day)
    until = _until(fields, day)
    if until is not None and not is_deferral(until, day):
        return None
    reason = fields.get("reason", "")
    known = Right.REASONS in seated.rights and reason in set(ReasonGroup)
    return Outcome(day, until=until, reason=ReasonGroup(reason) if known else None)


def _until(fields: Mapping[str, str], day: date) -> date | None:
    """A day that was typed, a number of days, or (nothing) what only a doctor can say."""
    try:
        if fields.get("until"):
            return date.fromisoformat(fields["until"])
    except ValueError:
        return day  # no day ahead: refused
    days = row_number(fields.get("days", ""))
    return day + timedelta(days=days) if days and days <= max(WAITS) else None


async def _show(
    request: web.Request,
    seated: Desk,
    drive: Row[Any],
    *,
    typed: str = "",
    place: int | None = None,
    fault: Refusal | str | None = None,
) -> web.StreamResponse:
    parts = request.app[PARTS]
    wanted = read_wanted(typed)

    def read(connection: Connection) -> tuple[Any, Any, Any]:
        found = find_guests(connection, parts.ring, drive.id, wanted) if typed else []
        chosen = guest_at(connection, parts.ring, drive.id, place) if place is not None else None
        return found, chosen, waiting_guests(connection, parts.ring, drive.id)

    found, chosen, waiting = await parts.db.read(read)
    elsewhere = isinstance(found, Elsewhere)
    guests = [chosen] if chosen else [] if elsewhere else found
    return await show_desk(
        request,
        seated,
        "door.html",
        status=409 if fault else 200,
        drive=drive,
        typed=typed,
        guests=guests,
        waiting=[guest for guest in waiting if chosen is None or guest.id != chosen.id],
        elsewhere=elsewhere,
        fault=str(fault) if fault else "",
        is_open=open_now(drive, parts.clock()),
        bags=BAGS,
        waits=WAITS,
        reasons=list(ReasonGroup),
        components=list(Component),
    )
