"""Posts in a Telegram channel in which our bot may write: a text, or a picture with it (Bot API, sendMessage, sendPhoto)."""

from collections.abc import Awaitable, Callable
from typing import Any

from bot.channels.base import Rejected, Uncertain
from bot.channels.wire import identifier, mapping

Call = Callable[..., Awaitable[Any]]
"""A method of the Bot API by name, with its parameters."""

PREVIEW = {"is_disabled": True}
"""A link to our chat shows nothing worth a picture."""


async def publish(call: Call, channel: str, words: str, picture: str = "") -> str:
    """One call; returns the id of the post in its channel.

    Args:
        channel: @name or -100….

    Raises:
        SendError: as for any call of the Bot API.
    """
    if not words.strip():
        raise Rejected("a post needs words")
    if picture:
        told = await call("sendPhoto", chat_id=channel, photo=picture, caption=words)
    else:
        told = await call("sendMessage", chat_id=channel, text=words, link_preview_options=PREVIEW)
    platform_id = identifier(mapping(told).get("message_id"))
    if not platform_id:
        raise Uncertain("Telegram took the post without naming it")
    return platform_id
