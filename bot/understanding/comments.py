"""Comments under a post: does somebody ask to come?"""

from collections.abc import Iterable

from bot.understanding.folding import fold, marked, words
from bot.understanding.lists import word_set

_LONGEST = 500
_NO = word_set(
    "không khong ko hông hok hem chẳng chang đừng dừng ngừng huỷ hủy huy thôi not don't dont cancel never stop"
)
_BUT_ASKS = word_set("biet ro hieu thay know")
""""Em không biết đăng ký ở đâu" asks."""

_REACH = 3
"""A no counts for so many words behind it."""


def asks_to_come(text: str, phrases: Iterable[str]) -> bool:
    """Whether one of the phrases stands in the comment, and no "no" before it.

    >>> asks_to_come("Cho em dang ky voi a", ["đăng ký"]), asks_to_come("em không đăng ký nhé", ["đăng ký"])
    (True, False)
    """
    if len(text) > _LONGEST:
        return False
    typed = [word for word in marked(text) if fold(word)]
    said = [fold(word) for word in typed]
    return any(_says(typed, said, words(phrase)) for phrase in phrases)


def _says(typed: list[str], said: list[str], phrase: tuple[str, ...]) -> bool:
    size = len(phrase)
    found = (at for at in range(len(said) - size + 1) if tuple(said[at : at + size]) == phrase)
    return bool(phrase) and any(not _is_denied(typed, said, at) for at in found)


def _is_denied(typed: list[str], said: list[str], at: int) -> bool:
    before = range(max(at - _REACH, 0), at)
    return any(typed[place] in _NO and said[place + 1] not in _BUT_ASKS for place in before)
