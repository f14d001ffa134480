"""Urgent words: a report of fainting, bleeding, breathlessness… is told from a question about them."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from bot.understanding.folding import marked, words
from bot.understanding.lists import phrase_set, word_set
from bot.understanding.typing import repair

_LONGEST = 4000
_GAP = 2
"""Words that may stand inside a phrase: "tê hết cả tay" is still "tê tay"."""

_SENTENCES = re.compile(r"[.,;!\n…]+(?!\d)")
_NOW = word_set("vua moi dang bay cuu")
_NOW_PHRASES = phrase_set(
    "nay gio, bay gio, tu nay, hom nay, sang nay, chieu nay, toi nay, trua nay, giup voi, cuu voi, lien tuc, gap qua"
)
_DENIED = phrase_set("khong bi, khong he, khong con, khong thay, chua bi, chua tung, khong co, het, khoi, do, bot")
_PAST = phrase_set(
    "tung, lan truoc, hoi truoc, truoc day, nam ngoai, nam truoc, thang truoc, hoi nho, ngay xua, tien su, hoi xua"
)
_GENERAL = phrase_set(
    "neu, so bi, lo bi, lo lang, so ngat, so xiu, nghe noi, nghe bao, nguoi ta, truong hop, dau hieu, trieu chung, hien tuong"
)
_AS_A_TOPIC = phrase_set(
    "bao nhieu nguoi, ti le, tac dung phu, khi nao thi, khi nao can, co phai la, la gi, la benh gi"
)
_FEARED = word_set("so lo hay")
_WONDERING = phrase_set("tai sao, vi sao, cach, phong tranh, lam sao de, lam the nao de")
_HOW = phrase_set("tai sao, vi sao, lam sao de, cach, phong tranh, de tranh, tranh, han che, de khong, khong bi")
_MAY_GIVE = phrase_set(
    "hien duoc, hien mau duoc, duoc hien, co hien, nen hien, the hien, di hien, dang ky hien, tham gia hien, cho mau duoc"
)
_PERSONS = word_set("em toi minh chong vo con me bo ba chau chi anh")
_POLITE = word_set("a da vang oi nhe nha ad vay the u")
_QUESTION_ENDS = word_set("khong chua nhi")


@dataclass(frozen=True, slots=True)
class _Sign:
    """One phrase of the lexicon. `always`: urgent in any sentence, even a question (self-harm)."""

    words: tuple[str, ...]
    marks: tuple[str, ...]
    always: bool


@dataclass(frozen=True, slots=True, eq=False)
class Urgent:
    """The lexicon, compiled by the first word of each phrase."""

    signs: dict[str, tuple[_Sign, ...]] = field(repr=False)

    @classmethod
    def build(cls, phrases: Sequence[str]) -> "Urgent":
        """Compile phrases; one that ends in "!" counts in any sentence."""
        by_first: defaultdict[str, list[_Sign]] = defaultdict(list)
        for phrase in phrases:
            sign = _Sign(repair(phrase), marked(phrase), phrase.rstrip().endswith("!"))
            if sign.words:
                by_first[sign.words[0]].append(sign)
        return cls({first: tuple(signs) for first, signs in by_first.items()})

    def matches(self, text: str) -> bool:
        """Whether the text reports something urgent. In doubt about a report: yes; about a general question: no."""
        text = text[:_LONGEST]
        if next(self._found(repair(text)), None) is None:
            return False
        return any(self._sentence(part, text) for part in _SENTENCES.split(text))

    def despairs(self, text: str) -> bool:
        """Whether the words are of not wanting to live: they count in any sentence, and are answered in words of their own."""
        return any(sign.always for _, _, sign in self._found(repair(text[:_LONGEST])))

    def _sentence(self, part: str, text: str) -> bool:
        said = repair(part)
        shown = set(marked(part))
        return any(
            sign.always or not _is_talk_about(said, start, end, text)
            for start, end, sign in self._found(said)
            if len(sign.words) > 1 or _marks_agree(sign, shown)
        )

    def _found(self, said: tuple[str, ...]) -> Iterator[tuple[int, int, _Sign]]:
        for start, word in enumerate(said):
            for sign in self.signs.get(word, ()):
                end = _in_order(said, start, sign.words)
                if end:
                    yield start, end, sign


def _in_order(said: tuple[str, ...], start: int, phrase: tuple[str, ...]) -> int:
    """The end of the phrase that begins here, 0 if it is not here; at most `_GAP` other words inside."""
    at, gap = start + 1, 0
    for word in phrase[1:]:
        while at < len(said) and said[at] != word and gap <= _GAP:
            at, gap = at + 1, gap + 1
        if at >= len(said) or gap > _GAP:
            return 0
        at += 1
    return at


def _marks_agree(sign: _Sign, shown: set[str]) -> bool:
    """A single word typed with marks must carry the right ones: "ngất", not "ngắt"."""
    return sign.words[0] in shown or sign.marks[0] in shown or not any(words(w) == sign.words for w in shown)


def _is_talk_about(said: tuple[str, ...], start: int, end: int, text: str) -> bool:
    """A question or a story about the sign, rather than a report that it is happening."""
    near, before, whole = said[max(0, start - 3) : start], said[:start], f" {' '.join(said)} "
    if _has(near, _DENIED):
        return True
    if _any_in(whole, _PAST) and not _any_in(whole, _NOW_PHRASES):
        return True
    asks = _asks(said, text)
    if not _NOW.isdisjoint((*near, *said[end : end + 1])) or _any_in(whole, _NOW_PHRASES):
        return asks and "co" in near and _NOW.isdisjoint(near)
    feared = not _FEARED.isdisjoint(near[-2:])
    wondered = _has(before, _WONDERING) and _PERSONS.isdisjoint(said)
    about = feared or wondered or _has(before, _GENERAL) or _any_in(whole, _AS_A_TOPIC)
    if about or not asks:
        return about
    may_be = "co" in said[max(0, start - 5) : start] or "hay" in near or "de" in near
    how = _any_in(whole, _HOW) and _PERSONS.isdisjoint(said)
    return may_be or how or _any_in(whole, _MAY_GIVE) or _asks_to_give(text)


def _asks(said: tuple[str, ...], text: str) -> bool:
    last = next((word for word in reversed(said) if word not in _POLITE), "")
    return last in _QUESTION_ENDS or "?" in text


def _asks_to_give(text: str) -> bool:
    """ "em hay khó thở, hiến máu được không": the question stands in the next clause."""
    whole = f" {' '.join(repair(text))} "
    return _any_in(whole, _MAY_GIVE) and _asks(repair(text), text)


def _has(said: tuple[str, ...], phrases: frozenset[str]) -> bool:
    return _any_in(f" {' '.join(said)} ", phrases)


def _any_in(line: str, phrases: frozenset[str]) -> bool:
    return any(f" {phrase} " in line for phrase in phrases)
