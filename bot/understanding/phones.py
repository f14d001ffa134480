"""Vietnamese mobile numbers, in any spacing, as +84…"""

import re
import unicodedata

from bot.understanding.folding import visible
from bot.understanding.misses import Miss, Reason
from bot.understanding.questions import looks_like_question

_CANDIDATE = re.compile(r"\+?\(?\d[\d\s.\-()/]*\d")
_MOBILE = re.compile(r"[35789]\d{8}")
_LANDLINE = re.compile(r"2\d{8,9}|1[89]00\d{4,6}")
_OLD_MOBILE = re.compile(r"1[26]\d{8}|1(?:86|88|99)\d{7}")
"""Eleven-digit mobile numbers (0120…, 0169…, 0188…) that became ten digits in 2018."""


def read_phone(text: str) -> str | Miss:
    """A mobile number in international form.

    >>> read_phone("sđt em: 0912.345.678 ạ"), read_phone("(+84) 912 345 678")
    ('+84912345678', '+84912345678')
    """
    said = unicodedata.normalize("NFKC", visible(text[:200])).replace("(+84)", "+84").replace("(84)", "+84")
    found = [number for number in (_digits(part) for part in _CANDIDATE.findall(said)) if len(number.lstrip("+")) >= 6]
    numbers = list(dict.fromkeys(_national(number) for number in found))
    if not numbers:
        return Miss(_why_none(said))
    if len(numbers) > 1:
        return Miss("ambiguous")
    return _mobile(numbers[0])


def _digits(part: str) -> str:
    digits = "".join(character for character in part if character in "0123456789")
    return f"+{digits}" if part.startswith("+") else digits


def _national(number: str) -> str:
    """Without the trunk 0 or Vietnam's country code; a foreign number keeps its +."""
    if number.startswith("+"):
        return number[3:].removeprefix("0") if number.startswith("+84") else number
    if number.startswith("00"):
        return number[4:].removeprefix("0") if number.startswith("0084") else f"+{number[2:]}"
    if number.startswith("84") and len(number) in (11, 12):
        return number[2:].removeprefix("0")
    return number.removeprefix("0")


def _mobile(number: str) -> str | Miss:
    if number.startswith("+"):
        return Miss("foreign")
    if _MOBILE.fullmatch(number):
        return f"+84{number}"
    if _LANDLINE.fullmatch(number):
        return Miss("landline")
    if _OLD_MOBILE.fullmatch(number):
        return Miss("old-number")
    if len(number) < 9:
        return Miss("too-short")
    return Miss("too-long") if len(number) > 9 else Miss("unreadable")


def _why_none(said: str) -> Reason:
    if any(character.isdigit() for character in said):
        return "too-short"
    return "question" if looks_like_question(said) else "unreadable"
