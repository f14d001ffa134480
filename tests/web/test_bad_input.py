"""What nobody should send, through the web chat: something comes back, and the talk goes on."""

import pytest

from tests.dialog.test_bad_input import BAD
from tests.web.house import House

SENDABLE = {name: text for name, text in BAD.items() if name != "lone surrogate"}  # no frame can carry half a character


@pytest.mark.parametrize("text", SENDABLE.values(), ids=SENDABLE.keys())
async def test_it_answers_and_the_talk_goes_on(small_house: House, text: str) -> None:
    chat = await small_house.chat()
    await chat.message()
    assert await chat.say(text)
    assert (await chat.say("menu"))["choices"]
