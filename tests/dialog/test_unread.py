"""What it cannot read it says so of, kindly; words changed afterwards answer nothing, unless they are urgent."""

import pytest

from bot.domain.conversations import Conversation, Handoff
from bot.domain.updates import Edited, SentSomething
from tests.dialog.stage import MakeStage
from tests.dialog.test_form_talk import TO_PHONE, at


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("sticker", "menu.only-text"),
        ("photo", "menu.only-text"),
        ("location", "menu.no-location"),
        ("venue", "menu.no-location"),
        ("foreign-contact", "menu.foreign-contact"),
    ],
)
def test_it_says_what_it_cannot_do_with_it(stage: MakeStage, kind: str, says: str) -> None:
    assert stage().hear(SentSomething(kind)) == [says, "menu.what"]
    assert at(stage, TO_PHONE).hear(SentSomething(kind)) == [says, "registration.ask-phone"]


def test_somebody_elses_number_is_not_kept(stage: MakeStage) -> None:
    chat = at(stage, TO_PHONE)
    before = chat.form
    chat.hear(SentSomething("foreign-contact"))
    assert before is not None
    assert chat.form is not None
    assert chat.form.answers == before.answers


def test_words_changed_afterwards_answer_nothing(stage: MakeStage) -> None:
    chat = at(stage, TO_PHONE)
    assert chat.hear(Edited("0912345678")) == ["menu.edited", "registration.ask-phone"]
    assert stage().hear(Edited("/xoa")) == ["menu.edited", "menu.what"]


def test_urgent_words_count_when_they_were_put_in_afterwards(stage: MakeStage) -> None:
    chat = at(stage, TO_PHONE)
    assert chat.hear(Edited("em bị ngất rồi")) == ["urgent.first"]
    assert chat.form is not None


def test_staff_who_own_the_talk_read_it_themselves(stage: MakeStage) -> None:
    owned = stage(conversation=Conversation(greeted=True, handoff=Handoff.TALKING))
    assert owned.hear(Edited("em nhầm ạ")) == []
    assert owned.hear(SentSomething("foreign-contact")) == []


@pytest.mark.parametrize("typed", ["/nguoi", "/nguoi@GiotHongBot", "/human"])
def test_a_command_leads_to_a_person(stage: MakeStage, typed: str) -> None:
    assert stage().say(typed) == ["human.told"]
