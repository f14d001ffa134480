"""Validators: tables of what people type."""

from datetime import date

import pytest

from bot.understanding.answers import (
    Miss,
    Reason,
    read_birth_date,
    read_choice,
    read_name,
    read_number,
    read_phone,
    read_yes_no,
)

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("lò thị mai", "Lò Thị Mai"),
        ("NGUYỄN  VĂN   AN", "Nguyễn Văn An"),
        ("dạ em tên là Giàng A Páo ạ", "Giàng A Páo"),
        ("Tên em: Vàng Thị Dế", "Vàng Thị Dế"),
        ("Họ và tên: Trần Thị Sao", "Trần Thị Sao"),
        ("em là Hoàng Văn Nam", "Hoàng Văn Nam"),
        ("H'MAI êban", "H'Mai Êban"),
        ("Nguyễn Thị Nhi", "Nguyễn Thị Nhi"),
        ("Lý A Gì", "Lý A Gì"),
        ("Lê Là", "Lê Là"),
        ("my name is john McAdam", "John McAdam"),
        ("Lo\u031b\u0300 Thi\u0323 Mai", "Lờ Thị Mai"),
    ],
)
def test_it_reads_a_name(typed: str, name: str) -> None:
    assert read_name(typed) == name


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("Mai", "too-short"),
        ("A", "too-short"),
        ("", "too-short"),
        ("😀😀", "too-short"),
        ("An " * 30, "too-long"),
        ("x" * 100_000, "too-long"),
        ("Nguyễn 123", "digits"),
        ("https://la.example.vn", "link"),
        ("mai@example.com", "link"),
        ("hiến máu có đau không", "question"),
        ("sao phải hỏi tên?", "question"),
        ("ok", "unreadable"),
        ("Xin chào", "unreadable"),
        ("đăng ký hiến máu", "unreadable"),
        ("<b>Mai</b>", "unreadable"),
    ],
)
def test_it_refuses_what_is_no_name(typed: str, reason: Reason) -> None:
    assert read_name(typed) == Miss(reason)


@pytest.mark.parametrize(
    "typed",
    [
        "12/5/1990",
        "12/5/90",
        "12-5-1990",
        "12.05.1990",
        "12 5 1990 ạ",
        "12051990",
        "120590",
        "1990-05-12",
        "ngày 12 tháng 5 năm 1990",
        "ngay 12 thang 5 nam 90",
        "em sinh ngày 12 thg 5, 1990",
        "12 tháng 5, 1990",
        "May 12, 1990",
        "12 may 1990",
        "12th May 1990",
        "12/05/1990 dương lịch",
    ],
)
def test_it_reads_a_birth_date(typed: str) -> None:
    assert read_birth_date(typed, TODAY) == date(1990, 5, 12)


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        pytest.param("1990", "day-missing", id="only a year"),
        pytest.param("90", "day-missing", id="only two digits of a year"),
        pytest.param("tháng 5 năm 1990", "day-missing", id="month and year"),
        pytest.param("12/5", "unreadable", id="day and month without a year"),
        pytest.param("12/5/1990 âm lịch", "lunar", id="a lunar date"),
        pytest.param("12/5/90 (âm)", "lunar", id="a lunar date in short"),
        pytest.param("31/2/1990", "impossible", id="no such day"),
        pytest.param("5/13/1990", "impossible", id="no such month"),
        pytest.param("12/5/1790", "impossible", id="nobody is that old"),
        pytest.param("12/5/2030", "future", id="in the future"),
        pytest.param("23/11/2008", "under-age", id="eighteen tomorrow"),
        pytest.param("1/4/12", "under-age", id="a child's two-digit year"),
        pytest.param("22/11/1965", "over-age", id="sixty-one today"),
        pytest.param("chưa nhớ", "unreadable", id="no date at all"),
        pytest.param("sao cần ngày sinh?", "question", id="a question"),
        pytest.param("9" * 100_000, "unreadable", id="huge"),
    ],
)
def test_it_says_why_a_birth_date_cannot_be_taken(typed: str, reason: Reason) -> None:
    assert read_birth_date(typed, TODAY) == Miss(reason)


@pytest.mark.parametrize(
    ("typed", "born"),
    [
        pytest.param("22/11/2008", date(2008, 11, 22), id="eighteen today"),
        pytest.param("23/11/1965", date(1965, 11, 23), id="still sixty"),
        pytest.param("1/4/05", date(2005, 4, 1), id="two digits of this century"),
        pytest.param("29/02/2000", date(2000, 2, 29), id="a leap day"),
    ],
)
def test_it_takes_ages_at_the_border(typed: str, born: date) -> None:
    assert read_birth_date(typed, TODAY) == born


@pytest.mark.parametrize(
    "typed",
    [
        "0912345678",
        "0912 345 678",
        "0912.345.678 ạ",
        "091-234-5678",
        "+84 912 345 678",
        "(+84) 912345678",
        "+84 (0)912 345 678",
        "84912345678",
        "0084912345678",
        "912345678",
        "sđt của em: 0912345678",
        "０９１２３４５６７８",
        "0912345678, 0912 345 678",
    ],
)
def test_it_reads_a_phone(typed: str) -> None:
    assert read_phone(typed) == "+84912345678"


@pytest.mark.parametrize("prefix", ["03", "05", "07", "08", "09"])
def test_it_knows_the_mobile_prefixes(prefix: str) -> None:
    assert read_phone(f"{prefix}12345678") == f"+84{prefix[1]}12345678"


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("091234567", "too-short"),
        ("113", "too-short"),
        ("09123456789", "too-long"),
        ("0612345678", "unreadable"),
        ("không có", "unreadable"),
        ("024 3556 0000", "landline"),
        ("0213 387 5555", "landline"),
        ("1900 1234", "landline"),
        ("01234567890", "old-number"),
        ("+1 202 555 0123", "foreign"),
        ("0012025550123", "foreign"),
        ("0912345678 hoặc 0987654321", "ambiguous"),
        ("cần số điện thoại để làm gì?", "question"),
    ],
)
def test_it_says_why_a_phone_cannot_be_taken(typed: str, reason: Reason) -> None:
    assert read_phone(typed) == Miss(reason)


YES = "dạ|vâng|vâng ạ|ừ|uhm|ok|oke|Okay|có|co|Dạ có ạ|đồng ý|em đồng ý ạ|được|được chứ|đúng|đúng rồi|yes|yep|y|👍|thôi được|có, em làm trên cao|chấp nhận"
NO = "không|khong|ko|k|hok|khum|hông|chưa|chưa ạ|thôi|dạ thôi ạ|no|nope|không đồng ý|ko đồng ý|không có|dạ không|không cần|không ạ em làm văn phòng|👎"
NEITHER = "không sao|không biết|chưa biết|có lẽ|có thể|được không?|có không|ok không|có đau không|dung|hiến máu|12/5|👍👎|em chưa hiểu|có phải đăng ký không|"


@pytest.mark.parametrize("typed", YES.split("|"))
def test_it_hears_yes(typed: str) -> None:
    assert read_yes_no(typed) is True


@pytest.mark.parametrize("typed", NO.split("|"))
def test_it_hears_no(typed: str) -> None:
    assert read_yes_no(typed) is False


@pytest.mark.parametrize("typed", [*NEITHER.split("|"), "có " * 1000])
def test_it_hears_neither(typed: str) -> None:
    assert read_yes_no(typed) is None


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("2", 2),
        ("2.", 2),
        ("số 2", 2),
        ("chọn 2 ạ", 2),
        ("em chọn số 3", 3),
        ("thứ hai", 2),
        ("cái thứ 2", 2),
        ("hai", 2),
        ("2️⃣", 2),
        ("đầu tiên", 1),
        ("cuối cùng", 3),
        ("first", 1),
        ("4", None),
        ("0", None),
        ("12/5", None),
        ("2 người", None),
        ("xin chào", None),
        ("", None),
        ("9" * 5000, None),
    ],
)
def test_it_reads_a_menu_number(typed: str, number: int | None) -> None:
    assert read_number(typed, 3) == number


LABELS = ["07:30, thứ Bảy 05/12", "08:00, thứ Bảy 05/12", "Chủ nhật 06/12", "Không, cảm ơn", "Công ty Chè Than Uyên"]


@pytest.mark.parametrize(
    ("typed", "index"),
    [
        pytest.param("07:30, thứ Bảy 05/12", 0, id="the whole label"),
        pytest.param("7h30", 0, id="a time as people write it"),
        pytest.param("8h", 1, id="a full hour"),
        pytest.param("chu nhat nhe", 2, id="no accents, politely"),
        pytest.param("ko", 3, id="teencode"),
        pytest.param("em chọn chủ nhật ạ", 2, id="wrapped in a sentence"),
        pytest.param("cho em xem các công ty chè than uyên nhé", 4, id="with words before it"),
        pytest.param("than uyen", 4, id="an unambiguous part"),
        pytest.param("cty chè", 4, id="a shortened beginning"),
        pytest.param("thu bay", None, id="a part of two labels"),
        pytest.param("c", None, id="one letter"),
        pytest.param("sáng mai", None, id="nothing like it"),
        pytest.param("x" * 1000, None, id="long"),
    ],
)
def test_it_reads_a_typed_choice(typed: str, index: int | None) -> None:
    assert read_choice(typed, LABELS) == index
