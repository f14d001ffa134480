"""Words that steer the talk itself: stop messages, leave a form, commands and menu words."""

from functools import lru_cache

from bot.understanding.folding import fold, marked
from bot.understanding.lists import phrase_set, word_set
from bot.understanding.typing import repair

_STOP = phrase_set("""stop,dung nhan tin,dung nhan,dung gui,dung gui tin,dung gui tin nhan,dung nhan tin nhan,dung nhan thong bao,dung nhan tin tuc
    dung lai,ngung,ngung nhan tin,ngung gui tin,ngung gui,ngung nhan,huy nhan tin,huy nhan,huy nhan thong bao,huy theo doi,huy dang ky nhan tin
    huy dang ky tin nhan,huy tin nhan,thoi nhan,thoi nhan tin,thoi nhan tin nua,thoi dung nhan tin nua,khong nhan tin nua,khong nhan nua
    dung nhan tin nua,dung gui nua,dung gui tin nua,dung nhan nua,dung nhac nua,thoi dung gui nua,khong muon nhan tin,khong nhan tin,khong nhan tin nhan,khong nhan tin nhan nua,khong nhan thong bao,khong muon nhan tin nua
    khong muon nhan tin nhan,khong muon nhan tin nhan nua,khong muon nhan thong bao nua,khong nhan thong bao nua,khong gui tin nua
    khong can nhac nua,dung lam phien,dung lam phien nua,dung spam,tu choi nhan tin,tu choi nhan tin nhan,tat thong bao
    unsubscribe,opt out,stop all,stop messages,stop sending,stop messaging me,stop sending me messages,no more messages
    """)  # fmt: skip
_DUNG_THAT_STOPS = frozenset(("dừng", "dung", "dưng", "dùng"))
"""Marks matter for the bare word: "đúng" means yes, "đừng" begins a plea."""

_LEAVE = phrase_set("""thoat,thoat ra,huy,huy bo,huy form,huy dang ky,cancel,exit,quit,dung dang ky,thoat khoi day,khong dang ky nua,khong muon dang ky nua
    thoi khong dang ky nua,thoi khong dang ky,thoi khong hien nua,khong dang ky,khong muon dang ky,thoi de sau,de sau,de luc khac,de khi khac
    thoi de luc khac,lan khac,lan sau,hom khac,thoi huy,thoi thoat,muon huy,muon thoat,muon huy dang ky,bo dang ky,khong lam nua,thoi khong lam nua,khong dien nua
    khong muon tiep tuc,khong tiep tuc,khong tiep tuc nua,ve menu,quay ve menu,leave,stop registration""")  # fmt: skip

_POLITE = word_set(
    "da a oi em anh chi toi minh nhe nha ad ban giup voi di cho xin vui long hay please ban thua nao vay"
)

_COMMANDS = {
    "start": "start,bat dau,bat dau lai",
    "help": "help,tro giup,huong dan,giup do,huong dan su dung",
    "menu": "menu,trang chu,danh muc,quay lai menu,menu chinh,ve menu,mo menu,main menu",
    "dangky": "dangky,dang ky,dang ky hien mau,dang ky ngay,register,sign up",
    "lich": "lich,lich cua toi,lich hen,lich hen cua toi,xem lich,xem lich hen,my registration,my booking,lich hien mau cua toi",
    "toi": "trang cua toi,xem trang cua toi,my page",
    "huy": "huy lich,huy lich hen,huy cho,cancel my registration",
    "dung": "",
    "dulieu": "dulieu,du lieu,du lieu cua toi,my data,xem du lieu cua toi,xem du lieu,thong tin cua toi,du lieu ca nhan,du lieu ca nhan cua toi",
    "xoa": "xoa,xoa du lieu,xoa du lieu cua toi,delete my data,erase my data,xoa het du lieu,xoa toan bo du lieu,xoa thong tin cua toi,xoa het thong tin cua toi",
    "biep": "biep",
    "kiemtra": "kiemtra,kiem tra,tu kiem tra,tu xem,tu xem truoc,xem truoc,self check,check myself",
    "nguoi": "",
    "gio": "gio nhan tin,doi gio nhan tin,gio nhac",
    "english": "english,tieng anh,in english,speak english",
    "tiengviet": "tiengviet,tieng viet,vietnamese",
}
_BY_PHRASE = {phrase: name for name, phrases in _COMMANDS.items() for phrase in phrases.split(",") if phrase}
_BY_SLASH = {
    **{name: name for name in _COMMANDS},
    "register": "dangky", "mine": "lich", "cancel": "huy", "stop": "dung", "data": "dulieu", "delete": "xoa", "vietnamese": "tiengviet",
    "human": "nguoi", "check": "kiemtra", "hours": "gio",
}  # fmt: skip
_LONGEST = 80


@lru_cache(maxsize=512)  # the router asks three questions of the same text
def _phrases(text: str) -> frozenset[str]:
    """The typed phrase, repaired, without its politeness: what the exact lists are compared with."""
    if len(text) > _LONGEST:
        return frozenset()
    plain = tuple(fold(text).split())
    return frozenset(" ".join(said) for said in (plain, _bare(plain), _bare(repair(text))))


def _bare(said: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(word for word in said if word not in _POLITE)


def is_stop(text: str) -> bool:
    """Whether the person asks us to stop writing: an exact phrase, never a word inside a sentence.

    >>> is_stop("DỪNG"), is_stop("đúng"), is_stop("có nên dừng thuốc không")
    (True, False, False)
    """
    if text.lstrip().startswith("/"):
        return command(text) == "dung"
    phrases = _phrases(text)
    if "dung" in phrases:
        return bool(_DUNG_THAT_STOPS.intersection(marked(text)))
    return not phrases.isdisjoint(_STOP)


def is_leave_form(text: str) -> bool:
    """Whether the person wants out of the form that is open.

    >>> is_leave_form("thôi không đăng ký nữa ạ"), is_leave_form("Huy")
    (True, True)
    """
    return command(text) == "huy" if text.lstrip().startswith("/") else not _phrases(text).isdisjoint(_LEAVE)


def command(text: str) -> str | None:
    """The command's name without its slash ("start", "menu", "dangky", …), also for menu words typed as such.

    >>> command("/dangky@GiotHongBot"), command("Trang chủ"), command("đăng ký ở đâu?")
    ('dangky', 'menu', None)
    """
    said = text.strip()
    if said.startswith("/"):
        return (
            _BY_SLASH.get(fold(said[1:64].split(maxsplit=1)[0].partition("@")[0]).replace(" ", ""))
            if len(said) > 1
            else None
        )
    return next(
        (_BY_PHRASE[phrase] for phrase in sorted(_phrases(said), key=len, reverse=True) if phrase in _BY_PHRASE), None
    )
