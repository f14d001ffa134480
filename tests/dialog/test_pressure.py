""" "I felt made to come" and "please do not use my blood": nobody is pushed, and nothing of it stays."""

from dataclasses import replace

import pytest

from bot.dialog.turns import ReportPressure
from bot.domain.conversations import Conversation, Handoff
from bot.domain.updates import Receipted, SentSomething
from tests.dialog.stage import FIRST, MAI, NOW, SECOND, MakeStage, Stage, booked, drive

ENTRIES = [
    "/biep", "tôi bị ép hiến máu", "toi bi ep hien mau", "bị bắt đi hiến", "bi bat di hien mau", "không tự nguyện", "khong tu nguyen",
    "công ty ép em đi hiến máu", "bị ép hiến máu thì báo ai", "I was forced to donate",
]  # fmt: skip
ORDINARY = [
    "hiến máu có bắt buộc không", "có bị bắt buộc hiến máu không", "công ty có được ép nhân viên hiến máu không",
    "hiến máu là tự nguyện hay bắt buộc", "huyết áp thấp có hiến được không", "sao bắt em phải đăng ký lại",
    "máu của em có dùng được không", "hiến máu rồi máu dùng vào việc gì", "không dùng thuốc có hiến được không",
    "có nên dừng thuốc không", "đúng", "tin tức hôm nay", "khi nào nhắc lịch",
]  # fmt: skip


@pytest.mark.parametrize("typed", ENTRIES)
def test_it_hears_who_was_made_to_come(stage: MakeStage, typed: str) -> None:
    chat = stage()
    assert chat.say(typed) == ["pressure.begin"]
    assert "tự nguyện" in chat.last.text
    assert not chat.said.keep_words


@pytest.mark.parametrize("typed", ORDINARY)
def test_it_takes_an_ordinary_question_for_what_it_is(stage: MakeStage, typed: str) -> None:
    said = stage().say(typed)
    assert not said[0].startswith(("pressure.", "consents.", "topic.call"))


def test_it_offers_the_way_in_the_menus_of_the_human_and_of_the_topics(stage: MakeStage) -> None:
    chat = stage()
    for place in ("m.human", "m.human", "m.topics"):
        chat.press(place)
        assert "Tôi bị ép đi hiến" in chat.labels
    assert chat.tap("Tôi bị ép") == ["pressure.begin"]


def walk(chat: Stage, *lines: str) -> list[str]:
    """Every turn of the flow keeps no words."""
    for line in lines:
        chat.play(line)
        assert not chat.said.keep_words
    return chat.about


def test_it_reports_without_a_name(stage: MakeStage) -> None:
    chat = stage(person=MAI, registrations=(booked(),))
    walk(chat, "/biep")
    assert chat.labels == ["Chè Than Uyên", "Không nói đơn vị", "Thôi, không gửi"]
    assert walk(chat, ">Chè Than Uyên") == ["pressure.ask-words"]
    assert walk(chat, "tổ trưởng bảo không đi thì trừ thưởng") == ["pressure.ask-call"]
    assert chat.labels[0] == "Không cần gọi lại"
    assert walk(chat, ">Không cần") == ["pressure.done"]
    assert chat.done == [ReportPressure(3, "tổ trưởng bảo không đi thì trừ thưởng", call_back=False)]
    assert chat.labels == ["Huỷ chỗ", "Menu"]
    assert chat.conversation == replace(chat.conversation, form=None, ref="")
    assert chat.tap("Huỷ chỗ") == ["mine.ask-cancel"]


def test_it_reports_by_typed_text_alone(stage: MakeStage) -> None:
    chat = stage()
    assert walk(chat, "tôi bị ép hiến máu", "cong ty che") == ["pressure.pick-unit"]
    assert walk(chat, "2") in (["pressure.ask-words"], ["pressure.pick-unit"])
    assert walk(chat, "bỏ qua", "có") == ["pressure.done-call"]
    (report,) = chat.done
    assert isinstance(report, ReportPressure)
    assert (report.unit_id in (2, 3), report.words, report.call_back) == (True, "", True)


def test_it_takes_the_number_of_a_line_for_a_tap_and_not_for_somebodys_words(stage: MakeStage) -> None:
    chat = stage()
    assert walk(chat, "/biep", "1", "1") == ["pressure.ask-call"]
    assert walk(chat, "1") == ["pressure.done"]
    assert chat.done == [ReportPressure(None, "", call_back=False)]


def test_it_takes_no_unit_no_words_and_no_call(stage: MakeStage) -> None:
    chat = stage()
    assert walk(chat, "/biep", "xyz abc") == ["pressure.unit-unknown"]
    assert walk(chat, ">Không nói", ">Bỏ qua", "để xem đã") == ["pressure.call-unclear"]
    assert walk(chat, "không") == ["pressure.done"]
    assert chat.done == [ReportPressure(None, "", call_back=False)]


@pytest.mark.parametrize("way_out", [">Thôi", "thoát"])
@pytest.mark.parametrize("lines", [("/biep",), ("/biep", ">Không nói"), ("/biep", ">Không nói", "bị ép")])
def test_it_sends_nothing_when_left(stage: MakeStage, lines: tuple[str, ...], way_out: str) -> None:
    chat = stage()
    assert walk(chat, *lines, way_out) == ["pressure.left"]
    assert chat.form is None
    assert not any(isinstance(effect, ReportPressure) for effect in chat.effects)


@pytest.mark.parametrize(
    ("typed", "answer"),
    [("menu", "menu.what"), ("em bị ngất rồi", "urgent.first"), ("DỪNG", "stop.done"), ("/xoa", "erase.ask")],
)
def test_it_is_wiped_by_whatever_comes_first(stage: MakeStage, typed: str, answer: str) -> None:
    chat = stage(person=MAI)
    walk(chat, "/biep", ">Không nói", "chuyện của tôi")
    assert walk(chat, typed) == [answer]
    assert chat.form is None


def test_it_is_wiped_by_a_tap_or_a_picture_but_not_by_a_receipt(stage: MakeStage) -> None:
    chat = stage()
    walk(chat, "/biep")
    chat.hear(Receipted("read"))
    assert chat.form is not None
    chat.hear(SentSomething("image"))
    assert chat.form is None


def test_it_ends_after_a_quarter_of_an_hour(stage: MakeStage) -> None:
    chat = stage()
    walk(chat, "/biep", ">Không nói")
    chat.later(minutes=16)
    assert walk(chat, "tổ trưởng ép tôi") == ["pressure.late"]
    assert chat.form is None
    assert chat.tap("Tôi bị ép") == ["pressure.begin"]


def test_it_says_that_a_late_press_is_past(stage: MakeStage) -> None:
    chat = stage()
    walk(chat, "/biep")
    old = chat.conversation.offered[0].payload
    walk(chat, ">Thôi")
    assert chat.press(old) == ["registration.past"]
    walk(chat, "/biep")
    assert chat.press(old) == ["registration.past"]


def test_it_goes_on_while_staff_talk_without_their_reading_it(stage: MakeStage) -> None:
    chat = stage(conversation=Conversation(greeted=True, handoff=Handoff.TALKING, handoff_since=NOW))
    assert walk(chat, "/biep", ">Không nói", "chuyện của tôi", "không") == ["pressure.done"]
    assert chat.conversation.handoff is Handoff.TALKING


def test_it_tells_that_a_half_filled_registration_is_wiped(stage: MakeStage) -> None:
    chat = stage(drives=(FIRST,))
    chat.play("/dangky", ">Đồng ý", ">Không cần", "Lò Thị Mai")
    assert walk(chat, "em bị ép đi hiến máu") == ["pressure.begin"]
    assert "đã xoá" in chat.last.text
    assert "Lò" not in repr(chat.conversation)


UNUSED = [
    "đừng dùng máu của tôi", "dung dung mau cua toi", "xin đừng dùng máu của em ạ", "không dùng túi máu của tôi", "máu của tôi không an toàn",
    "do not use my blood",
]  # fmt: skip


@pytest.mark.parametrize("typed", UNUSED)
def test_it_tells_everybody_the_same_of_blood_that_should_not_be_used(stage: MakeStage, typed: str) -> None:
    tapped = stage(person=MAI)
    tapped.press("t.after")
    assert tapped.tap("Báo cho nơi") == ["topic.call-the-centre"]
    chat = stage()
    assert chat.say(typed) == tapped.about
    assert chat.last == tapped.last
    assert chat.done == []
    assert not chat.said.keep_words
    assert not tapped.said.keep_words
    assert "0213 387 0001" in chat.last.text


def test_it_names_the_phone_of_the_persons_own_drive(stage: MakeStage) -> None:
    other = drive(2, 13, site_phone="0213 111 2222")
    chat = stage(drives=(FIRST, other), registrations=(booked(2),))
    chat.press("t.call-the-centre")
    assert "0213 111 2222" in chat.last.text
    assert "0213 387 0001" not in chat.last.text
    assert SECOND.id == other.id
