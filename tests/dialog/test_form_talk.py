"""What may happen in the middle of the form: questions, late presses, stop words, urgent words, days away."""

import pytest

from bot.dialog.turns import AskForHuman, Register, WithdrawConsent
from bot.domain.consents import Purpose
from bot.domain.conversations import Handoff
from bot.domain.updates import Echoed, SentSomething
from tests.dialog.stage import FIRST, MAI, MakeStage, Stage, booked

TO_NAME = ["/dangky", ">Đồng ý", ">Không cần"]
TO_PHONE = [*TO_NAME, "Lò Thị Mai", "20/11/1990"]
TO_REVIEW = [*TO_PHONE, "0912345678", ">Không thấy", ">Không làm", ">07:30"]


def at(stage: MakeStage, lines: list[str], **known: object) -> Stage:
    chat = stage(drives=(FIRST,), **known)
    chat.play(*lines)
    return chat


@pytest.mark.parametrize(
    ("lines", "question", "topic", "asked"),
    [
        pytest.param(TO_NAME, "hiến máu có đau không?", "topic.needle", "registration.ask-name", id="at the name"),
        pytest.param(
            TO_NAME, "bao lau thi hien lai duoc", "topic.interval", "registration.ask-name", id="without accents"
        ),
        pytest.param(TO_PHONE, "cần mang giấy tờ gì ạ", "topic.documents", "registration.ask-phone", id="at the phone"),
        pytest.param(
            TO_REVIEW,
            "trước khi hiến có được ăn sáng không",
            "topic.food-before",
            "registration.review",
            id="at the review",
        ),
    ],
)
def test_it_answers_a_question_in_mid_form_and_goes_on(
    stage: MakeStage, lines: list[str], question: str, topic: str, asked: str
) -> None:
    chat = at(stage, lines)
    before = chat.form
    assert chat.say(question) == [topic, asked]
    assert (chat.form.step, chat.form.answers, chat.form.misses) == (before.step, before.answers, 0)


def test_it_says_so_when_it_does_not_know_the_answer_in_mid_form(stage: MakeStage) -> None:
    chat = at(stage, TO_NAME)
    assert chat.say("giá vàng hôm nay bao nhiêu?") == ["questions.unknown-in-form", "registration.ask-name"]
    assert chat.form.misses == 0


def test_it_gets_a_human_in_mid_form_and_keeps_the_form(stage: MakeStage) -> None:
    chat = at(stage, TO_PHONE)
    assert chat.say("cho em gặp người phụ trách") == ["human.told"]
    assert chat.done == [AskForHuman()]
    assert chat.say("0912345678") == ["registration.ask-unit"]


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param("r1.consent.yes", id="an earlier question of this form"),
        pytest.param("r1.review.ok", id="a later question of this form"),
        pytest.param("r0.phone.keep", id="another form"),
        pytest.param("r1.nothing.here", id="a step that never was"),
        pytest.param("hello", id="nothing we wrote"),
        pytest.param("r1.phone", id="half a payload"),
        pytest.param("x" * 500, id="far too long"),
    ],
)
def test_it_says_that_a_late_press_is_past_and_asks_again(stage: MakeStage, payload: str) -> None:
    chat = at(stage, TO_PHONE)
    before = chat.form
    assert chat.press(payload) == ["registration.past", "registration.ask-phone"]
    assert (chat.form.step, chat.form.answers) == (before.step, before.answers)


def test_it_registers_once_when_confirm_is_pressed_twice(stage: MakeStage) -> None:
    chat = at(stage, TO_REVIEW)
    confirm = chat.conversation.offered[0].payload
    assert chat.press(confirm) == ["registration.confirmed", "consent.news"]
    assert chat.press(confirm) == ["registration.past", "mine.list"]
    assert sum(isinstance(effect, Register) for effect in chat.effects) == 1


def test_it_answers_an_old_press_with_the_menu_when_no_form_is_open(stage: MakeStage) -> None:
    chat = stage()
    assert chat.press("r3.slot.100") == ["registration.past", "menu.what"]


def test_it_withdraws_and_wipes_on_a_stop_word_in_mid_form(stage: MakeStage) -> None:
    held = frozenset({Purpose.REGISTRATION, Purpose.REMINDER, Purpose.NEWS})
    chat = stage(person=MAI, registrations=(booked(2),), consents=held)
    chat.play("/dangky", ">Đồng ý")
    assert chat.say("DỪNG") == ["stop.done"]
    assert chat.done == [WithdrawConsent((Purpose.REMINDER, Purpose.NEWS))]
    assert chat.form is None
    assert chat.dossier.registrations[0].is_booked
    for part in ("xoá", "vẫn còn", "menu"):
        assert part in chat.last.text


def test_it_confirms_a_stop_word_where_nothing_was_agreed_to(stage: MakeStage) -> None:
    chat = stage(new=True)
    assert chat.say("stop") == ["stop.done"]
    assert chat.done == []


@pytest.mark.parametrize("text", ["em bị ngất rồi", "chảy máu không cầm được", "khó thở quá"])
def test_it_puts_urgent_words_before_the_form(stage: MakeStage, text: str) -> None:
    chat = at(stage, TO_PHONE)
    before = chat.form
    assert chat.say(text) == ["urgent.first"]
    assert chat.done == [AskForHuman(urgent=True)]
    assert chat.last.text.find("115") in range(200)
    assert chat.form == before
    assert chat.conversation.handoff_urgent
    assert chat.say("0912345678") == ["registration.ask-unit"]


def test_it_names_the_phone_of_the_site_to_who_is_registered(stage: MakeStage) -> None:
    chat = stage(registrations=(booked(),))
    chat.say("em bị ngất rồi")
    assert "0213 387 0001" in chat.last.text
    assert "đã báo người trực" in chat.last.text


def test_it_says_so_when_nobody_is_on_duty(stage: MakeStage) -> None:
    chat = stage(duty=False, new=True)
    assert chat.say("em bị ngất rồi") == ["urgent.first"]
    assert "không có người trực" in chat.last.text
    assert "0213" not in chat.last.text


def test_it_leaves_the_form_and_wipes_it(stage: MakeStage) -> None:
    chat = at(stage, TO_PHONE)
    assert chat.say("thoát") == ["registration.left"]
    assert chat.form is None
    assert chat.say("/dangky") == ["consent.registration"]
    assert chat.form.serial == 2
    assert chat.form.answers == {"drive_id": 1}


@pytest.mark.parametrize("text", ["xin chào", "em quay lại rồi", "abc"])
def test_it_reminds_where_we_were_after_days(stage: MakeStage, text: str) -> None:
    chat = at(stage, TO_PHONE).later(days=3)
    assert chat.say(text) == ["registration.resume"]
    assert "số điện thoại" in chat.last.text
    assert chat.tap("Làm tiếp") == ["registration.ask-phone"]
    assert chat.say("0912345678") == ["registration.ask-unit"]


def test_it_does_not_take_a_greeting_for_a_name_after_days(stage: MakeStage) -> None:
    chat = at(stage, TO_NAME).later(days=3)
    assert chat.say("Em Hoa đây") == ["registration.resume"]
    assert "name" not in chat.form.answers


def test_it_takes_a_plain_answer_even_after_days(stage: MakeStage) -> None:
    chat = at(stage, TO_REVIEW).later(days=3)
    assert chat.tap("Xác nhận") == ["registration.confirmed", "consent.news"]


def test_it_starts_over_on_request(stage: MakeStage) -> None:
    chat = at(stage, TO_PHONE).later(hours=1)
    chat.say("xin chào")
    assert chat.tap("Làm lại") == ["consent.registration"]
    assert chat.form.serial == 2
    assert "name" not in chat.form.answers


def test_it_asks_for_another_slot_when_the_chosen_one_filled_while_away(stage: MakeStage) -> None:
    chat = at(stage, TO_REVIEW).later(days=1)
    chat.catalogue = stage(drives=(FIRST.with_slot_full(100),)).catalogue
    assert chat.tap("Xác nhận") == ["registration.slot-gone", "registration.ask-slot"]


def test_it_closes_the_form_when_the_drive_closed_while_away(stage: MakeStage) -> None:
    chat = at(stage, TO_REVIEW).later(days=1)
    chat.catalogue = stage(drives=()).catalogue
    assert chat.tap("Xác nhận") == ["registration.slot-gone", "registration.none-open"]
    assert chat.form is None


def test_it_asks_again_after_a_sticker(stage: MakeStage) -> None:
    chat = at(stage, TO_PHONE)
    assert chat.hear(SentSomething("sticker")) == ["menu.only-text", "registration.ask-phone"]


def test_it_asks_the_open_question_in_the_other_language(stage: MakeStage) -> None:
    chat = at(stage, TO_PHONE)
    assert chat.say("/english") == ["language.set", "registration.ask-phone"]
    assert "mobile number" in chat.last.text
    assert chat.conversation.language == "en"


def test_it_takes_the_talk_back_from_staff_when_a_form_goes_on(stage: MakeStage) -> None:
    chat = at(stage, TO_NAME)
    chat.hear(Echoed("m1", "Chào chị", by_human=True))
    assert chat.say("Lò Thị Mai") == []
    assert chat.conversation.handoff is Handoff.TALKING
    assert chat.press("m.register") == ["registration.ask-name"]
    assert chat.conversation.handoff is Handoff.NONE
    assert chat.say("Lò Thị Mai") == ["registration.ask-birth-date"]


def test_it_asks_whether_dung_means_right_or_stop_while_a_form_is_open(stage: MakeStage) -> None:
    chat = at(stage, TO_REVIEW)
    assert chat.say("dung") == ["stop.or-right"]
    assert chat.tap("Đúng") == ["registration.review"]
    assert chat.form is not None
    assert chat.say("DUNG") == ["stop.done"]
    assert chat.form is None
