"""The state of a talk survives sealing, whole."""

from dataclasses import replace
from datetime import datetime

import pytest

from bot.domain.conversations import Conversation, FormState
from bot.domain.messages import Choice
from bot.storage.sealing import KeyRing
from bot.storage.talks import dump_talk, load_talk

FORM = FormState("registration", 3, "phone", {"name": "Lò Văn Thử", "dangerous": True, "unit": None}, 2, True)


@pytest.mark.parametrize(
    "talk",
    [
        pytest.param(Conversation(), id="fresh"),
        pytest.param(Conversation(language="en", greeted=True, serial=3, form=FORM), id="with a form"),
        pytest.param(Conversation(offered=(Choice("Đăng ký", "m.register"),), ref="HM12"), id="with a menu"),
    ],
)
def test_it_comes_back_as_it_was(talk: Conversation, ring: KeyRing, now: datetime) -> None:
    talk = replace(talk, form=replace(talk.form, touched_at=now)) if talk.form else talk
    again = load_talk(dump_talk(talk, ring), ring)
    assert again == talk
    assert (again.form and dict(again.form.answers)) == (talk.form and dict(talk.form.answers))


def test_it_begins_fresh_without_a_state(ring: KeyRing) -> None:
    assert load_talk(None, ring) == Conversation()


def test_it_hides_the_answers(ring: KeyRing) -> None:
    assert "Thử".encode() not in dump_talk(Conversation(form=FORM), ring)
