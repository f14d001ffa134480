"""What may be kept of a question that nobody has answered yet: the words we know already, and nothing of who asked."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby, pairwise

from bot.understanding.folding import fold, marked
from bot.understanding.lists import word_set
from bot.understanding.questions import looks_like_question
from bot.understanding.typing import repair

LONGEST, MOST_WORDS = 200, 30
"""Longer than a question is a story; of a story nothing is kept."""

FEWEST_WORDS = 3
GAP = "…"

_SURNAMES = word_set("""nguyen tran le pham hoang huynh phan vu vo dang bui do ho ngo duong ly lo luong lu vang giang
    thao sung mua cu hang lau ma ha quang dieu tong cam deo khang chang phung tan ly dinh trinh mai dao doan truong""")
_ONLY_SURNAMES = word_set(
    "nguyễn trần phạm hoàng huỳnh phan vũ võ đặng bùi ngô giàng thào sùng lường tòng quàng phùng đinh trịnh"
)
"""With their marks these mean nothing else; lý, vàng, lương, hà do."""

_MIDDLES = word_set("thi van duc huu quoc ngoc xuan minh thanh thuy dinh cong anh kim hong bich tuan quang a")
_NAMING = re.compile(r"\b(?:tên|ten|họ tên|ho ten|name is|i am|i'm|zalo|sđt|sdt|facebook|fb)\b", re.IGNORECASE)
_NO_WORD = re.compile(r"https?:|www\.|@|\d|\.(?:com|vn|net|org)\b", re.IGNORECASE)
_EDGES = " \t.,;:!?…\"'()[]“”‘’-–/"


@dataclass(frozen=True, slots=True)
class Scrubber:
    """An allow-list: a word is kept because it stands in our own content, never because it looks harmless.

    Args:
        known: words of our content with their marks, and without any.
        field: folded phrases that say a question is about our matters.
    """

    known: frozenset[str] = field(default=frozenset(), repr=False)
    about: tuple[str, ...] = field(default=(), repr=False)

    @classmethod
    def build(cls, texts: Iterable[str], concepts: Mapping[str, Sequence[str]], ours: Iterable[str]) -> "Scrubber":
        """Learn the words of our content; the concepts named `ours` tell what our matters are."""
        said = [word for text in texts for word in marked(text) if word.isalpha()]
        known = frozenset(said) | frozenset(map(fold, said))
        ways = {fold(way) for name in ours for way in concepts.get(name, ())}
        return cls(known, tuple(sorted(f" {way} " for way in ways if way)))

    def keepable(self, text: str) -> str:
        """The question without anything of the person, or "" where nothing may be kept.

        >>> Scrubber.build(["hiến máu xong ăn gì"], {"give": ["hiến máu"]}, ["give"]).keepable("Hiến máu xong ăn phở gì?")
        'hiến máu xong ăn … gì'
        """
        said = unicodedata.normalize("NFC", text[: 2 * LONGEST]).strip()
        typed = said.split()
        if len(said) > LONGEST or not FEWEST_WORDS <= len(typed) <= MOST_WORDS or not self._is_our_question(said):
            return ""
        if _NAMING.search(said) or _names_somebody(typed):
            return ""
        words = [self._word(word, first=i == 0, shouted=said.isupper()) for i, word in enumerate(typed)]
        kept = [word for word in words if word != GAP]
        if len(kept) < FEWEST_WORDS or len(kept) * 2 < len(words):
            return ""
        return " ".join(word for word, _ in groupby(words) if word)

    def _is_our_question(self, said: str) -> bool:
        line = f" {' '.join(repair(said))} "
        return looks_like_question(said) and any(way in line for way in self.about)

    def _word(self, typed: str, *, first: bool, shouted: bool) -> str:
        word = typed.strip(_EDGES)
        if not word or _NO_WORD.search(typed) or not all(map(str.isalpha, word)):
            return GAP
        if word[0].isupper() and not (first or shouted):
            return GAP
        low = word.lower()
        return low if low in self.known else GAP


def _names_somebody(typed: Sequence[str]) -> bool:
    """Two capitals side by side, a family name, or one that may be one before a usual middle name: a person, a unit, a
    place."""
    bare = [word.strip(_EDGES) for word in typed]
    if any(word.lower() in _ONLY_SURNAMES for word in bare):
        return True
    if not "".join(bare).isupper() and any(_is_capital(a) and _is_capital(b) for a, b in pairwise(bare)):
        return True
    folded = [fold(word) for word in bare]
    return any(a in _SURNAMES and b in _MIDDLES for a, b in pairwise(folded))


def _is_capital(word: str) -> bool:
    return word[:1].isupper() and word[1:2] != "" and not word.isupper()


NOTHING_KEPT = Scrubber()
