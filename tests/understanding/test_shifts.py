""" "I work nights", as typed; a question about giving after a night shift is none of it."""

import pytest

from bot.domain.rhythms import NIGHTS, USUAL
from bot.understanding.shifts import read_shift


@pytest.mark.parametrize(
    ("text", "rhythm"),
    [
        ("tôi làm ca đêm", NIGHTS),
        ("em lam ca dem", NIGHTS),
        ("e lm ca dem a", NIGHTS),
        ("toi truc dem", NIGHTS),
        ("thang nay em lam ca 3", NIGHTS),
        ("em lam ca dem nen ban ngay ngu", NIGHTS),
        ("ban ngay toi ngu", NIGHTS),
        ("i work nights", NIGHTS),
        ("het lam ca dem roi", USUAL),
        ("em khong lam ca dem nua", USUAL),
        ("em lam hanh chinh", USUAL),
        ("em lam ca ngay roi", USUAL),
        ("em lam ca dem co hien duoc ko", None),
        ("lam ca dem hien mau dc khong", None),
        ("hom qua em lam ca dem thuc trang", None),
        ("ca dem thi sao", None),
        ("em lam ca dem duoc khong?", None),
        ("lam ca dem " * 20, None),
        ("em la cong nhan", None),
    ],
)
def test_it_hears_the_hours_of_a_shift(text: str, rhythm: str | None) -> None:
    assert read_shift(text) == rhythm
