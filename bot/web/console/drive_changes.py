"""Moving a drive or calling it off: first what will happen and to how many, then the button that does it."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from aiohttp import web

from bot.storage.drive_changes import TAKES_PLACE, Moved, call_off, move_drive, people_told
from bot.storage.drives_desk import DeskDrive, drive_at
from bot.web.console.access import Right, may_edit
from bot.web.console.desk import Desk, desk, fields_of, number_in_path, show_desk
from bot.web.parts import PARTS

SURE = "yes"


def add_routes(app: web.Application) -> None:
    app.router.add_get("/console/drives/{drive}/change", change_page)
    app.router.add_post("/console/drives/{drive}/move", moved)
    app.router.add_post("/console/drives/{drive}/call-off", called_off)


@desk(Right.EDIT_DRIVES)
async def change_page(request: web.Request, seated: Desk) -> web.StreamResponse:
    drive = await _changeable(request, seated)
    zone = request.app[PARTS].settings.timezone
    starts = drive.starts_at.astimezone(zone)
    typed = {
        "date": starts.date().isoformat(),
        "from": f"{starts:%H:%M}",
        "place": drive.place,
        "address": drive.address,
        "site_phone": drive.site_phone,
    }
    return await _show(request, seated, drive, typed, {})


@desk(Right.EDIT_DRIVES)
async def moved(request: web.Request, seated: Desk) -> web.StreamResponse:
    """Without `sure` the page says what will be told to how many."""
    parts, drive, fields = request.app[PARTS], await _changeable(request, seated), await fields_of(request)
    now = parts.clock()
    wanted, faults = read_move(fields, parts.settings.timezone, now)
    if wanted is None or fields.get("sure") != SURE:
        return await _show(request, seated, drive, fields, faults, wanted)
    login = seated.member.login
    await parts.db.write(lambda connection: move_drive(connection, login, drive.id, wanted, now))
    parts.catalogues.forget()
    raise web.HTTPSeeOther("/console/drives")


@desk(Right.EDIT_DRIVES)
async def called_off(request: web.Request, seated: Desk) -> web.StreamResponse:
    parts, drive, fields = request.app[PARTS], await _changeable(request, seated), await fields_of(request)
    if fields.get("sure") != SURE:
        raise web.HTTPSeeOther(f"/console/drives/{drive.id}/change#off")
    now, login = parts.clock(), seated.member.login
    await parts.db.write(lambda connection: call_off(connection, login, drive.id, now))
    parts.catalogues.forget()
    raise web.HTTPSeeOther("/console/drives")


def read_move(fields: Mapping[str, str], zone: ZoneInfo, now: datetime) -> tuple[Moved | None, dict[str, str]]:
    """The new time and place, or by field the word of what is wrong."""
    text = {name: fields.get(name, "").strip() for name in ("date", "from", "place", "address", "site_phone")}
    faults = {}
    day, begin = _day(text["date"]), _clock(text["from"])
    if day is None:
        faults["date"] = "date"
    if begin is None:
        faults["from"] = "time"
    if not 3 <= len(text["place"]) <= 100:
        faults["place"] = "place"
    if len(text["address"]) > 200:
        faults["address"] = "address"
    if len(text["site_phone"]) > 20:
        faults["site_phone"] = "site-phone"
    starts = datetime.combine(day, begin, zone).astimezone(UTC) if day and begin else None
    if starts is not None and starts <= now:
        faults["date"] = "past"
    if faults or starts is None:
        return None, faults
    return Moved(starts, text["place"], text["address"], text["site_phone"]), {}


async def _changeable(request: web.Request, seated: Desk) -> DeskDrive:
    """A drive of theirs that people may hold places at, and that is not over."""
    parts, drive_id = request.app[PARTS], number_in_path(request, "drive")
    found = await parts.db.read(lambda connection: drive_at(connection, seated.member, drive_id))
    if found is None:
        raise web.HTTPNotFound
    if not may_edit(seated.member, found.unit_id):
        raise web.HTTPForbidden
    if found.state.value not in TAKES_PLACE or found.ends_at <= parts.clock():
        raise web.HTTPConflict
    return found


async def _show(
    request: web.Request,
    seated: Desk,
    drive: DeskDrive,
    typed: Mapping[str, str],
    faults: Mapping[str, str],
    wanted: Moved | None = None,
) -> web.StreamResponse:
    parts = request.app[PARTS]
    people = await parts.db.read(lambda connection: people_told(connection, drive.id))
    return await show_desk(
        request,
        seated,
        "drive_change.html",
        status=422 if faults else 200,
        drive=drive,
        typed=defaultdict(str, typed),
        faults=faults,
        people=people,
        wanted=wanted,
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _clock(text: str) -> time | None:
    try:
        return time.fromisoformat(text)
    except ValueError:
        return None
