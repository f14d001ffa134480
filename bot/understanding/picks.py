"""Small answers: yes or no, a number from a menu, a label typed instead of tapped."""

import re
from collections.abc import Sequence
from functools import lru_cache

from bot.understanding.folding import fold, marked, words
from bot.understanding.lists import word_list, word_set
from bot.understanding.questions import looks_like_question
from bot.understanding.typing import repair

_YES = word_set(
    "co vang ok yes yep yeah yup sure u uh um uhm uk oh dong-y duoc duoc-roi duoc-chu phai dung-roi dung-vay chinh-xac chuan nhat-tri "
    "co-chu co-roi tat-nhien san-sang chac-chan duoc-luon ok-luon y thoi-duoc thoi-cung-duoc cung-duoc khong-van-de chap-nhan "
    "toi-dong-y em-dong-y minh-dong-y co-dong-y xac-nhan gui-di nhac-em-nhe nhac-toi-nhe i-agree agree of-course right correct"
)
_NO = word_set(
    "khong no nope not n chua thoi khoi khong-dong-y khong-duoc khong-phai khong-co khong-can khong-muon khong-lam khong-nhe sai "
    "chua-co chua-dung chua-phai tu-choi thoi-khong thoi-khoi no-thanks dung-nhac dung-gui khong-cam-on chua-can disagree never"
)
_UNSURE = word_set(
    "khong-sao khong-biet khong-ro khong-chac khong-hieu khong-co-gi khong-nho khong-van-de-gi chua-biet chua-ro chua-chac chua-hieu "
    "chua-nho co-le co-the co-khi co-dieu co-nen co-phai duoc-khong co-khong tuy co-gi not-sure khong-thay khong-thich-hop ok-khong duoc-chua phai-khong dung-khong co-chua"
)
_POLITE = word_set("da a oi em anh chi toi minh nhe nha ad ban bac co-a thua hi dear chau con")
_YES_SIGNS, _NO_SIGNS = ("👍", "✅", "👌", "🆗", "💯"), ("👎", "❌", "🚫")
_NUMBERS = {
    **{word: n for n, word in enumerate(word_list("mot hai ba bon nam sau bay tam chin muoi"), 1)},
    **{word: n for n, word in enumerate(word_list("one two three four five six seven eight nine ten"), 1)},
    **{
        word: n
        for n, word in enumerate(word_list("first second third fourth fifth sixth seventh eighth ninth tenth"), 1)
    },
    "nhat": 1,
    "nhi": 2,
    "tu": 4,
    "dau": 1,
}
_PICKING = word_set(
    "so chon thu cai muc cau y phuong an lua y-so option number choice choose the nay tien da em toi minh lay bam nut a nhe"
)
_WRAPPING = word_set("da em toi minh chon lay cho xin xem nhung cac muon a nhe nha ad i want choose")
_LONGEST_TAP = 60
_CLOCK = re.compile(r"(?<![\w:])(\d{1,2})\s*(?:h|g|giờ|gio|:)\s*([0-5]\d)?(?!\d)", re.IGNORECASE)


def read_yes_no(text: str) -> bool | None:
    """Yes, no, or None for everything that is not clearly one of them.

    >>> read_yes_no("dạ có ạ"), read_yes_no("hok nha"), read_yes_no("không sao")
    (True, False, None)
    """
    if len(text) > 200:
        return None
    said = repair(text)
    if not said:
        return _sign(text)
    core = [word for word in said if word not in _POLITE]
    if not core:
        return True if "da" in said else None
    if marked(text)[-1:] == ("đúng",) and len(core) == 1:
        return True
    return _judged(core, text)


def _judged(core: list[str], text: str) -> bool | None:
    """Whole phrase first; then how a short sentence begins, unless it asks something back."""
    if core[0] == "vang" and len(core) > 1:
        core = core[1:]
    whole = "-".join(core)
    if whole in _UNSURE:
        return None
    if whole in _YES or whole in _NO:
        return whole in _YES
    if "?" in text or len(core) > 10 or looks_like_question(text):
        return None
    for length in (3, 2, 1):
        begin = "-".join(core[:length])
        if begin in _UNSURE:
            return None
        if begin in _YES or begin in _NO:
            return begin in _YES
    return None


def _sign(text: str) -> bool | None:
    yes, no = any(sign in text for sign in _YES_SIGNS), any(sign in text for sign in _NO_SIGNS)
    return yes if yes != no else None


def read_number(text: str, upto: int) -> int | None:
    """The number of a menu line: "2", "số 2", "chọn 2 ạ", "thứ hai", "2️⃣".

    >>> read_number("chọn số 2 nhé", 3), read_number("4", 3)
    (2, None)
    """
    said = words(text[:60])
    if said in (("cuoi",), ("cuoi", "cung"), ("cai", "cuoi"), ("last",)):
        return upto if upto > 0 else None
    left = [word for word in said if word not in _PICKING]
    if len(left) != 1:
        return None
    number = int(left[0]) if left[0].isdecimal() and len(left[0]) <= 3 else _NUMBERS.get(left[0], 0)
    return number if 1 <= number <= upto else None


_ANY_TIME = re.compile(r"\b(?:tu do|(?:luc|gio|khi) nao cung (?:duoc|dc|ok)|any ?time)\b")


def says_any_time(text: str) -> bool:
    """ "Lúc nào cũng được": no time of one's own is wanted."""
    return _ANY_TIME.search(fold(text[:200])) is not None


def read_choice(text: str, labels: Sequence[str]) -> int | None:
    """The index of the label that was typed: whole, its beginning, or a part no other label has.

    >>> read_choice("chu nhat", ["Thứ Bảy 05/12", "Chủ nhật 06/12"])
    1
    """
    if len(text) > 120:
        return None
    offered = [_folded_label(label) for label in labels]
    tried = dict.fromkeys((fold(_clock(text)), " ".join(repair(_clock(text))), _unwrapped(text)))
    return next((hit for said in tried if len(said) >= 2 and (hit := _match(said, offered)) is not None), None)


@lru_cache(maxsize=2048)  # the labels are our own words, and everybody is offered the same
def _folded_label(label: str) -> str:
    return fold(_clock(label))


def _unwrapped(text: str) -> str:
    """Without "em chọn … ạ" around it."""
    said = list(repair(_clock(text)))
    while said and said[0] in _WRAPPING:
        said = said[1:]
    while said and said[-1] in _WRAPPING:
        said = said[:-1]
    return " ".join(said)


def read_tap(text: str, labels: Sequence[str], *, exactly: bool = False) -> int | None:
    """The index of the label that a typed text means as a tap, by its number or its words; `exactly`, where any text
    would be an answer: only a bare number or the whole label.

    >>> read_tap("chọn số 2 nhé", ["Bỏ qua", "Thôi"]), read_tap("thôi em kể nhé", ["Bỏ qua", "Thôi"], exactly=True)
    (1, None)
    """
    if len(text) > _LONGEST_TAP:
        return None
    if exactly:
        bare, said = text.strip(), fold(text)
        number = int(bare) if bare.isdecimal() and len(bare) < 3 else 0
        return next((i for i, label in enumerate(labels) if i + 1 == number or fold(label) == said), None)
    number = read_number(text, len(labels)) or 0
    return number - 1 if number else read_choice(text, labels)


def _match(said: str, offered: list[str]) -> int | None:
    tests = (
        lambda label: label == said,
        lambda label: label.startswith(f"{said} "),
        lambda label: f" {said} " in f" {label} ",
        lambda label: len(said) >= 3 and label.startswith(said),
    )
    for test in tests:
        hits = [i for i, label in enumerate(offered) if test(label)]
        if hits:
            return hits[0] if len(hits) == 1 else None
    return None


def _clock(text: str) -> str:
    """Times as the labels write them: "7h30", "7g30" → "07:30"."""
    return _CLOCK.sub(lambda time: f"{int(time.group(1)):02}:{time.group(2) or '00'} ", text)
