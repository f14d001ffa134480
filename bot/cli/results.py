"""`giothong results import`: what the hospital returns after a drive, by small pages; tests are never read."""

from argparse import Namespace
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from bot import clock
from bot.cli import place, sheets
from bot.cli.failing import PROBLEMS, Failed
from bot.intake.results import (
    Desk,
    Line,
    dry_page,
    find_people,
    note_import,
    pages,
    read_results,
    settle_doubles,
    tally,
    write_page,
)
from bot.library.library import Library
from bot.library.reading import content_root
from bot.storage.database import Database
from bot.storage.key_store import open_ring
from bot.storage.results_people import ResultsDrive, Roll, drive_of


def import_results(args: Namespace) -> int:
    """Match each row to one person, tell every fault by row and column without a name, record the rest."""
    settings = place.settings_here()
    library = Library.load(content_root())
    with place.database(settings) as db:
        now = clock.now()
        drive = _drive(db, args.drive)
        who = sheets.who_answers(db, args.by, drive.unit_id, f"record results of {drive.code}")
        today = now.astimezone(settings.timezone).date()
        read = sheets.read_file(args.file, lambda content: read_results(content, drive, settings.timezone, today))
        desk = Desk(drive, open_ring(db, settings.encryption_keys), library.rules.intervals, now)
        _match(db, desk, read.lines)
        for page in pages(read.lines):
            db.write_now(partial(dry_page if args.dry_run else write_page, desk=desk, page=page))
        if not args.dry_run:
            db.write_now(lambda connection: note_import(connection, who, drive, tally(read.lines), now))

    say = sheets.words_of(library, "results", settings.default_locale)
    unread = sheets.unread(read.header, read.other_sheets)
    sheets.tell(read.lines, {**tally(read.lines), "dry_run": args.dry_run, **unread}, say)
    if args.output:
        sheets.write_report(Path(args.output), read.lines, say)
    return PROBLEMS if any(line.faults for line in read.lines) else 0


def _match(db: Database, desk: Desk, lines: Sequence[Line]) -> None:
    roll = db.read_now(lambda connection: Roll(connection, desk.ring, desk.drive))
    for page in pages(lines):
        db.read_now(partial(find_people, roll=roll, page=page))
    settle_doubles(lines)


def _drive(db: Database, code: str) -> ResultsDrive:
    drive = db.read_now(lambda connection: drive_of(connection, code))
    if drive is None:
        raise Failed(f"no drive has the code {code}")
    return drive
