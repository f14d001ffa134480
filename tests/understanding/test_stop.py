"""Stop words, ways out of a form, commands, questions."""

import pytest

from bot.understanding.questions import looks_like_question
from bot.understanding.stop import command, is_leave_form, is_stop

STOPS = "DỪNG|dừng|dung|Dừng lại đi|STOP|stop nhé|hủy nhận tin|huỷ nhận tin|thôi nhắn|đừng nhắn nữa ạ|đừng gửi tin nữa|unsubscribe|khong nhan tin nua|ko nhắn tin nữa|Dừng nhắn tin cho em|không muốn nhận tin nữa|/dung|/stop"
NOT_STOPS = "đúng|đừng|Đúng rồi|có nên dừng thuốc không|dừng uống thuốc mấy ngày thì hiến được|huỷ|hủy đăng ký|bus stop ở đâu|em không nhận được tin|"
LEAVES = "thoát|huy|Hủy|hủy đi em|em muốn huỷ|cancel|exit|/huy|thôi không đăng ký nữa|thôi ko đk nữa|không muốn đăng ký nữa ạ|để sau nhé|quay về menu"
NOT_LEAVES = "thôi|không|có nên hủy không|huỷ lịch thì có sao không|Trần Văn Huy|Nguyễn Thị Thoát|"


@pytest.mark.parametrize("text", STOPS.split("|"))
def test_it_knows_a_stop(text: str) -> None:
    assert is_stop(text)


@pytest.mark.parametrize("text", [*NOT_STOPS.split("|"), "dừng " * 5000])
def test_it_does_not_stop_at(text: str) -> None:
    assert not is_stop(text)


@pytest.mark.parametrize("text", LEAVES.split("|"))
def test_it_knows_a_way_out(text: str) -> None:
    assert is_leave_form(text)


@pytest.mark.parametrize("text", NOT_LEAVES.split("|"))
def test_it_stays_in_the_form_at(text: str) -> None:
    assert not is_leave_form(text)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("/start", "start"),
        ("/start ref_la1", "start"),
        ("/dangky@GiotHongBot", "dangky"),
        ("/MENU", "menu"),
        ("/lich", "lich"),
        ("/huy", "huy"),
        ("/dung", "dung"),
        ("/dulieu", "dulieu"),
        ("/xoa", "xoa"),
        ("/english", "english"),
        ("/tiengviet", "tiengviet"),
        ("Trang chủ", "menu"),
        ("trợ giúp", "help"),
        ("đăng ký hiến máu", "dangky"),
        ("đk hm", "dangky"),
        ("lịch của tôi", "lich"),
        ("xóa dữ liệu của tôi", "xoa"),
        ("Tiếng Việt", "tiengviet"),
        ("hủy lịch", "huy"),
        ("/", None),
        ("/ ", None),
        ("/xyz", None),
        ("đăng ký ở đâu?", None),
        ("menu hôm nay có gì ngon", None),
        ("", None),
    ],
)
def test_it_reads_a_command(text: str, name: str | None) -> None:
    assert command(text) == name


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("hien mau co dau k a", True),
        ("cần giấy tờ gì ạ?", True),
        ("bao lâu thì hiến lại được", True),
        ("can I donate", True),
        ("em chưa đủ cân thì sao", True),
        ("không ạ", False),
        ("?", False),
        ("Lò Thị Mai", False),
        ("12/5/1990", False),
        ("công ty chè", False),
    ],
)
def test_it_tells_questions_from_answers(text: str, asks: bool) -> None:
    assert looks_like_question(text) is asks
