"""Joining two chats: a code on one side, one question on the other, nothing of anybody shown before; and parting."""

from dataclasses import replace
from typing import Any

import pytest

from bot.dialog.respond import respond
from bot.dialog.turns import JoinByCode, LookForJoin, LookUpCode, MakeJoinCode, PartPerson, Refused
from bot.domain.conversations import Handoff
from bot.domain.join_codes import join_code_from, spoken_join_code
from tests.dialog.stage import MAI, MakeStage, Stage, booked

CODE = "B4K7T0M2"
SPOKEN = "B4K7-T0M2"
PERSONAL = (MAI.name, MAI.phone, "Mai", "1990")


def refuse(talk: Stage, effect: Any, why: str = "no-good") -> list[str]:
    """The database could not grant it."""
    turn = respond(talk.talk(), Refused(effect, why))
    talk.said = turn
    talk.dossier = replace(talk.dossier, conversation=turn.conversation)
    return talk.about


@pytest.mark.parametrize("way", ["nối tài khoản", "mã nối", "/noi"])
def test_it_gives_a_code_to_type_elsewhere(stage: MakeStage, way: str) -> None:
    talk = stage()
    assert talk.say(way) == ["join.code"]
    code = join_code_from(talk.talk().seed)
    assert talk.done == [MakeJoinCode(code)]
    assert spoken_join_code(code) in talk.last.text
    assert "15 phút" in talk.last.text
    assert not talk.said.keep_words, "staff who read the talk must not find it"


@pytest.mark.parametrize("known", [{}, {"person": MAI, "registrations": (booked(),)}])
def test_it_stands_in_the_menu_of_ones_own(stage: MakeStage, known: dict[str, Any]) -> None:
    talk = stage(**known)
    talk.say("/lich")
    assert talk.tap("Nối tài khoản") == ["join.code"]


@pytest.mark.parametrize("text", [SPOKEN, CODE.lower(), "mã của em là b4k7 t0m2 ạ", "B4K7TOM2"])
def test_it_asks_once_before_anything_is_joined(stage: MakeStage, text: str) -> None:
    talk = stage(person=MAI, registrations=(booked(),))
    assert talk.say(text) == ["join.ask"]
    assert talk.done == [LookUpCode(CODE)]
    assert talk.labels == ["Nối lại làm một", "Không nối"]
    assert not talk.said.keep_words
    assert [word for word in PERSONAL if word in talk.last.text] == []
    assert talk.tap("Nối lại") == ["join.done"]
    assert talk.done == [JoinByCode(CODE)]


@pytest.mark.parametrize("answer", ["có", "1", "đồng ý", "Nối lại làm một"])
def test_it_takes_a_typed_yes(stage: MakeStage, answer: str) -> None:
    talk = stage()
    talk.say(SPOKEN)
    talk.say(answer)
    assert talk.done == [JoinByCode(CODE)]


@pytest.mark.parametrize("answer", ["không", "2", "Không nối"])
def test_it_joins_nothing_at_a_no(stage: MakeStage, answer: str) -> None:
    talk = stage()
    talk.say(SPOKEN)
    assert talk.say(answer)[0] == "join.left"
    assert talk.done == []


def test_a_yes_to_something_else_joins_nothing(stage: MakeStage) -> None:
    talk = stage()
    talk.play(SPOKEN, "hiến máu có đau không?")
    talk.say("có")
    assert JoinByCode(CODE) not in talk.effects


@pytest.mark.parametrize("effect", [LookUpCode(CODE), JoinByCode(CODE)])
def test_wrong_used_and_old_sound_alike(stage: MakeStage, effect: object) -> None:
    talk = stage()
    assert refuse(talk, effect)[0] == "join.no-good"
    assert talk.done == []
    assert not talk.said.keep_words
    assert refuse(talk, effect, "same")[0] == "join.same"


def test_it_does_not_disturb_a_form(stage: MakeStage) -> None:
    talk = stage()
    talk.play("Đăng ký", ">Đồng ý", ">Nhắc tôi", "Lò Thị Mai")
    step = talk.form.step
    assert talk.say(SPOKEN) == ["join.ask"]
    talk.say("không")
    assert talk.form.step == step
    assert talk.about[0] == "join.left"
    assert talk.say("20/11/1990"), "the form goes on"
    assert talk.form.step != step


def test_a_code_is_taken_while_staff_own_the_talk_and_words_are_theirs(stage: MakeStage) -> None:
    talk = stage()
    owned = replace(talk.dossier.conversation, handoff=Handoff.TALKING, handoff_since=talk.now)
    talk.dossier = replace(talk.dossier, conversation=owned)
    assert talk.say(SPOKEN) == ["join.ask"]
    assert talk.say("nối tài khoản") == []


def test_it_parts_after_one_question(stage: MakeStage) -> None:
    talk = stage(person=MAI)
    talk.play("Đăng ký")
    assert talk.say("tách tài khoản") == ["join.ask-part"]
    assert talk.done == [LookForJoin()]
    assert talk.tap("Tách ra") == ["join.parted"]
    assert talk.done == [PartPerson()]
    assert talk.form is None, "it may hold words of the other side"


def test_it_stays_joined_at_a_no_and_at_an_old_button(stage: MakeStage) -> None:
    talk = stage()
    talk.say("tách tài khoản")
    assert talk.say("không")[0] == "join.stays"
    assert talk.press("j.part") == ["join.ask-part"]
    assert PartPerson() not in talk.effects


@pytest.mark.parametrize("effect", [LookForJoin(), PartPerson()])
def test_it_says_when_there_is_nothing_to_part(stage: MakeStage, effect: object) -> None:
    talk = stage()
    assert refuse(talk, effect)[0] == "join.nothing-to-part"


@pytest.mark.parametrize("payload", ["j.yes", "j.yes.HM101", "j.yes.B4K7T0M2.x", "j.no.x", "j.maybe", "j."])
def test_what_we_never_wrote_is_harmless(stage: MakeStage, payload: str) -> None:
    talk = stage()
    talk.press(payload)
    assert talk.done == []
    assert "registration.past" in talk.about
