"""Codes that join, as they are made and typed; and what only looks like one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.join_codes import is_join_code, join_code_from, spoken_join_code
from bot.storage.staff_addresses import SIGNS as STAFF_SIGNS
from bot.understanding.join_codes import asks_to_join, asks_to_part, read_join_code
from bot.understanding.pleas import read_plea, staff_code
from bot.understanding.stop import is_stop
from bot.understanding.typed_codes import typed_code

SEEDS = st.integers(0, 2**64 - 1)


@given(SEEDS)
def test_a_code_is_read_as_it_is_spoken_and_as_nothing_else(seed: int) -> None:
    code = join_code_from(seed)
    spoken = spoken_join_code(code)
    for text in (spoken, code.lower(), spoken.replace("-", " "), f"mã của em là {spoken} ạ", f"{spoken}.", f"({code})"):
        assert read_join_code(text) == code
        assert typed_code(text) is None
        assert staff_code(text) is None
        assert read_plea(text) is None
        assert not is_stop(text)
    assert read_join_code(spoken.replace("0", "O").replace("1", "i")) in (code, None)


@given(st.text(STAFF_SIGNS, min_size=8, max_size=8))
def test_a_code_of_staff_is_none_of_ours(code: str) -> None:
    assert read_join_code(code) is None
    assert read_join_code(f"{code[:4]}-{code[4:]}") is None
    assert not is_join_code(code)


def test_codes_differ() -> None:
    assert len({join_code_from(seed << 20) for seed in range(5000)}) > 4990


@pytest.mark.parametrize(
    "text",
    [
        "Nguyen Van Minh 1990", "minh thoi", "tinh 2010", "0912 3456", "20111990", "ABCDE-12345", "HM10 1234", "B1234567",
        "C123 4567", "012345678901", "em nang 50kg 1m60", "29B1 12345", "sinh 1990", "K4M7T2B0X", "XK4M7T2B0", "",
        "k4m7", "chin 2010 khong",
    ],
)  # fmt: skip
def test_it_takes_nothing_else_for_a_code(text: str) -> None:
    assert read_join_code(text) is None


@pytest.mark.parametrize(
    "text",
    ["nối tài khoản", "Nối tài khoản ạ", "noi tai khoan", "mã nối", "cho em xin mã nối với ạ", "em muốn nối 2 tài khoản",
     "liên kết tài khoản", "gộp tài khoản", "/noi", "/noi@GiotHongBot", "làm sao nối tài khoản", "link my accounts"],
)  # fmt: skip
def test_it_hears_the_wish_to_join(text: str) -> None:
    assert asks_to_join(text)
    assert not asks_to_part(text)
    assert not is_stop(text)
    assert read_plea(text) is None


@pytest.mark.parametrize(
    "text",
    ["tách tài khoản", "em muốn tách tài khoản ra ạ", "tach tai khoan", "huỷ nối tài khoản", "bỏ nối", "/tach", "gỡ nối",
     "unlink accounts"],
)  # fmt: skip
def test_it_hears_the_wish_to_part(text: str) -> None:
    assert asks_to_part(text)
    assert not asks_to_join(text)
    assert not is_stop(text)
    assert read_plea(text) is None


@pytest.mark.parametrize(
    "text", ["nói", "nơi nào", "nội dung gì", "tài khoản ngân hàng", "tách tiểu cầu", "huỷ", "nối"]
)
def test_it_hears_neither_in(text: str) -> None:
    assert not asks_to_join(text)
    assert not asks_to_part(text)
