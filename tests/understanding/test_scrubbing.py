"""What may be kept of a question: words of our own content, and nothing of who asked."""

from collections.abc import Callable

import pytest

from bot.library.library import Library
from bot.library.reading import content_root
from bot.understanding.folding import fold
from bot.understanding.scrubbing import NOTHING_KEPT, Scrubber
from tests.people import NAMES


@pytest.fixture(scope="module")
def scrubber() -> Scrubber:
    return Library.load(content_root()).scrubber()


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Hiến máu xong uống bia được không?", "hiến máu xong uống bia được không"),
        ("hien mau xong co duoc lan bien khong", "hien mau xong co duoc lan bien khong"),
        ("HIẾN MÁU XONG CÓ ĐƯỢC ĐI MÁY BAY KHÔNG", "hiến máu xong có được đi máy bay không"),
        ("hiến máu ngày 12/5 có được zzqx không?", "hiến máu ngày … có được … không"),
        ("hiến máu xong gọi số 0912345678 được không?", "hiến máu xong gọi số … được không"),
        ("hiến máu viết cho a.b@c.vn được không ạ?", "hiến máu viết cho … được không ạ"),
        ("hiến máu ở Phiêng thì có được quà không?", "hiến máu ở … thì có được quà không"),
    ],
)
def test_it_keeps_the_question_with_gaps(scrubber: Scrubber, typed: str, kept: str) -> None:
    assert scrubber.keepable(typed) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "…",
        "Lò Thị Mai",
        "lo thi mai",
        "em tên Mai, hiến máu có đau không?",
        "em lò thị mai muốn hỏi hiến máu có đau không",
        "Chị Vàng Thị Dua hiến máu được không?",
        "em ở Than Uyên hiến máu được không?",
        "em bị vợ bỏ buồn quá phải làm sao?",
        "chồng em đánh em hôm qua, em phải làm gì?",
        "hôm qua em hiến máu xong thấy vui lắm",
        "em bị tiểu đường ba năm nay, đang uống thuốc",
        "zalo em 0912345678 hiến máu được không",
        "hiến máu " * 40 + "được không?",
        "hiến máu có được không? " + "a" * 100_000,
        "zzq xxp hiến máu qqz vvk không?",
    ],
)
def test_it_keeps_nothing_of(scrubber: Scrubber, typed: str) -> None:
    assert scrubber.keepable(typed) == ""


@pytest.mark.parametrize("person", NAMES)
@pytest.mark.parametrize(
    "question",
    ["{} hiến máu được không?", "em là {}, hiến máu xong ăn gì?", "hiến máu có đau không {}"],
)
def test_it_lets_no_name_through(scrubber: Scrubber, person: str, question: str) -> None:
    assert scrubber.keepable(question.format(person)) == ""


@pytest.mark.parametrize("write", [str.lower, str.upper, fold], ids=["lower", "upper", "folded"])
def test_it_knows_names_without_capitals_and_accents(scrubber: Scrubber, write: Callable[[str], str]) -> None:
    """A family name and a usual middle name; two bare syllables such as "hoàng hà" need their capitals or marks."""
    for person in (name for name in NAMES if {"thi", "van", "a", "duc"} & set(fold(name).split()[1:-1])):
        assert scrubber.keepable(write(f"em là {person} hiến máu xong ăn gì?")) == ""


def test_it_keeps_nothing_without_content() -> None:
    assert NOTHING_KEPT.keepable("Hiến máu có đau không?") == ""
