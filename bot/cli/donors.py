"""`giothong donors import`: an old donor list, read in by small pages; nobody in it is written to."""

from argparse import Namespace
from collections.abc import Sequence
from datetime import date
from functools import partial
from pathlib import Path

from bot import clock
from bot.cli import place, sheets
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
from bot.library.donor_sheet import donor_rows, read_sheet
from bot.library.library import Library
from bot.library.reading import content_root
from bot.storage.database import Database
from bot.storage.key_store import open_ring
from bot.storage.listed_donors import Listing, note_import
from bot.storage.sealing import KeyRing


def import_list(args: Namespace) -> int:
    """Read the list, tell every fault by row and column without a name, write what is new. A dry run writes nothing."""
    basis = _basis(args)
    settings = place.settings_here()
    sheet = sheets.read_file(args.file, read_sheet)
    with place.database(settings) as db:
        now = clock.now()
        today = now.astimezone(settings.timezone).date()
        ring, ground = open_ring(db, settings.encryption_keys), _ground(db, args.unit, today)
        who = sheets.who_answers(db, args.by, ground.unit.id, f"import lists of {ground.unit.code}")
        lines = list(read_lines(ring, donor_rows(sheet), ground, today))
        if basis is None:
            _look_up(db, lines)
        else:
            _write(db, ring, lines, listing_of(basis, who, now, settings.retention.listed), ground)
    say = sheets.words_of(Library.load(content_root()), "lists", settings.default_locale)
    unread = sheets.unread(sheet.header, sheet.other_sheets)
    sheets.tell(lines, {**tally(lines), "dry_run": args.dry_run, **unread}, say)
    if args.output:
        sheets.write_report(Path(args.output), lines, say)
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


def _ground(db: Database, code: str, today: date) -> Ground:
    ground = db.read_now(lambda connection: ground_of(connection, code, today))
    if ground is None:
        raise Failed(f"no unit of today has the code {code}")
    return ground
