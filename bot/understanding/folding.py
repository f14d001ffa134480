"""Folding: the same letters however they were typed (NFC or NFD, capitals, accents, đ, fullwidth, fancy fonts)."""

import re
import unicodedata

_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufe0f\ufeff]")
_WORDS = re.compile(r"[^\W_]+").findall
_MOST_CACHED = 4096


class _Folds(dict[int, str]):
    """A translate table that works out a character the first time it is seen."""

    def __missing__(self, code: int) -> str:
        folded = _fold_character(chr(code))
        if len(self) < _MOST_CACHED:
            self[code] = folded
        return folded


def _fold_character(character: str) -> str:
    """Base letters and digits stay; marks vanish; everything else parts words."""
    if character in "đĐ":
        return "d"
    kept = [part for part in unicodedata.normalize("NFKD", character) if not unicodedata.category(part).startswith("M")]
    if not kept:
        return ""
    return "".join(part.lower() if part.isalnum() else " " for part in kept)


_FOLDS = _Folds()
_HIDDEN = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad\ufe0f"), "")
_FOLDS.update(_HIDDEN)


def fold(text: str) -> str:
    """Lower-case letters and digits without accents, words parted by one space.

    >>> fold("  Hiến MÁU, được không ạ?")
    'hien mau duoc khong a'
    """
    return " ".join(text.translate(_FOLDS).split())


def visible(text: str) -> str:
    """What a person sees of a text: letters in one piece with their accents, nothing of no width, plain single spaces.

    >>> visible("\\ufeffLo\\u0300\\u00a0 Thị\\u200b Mai ")
    'Lò Thị Mai'
    """
    return " ".join(unicodedata.normalize("NFC", _UNSEEN.sub("", text)).split())


def words(text: str) -> tuple[str, ...]:
    """The folded words of a text."""
    return tuple(text.translate(_FOLDS).split())


def marked(text: str) -> tuple[str, ...]:
    """The words with their accents, lower-case NFC: what tells "đúng" from "dừng"."""
    return tuple(_WORDS(unicodedata.normalize("NFC", text).lower()))
