"""Folding, repair and marks."""

import unicodedata

import pytest

from bot.understanding.folding import fold, marked, visible, words
from bot.understanding.marks import marks_of
from bot.understanding.names import read_name
from bot.understanding.typing import is_syllable, repair, repair_beside_marks, repair_word


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        pytest.param("  Hiến MÁU, được không ạ?", "hien mau duoc khong a", id="accents, capitals and punctuation"),
        pytest.param("Đặng ĐÌNH đức", "dang dinh duc", id="both cases of đ"),
        pytest.param(unicodedata.normalize("NFD", "Thuỷ hoà khoẻ"), "thuy hoa khoe", id="decomposed marks"),
        pytest.param("ｈｉếｎ　ｍáｕ", "hien mau", id="fullwidth letters"),
        pytest.param("𝗵𝗶ế𝗻 máu", "hien mau", id="mathematical letters"),
        pytest.param("hi\u200bến\ufe0f", "hien", id="invisible characters"),
        pytest.param("2️⃣", "2", id="a keycap"),
        pytest.param("😀🩸", "", id="emoji only"),
        pytest.param("\x00\t\n", "", id="control characters"),
        pytest.param("", "", id="nothing"),
        pytest.param("مرحبا 12", "مرحبا 12", id="another script is kept"),
    ],
)
def test_it_folds(text: str, folded: str) -> None:
    assert fold(text) == folded
    assert words(text) == tuple(folded.split())


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(unicodedata.normalize("NFD", "Lò Thị Mai"), id="accents apart"),
        pytest.param("\u00a0Lò\u00a0Thị\u202fMai", id="no-break spaces"),
        pytest.param("\ufeffLò Th\u200bị\u00ad Mai\u2060", id="of no width"),
        pytest.param("\u202aLò Thị\r\n Mai\u202c", id="direction and lines"),
    ],
)
def test_it_shows_what_a_person_sees(text: str) -> None:
    assert visible(text) == "Lò Thị Mai"
    assert read_name(text) == "Lò Thị Mai"


def test_it_folds_what_is_folded_to_itself() -> None:
    once = fold("Công đoàn cơ sở — Chè Than Uyên (Lai Châu)")
    assert fold(once) == once


def test_it_folds_a_huge_text_without_a_slow_path() -> None:
    assert fold("á" * 100_000) == "a" * 100_000


def test_it_keeps_marks_where_they_are_asked_for() -> None:
    assert marked("ĐÚNG rồi, Dừng!") == ("đúng", "rồi", "dừng")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        pytest.param("khoẻ", "khỏe", True, id="the tone on another letter"),
        pytest.param("nghỉ", "nghĩ", True, id="hỏi and ngã are mixed up everywhere"),
        pytest.param("cần", "cân", False, id="cần is not cân"),
        pytest.param("đừng", "dừng", False, id="đ is a mark"),
        pytest.param("gan", "gần", False, id="no mark is not a mark"),
    ],
)
def test_it_compares_marks(one: str, other: str, same: bool) -> None:
    assert (marks_of(one) == marks_of(other)) is same


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        pytest.param("e muon dk hm", "em muon dang ky hien mau", id="dk is đăng ký after muốn"),
        pytest.param("hm có dk k", "hien mau co duoc khong", id="dk is được after có"),
        pytest.param("hok dc đâu", "khong duoc dau", id="hok, dc"),
        pytest.param("bn tiền, bn lâu", "bao nhieu tien bao lau", id="bn before lâu"),
        pytest.param("lm ntn j v", "lam nhu the nao gi vay", id="ntn, j, v"),
        pytest.param("hieens maus cos dau khoong", "hien mau co dau khong", id="telex residue"),
        pytest.param("ddawng kys quyeenf lowij", "dang ky quyen loi", id="telex residue with w and d"),
        pytest.param("d9a8ng ky1 hie61n ma1u", "dang ky hien mau", id="VNI residue"),
        pytest.param("khôngg máuu", "khong mau", id="doubled letters"),
        pytest.param("giọt hồng, hong", "giot hong khong", id="hồng in our name stays"),
        pytest.param("52kg 250ml F0 H1N1 B12", "52kg 250ml f0 h1n1 b12", id="numbers and names stay"),
        pytest.param("test online VNeID", "test online vneid", id="foreign words stay"),
        pytest.param("e 17t", "em 17 tuoi", id="an age"),
        pytest.param("9h 30", "9h 30", id="a time stays"),
    ],
)
def test_it_repairs(typed: str, meant: str) -> None:
    assert " ".join(repair(typed)) == meant


@pytest.mark.parametrize("word", ["nghieng", "truong", "duoc", "quyen", "giuong", "oanh", "yeu", "khuya"])
def test_it_leaves_real_syllables_alone(word: str) -> None:
    assert is_syllable(word)
    assert repair_word(word) == word


def test_it_keeps_marks_beside_repaired_words() -> None:
    said, shown = repair_beside_marks("Cần gan dc ko")
    assert said == ("can", "gan", "duoc", "khong")
    assert shown == ("cần", "", "", "")
