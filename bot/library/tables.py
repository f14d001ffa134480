"""Tables as people send them, csv or xlsx, as rows of texts; formulas are never worked out, and sizes have an end."""

import csv
import importlib
import io
import zipfile
from collections.abc import Iterator
from datetime import date, datetime

ROWS_AT_MOST = 200_000
COLUMNS_AT_MOST = 100
UNPACKED_AT_MOST = 400 << 20
"""Bytes: a small file can unfold into a very large one."""

Row = tuple[str, ...]


class BadTable(Exception):
    """The file is no table that we can read; the message is a sentence for a person."""


def read_table(content: bytes) -> list[Row]:
    """All rows of the first sheet (or of the csv), cells as text.

    Raises:
        BadTable: it is none, or too large.
    """
    found = _xlsx(content) if content[:4] == b"PK\x03\x04" else _csv(content)
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


def _xlsx(content: bytes) -> Iterator[Row]:
    openpyxl = importlib.import_module("openpyxl")  # untyped, and slow to load
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            if sum(one.file_size for one in packed.infolist()) > UNPACKED_AT_MOST:
                raise BadTable("the spreadsheet unfolds into too much: save only the list's own sheet")
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        for row in book.worksheets[0].iter_rows(values_only=True, max_col=COLUMNS_AT_MOST):
            yield tuple(map(_text, row))
    except BadTable:
        raise
    except Exception as error:  # whatever a broken spreadsheet makes of the reader
        raise BadTable("this is no spreadsheet that can be opened: save it as .xlsx or .csv again") from error


def _text(value: object) -> str:
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
        raise BadTable("the csv file is broken: a quotation mark stays open") from error


def _decoded(content: bytes) -> str:
    """UTF-8 as today's programs write it, UTF-16 as "Unicode text" of Excel."""
    coding = "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        return content.decode(coding)
    except UnicodeDecodeError as error:
        raise BadTable("the letters of the csv file cannot be read: save it as CSV UTF-8") from error
