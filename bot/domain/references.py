"""References: the codes on posters. Each stands for one drive and one unit, is read aloud and typed, and never reused."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count

PREFIX = "HM"
FIRST_NUMBER = 10
"""The first code has three digits: "hm 2" is how people write of their second donation."""

MOST_DIGITS = 8
VOLUMES = frozenset(("250", "350", "450"))
"""Millilitres of a donation, which "hm 350" asks about: never the digits of a code."""

_DAMM = (
    "0317598642", "7092154863", "4206871359", "1750983426", "6123045978",
    "3674209581", "5869720134", "8945362017", "9438617205", "2581436790",
)  # fmt: skip
"""Damm's table: the last digit of a code tells every wrong digit and every two neighbours that changed places."""


class NoPosters(Exception):
    """There is nothing to print; the sentence says why and what to do."""


@dataclass(frozen=True, slots=True)
class Reference:
    """One code. Without a drive it was printed once and its drive is gone (a restored backup)."""

    number: int
    drive_id: int | None
    unit_id: int | None

    @property
    def code(self) -> str:
        return code_of(self.number)


@dataclass(frozen=True, slots=True)
class References:
    """Every code ever printed, by number, and drives whose posters hang before they are opened."""

    by_number: Mapping[int, Reference] = field(default_factory=dict)
    not_yet_open: frozenset[int] = frozenset()

    def find(self, digits: str) -> Reference | None:
        """The reference of a code's digits; None for a wrong check digit too."""
        number = number_of(digits)
        return self.by_number.get(number) if number is not None else None

    def near(self, digits: str) -> Iterator[Reference]:
        """References one slip of the finger away, in order of their numbers."""
        for number in sorted({n for guess in _slips(digits) if (n := number_of(guess)) is not None}):
            if number in self.by_number:
                yield self.by_number[number]


NO_REFERENCES = References()


def code_of(number: int) -> str:
    """The code as it is printed: HM, the number, its check digit.

    >>> code_of(10), number_of("101"), number_of("110")
    ('HM101', 10, None)
    """
    return f"{PREFIX}{number}{_check_digit(str(number))}"


def numbers_after(last: int | None) -> Iterator[int]:
    """Numbers for new codes, behind the last one ever given."""
    start = FIRST_NUMBER if last is None else last + 1
    return (number for number in count(start) if code_of(number).removeprefix(PREFIX) not in VOLUMES)


def number_of(digits: str) -> int | None:
    """The number in the digits of a code; None when the check digit says that one is wrong."""
    if not 3 <= len(digits) <= MOST_DIGITS or not (digits.isascii() and digits.isdecimal()) or digits[0] == "0":
        return None
    return int(digits[:-1]) if _check_digit(digits[:-1]) == digits[-1] else None


def _check_digit(digits: str) -> str:
    state = "0"
    for digit in digits:
        state = _DAMM[int(state)][int(digit)]
    return state


def _slips(digits: str) -> Iterator[str]:
    """What may have been meant: a wrong digit, one left out, one too many, two neighbours exchanged."""
    if len(digits) > MOST_DIGITS:
        return
    for at in range(len(digits) + 1):
        before, after = digits[:at], digits[at:]
        for digit in "0123456789":
            yield f"{before}{digit}{after[1:]}"
            yield f"{before}{digit}{after}"
        yield f"{before}{after[1:]}"
        if len(after) > 1:
            yield f"{before}{after[1]}{after[0]}{after[2:]}"
