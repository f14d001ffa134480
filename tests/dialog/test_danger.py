"""Soon after words of danger, what is not understood is taken to be about them; whoever waits for a person is told so."""

import pytest

from tests.dialog.stage import MAI, MakeStage, booked

UNREAD = "van chua tinh"


def test_it_says_115_and_the_sites_phone_again_and_alerts_once(stage: MakeStage) -> None:
    chat = stage(registrations=(booked(),), person=MAI)
    assert chat.say("em bị ngất rồi") == ["urgent.first"]
    assert len(chat.done) == 1
    assert chat.say(UNREAD) == ["urgent.again"]
    assert chat.done == []
    assert "115" in chat.last.text
    assert "0213 387 0001" in chat.last.text


def test_it_still_answers_a_question_it_knows(stage: MakeStage) -> None:
    chat = stage()
    assert chat.play("em bị ngất rồi", "bao lau hien lai dc") == ["topic.interval"]


@pytest.mark.parametrize(("minutes", "answer"), [(29, "urgent.again"), (31, "human.still")])
def test_it_takes_it_for_the_danger_for_half_an_hour(stage: MakeStage, minutes: int, answer: str) -> None:
    chat = stage()
    chat.say("em bị ngất rồi")
    assert chat.later(minutes=minutes).say(UNREAD) == [answer]


def test_it_does_not_ask_on_in_a_form(stage: MakeStage) -> None:
    chat = stage()
    chat.play("dang ky", "dong y", "ko", "Lò Thị Mai")
    chat.say("em bị ngất rồi")
    assert chat.say(UNREAD) == ["urgent.again"]
    assert chat.say("20/11/1990") == ["registration.ask-phone"]


def test_it_tells_who_waits_that_somebody_will_answer(stage: MakeStage) -> None:
    chat = stage()
    assert chat.play("gặp người phụ trách", "asdkjh qwe") == ["human.still"]
    assert chat.done == []
    assert chat.tap("Về trợ lý")[0] == "human.back"
    assert chat.say("asdkjh qwe") == ["topic.unknown"]
