"""A hospital's results of a drive: tried first, with what each row would come to; recorded by a second press."""

import asyncio
from dataclasses import dataclass
from functools import partial

from aiohttp import web

from bot.intake.results import Desk as Recording
from bot.intake.results import (
    Line,
    Results,
    dry_page,
    find_people,
    note_import,
    pages,
    read_results,
    settle_doubles,
    tally,
    write_page,
)
from bot.library.headers import NoHeader
from bot.library.tables import BadTable
from bot.storage.drives_desk import DeskDrive, drive_at
from bot.storage.results_people import ResultsDrive, Roll
from bot.web.console.access import Right, may_edit
from bot.web.console.desk import Desk, desk, number_in_path, show_desk
from bot.web.console.uploads import SHELF, Upload, upload_desk
from bot.web.parts import PARTS, WebParts

FAULTS_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Shown:
    """What came of a file; `ticket` opens it once more for the second press, "" when it was recorded."""

    counts: dict[str, int]
    results: Results
    ticket: str = ""

    @property
    def faults(self) -> list[tuple[int, str, str]]:
        """Row, column and reason of what wants a look."""
        return [(line.row.number, one.column, one.reason) for line in self.results.lines for one in line.faults]


def add_routes(app: web.Application) -> None:
    app.router.add_get("/console/drives/{drive}/results", results_page)
    app.router.add_post("/console/drives/{drive}/results", brought)


@desk(Right.PEOPLE)
async def results_page(request: web.Request, seated: Desk) -> web.StreamResponse:
    return await _show(request, seated, await _drive(request, seated))


@upload_desk(Right.PEOPLE)
async def brought(request: web.Request, seated: Desk, upload: Upload) -> web.StreamResponse:
    """A file is tried; the ticket of a trial has it recorded."""
    parts, drive = request.app[PARTS], await _drive(request, seated)
    shelf, now, ticket = request.app[SHELF], parts.clock(), upload.fields.get("ticket", "")
    content = shelf.take(ticket, seated.session, now) if ticket else upload.content
    if upload.too_large or not content:
        word = "size" if upload.too_large else "gone" if ticket else "file"
        return await _show(request, seated, drive, refused=word)
    try:
        shown = await _work(parts, drive, content, seated.member.login if ticket else "")
    except BadTable as error:
        return await _show(request, seated, drive, refused=error.word)
    except NoHeader:
        return await _show(request, seated, drive, refused="header")
    if not ticket:
        shown = Shown(shown.counts, shown.results, shelf.lay(seated.session, content, now))
    return await _show(request, seated, drive, shown=shown)


async def _work(parts: WebParts, drive: DeskDrive, content: bytes, who: str) -> Shown:
    """Read, match and try; with the login of whoever answers for it also record, by pages through the gate."""
    zone, now, db = parts.settings.timezone, parts.clock(), parts.db
    home = ResultsDrive(drive.id, drive.code, drive.name, drive.unit_id, drive.starts_at, drive.ends_at)
    results = await asyncio.to_thread(read_results, content, home, zone, now.astimezone(zone).date())
    await _match(parts, home, results.lines)
    recording = Recording(home, parts.ring, parts.catalogues.library.rules.intervals, now)
    for page in pages(results.lines):
        await db.write(partial(write_page if who else dry_page, desk=recording, page=page))
    counts = tally(results.lines)
    if who:
        await db.write(lambda connection: note_import(connection, who, home, counts, now))
    return Shown(dict(counts), results)


async def _match(parts: WebParts, drive: ResultsDrive, lines: list[Line]) -> None:
    roll = await parts.db.read(lambda connection: Roll(connection, parts.ring, drive))
    for page in pages(lines):
        await parts.db.read(partial(find_people, roll=roll, page=page))
    settle_doubles(lines)


async def _drive(request: web.Request, seated: Desk) -> DeskDrive:
    parts, drive_id = request.app[PARTS], number_in_path(request, "drive")
    found = await parts.db.read(lambda connection: drive_at(connection, seated.member, drive_id))
    if found is None:
        raise web.HTTPNotFound
    if not may_edit(seated.member, found.unit_id):
        raise web.HTTPForbidden
    return found


async def _show(
    request: web.Request, seated: Desk, drive: DeskDrive, *, refused: str = "", shown: Shown | None = None
) -> web.StreamResponse:
    return await show_desk(
        request,
        seated,
        "results.html",
        status=422 if refused else 200,
        drive=drive,
        refused=refused,
        shown=shown,
        faults_shown=FAULTS_SHOWN,
    )
