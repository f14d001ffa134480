""" "Ask me next month", "not this season": how somebody puts off giving again."""

import re
from enum import Enum, auto

from bot.understanding.folding import fold
from bot.understanding.typing import repair


class Postponed(Enum):
    """Until when."""

    A_MONTH = auto()
    A_SEASON = auto()


_LONGEST = 160
_ASK = r"(?:hoi|nhac|nhan|goi|bao|lien he|lien lac)"
_WHOM = r"(?:em|toi|minh|anh|chi|chau)"
_EXPLICIT = re.compile(
    rf"\b(?:thang (?:sau|toi)|(?:1|mot) thang nua)(?: (?:hay|roi|thi|hang|moi|em|nhe))* {_ASK}\b"
    rf"|\b{_ASK} (?:lai )?(?:{_WHOM} )?(?:lai )?(?:vao )?thang (?:sau|toi)\b|\b{_ASK} lai (?:{_WHOM} )?sau\b"
    rf"|\bde thang (?:sau|toi)(?: (?:hay|roi|thi))? {_ASK}\b|\bask (?:me )?(?:again )?(?:next month|later)\b"
)
"""Nobody says so but to be asked again."""

_MONTH = re.compile(
    r"\b(?:thang|dip|dot|lan|luc|khi|hom|bua|tuan|ngay|buoi) (?:sau|khac|toi)\b|\bde (?:sau|mai|tinh sau|xem)\b|\bsau (?:nhe|nha|di|da|han)\b"
    r"|\b(?:dang|hoi|qua|con|nhieu viec|ban) ban\b|\bban(?: (?:qua|lam|roi|viec|mat|ron|con)|$)|\bchua (?:the )?(?:di |hien |tham gia |sap xep )?duoc\b"
    r"|\bthang nay (?:toi |em |minh )?(?:khong|chua|ban)\b|\bkhong (?:tien|ranh|sap xep duoc)\b|\b(?:later|next month|next time|not now|busy)\b"
)
_SEASON = re.compile(
    r"\b(?:mua|nam|he|ky) (?:sau|toi|khac)\b|\b(?:mua|nam|he) nay (?:toi |em |minh |thi )?(?:khong|thoi|chua|nghi)\b"
    r"|\bkhong (?:muon )?(?:hien|tham gia|di) (?:nua )?(?:trong )?(?:mua|nam|he) nay\b|\b(?:next|not this) (?:season|year)\b"
)
_ASKS = re.compile(
    r"\b(?:khong|chua|ko|sao|nao|may|gi|duoc khong|the nao)$|\b(?:co (?:dot|ngay|lich|gi|hien)|bao gio|khi nao|o dau|hien duoc)\b|\?"
)

_COMING = re.compile(
    r"\b(?:se|van|chac chan|dang|nhat dinh) (?:den|di|toi|co mat)\b|\b(?:em|toi|minh|chau) (?:se )?(?:den|co mat)\b|\b(?:den|di) duoc\b|\bco mat\b"
    r"|\b(?:da )?nho (?:roi|ma)\b|\bhen gap\b|\b(?:i will come|i ll come|see you|coming)\b"
)
_NOT_COMING = re.compile(r"\b(?:khong|chua|chang|kho|so|not|cannot|can t)\b")


def read_coming(text: str) -> bool:
    """Whether somebody says that they will be there.

    >>> read_coming("em se den a"), read_coming("em khong den duoc")
    (True, False)
    """
    if len(text) > _LONGEST or "?" in text:
        return False
    said = _said(text)
    return _COMING.search(said) is not None and _NOT_COMING.search(said) is None and _ASKS.search(said) is None


def read_postponed(text: str, *, asked: bool) -> Postponed | None:
    """Until when somebody wants to be left alone.

    Args:
        asked: giving again was the last thing said, so that a mere "để sau" is an answer to it.

    >>> read_postponed("thang sau hoi lai e nhe", asked=False), read_postponed("de sau di", asked=True)
    (<Postponed.A_MONTH: 1>, <Postponed.A_MONTH: 1>)
    """
    if len(text) > _LONGEST or "?" in text:
        return None
    said = _said(text)
    if _ASKS.search(said):
        return None
    if _EXPLICIT.search(said):
        return Postponed.A_MONTH
    if asked and _SEASON.search(said):
        return Postponed.A_SEASON
    return Postponed.A_MONTH if asked and _MONTH.search(said) else None


def _said(text: str) -> str:
    """As it was meant in Vietnamese; English words, which the repair would spoil, stand before it."""
    plain, meant = fold(text), " ".join(word for word in repair(text) if word not in _POLITE)
    return f"{plain} . {meant}" if plain.isascii() and _ENGLISH.search(plain) else meant


_ENGLISH = re.compile(r"\b(?:ask|next|later|not|season|time|busy|coming|see you|will)\b")
_POLITE = frozenset(("a", "da", "oi", "vang", "ad", "thua", "xin", "loi", "cam", "on"))
