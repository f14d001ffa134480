"""A moment in the past, an age, a weight, as people tell them; what is no such thing is left alone."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.understanding.bodies import read_age, read_weight
from bot.understanding.times import Since, read_since

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("text", "day", "about"),
    [
        ("em xam hom 2/3", date(2026, 3, 2), False),
        ("em hiến ngày 12 tháng 9", date(2026, 9, 12), False),
        ("hiến máu 12/9/2026 bao giờ hiến lại", date(2026, 9, 12), False),
        ("lần trước em hiến 20-10-25", date(2025, 10, 20), False),
        ("em hien 30/12", date(2025, 12, 30), False),
        ("tiêm vắc xin hôm qua", date(2026, 11, 22), False),
        ("sang nay em vua tiem", TODAY, False),
        ("em xăm được 2 tháng rồi", date(2026, 9, 23), True),
        ("moi sinh con duoc 8 thang", date(2026, 3, 23), True),
        ("năm tháng rồi", date(2026, 6, 23), True),
        ("em moi xam 1 tuan", date(2026, 11, 16), True),
        ("nửa năm rồi", date(2026, 5, 23), True),
        ("em bị cảm tuần trước", date(2026, 11, 22), True),
        ("em mổ tháng trước", date(2026, 10, 31), True),
        ("mổ ruột thừa năm ngoái", date(2025, 12, 31), True),
        ("e xăm 7 tháng thì hiến được k", date(2026, 4, 23), True),
    ],
)
def test_it_reads_when_it_was(text: str, day: date, about: bool) -> None:
    assert read_since(text, TODAY) == Since(day, about)


@pytest.mark.parametrize(
    "text",
    [
        "phải đợi 6 tháng à",
        "6 tháng một lần phải không",
        "một năm hiến mấy lần",
        "cach 3 thang hien 1 lan",
        "sau 3 tháng hiến lại được không",
        "chờ 3 tháng nữa",
        "em 20 tuổi nặng 45kg",
        "31/2 em xăm",
        "em hiến 2/3 và 5/6",
        "hẹn 24/12/2027",
        "0912 345 678",
        "",
        "1/1" * 400,
    ],
)
def test_it_reads_nothing_where_nothing_or_several_things_are_told(text: str) -> None:
    assert read_since(text, TODAY) is None


@given(st.text(max_size=200))
def test_it_never_tells_a_day_that_lies_ahead(text: str) -> None:
    found = read_since(text, TODAY)
    assert found is None or found.day <= TODAY


@pytest.mark.parametrize(
    ("text", "age"),
    [
        ("em 17 tuổi hiến được không", 17),
        ("e 19t hien dc k", 19),
        ("em sinh năm 2009", 17),
        ("em 2k9 hiến được chưa", 17),
        ("bố em 63 tuổi, em 20 tuổi", None),
        ("nặng 50kg", None),
    ],
)
def test_it_reads_an_age(text: str, age: int | None) -> None:
    assert read_age(text, TODAY) == age


@pytest.mark.parametrize(
    ("text", "kg"),
    [
        ("em 43kg hien duoc khong", 43.0),
        ("em nặng 43,5 ký", 43.5),
        ("nang 50 hien dc bn", 50.0),
        ("52 cân hiến được mấy ml", 52.0),
        ("em nặng 45kg, bạn em 60kg", None),
        ("hiến 350 ml", None),
        ("500kg", None),
    ],
)
def test_it_reads_a_weight(text: str, kg: float | None) -> None:
    assert read_weight(text) == kg
