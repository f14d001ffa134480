"""Reading an old donor list in, for the command line and the console: what each row comes to, and the pages to write."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection

from bot.domain.listed import Basis
from bot.domain.tree import below
from bot.domain.units import Unit
from bot.library.donor_rows import DonorRow, read_donor
from bot.library.row_cells import RowFault
from bot.library.unit_names import UnitNames
from bot.storage.catalogue import all_units
from bot.storage.listed_donors import PAGE, Listing, keep_lines, known_lines, line_hash, line_rows
from bot.storage.sealing import KeyRing


class Verdict(StrEnum):
    """What became of a row."""

    NEW = "new"
    KNOWN = "known"
    TWICE = "twice"
    OUT = "left-out"


@dataclass(slots=True)
class Line:
    """One row on its way in; `name` is only for the report that staff ask for."""

    row: DonorRow = field(repr=False)
    hash: bytes
    verdict: Verdict

    @property
    def number(self) -> int:
        return self.row.number

    @property
    def faults(self) -> tuple[RowFault, ...]:
        return self.row.faults


@dataclass(frozen=True, slots=True)
class Ground:
    """Whose list it is: the unit, and the units below it by their names."""

    unit: Unit
    names: UnitNames


def ground_of(connection: Connection, code: str, today: date) -> Ground | None:
    """None where there is no such unit today."""
    units = all_units(connection)
    home = next((unit for unit in units if unit.code == code and unit.is_valid_on(today)), None)
    if home is None:
        return None
    inside = below(units, home.id)
    return Ground(home, UnitNames(unit for unit in units if unit.id in inside and unit.is_valid_on(today)))


def read_lines(
    ring: KeyRing, rows: Iterable[tuple[int, Mapping[str, str]]], ground: Ground, today: date
) -> Iterator[Line]:
    """Read every row; somebody who stands in the file twice counts once."""
    seen: set[bytes] = set()
    for number, texts in rows:
        row = read_donor(number, texts, ground.names, ground.unit.id, today)
        if row.donor is None:
            yield Line(row, b"", Verdict.OUT)
            continue
        hashed = line_hash(ring, row.donor, ground.names.units[row.donor.unit_id].code)
        yield Line(row, hashed, Verdict.TWICE if hashed in seen else Verdict.NEW)
        seen.add(hashed)


def pages(lines: Sequence[Line]) -> Iterator[list[Line]]:
    """The lines that may be new, a page for each transaction."""
    fresh = [line for line in lines if line.verdict is Verdict.NEW]
    for start in range(0, len(fresh), PAGE):
        yield fresh[start : start + PAGE]


def look_up(connection: Connection, page: Sequence[Line]) -> None:
    """Mark what is known already: all that a dry run does."""
    known = known_lines(connection, [line.hash for line in page])
    for line in page:
        line.verdict = Verdict.KNOWN if line.hash in known else Verdict.NEW


def write_page(connection: Connection, ring: KeyRing, page: Sequence[Line], listing: Listing) -> None:
    """Write one page; a kill between two pages leaves whole pages, and the next run adds the rest."""
    look_up(connection, page)
    new = [(line.hash, line.row.donor) for line in page if line.verdict is Verdict.NEW]
    keep_lines(connection, line_rows(ring, [(one, donor) for one, donor in new if donor], listing))


def listing_of(basis: Basis, by: str, now: datetime, keep: timedelta) -> Listing:
    return Listing(basis, by, now, now + keep)


def tally(lines: Sequence[Line]) -> dict[str, int]:
    """How many rows came to what; and how many of those that are kept lack a cell that could not be read."""
    counts = {verdict.value.replace("-", "_"): 0 for verdict in Verdict}
    for line in lines:
        counts[line.verdict.value.replace("-", "_")] += 1
    partly = sum(not all(fault.was_read for fault in line.faults) for line in lines if line.verdict is not Verdict.OUT)
    return {"rows": len(lines), **counts, "partly_read": partly}
