"""The marks of a word, however they were placed: "khoẻ" and "khỏe" are one word, "cần" and "cân" are two."""

import unicodedata
from functools import lru_cache

_SWAPPED = str.maketrans("\u0303", "\u0309")
"""Hỏi and ngã are taken for each other all over the country."""


@lru_cache(maxsize=8192)
def marks_of(word: str) -> str:
    """The marks in a fixed order, đ among them; "" for a word without any.

    >>> marks_of("khoẻ") == marks_of("khỏe"), marks_of("cần") == marks_of("cân")
    (True, False)
    """
    parts = unicodedata.normalize("NFD", word.lower())
    return "".join(sorted(part for part in parts.translate(_SWAPPED) if part == "đ" or unicodedata.combining(part)))
