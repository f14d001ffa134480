"""What the tests of Messenger stand on: one page, one person, items as Meta posts them."""

from datetime import UTC, datetime
from typing import Any

from bot.channels.base import Received
from bot.channels.messenger import Messenger
from tests.channels.conftest import messenger_account
from tests.facts import MESSENGER
from tests.platforms import FakeMessenger

FAKE = FakeMessenger()
ACCOUNT = messenger_account(FAKE)
USER = "7300000000000042"
NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
AT = 1790000000123


def no_session() -> Any:
    raise AssertionError("receiving makes no calls")


CHANNEL = Messenger([ACCOUNT], no_session, limits=MESSENGER)


def item(**event: Any) -> dict[str, Any]:
    return {"sender": {"id": USER}, "recipient": {"id": FAKE.page_id}, "timestamp": AT, **event}


def receive(*items: Any, channel: Messenger = CHANNEL) -> Received:
    return channel.receive(FAKE.posted(*items).request(NOW))
