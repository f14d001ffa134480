"""An age and a weight as people tell them: 17 tuổi, sinh năm 2009, 2k9, 43kg, 52 ký, nặng 50."""

import re
from datetime import date

from bot.understanding.folding import fold

_AGE = re.compile(r"(?<!\d)(\d{1,2}) ?(?:tuoi|t|years? old|yo)\b")
_BORN = re.compile(r"\b(?:sinh nam|sn|nam sinh|born in) ?((?:19|20)\d\d)\b|\bsinh (?:nam )?((?:19|20)\d\d)\b")
_BORN_SHORT = re.compile(r"\b2k(\d{1,2})\b")
_WEIGHT = re.compile(r"(?<!\d)(\d{2,3})(?:[.,](\d))? ?(?:kg|kgs|kilo|kilogam|ky|ki|can)\b(?! mau)")
_HEAVY = re.compile(r"\bnang (?:co |duoc |khoang |tam |hon |gan )?(\d{2,3})\b(?! ?(?:ml|tuoi|t\b))")
LIGHTEST, HEAVIEST = 20.0, 200.0


def read_age(text: str, today: date) -> int | None:
    """Whole years, told as an age or by the year of birth (then the age that they reach this year); None when nothing or
    several ages are told.

    >>> read_age("em 17 tuổi hiến được không", date(2026, 11, 23))
    17
    """
    said = fold(text[:500])
    ages = {int(age) for age in _AGE.findall(said)}
    years = {int(one or other) for one, other in _BORN.findall(said)}
    years |= {2000 + int(short) for short in _BORN_SHORT.findall(said)}
    ages |= {today.year - year for year in years}
    possible = {age for age in ages if 1 <= age <= 110}
    return possible.pop() if len(possible) == 1 else None


def read_weight(text: str) -> float | None:
    """Kilograms, where exactly one weight of a person is told.

    >>> read_weight("em nặng 43,5 ký có hiến được ko")
    43.5
    """
    said = _with_points(text[:500])
    found = {float(f"{whole}.{part or 0}") for whole, part in _WEIGHT.findall(said)}
    found = found or {float(whole) for whole in _HEAVY.findall(said)}
    possible = {kg for kg in found if LIGHTEST <= kg <= HEAVIEST}
    return possible.pop() if len(possible) == 1 else None


def _with_points(said: str) -> str:
    """Folded, but with the decimal points that folding would take away."""
    return ".".join(fold(part) for part in re.split(r"(?<=\d)[.,](?=\d)", said))
