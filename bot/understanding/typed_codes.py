"""Codes of posters as people type them: "HM101", "hm 101", "Hm1O1.", alone or with words around."""

import re
import unicodedata
from dataclasses import dataclass

from bot.domain.references import VOLUMES
from bot.understanding.folding import fold
from bot.understanding.lists import word_set

_SLIPS = str.maketrans("oOiIlL", "001111")
_ALONE = re.compile(r"[\W_]*h[ .\-_]?m[ .:#\-_]{0,3}((?:[0-9oil][ .\-]?){1,10})[\W_]*", re.IGNORECASE)
_INSIDE = re.compile(
    r"(?<![\w-])#?hm(?:[ :#\-]{0,2})([0-9][0-9oil]{2,7})(?![\w/]|[.,:][0-9]| ?(?:ml|cc|lần|lan|kg|đ|vnd|tuổi|tuoi)\b)",
    re.IGNORECASE,
)
_LONGEST = 200
_AROUND = word_set(
    "ma so code the day la cua dot nay em anh chi toi minh ban oi a da vang cho voi xin nhe nha muon can di hien mau hm"
    " duoc khong ko dang ky dk dki dangky nhan gui xem hello hi chao alo add ad please register for i want to my is start ref"
)
_REGISTER = (("dang", "ky"), ("dk",), ("dki",), ("dangky",), ("register",), ("sign", "up"))


@dataclass(frozen=True, slots=True)
class TypedCode:
    """What stood in a text.

    Args:
        digits: behind HM, right or wrong.
        rest: the other words.
        alone: nothing else was meant, so a wrong code must be told.
        register: the words ask for a place at once.
    """

    digits: str
    rest: str = ""
    alone: bool = True
    register: bool = False


def typed_code(text: str) -> TypedCode | None:
    """The code in a text, or None.

    >>> typed_code("Hm 1O1."), typed_code("em hm 250 ml được không")
    (TypedCode(digits='101', rest='', alone=True, register=False), None)
    """
    if len(text) > _LONGEST:
        return None
    said = unicodedata.normalize("NFKC", text)
    if whole := _ALONE.fullmatch(said):
        digits = re.sub(r"\D", "", whole[1].translate(_SLIPS))
        return TypedCode(digits) if re.search("[0-9]", whole[1]) and digits not in VOLUMES else None
    found = _INSIDE.search(said)
    if found is None:
        return None
    rest = f"{said[: found.start()]} {said[found.end() :]}".strip()
    words = tuple(fold(rest).split())
    alone = all(word in _AROUND for word in words)
    return TypedCode(found[1].translate(_SLIPS), rest, alone, alone and _asks_for_a_place(words))


def _asks_for_a_place(words: tuple[str, ...]) -> bool:
    if "khong" in words[:1] or "ko" in words[:1]:
        return False
    return any(words[at : at + len(ask)] == ask for ask in _REGISTER for at in range(len(words)))
