"""It decodes the web chat's own frames."""

import json
from typing import Any

import pytest

from bot.channels.base import Account, BadWebhook, Received, Rejected, WebhookRequest
from bot.channels.webchat import WebChat
from bot.domain.messages import Message
from bot.domain.updates import ChannelKind, Event, Pressed, Said, Started
from tests.facts import WEB

ACCOUNT = Account(4, ChannelKind.WEB, "web", "web")
CHANNEL = WebChat([ACCOUNT], limits=WEB)


def receive(frame: Any, visitor: str = "v1", **headers: str) -> Received:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return CHANNEL.receive(WebhookRequest(ChannelKind.WEB, names, json.dumps(frame).encode(), visitor))


@pytest.mark.parametrize(
    ("frame", "event"),
    [
        pytest.param({"type": "text", "id": "1", "text": "Chào"}, Said("Chào"), id="text"),
        pytest.param({"type": "choice", "id": "2", "payload": "c:1"}, Pressed("c:1"), id="choice"),
        pytest.param({"type": "hello", "token": None}, Started("poster-7"), id="hello"),
    ],
)
def test_decodes(frame: dict[str, Any], event: Event) -> None:
    (update,) = receive(frame, x_ref="poster-7").updates
    assert (update.event, update.user_id, update.account_id) == (event, "v1", 4)


@pytest.mark.parametrize(
    "frame",
    [
        pytest.param({"type": "text", "text": "x"}, id="no id"),
        pytest.param({"type": "text", "id": "1", "text": " "}, id="blank"),
        pytest.param({"type": "choice", "id": "1"}, id="no payload"),
        pytest.param({"type": "dance", "id": "1"}, id="unknown"),
        pytest.param({}, id="empty"),
    ],
)
def test_leaves_alone(frame: dict[str, Any]) -> None:
    assert receive(frame).updates == ()


def test_counts_a_frames_id_together_with_its_visitor() -> None:
    frame = {"type": "text", "id": "1", "text": "x"}
    mine, again, yours = receive(frame), receive(frame), receive(frame, "v2")
    assert mine.updates[0].update_id == again.updates[0].update_id != yours.updates[0].update_id


def test_refuses_who_has_no_name() -> None:
    with pytest.raises(BadWebhook):
        receive({"type": "text", "id": "1", "text": "x"}, "")


async def test_never_sends() -> None:
    with pytest.raises(Rejected, match="its delivery"):
        await CHANNEL.send(ACCOUNT, "v1", Message("x"), "k")
    assert (await CHANNEL.check(ACCOUNT)).ok
