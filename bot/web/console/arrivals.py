"""The door's form for who comes without a registration, or on the place that a colleague took for them."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from aiohttp import web

from bot.dialog.talk import Units
from bot.domain.consents import Purpose
from bot.storage.arrivals import Known, Told, arrive, known_as, note_shown
from bot.storage.ids import new_id
from bot.understanding.dates import read_birth_date
from bot.understanding.misses import Miss
from bot.understanding.names import read_name
from bot.understanding.phones import read_phone
from bot.web.console.access import Right
from bot.web.console.desk import Desk, desk, fields_of, number_in_path, row_number, show_desk
from bot.web.console.door import drive_here, open_now
from bot.web.parts import PARTS, WebParts

CONSENTS = ((Purpose.REGISTRATION, "page.door.consent"), (Purpose.REMINDER, "page.door.consent-reminder"))
TICKED = "on"


def add_routes(app: web.Application) -> None:
    app.router.add_get("/console/drives/{drive}/door/new", new_page)
    app.router.add_get("/console/drives/{drive}/door/{place}/name", name_page)
    app.router.add_post("/console/drives/{drive}/door/{place}/name", named)


@desk(Right.DOOR)
async def new_page(request: web.Request, seated: Desk) -> web.StreamResponse:
    """An empty form; the id of the place is made now, so that a second press makes no second person."""
    return await _show(request, seated, new_id(), {}, {})


@desk(Right.DOOR)
async def name_page(request: web.Request, seated: Desk) -> web.StreamResponse:
    return await _show(request, seated, number_in_path(request, "place"), {}, {})


@desk(Right.DOOR)
async def named(request: web.Request, seated: Desk) -> web.StreamResponse:
    """Everything is right, and it is clear who it is: they have arrived."""
    parts, drive, place = request.app[PARTS], await drive_here(request, seated), number_in_path(request, "place")
    fields, now = await fields_of(request), parts.clock()
    units = (await parts.catalogues.current(now)).units
    told, faults = read_told(parts, units, fields, now)
    if not open_now(drive, now) or told is None:
        return await _show(request, seated, place, fields, faults)
    said, same = fields.get("same", ""), None
    known = await parts.db.read(lambda c: known_as(c, parts.ring, told))
    if known is not None and said not in ("no", str(known.contact_id)):
        await parts.db.write(lambda c: note_shown(c, seated.member, known, now))
        return await _show(request, seated, place, fields, {}, known)
    if known is not None and said != "no":
        same = row_number(said)
    try:
        await parts.db.write(lambda c: arrive(c, parts.ring, seated.member, drive.id, place, told, same, now))
    except LookupError:
        raise web.HTTPNotFound from None
    raise web.HTTPSeeOther(f"/console/drives/{drive.id}/door")


def read_told(
    parts: WebParts, units: Units, fields: Mapping[str, str], now: datetime
) -> tuple[Told | None, dict[str, str]]:
    """What was told, or by field the word of what is wrong; without consent nothing is kept."""
    faults: dict[str, str] = {}
    today = now.astimezone(parts.settings.timezone).date()
    name, phone = read_name(fields.get("name", "")), read_phone(fields.get("phone", ""))
    born = read_birth_date(fields.get("birth_date", ""), today)
    if isinstance(name, Miss):
        faults["name"] = "name"
    if isinstance(phone, Miss):
        faults["phone"] = "phone"
    if isinstance(born, Miss):
        faults["birth_date"] = "age" if born.reason in ("under-age", "over-age") else "birth_date"
    unit = _unit(units, fields.get("unit", ""))
    if unit == 0:
        faults["unit"] = "unit"
    if fields.get("consent") != TICKED:
        faults["consent"] = "consent"
    if faults or not isinstance(name, str) or not isinstance(phone, str) or not isinstance(born, date):
        return None, faults
    words = parts.catalogues.words
    ticked = tuple(
        (purpose, words.wording(text_id))
        for purpose, text_id in CONSENTS
        if purpose is Purpose.REGISTRATION or fields.get("reminder") == TICKED
    )
    return Told(name, born, phone, unit, fields.get("dangerous") == TICKED, ticked), faults


def _unit(units: Units, typed: str) -> int | None:
    """The one unit of this name; None for none, 0 where it is not clear."""
    if not typed:
        return None
    found = units.search(typed, 2)
    return found[0].id if len(found) == 1 else 0


async def _show(
    request: web.Request,
    seated: Desk,
    place: int,
    typed: Mapping[str, str],
    faults: Mapping[str, str],
    known: Known | None = None,
) -> web.StreamResponse:
    parts, drive = request.app[PARTS], await drive_here(request, seated)
    is_open = open_now(drive, parts.clock())
    values: dict[str, Any] = {"typed": defaultdict(str, typed), "faults": faults, "known": known}
    status = 422 if faults else 409 if known or not is_open else 200
    return await show_desk(
        request, seated, "arrival.html", status=status, drive=drive, place=place, is_open=is_open, **values
    )
