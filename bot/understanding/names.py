"""Full names as people type them."""

import re
import unicodedata

from bot.understanding.folding import fold, visible
from bot.understanding.lists import phrase_set
from bot.understanding.misses import Miss
from bot.understanding.questions import looks_like_question_not_name

SHORTEST, LONGEST = 2, 80
FEWEST_WORDS = 2
"""Family and given name: with one word alone the desk at the drive cannot find a person."""

_LEAD = re.compile(
    r"""^(?:(?:dạ|da|vâng|vang|thưa|thua|xin\ chào|xin\ chao|chào|chao|hello|hi)[\s,.!]+)*
    (?:
      (?:họ\s*(?:và|va|&)?\s*tên|ho\s*(?:va|&)?\s*ten|tên|ten)
        (?:\s+(?:đầy\ đủ|day\ du))?(?:\s+(?:của|cua))?(?:\s+(?:em|tôi|toi|mình|minh|anh|chị|chi|cháu|chau|con|mk))?(?:\s+(?:là|la))?
      |(?:em|tôi|toi|mình|minh|cháu|chau|anh|chị|chi|con|mk)\s+(?:tên\ là|ten\ la|tên|ten|là|la)
      |my\ (?:full\ )?name\ is|i\ am|i'm
    )\s*[:\-–]?\s+""",
    re.IGNORECASE | re.VERBOSE,
)
_GREETING = re.compile(r"^(?:(?:dạ|vâng|thưa)[\s,.!]+)+", re.IGNORECASE)
_TAIL = re.compile(r"(?:[\s,.!]+(?:ạ|nhé|nha|ah|nhá))+$", re.IGNORECASE)
_LINK = re.compile(r"https?:|www\.|@|\.(?:com|vn|net|org)\b", re.IGNORECASE)
_NOT_NAMES = phrase_set("""da,vang,u,uh,ok,oke,yes,no,co,khong,ko,k,chua,roi,dung,dung roi,sai,thoi,huy,huy bo,menu,help,start,stop,exit,thoat,quay lai
    hello,hi,alo,chao,xin chao,chao ban,chao ad,chao em,cam on,cam on ban,dong y,khong dong y,khong biet,khong co,khong noi,bo qua
    hien mau,dang ky,dang ky hien mau,muon hien mau,em muon hien mau,toi muon hien mau,toi muon dang ky,em muon dang ky,tiep,tiep tuc
    bat dau,tro giup,giup em,giup toi,gap nhan vien,gap nguoi that,duoc,duoc roi,ai day,tai sao,gi vay,la sao,english,tieng viet""")


def read_name(text: str) -> str | Miss:
    """A person's name with tidy capitals and spaces.

    >>> read_name("dạ em tên là  LÒ THỊ  mai ạ")
    'Lò Thị Mai'
    """
    said = visible(text)
    if len(said) > 4 * LONGEST:
        return Miss("too-long")
    if _LINK.search(said):
        return Miss("link")
    if looks_like_question_not_name(said):
        return Miss("question")
    name = _bare(said)
    if any(character.isdigit() for character in name):
        return Miss("digits")
    if sum(character.isalpha() for character in name) < SHORTEST:
        return Miss("too-short")
    if len(name) > LONGEST:
        return Miss("too-long")
    if fold(name) in _NOT_NAMES or not all(_fits(character) for character in name):
        return Miss("unreadable")
    parts = name.split()
    if len(parts) < FEWEST_WORDS:
        return Miss("too-short")
    return " ".join(_capitalised(word) for word in parts)


def _bare(said: str) -> str:
    """The name without "em tên là" before it and "ạ" behind it."""
    name = _TAIL.sub("", _LEAD.sub("", said))
    return _TAIL.sub("", _GREETING.sub("", name)).strip(' .,;:!-–"“”()')


def _fits(character: str) -> bool:
    return character.isalpha() or character in " '’.-" or unicodedata.combining(character) > 0


def _capitalised(word: str) -> str:
    """ "NGUYỄN" → "Nguyễn", "h'mai" → "H'Mai", "DiCaprio" stays."""
    if not (word.islower() or word.isupper()):
        return word
    return re.sub(r"[^\W\d_]+", lambda part: part.group().capitalize(), word)
