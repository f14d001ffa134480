"""`giothong results import`: what the hospital returns after a drive, by small pages; tests are never read."""

import csv
import json
from argparse import Namespace
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from bot import clock
from bot.cli import place
from bot.cli.donors import guarded
from bot.cli.failing import PROBLEMS, Failed, wrong_usage
from bot.intake.results import (
    Desk,
    Line,
    Results,
    Verdict,
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
from bot.library.library import Library
from bot.library.reading import content_root
from bot.library.tables import BadTable
from bot.settings import Settings
from bot.storage.database import Database
from bot.storage.key_store import open_ring
from bot.storage.results_people import ResultsDrive, Roll, drive_of
from bot.storage.staff import member_of
from bot.web.console.access import may_edit

Say = Callable[[str], str]


def import_results(args: Namespace) -> int:
    """Match each row to one person, tell every fault by row and column without a name, record the rest."""
    settings = place.settings_here()
    library = Library.load(content_root())
    with place.database(settings) as db:
        now = clock.now()
        drive = _drive(db, args.drive)
        who = _who(db, args.by, drive)
        read = _read(args.file, drive, settings)
        desk = Desk(drive, open_ring(db, settings.encryption_keys), library.rules.intervals, now)
        _match(db, desk, read.lines)
        for page in pages(read.lines):
            db.write_now(partial(dry_page if args.dry_run else write_page, desk=desk, page=page))
        if not args.dry_run:
            db.write_now(lambda connection: note_import(connection, who, drive, tally(read.lines), now))

    def say(text_id: str) -> str:
        return library.text(f"page.results.{text_id}", settings.default_locale)

    _tell(read, say, dry=args.dry_run)
    if args.output:
        _write_report(Path(args.output), read.lines, say)
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


def _read(file: str, drive: ResultsDrive, settings: Settings) -> Results:
    today = clock.now().astimezone(settings.timezone).date()
    try:
        return read_results(Path(file).read_bytes(), drive, settings.timezone, today)
    except BadTable as error:
        raise Failed(f"{file}: {error}.") from error
    except NoHeader as error:
        raise Failed(f"{file}: no row of column names was found; missing: {error}.") from error


def _who(db: Database, login: str | None, drive: ResultsDrive) -> str:
    """Whose name stands in the audit; a member of staff must have a say in this drive."""
    if not login:
        return place.system_user()
    member = db.read_now(lambda connection: member_of(connection, login))
    if member is None:
        raise Failed(f"no staff member has the login {login}")
    if not may_edit(member, drive.unit_id):
        raise wrong_usage(f"{login} has the role {member.role}, which may not record results of {drive.code}")
    return login


def _tell(read: Results, say: Say, *, dry: bool) -> None:
    """Faults by row and column, then one JSON object of counts; never a name."""
    for line in read.lines:
        for fault in line.faults:
            print(f"row {line.row.number}: {say(f'column.{fault.column}')}: {say(f'fault.{fault.reason}')}")
    unread = {"never_read": list(read.header.never), "unknown_columns": list(read.header.others)}
    print(json.dumps({**tally(read.lines), "dry_run": dry, **unread}, ensure_ascii=False))


def _write_report(file: Path, lines: Sequence[Line], say: Say) -> None:
    """One row a line of the list, with the name so that it can be found there; for whoever asked for this file alone."""
    with file.open("w", encoding="utf-8-sig", newline="") as opened:
        writer = csv.writer(opened)
        writer.writerow([say(f"report.{column}") for column in ("row", "name", "result", "faults")])
        for line in lines:
            faults = "; ".join(f"{say(f'column.{one.column}')}: {say(f'fault.{one.reason}')}" for one in line.faults)
            verdict = Verdict.OUT if line.faults else line.verdict
            writer.writerow([line.row.number, guarded(line.row.name), say(f"verdict.{verdict}"), faults])
