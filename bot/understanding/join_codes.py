"""Joining two addresses as people ask for it: "nối tài khoản", "tách tài khoản", or the code itself in any sentence."""

import re
import unicodedata

from bot.domain.join_codes import is_join_code
from bot.understanding.folding import fold
from bot.understanding.lists import phrase_set, word_set

_CODE = re.compile(r"(?<![\w-])([A-Z0-9]{4})[ .\-–_]?([A-Z0-9]{4})(?![\w-])", re.IGNORECASE | re.ASCII)
_SLIPS = str.maketrans("OI", "01")
_LONGEST = 200

_POLITE = word_set(
    "da a oi em anh chi toi minh nhe nha ad ban giup voi di cho xin vui long hay please lay gui muon can duoc khong ko my the"
    " cach lam sao the nao hai 2 lai them voi nhau"
)
_JOIN = phrase_set(
    """/noi,noi tai khoan,ma noi,ma noi tai khoan,ket noi tai khoan,lien ket tai khoan,gop tai khoan,noi kenh,ma ket noi,ma lien ket
    noi cuoc tro chuyen,link accounts,link account,connect accounts,join accounts,join code,link code"""
)
_PART = phrase_set(
    """/tach,tach tai khoan,tach tai khoan ra,huy noi,huy noi tai khoan,bo noi,bo noi tai khoan,go noi,go noi tai khoan,ngung noi tai khoan
    huy lien ket tai khoan,bo lien ket tai khoan,tach cuoc tro chuyen,unlink accounts,unlink account,separate accounts,split accounts"""
)


def read_join_code(text: str) -> str | None:
    """The code in a text, or None.

    >>> read_join_code("mã em là k4m7 t2bo ạ"), read_join_code("Nguyen Van Minh 1990")
    ('K4M7T2B0', None)
    """
    if len(text) > _LONGEST:
        return None
    for found in _CODE.finditer(unicodedata.normalize("NFKC", text)):
        if not all(re.search("[0-9]", group) for group in found.groups()):
            continue  # letters that look like digits are slips only beside real digits: "minh thoi" is no code
        code = "".join(found.groups()).upper().translate(_SLIPS)
        if is_join_code(code):
            return code
    return None


def asks_to_join(text: str) -> bool:
    """
    >>> asks_to_join("Nối tài khoản ạ"), asks_to_join("cho em xin mã nối"), asks_to_join("nơi hiến máu")
    (True, True, False)
    """
    return _says(text, _JOIN)


def asks_to_part(text: str) -> bool:
    """
    >>> asks_to_part("em muốn tách tài khoản"), asks_to_part("tách tiểu cầu")
    (True, False)
    """
    return _says(text, _PART)


def _says(text: str, phrases: frozenset[str]) -> bool:
    if len(text) > _LONGEST:
        return False
    said = text.strip().lower()
    if said.split("@")[0] in phrases:
        return True
    return " ".join(word for word in fold(text).split() if word not in _POLITE) in phrases or fold(text) in phrases
