"""Old donor lists: how many lines wait, a file tried and brought in, and the sheet for calls by hand. Nobody is written to."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from aiohttp import web
from markupsafe import Markup

from bot.domain.listed import Basis
from bot.intake.donor_lists import Ground, Line, ground_of, listing_of, look_up, pages, read_lines, tally, write_page
from bot.library.donor_sheet import DonorSheet, donor_rows, read_sheet
from bot.library.headers import NoHeader
from bot.library.tables import BadTable
from bot.storage.audit import note
from bot.storage.drives_desk import unit_choices
from bot.storage.listed_donors import lines_to_call, list_figures, note_import, shared_phones
from bot.web.console.access import Right, may_edit
from bot.web.console.desk import Desk, desk, number_in_path, show_desk
from bot.web.console.uploads import SHELF, Upload, upload_desk
from bot.web.parts import PARTS, WebParts
from bot.web.qr import qr_svg

PATH = "/console/lists"
FAULTS_SHOWN = 100
MOST_SLIPS = 1000


@dataclass(frozen=True, slots=True)
class Shown:
    """What came of a file; `ticket` opens it once more for the second press, "" when it was kept."""

    counts: Mapping[str, int]
    sheet: DonorSheet
    lines: Sequence[Line]
    ticket: str = ""

    @property
    def faults(self) -> list[tuple[int, str, str]]:
        return [(line.number, one.column, one.reason) for line in self.lines for one in line.faults]


class _Refused(Exception):
    """Said on the page; the word of its sentence."""


def add_routes(app: web.Application) -> None:
    app.router.add_get(PATH, lists_page)
    app.router.add_post(PATH, brought)
    app.router.add_get(PATH + "/{unit}/slips", slips_page)


@desk(Right.PEOPLE)
async def lists_page(request: web.Request, seated: Desk) -> web.StreamResponse:
    return await _show(request, seated)


@upload_desk(Right.PEOPLE)
async def brought(request: web.Request, seated: Desk, upload: Upload) -> web.StreamResponse:
    """A file is tried; the ticket of a trial, with a lawful basis, has it kept."""
    try:
        shown = await _taken(request, seated, upload)
    except _Refused as word:
        return await _show(request, seated, upload.fields, refused=str(word))
    return await _show(request, seated, upload.fields, shown=shown)


async def _taken(request: web.Request, seated: Desk, upload: Upload) -> Shown:
    parts, shelf = request.app[PARTS], request.app[SHELF]
    now, ticket = parts.clock(), upload.fields.get("ticket", "")
    ground = await _ground(parts, seated, upload.fields.get("unit", ""), now)
    basis = upload.fields.get("basis", "")
    if ticket and basis not in set(Basis):
        raise _Refused("basis")
    content = shelf.take(ticket, seated.session, now) if ticket else upload.content
    if upload.too_large or not content:
        raise _Refused("size" if upload.too_large else "file")
    try:
        sheet, lines = await asyncio.to_thread(_read, parts, content, ground, now)
    except BadTable as error:
        raise _Refused(error.word) from error
    except NoHeader as error:
        raise _Refused("header") from error
    if ticket:
        await _keep(parts, seated, lines, ground, Basis(basis), now)
        return Shown(tally(lines), sheet, lines)
    for one in pages(lines):
        await parts.db.read(partial(look_up, page=one))
    return Shown(tally(lines), sheet, lines, shelf.lay(seated.session, content, now))


async def _ground(parts: WebParts, seated: Desk, unit: str, now: datetime) -> Ground:
    """The unit that was chosen, if a list of it is theirs to bring in."""
    today = now.astimezone(parts.settings.timezone).date()
    ground = await parts.db.read(lambda c: ground_of(c, unit, today)) if unit else None
    if ground is None or not may_edit(seated.member, ground.unit.id):
        raise _Refused("unit")
    return ground


def _read(parts: WebParts, content: bytes, ground: Ground, now: datetime) -> tuple[DonorSheet, list[Line]]:
    sheet = read_sheet(content)
    today = now.astimezone(parts.settings.timezone).date()
    return sheet, list(read_lines(parts.ring, donor_rows(sheet), ground, today))


async def _keep(
    parts: WebParts, seated: Desk, lines: Sequence[Line], ground: Ground, basis: Basis, now: datetime
) -> None:
    """A small transaction for each page, through the gate."""
    listing = listing_of(basis, seated.member.login, now, parts.settings.retention.listed)
    code = ground.unit.code
    await parts.db.write(lambda c: note_import(c, listing, code))
    for one in pages(lines):
        await parts.db.write(partial(write_page, ring=parts.ring, page=one, listing=listing))
    kept = tally(lines)["new"]
    await parts.db.write(lambda c: note_import(c, listing, code, kept))
    parts.catalogues.forget()


@desk(Right.PEOPLE)
async def slips_page(request: web.Request, seated: Desk) -> web.StreamResponse:
    """Names and phones of one unit, for an officer who calls or hands over slips: looking is noted."""
    parts, unit = request.app[PARTS], number_in_path(request, "unit")
    if not may_edit(seated.member, unit):
        raise web.HTTPForbidden
    now, login = parts.clock(), seated.member.login
    people = await parts.db.read(lambda c: lines_to_call(c, parts.ring, unit, now, MOST_SLIPS))
    await parts.db.write(lambda c: note(c, now, login, "list-slips-viewed", f"unit {unit}", f"{len(people)} lines"))
    door = f"{parts.settings.public_url}/chat" if parts.settings.public_url else ""
    drawn = Markup(await asyncio.to_thread(qr_svg, door)) if door else ""  # noqa: S704 - our own drawing
    return await show_desk(request, seated, "lists_slips.html", people=people, door=door, qr=drawn, most=MOST_SLIPS)


async def _show(
    request: web.Request,
    seated: Desk,
    typed: Mapping[str, str] | None = None,
    *,
    refused: str = "",
    shown: Shown | None = None,
) -> web.StreamResponse:
    parts, scope = request.app[PARTS], seated.member.scope
    now = parts.clock()

    def read(connection: Any) -> tuple[Any, Any, Any]:
        choices = unit_choices(connection, seated.member, now)
        return list_figures(connection, scope), shared_phones(connection, scope), choices

    figures, shared, choices = await parts.db.read(read)
    tree = (await parts.catalogues.current(now)).units
    codes = [(unit.code, name) for identity, name in choices if (unit := tree.get(identity)) is not None]
    return await show_desk(
        request,
        seated,
        "lists.html",
        status=422 if refused else 200,
        figures=figures,
        shared=shared,
        units=codes,
        bases=list(Basis),
        typed=defaultdict(str, typed or {}),
        refused=refused,
        shown=shown,
        faults_shown=FAULTS_SHOWN,
        days=parts.settings.retention.listed.days,
        to_call=sorted({(one.unit_id, one.unit) for one in figures if one.open}, key=lambda pair: pair[1].casefold()),
    )
