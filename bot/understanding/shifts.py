""" "I work nights": told of oneself in a short sentence, and no question about giving blood."""

import re

from bot.domain.rhythms import NIGHTS, USUAL
from bot.understanding.typing import repair

_LONGEST = 100
_WHO = r"(?:toi|em|minh|anh|chi|chau|tui)"
_WHEN = r"(?:(?:thang|tuan|dot|dao|may hom|hom|ky) nay|bay gio|hien|hien tai|dang|hay|toan|thuong|chuyen|chi|cung|moi|van|co)"
_NIGHT = r"(?:ca dem|dem|ca 3|ca ba|ca toi|ca khuya)"
_WORK = r"(?:di lam|lam viec|lam|truc|vao ca|chay|theo|chuyen sang|doi sang)"
_NIGHTS = re.compile(
    rf"(?:{_WHEN} )*(?:{_WHO} )?(?:{_WHEN} )*(?:{_WORK} )+(?:{_WHEN} )*{_NIGHT}(?: (?:thang|tuan|dot) nay| roi| day| co dinh| thoi| nen.*| ban ngay.*| sang.*| ngay ngu.*)?"
    rf"|(?:{_WHO} )?(?:{_WHEN} )*(?:ban )?ngay (?:{_WHO} )?(?:{_WHEN} )*(?:phai )?ngu(?: bu)?(?: toi lam| dem lam| nen.*)?.{{0,20}}"
    r"|i (?:am )?work(?:ing)? (?:at )?nights?(?: shifts?)?|night shifts?"
)
_DAYS = re.compile(
    rf"(?:{_WHO} )?(?:{_WHEN} )*(?:het|thoi|khong con|nghi|khong|bo) (?:{_WORK} )*{_NIGHT}(?: nua| roi)*"
    rf"|(?:{_WHO} )?(?:{_WHEN} )*(?:{_WORK} )+(?:{_WHEN} )*(?:ca ngay|ca sang|hanh chinh|gio hanh chinh|ban ngay)(?: roi| lai| thoi)*"
    r"|i (?:do not|dont|don t|no longer) work (?:at )?nights?(?: any ?more)?"
)
_POLITE = frozenset(("a", "da", "oi", "nhe", "nha", "vang", "ad", "thua", "nhung", "la", "thi", "vi"))
_ASKS = re.compile(r"\?|\b(?:khong|chua|sao|duoc|hien|the nao|gi)$|\b(?:hien|hien mau|cho mau|duoc)\b")


def read_shift(text: str) -> str | None:
    """The preset of the hours that somebody tells of, one of `domain/rhythms.RHYTHMS`; None for anything else.

    >>> read_shift("toi lam ca dem"), read_shift("het lam ca dem roi"), read_shift("lam ca dem co hien duoc khong")
    ('nights', '', None)
    """
    if len(text) > _LONGEST or "?" in text:
        return None
    said = " ".join(word for word in repair(text) if word not in _POLITE)
    if _DAYS.fullmatch(said):
        return USUAL
    if _ASKS.search(said):
        return None
    return NIGHTS if _NIGHTS.fullmatch(said) else None
