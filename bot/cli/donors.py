"""`giothong donors import`: an old donor list, read in by small pages; nobody in it is written to."""

import csv
import json
from argparse import Namespace
from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from pathlib import Path

from bot import clock
from bot.cli import place
from bot.cli.failing import PROBLEMS, Failed, wrong_usage
from bot.domain.listed import Basis
from bot.intake.donor_lists import (
    Ground,
    Line,
    Verdict,
    ground_of,
    listing_of,
    look_up,
    pages,
    read_lines,
    tally,
    write_page,
)
from bot.library.donor_sheet import DonorColumns, NoHeader, donor_rows, find_columns, is_donor_list
from bot.library.library import Library
from bot.library.reading import content_root
from bot.library.tables import BadTable, read_table
from bot.settings import Settings
from bot.storage.database import Database
from bot.storage.key_store import open_ring
from bot.storage.listed_donors import Listing, note_import
from bot.storage.sealing import KeyRing
from bot.storage.staff import member_of
from bot.web.console.access import may_edit

FORMULA = ("=", "+", "-", "@", "\t", "\r")
Say = Callable[[str], str]


def import_list(args: Namespace) -> int:
    """Read the list, tell every fault by row and column without a name, write what is new. A dry run writes nothing."""
    basis = _basis(args)
    settings = place.settings_here()
    rows, columns = _rows(args.file)
    with place.database(settings) as db:
        now = clock.now()
        today = now.astimezone(settings.timezone).date()
        ring, ground = open_ring(db, settings.encryption_keys), _ground(db, args.unit, today)
        who = _who(db, args.by, ground)
        lines = list(read_lines(ring, donor_rows(rows, columns), ground, today))
        if basis is None:
            _look_up(db, lines)
        else:
            _write(db, ring, lines, listing_of(basis, who, now, settings.retention.listed), ground)
    say = _words(settings)
    _tell(lines, columns, say, dry=args.dry_run)
    if args.output:
        _write_report(Path(args.output), lines, say)
    return PROBLEMS if any(line.faults for line in lines) else 0


def _look_up(db: Database, lines: Sequence[Line]) -> None:
    for page in pages(lines):
        db.read_now(partial(look_up, page=page))


def _write(db: Database, ring: KeyRing, lines: Sequence[Line], listing: Listing, ground: Ground) -> None:
    """A small transaction for each page, so that a server beside it goes on answering."""
    code = ground.unit.code
    db.write_now(lambda connection: note_import(connection, listing, code))
    for page in pages(lines):
        db.write_now(partial(write_page, ring=ring, page=page, listing=listing))
    kept = sum(line.verdict is Verdict.NEW for line in lines)
    db.write_now(lambda connection: note_import(connection, listing, code, kept))


def _words(settings: Settings) -> Say:
    library = Library.load(content_root())
    return lambda text_id: library.text(f"page.lists.{text_id}", settings.default_locale)


def _basis(args: Namespace) -> Basis | None:
    """None for a dry run, which keeps nothing and needs no ground."""
    if args.basis:
        return None if args.dry_run else Basis(args.basis)
    if args.dry_run:
        return None
    raise wrong_usage(
        "A list needs a lawful basis before it may be kept: add --basis with one of "
        f"{', '.join(Basis)} (explained in docs/operations/personal-data.md), or look with --dry-run."
    )


def _rows(file: str) -> tuple[Sequence[Sequence[str]], DonorColumns]:
    try:
        rows = read_table(Path(file).read_bytes(), is_donor_list)
        return rows, find_columns(rows)
    except BadTable as error:
        raise Failed(f"{file}: {error}.") from error
    except NoHeader as error:
        raise Failed(f"{file}: no row of column names was found; missing: {error}.") from error


def _ground(db: Database, code: str, today: date) -> Ground:
    ground = db.read_now(lambda connection: ground_of(connection, code, today))
    if ground is None:
        raise Failed(f"no unit of today has the code {code}")
    return ground


def _who(db: Database, login: str | None, ground: Ground) -> str:
    """Whose name stands in the audit; a member of staff must have a say in this unit."""
    if not login:
        return place.system_user()
    member = db.read_now(lambda connection: member_of(connection, login))
    if member is None:
        raise Failed(f"no staff member has the login {login}")
    if not may_edit(member, ground.unit.id):
        raise wrong_usage(f"{login} has the role {member.role}, which may not import lists of {ground.unit.code}")
    return login


def _tell(lines: Sequence[Line], columns: DonorColumns, say: Say, *, dry: bool) -> None:
    """Faults by row and column, then one JSON object of counts; never a name."""
    for line in lines:
        for fault in line.faults:
            print(f"row {line.number}: {say(f'column.{fault.column}')}: {say(f'fault.{fault.reason}')}")
    unread = {"never_read": list(columns.never), "unknown_columns": list(columns.others)}
    print(json.dumps({**tally(lines), "dry_run": dry, **unread}, ensure_ascii=False))


def _write_report(file: Path, lines: Sequence[Line], say: Say) -> None:
    """One row a line of the list, with the name so that it can be found there; for whoever asked for this file alone."""
    with file.open("w", encoding="utf-8-sig", newline="") as opened:
        writer = csv.writer(opened)
        writer.writerow([say(f"report.{column}") for column in ("row", "name", "result", "faults")])
        for line in lines:
            faults = "; ".join(f"{say(f'column.{one.column}')}: {say(f'fault.{one.reason}')}" for one in line.faults)
            writer.writerow([line.number, guarded(line.row.name), say(f"verdict.{line.verdict}"), faults])


def guarded(text: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(FORMULA) else text
