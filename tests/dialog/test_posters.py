"""Codes of posters in the talk: scanned or typed they lead to a drive and a unit; nothing filled in is thrown away."""

from dataclasses import replace
from typing import Any

import pytest

from bot.domain.conversations import Handoff
from bot.domain.references import Reference, References
from bot.domain.updates import ChannelKind
from tests.dialog.stage import FIRST, MAI, SECOND, MakeStage, Stage, booked, drive

TEA, SCHOOL = 2, 4
FOR_ALL, FOR_TEA, ELSEWHERE, OVER, DRAFT, GONE = "HM101", "HM117", "HM125", "HM130", "HM149", "HM158"
PRINTED = References(
    {
        10: Reference(10, FIRST.id, 1),
        11: Reference(11, FIRST.id, TEA),
        12: Reference(12, SECOND.id, SCHOOL),
        13: Reference(13, 77, TEA),
        14: Reference(14, 88, TEA),
        15: Reference(15, None, None),
    },
    frozenset((88,)),
)
TO_UNIT = ("Đồng ý", "không cần", "Lò Thị Mai", "20/11/1990", "0912345678")


@pytest.fixture
def talk(stage: MakeStage) -> MakeStage:
    """A stage where posters hang."""

    def make(**known: Any) -> Stage:
        chat = stage(**known)
        chat.catalogue = replace(chat.catalogue, references=PRINTED)
        return chat

    return make


def answers(chat: Stage) -> tuple[object, object]:
    return chat.form.answers.get("drive_id"), chat.form.answers.get("unit_id")


@pytest.mark.parametrize("channel", list(ChannelKind))
def test_it_greets_somebody_new_with_the_drive_and_the_unit_of_the_poster(
    talk: MakeStage, channel: ChannelKind
) -> None:
    chat = talk(new=True, channel=channel)
    assert chat.start(FOR_TEA) == ["greeting.hello-drive"]
    assert "trợ lý tự động" in chat.last.text
    assert "Ngày hội hiến máu CNVCLĐ, Thứ Bảy, 05/12/2026" in chat.last.text
    assert "CĐCS Công ty Chè Tam Đường" in chat.last.text
    assert chat.conversation.ref == FOR_TEA


@pytest.mark.parametrize("typed", ["HM117", "hm 117", "Hm117.", "mã HM117 ạ", "hm1l7"])
def test_it_takes_the_code_typed_as_scanned(talk: MakeStage, typed: str) -> None:
    chat = talk(new=True, channel=ChannelKind.ZALO)
    assert chat.say(typed) == ["greeting.hello-drive"]
    assert chat.conversation.ref == FOR_TEA
    assert chat.tap("Đăng ký đợt này")[-1] == "consent.registration"
    assert answers(chat) == (FIRST.id, TEA)


def test_it_registers_at_once_for_the_drive_and_the_unit(talk: MakeStage) -> None:
    chat = talk()
    assert chat.say("em muon dang ky HM117") == ["consent.registration"]
    chat.play(*TO_UNIT)
    assert chat.about == ["registration.ask-dangerous-work"], "nobody is asked for the unit"
    chat.play("không", "7:30")
    assert chat.about == ["registration.review"]
    assert "CĐCS Công ty Chè Tam Đường" in chat.last.text
    assert chat.say("đúng")[0] == "registration.confirmed"
    assert chat.dossier.person is not None
    assert chat.dossier.person.unit_id == TEA
    assert chat.dossier.registrations[0].drive_id == FIRST.id


def test_it_lets_the_unit_of_the_poster_be_corrected(talk: MakeStage) -> None:
    chat = talk()
    chat.say("đăng ký HM117")
    chat.play(*TO_UNIT, "không", "7:30")
    assert chat.tap("Sửa đơn vị") == ["registration.ask-unit"]
    chat.play("CĐCS Trường Mầm non Hoa Ban")
    assert chat.about == ["registration.review"]
    assert chat.form.answers["unit_id"] == SCHOOL


def test_it_asks_for_the_unit_when_the_poster_hangs_for_everybody(talk: MakeStage) -> None:
    chat = talk()
    chat.say("đăng ký HM101")
    chat.play(*TO_UNIT)
    assert chat.about == ["registration.ask-unit"]
    assert chat.form.answers["drive_id"] == FIRST.id


def test_it_puts_the_unit_of_the_poster_before_the_one_we_knew(talk: MakeStage) -> None:
    chat = talk(person=MAI)
    chat.say("đăng ký HM117")
    chat.play("Đồng ý", "không cần")
    assert chat.about == ["registration.ask-reuse"]
    assert "Chè Tam Đường" in chat.last.text
    chat.say("có")
    assert answers(chat) == (FIRST.id, TEA)


def test_it_asks_for_the_unit_when_another_drive_is_chosen(talk: MakeStage) -> None:
    chat = talk()
    chat.start(FOR_TEA)
    chat.press("m.drives")
    chat.tap("CN 13/12")
    assert answers(chat) == (SECOND.id, None)


# --- in mid-form ---------------------------------------------------------------------------------------------------


def test_it_takes_what_was_not_said_yet_and_goes_on(talk: MakeStage) -> None:
    chat = talk()
    chat.play("/dangky", *TO_UNIT)
    assert chat.say("HM117") == ["poster.taken", "registration.ask-dangerous-work"]
    assert answers(chat) == (FIRST.id, TEA)
    assert chat.form.answers["name"] == "Lò Thị Mai"


@pytest.mark.parametrize("come", ["typed", "scanned"])
def test_it_asks_before_it_changes_what_was_filled_in(talk: MakeStage, come: str) -> None:
    chat = talk()
    chat.say("đăng ký HM117")
    chat.play(*TO_UNIT, "không", "7:30")
    before = chat.form
    assert (chat.say(ELSEWHERE) if come == "typed" else chat.start(ELSEWHERE)) == ["poster.change"]
    assert chat.form == before
    assert "Giọt hồng Than Uyên" in chat.last.text
    assert chat.tap("Giữ như cũ") == ["registration.review"]
    assert answers(chat) == (FIRST.id, TEA)
    chat.say(ELSEWHERE)
    assert chat.tap("Đổi theo mã này") == ["poster.taken", "registration.ask-slot"]
    assert answers(chat) == (SECOND.id, SCHOOL)
    assert chat.form.answers["name"] == "Lò Thị Mai"


def test_it_only_asks_again_when_the_same_poster_is_scanned_again(talk: MakeStage) -> None:
    chat = talk()
    chat.say("đăng ký HM117")
    assert chat.start(FOR_TEA) == ["consent.registration"]


def test_it_asks_before_a_link_with_a_drive_changes_the_form(talk: MakeStage) -> None:
    chat = talk()
    chat.say("đăng ký HM117")
    assert chat.start(SECOND.code) == ["poster.change"]
    chat.tap("Đổi theo mã này")
    assert chat.form.answers["drive_id"] == SECOND.id


def test_it_goes_on_with_the_form_after_a_wrong_code(talk: MakeStage) -> None:
    chat = talk()
    chat.play("/dangky", "Đồng ý", "không cần")
    assert chat.say("HM999") == ["poster.not-known", "registration.ask-name"]
    assert chat.say(OVER) == ["poster.over", "registration.ask-name"]


# --- what leads to no drive ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "says"),
    [(OVER, "poster.over"), (DRAFT, "poster.not-yet"), (GONE, "poster.over"), ("HM9999999", "poster.not-known")],
    ids=["past or closed", "not open yet", "its drive is gone", "nothing like it"],
)
def test_it_says_kindly_why_and_offers_what_is_open(talk: MakeStage, code: str, says: str) -> None:
    chat = talk(new=True)
    assert chat.start(code) == [says]
    assert "trợ lý tự động" in chat.last.text
    assert "Giọt hồng Than Uyên" in chat.last.text
    assert chat.tap("CN 13/12") == ["consent.registration"]


def test_it_offers_the_menu_when_nothing_is_open(talk: MakeStage) -> None:
    chat = talk(drives=())
    assert chat.say("HM117") == ["poster.over"]
    assert "Hỏi về hiến máu" in chat.labels


def test_it_offers_the_other_drives_when_this_one_is_full(talk: MakeStage) -> None:
    chat = talk(drives=(drive(1, 5, taken=10), SECOND))
    assert chat.say("HM117") == ["poster.full"]
    assert chat.labels[0] == "CN 13/12 Hội trường…"


def test_it_shows_the_place_that_is_held_already(talk: MakeStage) -> None:
    chat = talk(registrations=(booked(),))
    assert chat.start(FOR_TEA) == ["mine.already"]


@pytest.mark.parametrize("typed", ["HM118", "hm 171", "HM1117", "HM17"])
def test_it_asks_what_was_meant_and_opens_nothing_by_itself(talk: MakeStage, typed: str) -> None:
    chat = talk()
    assert chat.say(typed) == ["poster.meant"]
    assert "HM117: Ngày hội hiến máu CNVCLĐ, Thứ Bảy, 05/12/2026, CĐCS Công ty Chè Tam Đường" in chat.last.text
    assert chat.conversation.ref == ""
    assert chat.tap("HM117") == ["poster.drive"]
    assert chat.conversation.ref == FOR_TEA


# --- beside other things -------------------------------------------------------------------------------------------


def test_it_answers_a_question_beside_a_code(talk: MakeStage) -> None:
    assert talk().say("HM117 hiến máu xong nên ăn gì") == ["topic.after"]
    assert talk().say("HM117 tổ chức ở đâu vậy") == ["poster.drive"]


def test_it_keeps_silent_while_staff_talk(talk: MakeStage) -> None:
    chat = talk()
    chat.dossier = replace(chat.dossier, conversation=replace(chat.conversation, handoff=Handoff.TALKING))
    assert chat.say("HM117") == []


@pytest.mark.parametrize("payload", ["k.999", "k.11.no", "k.x", "k."])
def test_it_takes_a_strange_button_for_one_of_the_past(talk: MakeStage, payload: str) -> None:
    assert talk().press(payload)[0] == "registration.past"


def test_it_greets_as_usual_by_a_link_that_is_not_ours(talk: MakeStage) -> None:
    chat = talk(new=True)
    assert chat.start("spring-sale") == ["greeting.hello"]
