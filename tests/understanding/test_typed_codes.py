"""Codes as people type them, and the numbers beside "hm" that are none."""

import pytest

from bot.understanding.typed_codes import typed_code

ALONE = [
    "HM101", "hm101", "Hm101.", "hm 101", "HM-101", "hm: 101", "#HM101", "H M 1 0 1", "mã HM101", "Mã: HM101 ạ",
    "HM1O1", "hm1ol", "HMl0l", "ＨＭ１０１", "nhắn HM101", "em gửi mã hm101 nhé", "/start HM101", "hm_101", "HM101!!",
]  # fmt: skip


@pytest.mark.parametrize("text", ALONE)
def test_it_reads_a_code_however_it_is_typed(text: str) -> None:
    code = typed_code(text)
    assert code is not None
    assert (code.digits, code.alone, code.register) == ("101", True, False)


@pytest.mark.parametrize(
    "text",
    ["em muon dang ky HM101", "Em muốn đăng ký HM101 ạ", "đk hm101", "HM101, cho em đăng ký với", "/dangky HM101",
     "I want to register for HM101 please"],
)  # fmt: skip
def test_it_hears_that_a_place_is_wanted_at_once(text: str) -> None:
    code = typed_code(text)
    assert code is not None
    assert (code.digits, code.alone, code.register) == ("101", True, True)


@pytest.mark.parametrize("text", ["HM101 ở đâu vậy", "không đăng ký HM101 nữa", "hm101 xong nên ăn gì"])
def test_it_keeps_what_else_was_said(text: str) -> None:
    code = typed_code(text)
    assert code is not None
    assert (code.digits, code.alone, code.register) == ("101", False, False)


@pytest.mark.parametrize(
    "text",
    ["", "hm", "em muốn hm", "hmoi", "hm 350", "hm 350ml được không", "em hm 250 ml", "hm 20/12/2026 ở đâu", "hm 102 lần rồi",
     "hm 12 lần", "0912345678", "nhóm 101", "chm101x", "hm 07:30", "hm 1.500.000 đ", "HM" + "1" * 40, "x" * 300],
)  # fmt: skip
def test_it_leaves_other_numbers_alone(text: str) -> None:
    assert typed_code(text) is None


def test_it_reads_a_code_that_is_too_short_so_that_it_can_be_told() -> None:
    code = typed_code("HM12")
    assert code is not None
    assert (code.digits, code.alone) == ("12", True)
