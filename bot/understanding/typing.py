"""Repair of hurried typing: teencode, Telex and VNI residue, doubled letters. Works on folded words."""

import re
from collections.abc import Iterator
from functools import lru_cache

from bot.understanding.folding import marked, words
from bot.understanding.lists import word_set

_SHORT_FORMS = {
    "khong": "k ko kh khg hok hk hem hog hum khum khog hong hg",
    "duoc": "dc dx dcj duok dk",
    "dang ky": "dky dki dangki dangky ddk ddki",
    "hien mau": "hm hmau hienmau",
    "bao nhieu": "bn bnh bnhiu bnhieu bnhju bhieu bnhjeu",
    "nhu the nao": "ntn nhtn ntnao",
    "gi": "j ji jz",
    "minh": "mk mik mjk mh",
    "toi": "t tui tao tau",
    "vay": "z zay v dzay zj",
    "a": "za ah ak",
    "nguoi": "ng ngui ngta nguoj",
    "nhung": "nhg nhug",
    "nhieu": "nhiu nhju",
    "bao gio": "bh bgio",
    "roi": "r rui roy",
    "cam on": "tks thks thanks thank tkss thx camon",
    "ok": "oke okie okela okay okey oki okla",
    "hello": "hj hi helo hellu halo alo",
    "vaccine": "vx vxin vacxin vaxin vaccin vacin vacine vaccines",
    "xet nghiem": "xn",
    "ket qua": "kq",
    "ket qua xet nghiem": "kqxn",
    "nhom mau": "nm",
    "giay chung nhan": "gcn",
    "co the": "cth",
    "lam": "lm",
    "biet": "bit bik bjt bjk bt",
    "anh chi": "ac",
    "y": "ys",
    "thich": "thik",
    "em": "e iem",
    "voi": "vs",
    "suc khoe": "sk",
    "benh vien": "bv",
    "cong ty": "cty",
    "nhan vien": "nv",
    "tai sao": "ts",
    "so dien thoai": "sdt",
    "nhan tin": "ib",
    "thang": "thag thg",
    "truoc": "trc trk",
    "quy trinh": "qtrinh",
    "ky": "ki",
    "dieu kien": "dkien dkiem",
    "thoi gian": "tgian",
    "cung": "cx cug",
    "gio": "h",
    "hom nay": "hnay",
    "hom qua": "hqua",
    "uong": "uog",
    "luon": "lun",
    "xong": "xog",
    "muon": "mun mug mus",
    "qua": "wa",
    "cmnd": "cmt cmtnd",
    "covid": "covit ncov ncovi corona",
}
TEENCODE = {short: meant for meant, forms in _SHORT_FORMS.items() for short in forms.split()}
"""Folded short form → folded words. Forms that need their neighbours are judged in `_in_context`."""

_KEPT = word_set(
    "test bus box max gas fax taxi sms app web form link zalo facebook messenger telegram email mail ok yes no sos fan covid "
    "f0 f1 f2 h1n1 b12 o2 vneid vnpay hiv aids hbv hcv cccd cmnd rh help english start stop exit hotline online pass"
)
_ONSET = "(?:ngh|ng|nh|gh|gi|kh|ph|th|tr|ch|qu|[bcdghklmnprstvx])?"
_NUCLEUS = "(?:uyeu|ieu|yeu|uoi|uou|uay|uyu|oai|oay|oeo|uya|uye|ia|ie|ua|uo|uu|ue|uy|ui|oa|oe|oi|ai|ao|au|ay|eo|eu|iu|ya|ye|[aeiouy])"
_SYLLABLE = re.compile(f"{_ONSET}{_NUCLEUS}(?:ng|nh|ch|[cmnpt])?").fullmatch
_VNI = re.compile(r"[a-z]+[0-9][a-z0-9]*").fullmatch
_TELEX_TONE = re.compile(r"[sfrxj]")
_TELEX_PAIRS = re.compile(r"(dd|aa|ee|oo)|w")
_YEARS = re.compile(r"[1-9][0-9]t").fullmatch
_REPEATS = re.compile(r"(.)\1+")
_SIGN_UP_BEFORE = word_set("muon cho cach can huy link form de xin em anh chi minh toi")
_SIGN_UP_AFTER = word_set("hien hm o tham lich giup ho som truoc nua")
_ALLOWED_BEFORE = word_set("co c con hien hm thi di chua moi cung")
_ALLOWED_AFTER = word_set("r roi rui chua ko k khong hok hong a nhe")
_LETTERS_AFTER = word_set("vitamin nhom mau gan benh loai")
"""After these a single letter is a letter: "viêm gan C", "nhóm máu B"."""


def is_syllable(word: str) -> bool:
    """Whether the folded word could be a Vietnamese syllable."""
    return _SYLLABLE(word) is not None


@lru_cache(maxsize=8192)
def repair_word(word: str) -> str:
    """One folded word without its typing residue; unchanged when nothing safe is known.

    >>> repair_word("hieens"), repair_word("dduwowcj"), repair_word("khum"), repair_word("test")
    ('hien', 'duoc', 'khong', 'test')
    """
    short = TEENCODE.get(word)
    if short is not None:
        return short
    if _YEARS(word):
        return f"{word[:-1]} tuoi"
    if word in _KEPT or len(word) < 2 or word.isdigit() or is_syllable(word):
        return word
    for candidate in _candidates(word):
        if candidate in TEENCODE:
            return TEENCODE[candidate]
        if len(candidate) > 1 and is_syllable(candidate):
            return candidate
    return word


def _candidates(word: str) -> Iterator[str]:
    """Ways to read a word that is no syllable, the safest first."""
    if _VNI(word):
        yield re.sub(r"[0-9]", "", word)
        return
    plain = _TELEX_PAIRS.sub(lambda pair: pair.group(1)[0] if pair.group(1) else "", word)
    yield plain
    for tone in reversed(list(_TELEX_TONE.finditer(plain, 1))):
        yield plain[: tone.start()] + plain[tone.end() :]
    single = _REPEATS.sub(r"\1", plain)
    yield single


@lru_cache(maxsize=512)  # urgent, stop, leave, yes or no: one turn asks several times for the same text
def repair(text: str) -> tuple[str, ...]:
    """The folded words of a text with teencode written out and typing residue taken off.

    >>> " ".join(repair("e muon dk hm, k bit can j"))
    'em muon dang ky hien mau khong biet can gi'
    """
    folded = words(text)
    fixed = [_in_context(folded, i) or repair_word(word) for i, word in enumerate(folded)]
    return tuple(" ".join(fixed).split())


def repair_beside_marks(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The repaired words, and beside each the word as typed if its marks are to be trusted, else "".

    >>> repair_beside_marks("cần gan dc k")
    (('can', 'gan', 'duoc', 'khong'), ('cần', '', '', ''))
    """
    folded = words(text)
    shown = () if text.isascii() else marked(text)
    if len(shown) != len(folded):
        shown = ("",) * len(folded)
    fixed: list[str] = []
    marks: list[str] = []
    for i, word in enumerate(folded):
        for part in (_in_context(folded, i) or repair_word(word)).split():
            fixed.append(part)
            marks.append(shown[i] if part == word != shown[i] else "")
    return tuple(fixed), tuple(marks)


def _in_context(folded: tuple[str, ...], i: int) -> str:
    """Short forms that mean different things beside different neighbours; "" when the neighbours do not matter."""
    word = folded[i]
    before = folded[i - 1] if i else ""
    after = folded[i + 1] if i + 1 < len(folded) else ""
    match word:
        case "dk":
            if (before in _ALLOWED_BEFORE and after != "o") or (not before and after in _ALLOWED_AFTER):
                return "duoc"
            signs_up = not before or before in _SIGN_UP_BEFORE or after in _SIGN_UP_AFTER
            return "dang ky" if signs_up else "duoc"
        case "tn":
            return "tinh nguyen" if before in ("mau", "hm", "hien") else "the nao"
        case "c" if before not in _LETTERS_AFTER and not before.isdigit():
            return "co"
        case "hong" if before == "giot" or after in ("he", "song"):
            return "hong"
        case "bn" if after == "lau":
            return "bao"
        case "h" | "kg" | "t" | "k" if before.isdigit():
            return word if word != "h" else "gio"
        case "v" | "e" | "t" if before in _LETTERS_AFTER:
            return word
    return ""
