"""Wishes about what is one's own, in plain words: see my place, move it, erase my data."""

import re
from enum import Enum, auto

from bot.understanding.folding import fold, marked
from bot.understanding.typing import repair


class Wish(Enum):
    """What the person wants done with what is theirs."""

    SEE_PLACES = auto()
    MOVE_PLACE = auto()
    ERASE_DATA = auto()
    CHECK_MYSELF = auto()
    SEE_MYSELF = auto()
    TELL_DONATION = auto()
    BRING_COLLEAGUE = auto()
    HEAR_NEWS = auto()


_ME = "(?:em|toi|minh|chi|anh|tui|chau)"
_SEE = re.compile(
    rf"\b(?:lich|lich hen|phieu|ma phieu|cho|dang ky) (?:hien mau )?cua {_ME}\b"
    rf"|\b{_ME} (?:da )?(?:dang ky|dat lich|hen) (?:hom nao|ngay nao|luc nao|may gio|dot nao|o dau)\b"
    r"|\bxem (?:lai )?(?:lich|lich hen|ma phieu|phieu)\b|\b(?:quen|mat) (?:ma )?phieu\b"
)
_MOVE = re.compile(
    r"\bdoi (?:lai )?(?:gio|lich|ngay|khung|buoi|dot|cho|sang|qua)\b|\bdoi \w+ (?:gio|lich|ngay|buoi|dot)\b"
    r"|\b(?:chuyen|doi|lui|hoan|day) (?:lich |gio |ngay |hen )?(?:sang|qua|lai|den)\b|\blui (?:lich|gio|ngay)\b"
)
_ERASE = re.compile(
    r"\bxoa (?:het |toan bo |moi |tat ca )?(?:cac )?(?:thong tin|du lieu|tai khoan)\b|\bxoa het ve\b|\bquen (?:het )?toi di\b"
)
_GIVE = "(?:hien|cho mau|du dieu kien)"
_CHECK = re.compile(
    rf"\btu (?:kiem tra|xem truoc|danh gia|check)\b|\bself check\b"
    rf"|\b(?:kiem tra|check|xem) (?:thu |giup |ho |truoc |xem )*(?:{_ME} )?(?:co )?(?:the |duoc )?{_GIVE}\b"
    rf"|\b{_GIVE}\b.{{0,40}}\b(?:kiem tra|check) (?:giup|ho|thu|truoc)\b"
)
_MYSELF = re.compile(
    rf"\b(?:trang|thong tin|ho so|lich su hien mau|so lan hien(?: mau)?) cua {_ME}\b"
    rf"|\b{_ME} (?:da )?(?:hien|cho) (?:mau )?(?:duoc )?(?:may|bao nhieu) lan\b|\bmy page\b"
)
_TELL = re.compile(
    rf"\b(?:ke|bao|khai|them|ghi|nhap|cap nhat) (?:lai |them |cho em |giup )*(?:mot |1 )?(?:lan|dot|ngay) (?:da )?hien\b"
    rf"|\b{_ME} (?:da |co )?hien (?:mau )?o (?:noi|cho|dot|tinh|benh vien) khac\b"
)
_COLLEAGUE = re.compile(
    r"\b(?:giu|dang ky|dat|lay|xin) (?:them )?(?:\w+ )?(?:cho|suat|lich)? ?(?:\w+ )?(?:cho|giup|ho|dum) (?:\w+ )?(?:dong nghiep|ban cung|nguoi cung|anh em trong to|co chu trong)\b"
    r"|\b(?:dong nghiep|ban cung to|nguoi cung to) (?:cua \w+ )?khong (?:co )?(?:dien thoai|smartphone|zalo|facebook|mang)\b"
)
_POLITE = "(?:da|vang|oi|a|ah|nhe|nha|voi|di|giup|gium|cho|xin|vui long|chao|ban|ad|admin|em|toi|minh|chi|anh|tui|chau|please)"
_ABOUT = "(?: (?:ve |cua )?(?:cac |nhung )?(?:dot |dip |ngay |chuong trinh )?(?:hien mau|van dong hien mau))?"
_NEWS = re.compile(
    rf"(?:{_POLITE} )*(?:(?:muon|can|dong y|dang ky|bat|mo|duoc) )*(?:{_POLITE} )*"
    rf"(?:(?:bat|mo|dang ky|theo doi) (?:lai )?(?:tin tuc|ban tin|nhan tin)"
    rf"|(?:duoc )?nhan (?:them |cac )*(?:tin tuc|ban tin|tin|thong bao|thong tin))"
    rf"{_ABOUT}(?: (?:moi|nua|lai))*(?: {_POLITE})*"
    r"|(?:i (?:want|would like) (?:to get |to receive )?|(?:turn on|subscribe to|send me|get) )(?:the )?news(?: please)?"
)
"""The whole text, and no more: whoever asks something about news is no subscriber."""

_LONGEST = 300


def read_wish(text: str) -> Wish | None:
    """What is wished for one's own place or data, if anything.

    >>> read_wish("em muon doi gio"), read_wish("lich cua em the nao"), read_wish("xoá hết thông tin của em")
    (<Wish.MOVE_PLACE: 2>, <Wish.SEE_PLACES: 1>, <Wish.ERASE_DATA: 3>)
    """
    if len(text) > _LONGEST:
        return None
    said = " ".join(repair(text))
    if _ERASE.search(said):
        return Wish.ERASE_DATA
    if _MOVE.search(said):
        return Wish.MOVE_PLACE
    if _wants_news(text, said):
        return Wish.HEAR_NEWS
    if _COLLEAGUE.search(said):
        return Wish.BRING_COLLEAGUE
    if _MYSELF.search(said):
        return Wish.SEE_MYSELF
    if _SEE.search(said):
        return Wish.SEE_PLACES
    if _TELL.search(said):
        return Wish.TELL_DONATION
    return Wish.CHECK_MYSELF if _CHECK.search(said) else None


def _wants_news(text: str, said: str) -> bool:
    """Also as it stands, for "news" looks like Telex; "nhắn tin" (write to me) folds into "nhận tin" and is none."""
    whole = _NEWS.fullmatch(said) or _NEWS.fullmatch(fold(text))
    return whole is not None and "nhắn" not in marked(text)
