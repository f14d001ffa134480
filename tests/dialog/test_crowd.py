"""In a crowd the form is offered on its page: once, in mid-form, with the question still there."""

from typing import Any

import pytest

from bot.dialog.crowd import LONG
from bot.domain.changing import replace
from bot.domain.updates import ChannelKind
from tests.dialog.stage import FIRST, LINK, MAI, SECOND, MakeStage, Stage, booked


def crowded(stage: Stage, seconds: float) -> None:
    catalogue: Any = stage.catalogue
    stage.catalogue = replace(catalogue, waits={stage.dossier.address.account_id: seconds})


@pytest.mark.parametrize("channel", [ChannelKind.ZALO, ChannelKind.TELEGRAM, ChannelKind.MESSENGER])
def test_it_offers_the_page_once_in_mid_form(stage: MakeStage, channel: ChannelKind) -> None:
    chat = stage(channel=channel)
    chat.say("đăng ký")
    crowded(chat, LONG + 1)
    chat.say("đồng ý")
    assert chat.last.text.startswith("Lúc này đông người nhắn")
    assert chat.last.link is not None
    assert chat.last.link.url == LINK
    assert chat.last.choices or "?" in chat.last.text
    chat.say("Nguyễn Văn Mẫu")
    assert "đông người" not in chat.last.text


@pytest.mark.parametrize("seconds", [0.0, LONG])
def test_it_says_nothing_while_answers_are_quick(stage: MakeStage, seconds: float) -> None:
    chat = stage(channel=ChannelKind.ZALO)
    chat.say("đăng ký")
    crowded(chat, seconds)
    chat.say("đồng ý")
    assert "đông người" not in chat.last.text


def test_it_leaves_questions_alone(stage: MakeStage) -> None:
    chat = stage(channel=ChannelKind.ZALO)
    crowded(chat, 100.0)
    chat.say("hiến máu có đau không")
    assert "đông người" not in chat.last.text


def test_it_does_not_offer_the_page_to_somebody_who_holds_a_place(stage: MakeStage) -> None:
    chat = stage(channel=ChannelKind.ZALO, drives=(FIRST, SECOND), person=MAI, registrations=(booked(),))
    chat.say("đăng ký")
    crowded(chat, LONG + 1)
    chat.say("đồng ý")
    assert chat.form is not None
    assert "đông người" not in chat.last.text
