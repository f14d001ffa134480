"""Comments under a post: who asks to come, and who says no."""

import pytest

from bot.dialog.post_words import comment_phrases
from bot.library import Library, content_root
from bot.understanding.comments import asks_to_come

PHRASES = comment_phrases(Library.load(content_root()))


@pytest.mark.parametrize(
    "text",
    [
        "Đăng ký",
        "cho em dang ky voi a",
        "dk 2 người nhé ad",
        "Em muốn THAM GIA ạ!!!",
        "Mình hiến máu được không",
        "e ko biết đăng ký ở đâu",
        "Đúng rồi, cho mình đăng kí",
        "cho em 1 suất ạ",
        "Em chưa đăng ký được",
        "sign me up please",
        "𝐃𝐚𝐧𝐠 𝐤𝐲",
    ],
)
def test_it_hears_who_asks_to_come(text: str) -> None:
    assert asks_to_come(text, PHRASES)


@pytest.mark.parametrize(
    "text",
    [
        "em không đăng ký",
        "ko tham gia đâu",
        "huỷ đăng ký giúp em",
        "đừng hiến máu nữa",
        "I do not join",
        "hay quá",
        "đẹp",
        "",
        "dkny",
        "đăng bài này ký tên ai vậy",
        "đăng ký " * 100,
    ],
)
def test_it_leaves_the_others_alone(text: str) -> None:
    assert not asks_to_come(text, PHRASES)


def test_a_phrase_of_nothing_is_never_said() -> None:
    assert not asks_to_come("đăng ký", ["", "  "])
