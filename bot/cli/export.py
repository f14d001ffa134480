"""`giothong export`: rows as csv, JSON lines or a spreadsheet; noted in the audit before the first row leaves."""

import csv
import importlib
import json
import sys
from argparse import Namespace
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, TextIO

from sqlalchemy import Connection, select

from bot import clock
from bot.cli import place
from bot.cli.failing import wrong_usage
from bot.library.library import Library
from bot.library.reading import content_root
from bot.storage.export_kinds import EXPORTS, Cells, Export, Reading
from bot.storage.exporting import NothingSuch, Wanted, record_export, rows
from bot.storage.key_store import open_ring
from bot.storage.recognition import RECOGNITION, recognition_export
from bot.storage.tables import staff

WORDS = frozenset(("name", "unit", "drive", "reason", "account"))
"""Columns with words that somebody typed: a spreadsheet must not take them for a formula."""

FORMULA = ("=", "+", "-", "@", "\t", "\r")
MAY_EXPORT = ("admin", "organiser", "approver")


def export(args: Namespace) -> int:
    """Write the rows; nothing is made when the drive, unit or login is unknown."""
    if args.format == "xlsx" and not args.output:
        raise wrong_usage("a spreadsheet needs a file: add -o FILE.xlsx")
    book = _openpyxl() if args.format == "xlsx" else None
    settings, kind = place.settings_here(), _kind(args.what)
    with place.database(settings) as db:
        who = _who(db.read_now(partial(_staff_member, args.by)) if args.by else None, args.by)
        wanted = Wanted(args.drive, args.unit)
        reading = Reading(open_ring(db, settings.encryption_keys), settings.timezone)
        found = rows(db.read_now, kind, wanted, reading)
        db.write_now(lambda connection: record_export(connection, args.what, wanted, who, clock.now()))
        columns = kind.columns
        if book is not None:
            _write_xlsx(book, args.output, columns, found)
        else:
            with _opened(args.output) as file:
                {"csv": _write_csv, "jsonl": _write_jsonl}[args.format](file, columns, found)
    return 0


def _kind(name: str) -> Export:
    """What stands in it; the steps of recognition are content."""
    if name == RECOGNITION:
        return recognition_export(Library.load(content_root()).steps)
    return EXPORTS[name]


def _staff_member(login: str, connection: Connection) -> str | None:
    """The role of a staff member who may log in."""
    query = select(staff.c.role).where(staff.c.login == login, staff.c.disabled_at.is_(None))
    return connection.execute(query).scalar_one_or_none()


def _who(role: str | None, login: str | None) -> str:
    if not login:
        return place.system_user()
    if role is None:
        raise NothingSuch(f"no staff member has the login {login}")
    if role not in MAY_EXPORT:
        raise wrong_usage(f"{login} has the role {role}, which may not export: {', '.join(MAY_EXPORT)} may")
    return login


@contextmanager
def _opened(name: str | None) -> Iterator[TextIO]:
    if name is None:
        sys.stdout.reconfigure(encoding="utf-8", newline="")  # type: ignore[union-attr]
        yield sys.stdout
        return
    with Path(name).open("w", encoding="utf-8", newline="") as file:
        yield file


def _write_csv(file: TextIO, columns: tuple[str, ...], found: Iterable[Cells]) -> None:
    writer = csv.DictWriter(file, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(map(guarded, found))


def _write_jsonl(file: TextIO, columns: tuple[str, ...], found: Iterable[Cells]) -> None:
    for cells in found:
        file.write(json.dumps(cells, ensure_ascii=False) + "\n")


def _write_xlsx(book: Any, name: str, columns: tuple[str, ...], found: Iterable[Cells]) -> None:
    """Every cell is text: a ticket or an id of 18 digits must not become a number, nor a name a formula."""
    workbook = book.Workbook(write_only=True)
    sheet = workbook.create_sheet("giothong")
    cell: Callable[..., Any] = importlib.import_module("openpyxl.cell").WriteOnlyCell
    sheet.append(list(columns))
    for cells in found:
        line = [cell(sheet, value=value) for value in cells.values()]
        for one in line:
            one.data_type = "s"
        sheet.append(line)
    workbook.save(name)


def guarded(cells: Cells) -> Cells:
    """Words that begin like a formula get an apostrophe in front; phones and ids stay as they are."""
    return {
        column: f"'{value}" if column in WORDS and value.startswith(FORMULA) else value
        for column, value in cells.items()
    }


def _openpyxl() -> Any:
    return importlib.import_module("openpyxl")  # untyped, and slow to load: only when a spreadsheet is wanted
