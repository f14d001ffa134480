"""Reading a hospital's results in, for the command line and the console: what each row comes to, and the pages to write."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from bot.domain.changing import replace
from bot.domain.donations import Donation, Intervals, Source
from bot.domain.registrations import RegistrationState
from bot.library.headers import Header
from bot.library.result_rows import ResultRow, find_header, is_results, result_rows
from bot.library.row_cells import RowFault
from bot.library.tables import read_table
from bot.storage.audit import note
from bot.storage.outcomes import record_deferral, record_donation, settle, stands_deferred, stands_given
from bot.storage.results_people import Asked, Mismatch, Place, ResultsDrive, Roll
from bot.storage.sealing import KeyRing
from bot.storage.tables import registrations

PAGE = 100
"""Rows in one commit: a donation writes a handful of statements."""

IMPORTED = "results-imported"
FINAL = (RegistrationState.DONATED, RegistrationState.DEFERRED)
"""What the site has written of somebody: a file that says otherwise is looked at by a person."""


class Verdict(StrEnum):
    """What became of a row."""

    NEW = "new"
    KNOWN = "known"
    TWICE = "twice"
    UNKNOWN = "unknown"
    OUT = "left-out"


@dataclass(slots=True)
class Line:
    """One row on its way in."""

    row: ResultRow
    verdict: Verdict = Verdict.OUT
    faults: tuple[RowFault, ...] = ()
    place: Place | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Results:
    """A file as it was read: its rows, and the columns and further sheets of results that were left unread."""

    header: Header
    lines: list[Line]
    other_sheets: tuple[str, ...] = ()


def read_results(content: bytes, drive: ResultsDrive, zone: ZoneInfo, today: date) -> Results:
    """Every row of a file, checked for itself; it may take seconds, so call it in a thread.

    Raises:
        BadTable: it is no table.
        NoHeader: no row names the columns that are needed.
    """
    table = read_table(content, is_results)
    header = find_header(table.rows)
    lines = [_checked(row, drive, zone) for row in result_rows(table.rows, header, today)]
    return Results(header, lines, table.others)


def _checked(row: ResultRow, drive: ResultsDrive, zone: ZoneInfo) -> Line:
    """The drive's own day where the row has none; no day outside the drive, and nobody put off until yesterday."""
    first, last = drive.days(zone)
    faults = list(row.faults)
    given_on = row.given_on or first
    if not first <= given_on <= last:
        faults.append(RowFault("given_on", "other-day"))
    if row.outcome is RegistrationState.DEFERRED and row.until is not None and row.until <= given_on:
        faults.append(RowFault("deferred_until", "before"))
    if row.outcome not in (RegistrationState.DONATED, None) and row.ml is not None:
        faults.append(RowFault("ml", "not-donated"))
    if row.outcome is RegistrationState.DONATED and row.until is not None:
        faults.append(RowFault("deferred_until", "donated"))
    line = Line(replace(row, given_on=given_on), faults=tuple(faults))
    line.verdict = Verdict.OUT if faults else Verdict.NEW
    return line


def pages(lines: Sequence[Line]) -> Iterator[list[Line]]:
    """The rows that were read whole, a page for each transaction."""
    whole = [line for line in lines if line.verdict is not Verdict.OUT]
    for start in range(0, len(whole), PAGE):
        yield whole[start : start + PAGE]


def find_people(connection: Connection, roll: Roll, page: Sequence[Line]) -> None:
    """Whose rows they are; a row that is nobody's is left out, and says why."""
    asked = [Asked(line.row.ticket, line.row.name, line.row.born, line.row.phone) for line in page]
    for line, found in zip(page, roll.match(connection, asked), strict=True):
        if isinstance(found, Place):
            line.place = found
        elif found in (Mismatch.UNKNOWN, Mismatch.UNKNOWN_TICKET) and not line.row.ticket:
            line.verdict = Verdict.UNKNOWN
        else:
            column = "ticket" if line.row.ticket else "name"
            _leave_out(line, RowFault(column, found.value))


def settle_doubles(lines: Iterable[Line]) -> None:
    """One person, one outcome: the same said twice counts once; two different things are nobody's to choose between."""
    by_person: dict[int, list[Line]] = {}
    for line in lines:
        if line.place is not None and line.verdict is Verdict.NEW:
            by_person.setdefault(line.place.contact_id, []).append(line)
    for same in by_person.values():
        if len({_said(line) for line in same}) > 1:
            for line in same:
                _leave_out(line, RowFault("outcome", "contradicts"))
        for line in same[1:]:
            if line.verdict is Verdict.NEW:
                line.verdict = Verdict.TWICE


def _said(line: Line) -> tuple[object, ...]:
    row = line.row
    return row.outcome, row.component, row.ml, row.given_on, row.until, row.reason


def _leave_out(line: Line, fault: RowFault) -> None:
    line.verdict, line.faults = Verdict.OUT, (*line.faults, fault)


# --- what is written --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Desk:
    """What writing needs: the drive, the keys, the rules of the time between donations, the moment."""

    drive: ResultsDrive
    ring: KeyRing
    intervals: Intervals
    now: datetime


def dry_page(connection: Connection, desk: Desk, page: Sequence[Line]) -> None:
    """What `write_page` would come to; nothing is written."""
    look_up(connection, desk, page)
    for line in page:
        if line.verdict is Verdict.NEW and line.place is not None and _stands(connection, desk, line, line.place):
            line.verdict = Verdict.KNOWN


def look_up(connection: Connection, desk: Desk, page: Sequence[Line]) -> None:
    """Leave out where the site has written something else. What the site says is undone at the door, by a person."""
    ids = [line.place.registration_id for line in page if line.place is not None and line.place.registration_id]
    query = select(registrations.c.id, registrations.c.state).where(registrations.c.id.in_(ids)).with_for_update()
    states = {row.id: RegistrationState(row.state) for row in connection.execute(query)}
    for line in page:
        if line.place is None or line.verdict is not Verdict.NEW:
            continue
        now_is = states.get(line.place.registration_id or 0)
        if now_is is not None:
            line.place = replace(line.place, state=now_is)
        if now_is in FINAL and now_is is not line.row.outcome:
            _leave_out(line, RowFault("outcome", f"site-says-{now_is}"))


def write_page(connection: Connection, desk: Desk, page: Sequence[Line]) -> None:
    """Write one page; a kill between two pages leaves whole pages, and the next run adds the rest."""
    look_up(connection, desk, page)
    for line in page:
        if line.verdict is Verdict.NEW and line.place is not None:
            changed = _write(connection, desk, line, line.place)
            line.verdict = Verdict.NEW if changed else Verdict.KNOWN


def _write(connection: Connection, desk: Desk, line: Line, place: Place) -> bool:
    row, drive, outcome = line.row, desk.drive, line.row.outcome
    if outcome is None or row.given_on is None:
        return False
    changed = place.registration_id is not None and settle(connection, place.registration_id, outcome, desk.now)
    if outcome is RegistrationState.DONATED:
        given = Donation(row.given_on, row.component, row.ml)
        changed |= record_donation(
            connection,
            place.contact_id,
            given,
            Source.RESULTS,
            desk.intervals,
            desk.now,
            drive.id,
            place.registration_id,
        )
    elif outcome is RegistrationState.DEFERRED:
        said = (row.given_on, row.until, row.reason)
        if not stands_deferred(connection, desk.ring, place.contact_id, *said):
            where = drive.id, place.registration_id
            record_deferral(connection, desk.ring, place.contact_id, *said, desk.now, *where)
            changed = True
    return changed


def _stands(connection: Connection, desk: Desk, line: Line, place: Place) -> bool:
    row = line.row
    if row.outcome is None or row.given_on is None or (place.state is not None and place.state is not row.outcome):
        return False
    if row.outcome is RegistrationState.DONATED:
        return stands_given(connection, place.contact_id, Donation(row.given_on, row.component, row.ml))
    if row.outcome is RegistrationState.DEFERRED:
        return stands_deferred(connection, desk.ring, place.contact_id, row.given_on, row.until, row.reason)
    return place.state is row.outcome


def note_import(connection: Connection, who: str, drive: ResultsDrive, counts: Counter[str], now: datetime) -> None:
    """Counts only."""
    told = " ".join(f"{name}={count}" for name, count in sorted(counts.items()))
    note(connection, now, who, IMPORTED, drive.code, told)


def tally(lines: Sequence[Line]) -> Counter[str]:
    """How many rows came to what, and how many of what was new."""
    counts: Counter[str] = Counter({verdict.value.replace("-", "_"): 0 for verdict in Verdict})
    for line in lines:
        counts[line.verdict.value.replace("-", "_")] += 1
        if line.verdict is Verdict.NEW and line.row.outcome is not None:
            counts[line.row.outcome.value] += 1
    counts["rows"] = len(lines)
    return counts
