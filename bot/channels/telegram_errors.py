"""The library's errors as ours: what to do after each refusal of the Bot API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.channels.base import ContactGone, Misconfigured, Rejected, SendError, Throttled, Unavailable, Uncertain

if TYPE_CHECKING:
    from telegram.error import TelegramError


def as_ours(error: TelegramError) -> SendError:
    """The library's class, ours. BadRequest and TimedOut are NetworkErrors there, so order matters."""
    from telegram.error import BadRequest, ChatMigrated, Conflict, Forbidden, InvalidToken, TimedOut

    from bot.channels.telegram_http import Flooded, NotSent

    match error:
        case Flooded():
            return Throttled("Telegram asks for a slower pace", code="429", retry_after=error.seconds)
        case NotSent():
            return Unavailable("Telegram did not take the message")
        case TimedOut():
            return Uncertain("Telegram's answer was lost")
        case Forbidden():
            return ContactGone("the person blocked the bot, left Telegram or never started the bot", code="403")
        case BadRequest() if "chat not found" in error.message.lower():
            return ContactGone("Telegram knows no such chat", code="400")
        case BadRequest():
            return Rejected("Telegram refuses this message", code="400")
        case ChatMigrated():
            # Only groups move, and we write to people only: there is no new id to keep.
            return Rejected("this chat became another one", code="400")
        case InvalidToken():
            return Misconfigured("Telegram does not know this token", code="401")
        case Conflict() if "webhook" in error.message.lower():
            return Misconfigured("this bot has a webhook, so it cannot be polled", code="409")
        case Conflict():
            return Misconfigured("another program polls this bot with the same token", code="409")
        case _:
            return Uncertain("Telegram answered something unexpected")
