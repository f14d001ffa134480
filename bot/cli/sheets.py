"""What the imports of lists share: a file is read, somebody answers for it, each row is told, and a report is written."""

import csv
import json
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Protocol, TypeVar

from bot.cli import place
from bot.cli.failing import Failed, wrong_usage
from bot.library.headers import Header, NoHeader
from bot.library.library import Library
from bot.library.row_cells import RowFault
from bot.library.tables import BadTable
from bot.storage.database import Database
from bot.storage.staff import member_of
from bot.web.console.access import may_edit

FORMULA = ("=", "+", "-", "@", "\t", "\r")
Say = Callable[[str], str]
T = TypeVar("T")


class Row(Protocol):
    """As the spreadsheet counts it, with the name that finds it there."""

    @property
    def number(self) -> int: ...

    @property
    def name(self) -> str: ...


class Line(Protocol):
    """A row and what came of it."""

    @property
    def row(self) -> Row: ...

    @property
    def verdict(self) -> StrEnum: ...

    @property
    def faults(self) -> Sequence[RowFault]: ...


def read_file(file: str, read: Callable[[bytes], T]) -> T:
    """What `read` makes of the file; a file that is no list is refused in a sentence."""
    try:
        return read(Path(file).read_bytes())
    except BadTable as error:
        raise Failed(f"{file}: {error}.") from error
    except NoHeader as error:
        raise Failed(f"{file}: no row of column names was found; missing: {error}.") from error


def who_answers(db: Database, login: str | None, unit_id: int, what: str) -> str:
    """Whose name stands in the audit; a member of staff must have a say in this unit.

    Args:
        what: what they would do, as in "may not …".
    """
    if not login:
        return place.system_user()
    member = db.read_now(lambda connection: member_of(connection, login))
    if member is None:
        raise Failed(f"no staff member has the login {login}")
    if not may_edit(member, unit_id):
        raise wrong_usage(f"{login} has the role {member.role}, which may not {what}")
    return login


def words_of(library: Library, page: str, language: str) -> Say:
    """The texts of the console's page of the same import: both say the same."""
    return lambda text_id: library.text(f"page.{page}.{text_id}", language)


def unread(header: Header, other_sheets: Sequence[str]) -> dict[str, Sequence[str]]:
    """What the file has beside what was read, for the counts."""
    return {"never_read": header.never, "unknown_columns": header.others, "unread_sheets": other_sheets}


def tell(lines: Sequence[Line], counts: Mapping[str, object], say: Say) -> None:
    """Faults by row and column, then one JSON object of counts; never a name."""
    for line in lines:
        for fault in line.faults:
            print(f"row {line.row.number}: {_said(fault, say)}")
    print(json.dumps(counts, ensure_ascii=False))


def write_report(file: Path, lines: Sequence[Line], say: Say) -> None:
    """One row a line of the list, with the name so that it can be found there; for whoever asked for this file alone."""
    with file.open("w", encoding="utf-8-sig", newline="") as opened:
        writer = csv.writer(opened)
        writer.writerow([say(f"report.{column}") for column in ("row", "name", "result", "faults")])
        for line in lines:
            faults = "; ".join(_said(one, say) for one in line.faults)
            writer.writerow([line.row.number, _guarded(line.row.name), say(f"verdict.{line.verdict}"), faults])


def _said(fault: RowFault, say: Say) -> str:
    return f"{say(f'column.{fault.column}')}: {say(f'fault.{fault.reason}')}"


def _guarded(text: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(FORMULA) else text
