"""The validators in one place: each reads a typed answer and returns a value, or says why not."""

from bot.understanding.dates import OLDEST, YOUNGEST, read_birth_date, whole_years
from bot.understanding.misses import Miss, Reason
from bot.understanding.names import read_name
from bot.understanding.phones import read_phone
from bot.understanding.picks import read_choice, read_number, read_tap, read_yes_no, says_any_time

__all__ = [
    "OLDEST",
    "YOUNGEST",
    "Miss",
    "Reason",
    "read_birth_date",
    "read_choice",
    "read_name",
    "read_number",
    "read_phone",
    "read_tap",
    "read_yes_no",
    "says_any_time",
    "whole_years",
]
