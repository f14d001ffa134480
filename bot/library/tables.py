"""Tables as people send them, csv or xlsx, as rows of texts; formulas are never worked out, and sizes have an end."""

import csv
import importlib
import io
import re
import unicodedata
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain, islice
from typing import Any

ROWS_AT_MOST = 200_000
COLUMNS_AT_MOST = 100
UNPACKED_AT_MOST = 400 << 20
"""Bytes: a small file can unfold into a very large one."""

HEAD = 20
"""Rows in which a sheet shows what it is."""

UNWORKED = "=?"
"""What stands for a formula whose value nobody has worked out: no cell can be read from it."""

Row = tuple[str, ...]
Fits = Callable[[Sequence[Row]], bool]


class BadTable(Exception):
    """The file is no table that we can read; the message is a sentence for a person.

    Args:
        word: ends the name of the page's own text, `….refused.table`.
    """

    def __init__(self, message: str, word: str = "table") -> None:
        super().__init__(message)
        self.word = word


@dataclass(frozen=True, slots=True)
class Table:
    """A sheet as it was read; `others` are the names of further sheets that fit as well and were left unread."""

    rows: Sequence[Row]
    others: tuple[str, ...] = ()


def read_table(content: bytes, fits: Fits) -> Table:
    """All rows of a sheet (or of the csv), cells as text; what was merged over several cells stands in each of them.

    Args:
        fits: whether the first rows of a sheet are what is looked for; where none fits, the first sheet is read.

    Raises:
        BadTable: it is none, or too large.
    """
    return _xlsx(content, fits) if content[:4] == b"PK\x03\x04" else Table(_whole(_csv(content)))


def _whole(found: Iterable[Row]) -> list[Row]:
    rows: list[Row] = []
    for row in found:
        rows.append(row)
        if len(rows) > ROWS_AT_MOST:
            raise BadTable(f"more than {ROWS_AT_MOST} rows: cut the file into parts")
    while rows and not any(rows[-1]):
        rows.pop()
    if not rows:
        raise BadTable("the file has no rows")
    return rows


def _xlsx(content: bytes, fits: Fits) -> Table:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            if sum(one.file_size for one in packed.infolist()) > UNPACKED_AT_MOST:
                raise BadTable("the spreadsheet unfolds into too much: save only the list's own sheet")
        sheets = _sheets(content, data_only=True)
        fitting = [sheet for sheet in sheets if fits(_head(sheet))]
        sheet, *others = fitting or sheets[:1]
        marks = _Marks.of(content, sheet)
        formulas = _sheets(content)[sheets.index(sheet)] if marks.has_formulas else None
        return Table(_whole(_rows_of(sheet, formulas, marks)), tuple(one.title for one in others))
    except BadTable:
        raise
    except Exception as error:  # whatever a broken spreadsheet makes of the reader
        raise BadTable("this is no spreadsheet that can be opened: save it as .xlsx or .csv again") from error


def _sheets(content: bytes, *, data_only: bool = False) -> Sequence[Any]:
    """The sheets that have cells. Sheets that are one chart are not even opened: nothing of them is read.

    Raises:
        BadTable: there is none.
    """
    reading = importlib.import_module("openpyxl.reader.excel")  # untyped, and slow to load
    charts = importlib.import_module("openpyxl.chartsheet")
    reader = reading.ExcelReader(io.BytesIO(content), read_only=True, data_only=data_only)
    # Its place in the book stays taken: names of areas count the sheets.
    reader.read_chartsheet = lambda *_: reader.wb._sheets.append(charts.Chartsheet(parent=reader.wb))
    reader.read()
    if not reader.wb.worksheets:
        raise BadTable("the spreadsheet has charts alone: put the list itself on a sheet and save it again", "charts")
    return list(reader.wb.worksheets)


def _head(sheet: Any) -> list[Row]:
    return [tuple(map(cell_text, row)) for row in islice(_cells(sheet), HEAD)]


def _cells(sheet: Any) -> Iterator[tuple[Any, ...]]:
    rows: Iterator[tuple[Any, ...]] = sheet.iter_rows(values_only=True, max_col=COLUMNS_AT_MOST)
    return rows


def _rows_of(sheet: Any, formulas: Any | None, marks: "_Marks") -> Iterator[Row]:
    behind = chain(_cells(formulas)) if formulas is not None else None
    for number, cells in enumerate(_cells(sheet), 1):
        written = next(behind, ()) if behind is not None else ()
        texts = [
            UNWORKED
            if cell is None and place < len(written) and str(written[place] or "").startswith("=")
            else cell_text(cell)
            for place, cell in enumerate(cells)
        ]
        yield tuple(marks.spread(number, texts))


class _Marks:
    """What the quick reader leaves out: which cells were merged into one, and whether anything is worked out."""

    def __init__(self, has_formulas: bool, merged: Sequence[tuple[int, int, int, int]]) -> None:
        self.has_formulas = has_formulas
        self._waiting = sorted(merged, reverse=True)
        self._open: list[tuple[int, int, int, int, str]] = []

    @classmethod
    def of(cls, content: bytes, sheet: Any) -> "_Marks":
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            path = sheet._worksheet_path  # the reader has resolved the book's relations to it
            has_formulas, merged, tail = False, [], b""
            with packed.open(path) as opened:
                while block := opened.read(1 << 20):
                    window = tail + block
                    has_formulas = has_formulas or b"<f>" in window or b"<f " in window
                    merged += _MERGED.findall(window)
                    tail = window[-60:]
        return cls(has_formulas, sorted({_range(one) for one in merged[:MERGES_AT_MOST]}))

    def spread(self, number: int, texts: list[str]) -> list[str]:
        """A row with what reaches into it from a merged cell above or to the left."""
        while self._waiting and self._waiting[-1][0] <= number:
            top, left, bottom, right = self._waiting.pop()
            if top == number:
                self._open.append((top, left, bottom, right, texts[left - 1] if left <= len(texts) else ""))
        self._open = [one for one in self._open if one[2] >= number]
        for _, left, _, right, said in self._open:
            for place in range(left - 1, min(right, len(texts))):
                texts[place] = texts[place] or said
        return texts


MERGES_AT_MOST = 50_000
_MERGED = re.compile(rb'<mergeCell ref="([A-Z]{1,3}[0-9]{1,7}:[A-Z]{1,3}[0-9]{1,7})"')
_CELL = re.compile(r"([A-Z]+)([0-9]+):([A-Z]+)([0-9]+)")


def _range(ref: bytes) -> tuple[int, int, int, int]:
    """First row and column, last row and column, counted from 1."""
    found = _CELL.fullmatch(ref.decode())
    if found is None:
        raise BadTable("the spreadsheet's merged cells cannot be read: save it again")
    return int(found[2]), _column(found[1]), int(found[4]), _column(found[3])


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def cell_text(value: object) -> str:
    """A cell of a spreadsheet as it would stand in a csv; a day as 1990-05-12, a whole number without its point."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def _csv(content: bytes) -> Iterator[Row]:
    if b"\0" in content[:4096] and not content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise BadTable("this is neither .xlsx nor .csv: save it as one of these (an old .xls as .xlsx)")
    text = _decoded(content)
    head = "\n".join(text.splitlines()[:30])
    delimiter = max(",;\t", key=head.count)
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            yield tuple(cell.strip() for cell in row[:COLUMNS_AT_MOST])
    except csv.Error as error:
        raise BadTable("the csv file is broken: a quotation mark stays open, or a cell is far too long") from error


def _decoded(content: bytes) -> str:
    """UTF-8 as today's programs write it, UTF-16 as "Unicode text" of Excel, else the code page of a Vietnamese Windows,
    where letters and their tones are apart."""
    coding = "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        return content.decode(coding)
    except UnicodeDecodeError:
        pass
    try:
        return unicodedata.normalize("NFC", content.decode("cp1258"))
    except UnicodeDecodeError as error:
        raise BadTable("the letters of the csv file cannot be read: save it as CSV UTF-8") from error
