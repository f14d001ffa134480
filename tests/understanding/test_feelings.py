"""Answers to "how do you feel after giving?", as typed: a doubt is never read as fine."""

import pytest

from bot.understanding.feelings import Feeling, read_feeling

FINE = """khoe roi | khỏe re | ok em | bt | bth | binh thuong | khong sao | k sao ca | het met roi | khong dau gi | khong dau gi dau
on | e khoe | vẫn ổn ạ | tôi thấy tốt | khong con dau nua | khong bi sao ca | van tot, khong co van de gi | khong met cung khong dau
rất khoẻ ạ | khoẻ, cảm ơn em | van on nhe, khong thay met | may hom nay van lam viec binh thuong | moi thu on | I am fine | all right"""

UNWELL = """van dau tay | hoi chong mat | chua khoe | ko dc khoe | met | tay bam tim | khoe nhung hoi met | khong khoe lam | tay hơi sưng
chi hoi met thoi | hơi mỏi tay | tay te te | bi sot | buon non qua | van con yeu | chong mat khong dung noi | choang vang | kho tho | xay xam
cho kim cham bi tham tim | chay mau lai | tê hết cánh tay | bam tim bao lau thi het | not so good | still dizzy | my arm hurts"""

NEITHER = """co | khong | da | cam on | cảm ơn em nhiều | bao gio em hien lai duoc | dia diem hien mau o dau | het chong mat chua | em tham gia nua nhe
cung vay vay | chua biet | yeu doi lam | dang o cong ty | 123 | 🙂"""


def lines(block: str) -> list[str]:
    return [one.strip() for line in block.splitlines() for one in line.split("|")]


@pytest.mark.parametrize("text", lines(FINE))
def test_it_hears_that_somebody_is_fine(text: str) -> None:
    assert read_feeling(text) is Feeling.FINE


@pytest.mark.parametrize("text", lines(UNWELL))
def test_it_hears_that_somebody_is_not_well(text: str) -> None:
    assert read_feeling(text) is Feeling.UNWELL


@pytest.mark.parametrize("text", lines(NEITHER))
def test_it_asks_where_it_is_not_sure(text: str) -> None:
    assert read_feeling(text) is None


def test_a_long_story_is_for_the_buttons() -> None:
    assert read_feeling("khoe " * 100) is None
