"""Whether a text looks like a question rather than an answer to the bot's own question."""

from bot.understanding.lists import phrase_set, word_set
from bot.understanding.typing import repair

_ASKING = phrase_set(
    """bao lau, bao nhieu, bao gio, khi nao, luc nao, may gio, o dau, cho nao, la gi, lam gi, can gi, nhu the nao, the nao, tai sao
    vi sao, co phai, duoc khong, co duoc, co the, hay khong, co khong, nhung gi, duoc gi, ai duoc, lam sao, gi khong, chua duoc
    de lam chi, sao phai, cho hoi, em hoi, what, when, where, why, how, who, can i, do i, is it, does it"""
)
_ASKED = tuple(f" {phrase} " for phrase in sorted(_ASKING))
_POLITE = word_set("a da vang oi em anh chi nhe nha ban ad")
_LAST = word_set("khong chua nhi sao gi dau vay ta")
_LAST_BESIDE_NAMES = word_set("khong chua vay")
_LONGEST = 400


def looks_like_question(text: str) -> bool:
    """True for "hiến máu có đau không", "cần giấy tờ gì ạ?"; false for a date, "không ạ".

    >>> looks_like_question("hien mau co dau k a"), looks_like_question("ngày 12/5/1990 ạ")
    (True, False)
    """
    return _asks(text, _LAST)


def looks_like_question_not_name(text: str) -> bool:
    """The same where a name is expected: Sao, Nhi and Gì are names too.

    >>> looks_like_question_not_name("Trần Thị Nhi"), looks_like_question_not_name("hien mau co dau k")
    (False, True)
    """
    return _asks(text, _LAST_BESIDE_NAMES)


def _asks(text: str, last: frozenset[str]) -> bool:
    said = repair(text[:_LONGEST])
    while said and said[-1] in _POLITE:
        said = said[:-1]
    if len(said) < 2:
        return False
    if "?" in text or "？" in text:
        return True
    line = f" {' '.join(said)} "
    return (len(said) >= 3 and said[-1] in last) or any(phrase in line for phrase in _ASKED)
