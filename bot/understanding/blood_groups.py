"""A blood group as people type it: "O+", "nhóm A âm", "ab dương tính", "chưa biết"."""

import re

from bot.understanding.folding import fold

_GROUP = re.compile(r"(?<![^\W_])(ab|a|b|o)\s*(?:rh\s*)?([+\-−–]|duong|am|positive|negative)?(?![^\W_])", re.IGNORECASE)
_SIGNS = {"+": "+", "-": "-", "−": "-", "–": "-", "duong": "+", "am": "-", "positive": "+", "negative": "-"}
_UNKNOWN = re.compile(
    r"\b(?:chua biet|khong biet|khong ro|chua ro|khong nho|bo qua|do not know|dont know|unknown|skip|khong)\b"
)
_LONGEST = 40


def read_blood_group(text: str) -> str:
    """`O+`; the letter alone where no sign was typed; "none" for "not known"; "" for anything else.

    >>> read_blood_group("nhóm O dương ạ"), read_blood_group("ab"), read_blood_group("chưa biết"), read_blood_group("mai")
    ('O+', 'AB', 'none', '')
    """
    if len(text) > _LONGEST:
        return ""
    folded = fold(text)
    if _UNKNOWN.search(folded):
        return "none"
    plain = " ".join(fold(part) or part for part in re.split(r"([+\-−–])", text))
    found = _GROUP.findall(plain)
    if not found:
        return ""
    letter, sign = map(str, found[0])
    return letter.upper() + _SIGNS.get(sign, "")
