""" "How do you feel?": nobody who is not well goes unheard, and no word of theirs is kept."""

import pytest

from bot.dialog.turns import AskForHuman
from bot.domain.conversations import Conversation, Handoff
from tests.dialog.stage import MAI, MakeStage, after_reminder, booked


@pytest.mark.parametrize("text", [">Tôi khoẻ", "khoe roi", "bình thường", "ok"])
def test_who_is_fine_is_thanked(stage: MakeStage, text: str) -> None:
    chat = stage(**after_reminder("feel"))
    assert chat.play(text) == ["feeling.fine"]
    assert chat.done == []
    assert not chat.said.keep_words
    assert not chat.said.keep_answer
    assert chat.labels == ["Sau khi hiến", "Menu"]


@pytest.mark.parametrize("text", [">Tôi chưa khoẻ", "van dau tay", "hơi chóng mặt", "chua khoe lam"])
def test_who_is_not_well_gets_help_and_staff_are_told(stage: MakeStage, text: str) -> None:
    chat = stage(**after_reminder("feel"))
    assert chat.play(text) == ["feeling.unwell"]
    assert chat.done == [AskForHuman(urgent=True)]
    assert (chat.conversation.handoff, chat.conversation.handoff_urgent) == (Handoff.WAITING, True)
    assert not chat.said.keep_words
    assert not chat.said.keep_answer
    for told in ("115", "0213 387 0009", "đã báo người trực y tế"):
        assert told in chat.last.text
    assert chat.labels == ["Choáng, mệt", "Băng tay, bầm tím", "Gặp người phụ trách", "Menu"]


def test_it_is_honest_when_nobody_is_on_duty(stage: MakeStage) -> None:
    chat = stage(**after_reminder("feel"), duty=False)
    chat.tap("Tôi chưa khoẻ")
    assert "lúc này không có người trực" in chat.last.text
    assert "đã báo người trực" not in chat.last.text
    assert chat.done == [AskForHuman(urgent=True)]


def test_urgent_words_come_first_and_are_not_kept_either(stage: MakeStage) -> None:
    chat = stage(**after_reminder("feel"))
    assert chat.say("em vua ngat xiu") == ["urgent.first"]
    assert chat.done == [AskForHuman(urgent=True)]
    assert not chat.said.keep_words


def test_urgent_words_at_another_time_stay_for_staff_to_read(stage: MakeStage) -> None:
    chat = stage(person=MAI)
    chat.say("em vua ngat xiu")
    assert chat.said.keep_words


def test_what_is_unclear_is_asked_with_two_buttons(stage: MakeStage) -> None:
    chat = stage(**after_reminder("feel"))
    assert chat.say("cung vay vay thoi") == ["feeling.unclear"]
    assert not chat.said.keep_words
    assert chat.labels == ["Tôi khoẻ", "Tôi chưa khoẻ", "Menu"]
    assert chat.say("1") == ["feeling.fine"]


@pytest.mark.parametrize("text", ["co", "khong", "da"])
def test_a_mere_yes_or_no_is_never_taken_for_well(stage: MakeStage, text: str) -> None:
    chat = stage(**after_reminder("feel"))
    assert chat.say(text) == ["feeling.unclear"]


def test_a_question_is_answered(stage: MakeStage) -> None:
    chat = stage(**after_reminder("feel"))
    assert chat.say("bao gio hien lai duoc")[0].startswith("topic.interval")
    assert chat.done == []


@pytest.mark.parametrize("payload", ["n.fine.999", "n.unwell.999"])
def test_an_id_of_somebody_else_changes_nothing_of_theirs(stage: MakeStage, payload: str) -> None:
    chat = stage()
    assert chat.press(payload) in (["feeling.fine"], ["feeling.unwell"])
    assert all(isinstance(effect, AskForHuman) for effect in chat.done), "who says it is the one who is looked after"


def test_the_sites_own_phone_is_told_for_two_weeks(stage: MakeStage) -> None:
    chat = stage(**after_reminder("feel"))
    chat.later(days=20).tap("Tôi chưa khoẻ")
    assert "0213 387 0009" not in chat.last.text


def test_the_phone_of_the_next_drive_is_better_than_none(stage: MakeStage) -> None:
    chat = stage(**after_reminder("feel", site_phone="", registrations=(booked(),)))
    chat.tap("Tôi chưa khoẻ")
    assert "0213 387 0001" in chat.last.text


def test_staff_who_own_the_talk_read_what_is_typed(stage: MakeStage) -> None:
    known = after_reminder("feel")
    talking = Conversation(greeted=True, offered=known["conversation"].offered, handoff=Handoff.TALKING)
    chat = stage(**{**known, "conversation": talking})
    assert chat.say("van dau tay") == []
    assert chat.press("n.unwell.70") == ["feeling.unwell"]
    assert chat.conversation.handoff is Handoff.TALKING
    assert chat.conversation.handoff_urgent


def test_urgent_words_after_giving_get_the_phone_of_that_site(stage: MakeStage) -> None:
    chat = stage(**after_reminder("feel", registrations=(booked(),)))
    chat.say("em bi ngat")
    assert "0213 387 0009" in chat.last.text
    assert "0213 387 0001" not in chat.last.text
