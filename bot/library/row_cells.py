"""The cells of one row of somebody's list: tidied, read one by one, and what is wrong with them noted by column."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from bot.library.tables import UNWORKED
from bot.understanding.folding import visible
from bot.understanding.phones import read_phone

PHONE_REASONS = ("landline", "foreign", "old-number", "too-short", "too-long", "ambiguous")

_WHOLE = re.compile(r"(\+?\d{8,12})[.,]0{1,2}")
_SCIENTIFIC = re.compile(r"(\d)(?:[.,](\d+))?E\+?(\d{1,2})", re.IGNORECASE)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RowFault:
    """What is wrong with one cell: a column, and a reason of `page.….fault.…`. A row without what it needs is left out;
    else only the cell is.

    Args:
        was_read: the cell was read all the same, and wants a look.
    """

    column: str
    reason: str
    was_read: bool = False


@dataclass(frozen=True, slots=True)
class Unread:
    """Why a cell could not be read."""

    reason: str


@dataclass(frozen=True, slots=True)
class Doubtful(Generic[T]):
    """What a cell was read as, and why somebody should look."""

    value: T
    reason: str


class RowCells:
    """The cells of one row while it is read."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts
        self.faults: list[RowFault] = []

    def read(self, column: str, how: Callable[[str], T | Doubtful[T] | Unread | None]) -> T | None:
        """What a cell says; what it should not say is noted."""
        text = visible(self._texts.get(column, ""))
        value = Unread("formula") if text == UNWORKED or text.startswith("=") else how(text)
        if isinstance(value, Unread):
            self.faults.append(RowFault(column, value.reason))
            return None
        if isinstance(value, Doubtful):
            self.faults.append(RowFault(column, value.reason, was_read=True))
            return value.value
        return value


def phone_of(text: str) -> str | Unread:
    """A phone as +84…; a spreadsheet that took it for a number has lost its first 0, and may have written `912345678.0`
    or `9.12345678E+08`. Where that left digits out (`9.12E+08`) nobody can tell whose phone it was."""
    said = text
    if whole := _WHOLE.fullmatch(text):
        said = whole[1]
    elif number := _SCIENTIFIC.fullmatch(text):
        said = number[1] + (number[2] or "")
        if len(said) != int(number[3]) + 1:
            return Unread("rounded")
    phone = read_phone(said)
    if isinstance(phone, str):
        return phone
    return Unread(phone.reason if phone.reason in PHONE_REASONS else "unreadable")
