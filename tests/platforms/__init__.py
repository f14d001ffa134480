"""Strict loopback servers of the platforms: what we do not own, faked as they document it."""

from tests.platforms.messenger import FakeMessenger
from tests.platforms.server import LOST_AFTER, LOST_BEFORE, Call, Sent, Trouble, Webhook
from tests.platforms.telegram import FakeTelegram
from tests.platforms.zalo import FakeTemplate, FakeZalo
from tests.platforms.zalo_oauth import FakeZaloOAuth

__all__ = [
    "LOST_AFTER",
    "LOST_BEFORE",
    "Call",
    "FakeMessenger",
    "FakeTelegram",
    "FakeTemplate",
    "FakeZalo",
    "FakeZaloOAuth",
    "Sent",
    "Trouble",
    "Webhook",
]
