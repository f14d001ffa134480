""" "Ask me next month", "not this season", "I will come", as typed."""

import pytest

from bot.understanding.postponing import Postponed, read_coming, read_postponed

MONTH, SEASON = Postponed.A_MONTH, Postponed.A_SEASON


@pytest.mark.parametrize(
    ("text", "when_asked", "at_any_time"),
    [
        ("thang sau hoi lai e nhe", MONTH, MONTH),
        ("tháng sau nhắc lại", MONTH, MONTH),
        ("nhac lai toi thang sau", MONTH, MONTH),
        ("de thang sau roi hoi", MONTH, MONTH),
        ("1 thang nua hoi lai", MONTH, MONTH),
        ("ask me next month", MONTH, MONTH),
        ("để sau", MONTH, None),
        ("de sau di", MONTH, None),
        ("bữa khác nhé", MONTH, None),
        ("cam on, de dip khac", MONTH, None),
        ("ban qua em oi", MONTH, None),
        ("dot nay ban", MONTH, None),
        ("chua di duoc", MONTH, None),
        ("thang nay chua duoc", MONTH, None),
        ("mua sau nhe", SEASON, None),
        ("de mua sau", SEASON, None),
        ("nam nay thoi", SEASON, None),
        ("nam sau nhe", SEASON, None),
        ("thang sau co dot nao khong", None, None),
        ("thang sau em hien lai duoc chua", None, None),
        ("thang sau hien o dau?", None, None),
        ("khong", None, None),
        ("co", None, None),
        ("hien mau co dau khong", None, None),
    ],
)
def test_it_hears_until_when(text: str, when_asked: Postponed | None, at_any_time: Postponed | None) -> None:
    assert read_postponed(text, asked=True) is when_asked
    assert read_postponed(text, asked=False) is at_any_time


@pytest.mark.parametrize(
    ("text", "coming"),
    [
        ("em se den a", True),
        ("toi se di", True),
        ("e den duoc nhe", True),
        ("nho roi em oi", True),
        ("hen gap", True),
        ("em khong den duoc", False),
        ("chua chac den duoc", False),
        ("may gio den duoc?", False),
        ("den o dau", False),
        ("ok", False),
    ],
)
def test_it_hears_who_will_come(text: str, coming: bool) -> None:
    assert read_coming(text) is coming
