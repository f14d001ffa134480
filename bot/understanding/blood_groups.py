"""A blood group as people type it: "O+", "0+", "nhóm A âm", "ab dương tính", "chưa biết"; its sign alone."""

import re

from bot.understanding.folding import fold

_SIGNS = {
    **dict.fromkeys(("+", "duong", "cong", "positive", "plus"), "+"),
    **dict.fromkeys(("-", "−", "–", "am", "tru", "negative", "minus"), "-"),
}
_SPOKEN = "|".join(map(re.escape, _SIGNS))
_GROUP = re.compile(rf"(?<![^\W_])(ab|a|b|o|0)\s*(?:rh\s*)?({_SPOKEN})?(?![^\W_])", re.IGNORECASE)
_SIGN = re.compile(rf"(?:da )?(?:rh )?(?:dau )?({_SPOKEN})(?: tinh)?(?: a)?")
_UNKNOWN = re.compile(
    r"\b(?:chua biet|khong biet|khong ro|chua ro|khong nho|bo qua|do not know|dont know|unknown|skip|khong)\b"
)
_LONGEST = 40


def read_blood_group(text: str) -> str:
    """`O+`; the letter or the sign alone where the other was not typed; "none" for "not known"; "" for anything else.

    >>> read_blood_group("nhóm O dương ạ"), read_blood_group("ab"), read_blood_group("chưa biết"), read_blood_group("mai")
    ('O+', 'AB', 'none', '')
    """
    if len(text) > _LONGEST:
        return ""
    folded = fold(text)
    if _UNKNOWN.search(folded):
        return "none"
    plain = " ".join(fold(part) or part for part in re.split(r"([+\-−–])", text))
    if sign_alone := _SIGN.fullmatch(plain.strip()):
        return _SIGNS[sign_alone[1]]
    found = _GROUP.findall(plain)
    if not found:
        return ""
    letter, sign = map(str, found[0])
    return letter.upper().replace("0", "O") + _SIGNS.get(sign, "")
