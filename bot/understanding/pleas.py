"""Pleas that must be heard however they are typed: stop one kind of message, "I was made to come", "do not use my blood"."""

import re
from enum import StrEnum
from functools import lru_cache

from bot.understanding.folding import fold, marked
from bot.understanding.lists import phrase_set, word_set
from bot.understanding.typing import repair


class Plea(StrEnum):
    """What is asked for. The first four are the purposes that can be stopped one by one."""

    REMINDER = "reminder"
    NEWS = "news"
    URGENT = "urgent"
    HONOUR = "honour"
    PRESSED = "pressed"
    UNUSED = "unused"


_LONGEST = 200
_HINTS = word_set(
    "dung ngung thoi tat huy khong bo loai stop no turn ep bat buoc cuong doa forced pushed pressured made not dont don never"
)
"""No plea is without one of these words: everything else is let through at once."""

_ENDINGS = phrase_set("nua,nua dau")
_STOPPING = phrase_set(
    """dung,dung gui,dung nhan,dung goi,dung lam,ngung,ngung gui,ngung nhan,ngung goi,thoi,thoi gui,thoi nhan,thoi goi,tat,huy,huy nhan
    khong nhan,khong muon nhan,khong muon,khong can gui,bo,bo nhan,thoi dung,thoi khong,thoi khong nhan,stop,stop the,no,no more,turn off"""
)
_THINGS: dict[Plea, frozenset[str]] = {
    Plea.REMINDER: phrase_set(
        """nhac lich,nhac nho,tin nhac lich,tin nhac,loi nhac,nhac hien mau,nhac hien lai,nhac lich hien mau,nhac lich hien
        tin nhac lich hien mau,nhac hen,reminder,reminders"""
    ),
    Plea.NEWS: phrase_set("tin tuc,tin tuc hien mau,ban tin,tin moi,gui tin tuc,nhan tin tuc,tin tuc ve hien mau,news"),
    Plea.URGENT: phrase_set(
        """goi khan cap,goi khan,goi gap,goi hien gap,goi hien mau gap,goi hien mau khan cap,keu goi,keu goi gap,keu goi khan cap
        keu goi hien mau gap,keu goi hien mau,keu goi hien mau khan cap,tin khan cap,tin khan,tin keu goi,loi keu goi,tin goi gap,goi khi can mau gap
        khan cap,appeals,urgent appeals,urgent calls"""
    ),
    Plea.HONOUR: phrase_set(
        """neu ten,neu ten cong khai,cong khai ten,dang ten,dua ten,ghi ten vinh danh,ton vinh,vinh danh,tri an cong khai,nhac ten,nhac den ten
        neu danh,naming me,name me,thanking me by name"""
    ),
}
_WHOLE: dict[Plea, frozenset[str]] = {
    Plea.REMINDER: phrase_set("dung nhac,thoi nhac,ngung nhac,dung nhac hien mau,thoi khong nhac,huy nhac"),
    Plea.HONOUR: phrase_set("khong neu ten,khong muon neu ten,khong dang ten,khong cong khai ten,khong muon vinh danh,khong muon duoc neu ten"
                            ",khong muon duoc vinh danh,do not name me,dont name me"),
}  # fmt: skip
_POLITE = word_set("da a oi em anh chi toi minh nhe nha ad ban giup voi di cho xin vui long hay please cua tren")

_WHO = "(?:toi|em|minh|chau|chung toi|chung em|tui|tui em|bon em|cong nhan|nhan vien|anh em|doan vien)"
_GIVING = "(?:hien|cho mau|dang ky hien|tham gia hien)"
_PRESSED = re.compile(
    rf"\b(?:bi|bat|phai chiu) (?:ep|ep buoc|cuong ep|bat|bat buoc|bat ep|buoc|thuc ep|gay ap luc|doa)(?: {_WHO})?(?: phai)?(?: di)? {_GIVING}\b"
    rf"|\b(?:ep|ep buoc|bat|bat buoc|bat ep|buoc|cuong ep|doa) {_WHO}(?: phai)?(?: di)? {_GIVING}\b"
    rf"|\b(?:di )?hien(?: mau)? (?:la )?(?:vi |do )?(?:bi |bat )(?:ep|ep buoc|bat|bat buoc|buoc|cuong ep)\b"
    rf"|\bkhong (?:phai )?(?:la )?tu nguyen\b"
    rf"|\b(?:i was|i am|i feel|i felt) (?:forced|pushed|pressured|made) to (?:come|give|donate)\b"
)
_PRESSED_WHOLE = phrase_set("bi ep,bi ep buoc,bi bat di,bi ep di,bi bat ep,bi cuong ep,bi ep den,bi bat den,khong tu nguyen,bi ep dang ky,bi bat dang ky")  # fmt: skip
_IN_GENERAL = re.compile(
    r"\b(?:co bi|duoc ep|duoc phep|duoc bat|neu bi|so bi|co phai|co duoc|hay bat|hay la|thi sao|nghia la|la gi|neu khong)\b"
)

_MINE = "(?:tui mau|bich mau|don vi mau|mau)(?: (?:ma|cua|nay|do|cho))*(?: (?:toi|em|minh|chau|tui)| (?:toi |em |minh )?(?:vua |da |moi )?hien| vua roi)"
_UNUSED = re.compile(
    rf"\b(?:dung|khong|khong nen|khong muon|ngung|khoi)(?: ai)? (?:dung|su dung|truyen|lay dung) {_MINE}\b"
    rf"|\b(?:huy|bo|loai) (?:di )?(?:tui mau|bich mau|mau)(?: cua)? (?:toi|em|minh|chau|tui)\b"
    rf"|\b{_MINE}(?: (?:vua|da|moi))?(?: hien)? (?:thi )?(?:dung dung|dung su dung|dung truyen|khong nen dung|khong nen truyen|khong an toan)\b"
    rf"|\b(?:do not|dont|don t|please dont|never) use my blood\b"
)
_OF_OTHERS = re.compile(r"\b(?:co (?:bi|dung|su dung)|truoc khi hien|ai dung|bao gio)\b")


@lru_cache(maxsize=512)  # "có", "không", a number: most of what is typed has been typed before
def read_plea(text: str) -> Plea | None:
    """The plea in a text, or None. A kind of message is named by an exact phrase, never by a word inside a sentence.

    >>> read_plea("thôi nhắc lịch nhé"), read_plea("em bị ép đi hiến máu"), read_plea("có bị ép hiến máu không")
    (<Plea.REMINDER: 'reminder'>, <Plea.PRESSED: 'pressed'>, None)
    """
    if len(text) > _LONGEST or len(text) < 4:
        return None
    words_said = repair(text)
    if _HINTS.isdisjoint(words_said):
        return None
    said = " ".join(words_said)
    return _to_stop(text, said) or _of_the_heart(said, fold(text))


def _to_stop(text: str, said: str) -> Plea | None:
    if len(text) > 60:
        return None
    phrases = {_bare(said), _bare(fold(text))}
    for plea, whole in _WHOLE.items():
        if not phrases.isdisjoint(whole):
            return _unless_right(text, plea)
    for phrase in phrases:
        for plea, things in _THINGS.items():
            if _stops(phrase, things):
                return _unless_right(text, plea)
    return None


def _stops(phrase: str, things: frozenset[str]) -> bool:
    parts = phrase.split()
    return any(" ".join(parts[:at]) in _STOPPING and " ".join(parts[at:]) in things for at in range(1, len(parts)))


def _unless_right(text: str, plea: Plea) -> Plea | None:
    """ "đúng" folds into "dừng" and "đừng", and means the contrary."""
    return None if "đúng" in marked(text) else plea


def _bare(said: str) -> str:
    bare = " ".join(word for word in said.split() if word not in _POLITE)
    ending = next((one for one in sorted(_ENDINGS, key=len, reverse=True) if bare.endswith(f" {one}")), "")
    return bare.removesuffix(ending).strip()


def _of_the_heart(said: str, folded: str) -> Plea | None:
    if _is(said, _UNUSED, _OF_OTHERS) or _is(folded, _UNUSED, _OF_OTHERS):
        return Plea.UNUSED
    if _is(said, _PRESSED, _IN_GENERAL) or _bare(said) in _PRESSED_WHOLE:
        return Plea.PRESSED
    return None


def _is(said: str, sign: re.Pattern[str], but: re.Pattern[str]) -> bool:
    return sign.search(said) is not None and but.search(said) is None


_CODE = r"[2-9BCDFGHJKLMNPQRSTVWXZ]{4}[ -]?[2-9BCDFGHJKLMNPQRSTVWXZ]{4}"
_STAFF = re.compile(rf"\s*(?:/canbo(?:@\w+)?\s+(\S.{{0,30}})|(?:can ?bo|cán ?bộ)\s+({_CODE}))\s*", re.IGNORECASE)


def staff_code(text: str) -> str | None:
    """The code in "/canbo K7QX-2MPD" or "can bo k7qx 2mpd"; None for anything else.

    >>> staff_code("/canbo K7QX-2MPD"), staff_code("gặp cán bộ trực")
    ('K7QX-2MPD', None)
    """
    found = _STAFF.fullmatch(text)
    return (found.group(1) or found.group(2)).strip() if found else None
