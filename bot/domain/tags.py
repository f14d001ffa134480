"""Words that staff put on people to find them again, such as `standby`. Never about health."""

import re
import unicodedata
from enum import StrEnum

from bot.domain.segments import TAG

STANDBY = "standby"
"""The reserve list that appeals ask first."""

AT_MOST = 10
"""Tags of one person."""

_HEALTH_WORDS = """
aids am-tinh anemia benh blood-group blood-type cancer deferred disease drug duong-tinh giang-mai hbv hcv health
hepatitis hiv huyet-ap ill illness infected khang-sinh ma-tuy mang-thai medical medicine nhiem nhom-mau om positive
pregnant rh sick sot-ret suc-khoe syphilis tam-hoan thai-san thieu-mau tieu-duong tim-mach ung-thu viem viem-gan
"""
_HEALTH = frozenset(word for line in _HEALTH_WORDS.split() for word in (line, line.replace("-", "")))
_BLOOD_GROUP = re.compile(
    r"(?:^|-)(?:nhom|group|mau|type)-(?:a|b|o|ab)(?:-|$)|^(?:a|b|o|ab)(?:-(?:duong|am|pos|neg))?$"
)


class TagFault(StrEnum):
    """Why a word cannot be put on somebody: the word of `page.console.fault.tag-…`."""

    FORM = "form"
    HEALTH = "health"
    MANY = "many"


def tag_of(typed: str) -> str | TagFault:
    """What staff typed as a tag: "Dự bị" is `du-bi`."""
    letters = unicodedata.normalize("NFD", typed[:200].strip().lower().replace("đ", "d"))
    word = re.sub(r"[\s_-]+", "-", "".join(one for one in letters if not unicodedata.combining(one))).strip("-")
    if is_about_health(word):
        return TagFault.HEALTH
    return word if TAG.fullmatch(word) else TagFault.FORM


def is_about_health(word: str) -> bool:
    """Whole words count, never parts of one: "trung-thu" is the festival."""
    parts = f"-{word}-"
    return any(f"-{one}-" in parts for one in _HEALTH) or _BLOOD_GROUP.search(word) is not None
