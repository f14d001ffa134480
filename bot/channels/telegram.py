"""Telegram: webhook calls in, Bot API calls out. Numbers: Bot API 10.1 (core.telegram.org/bots/api)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from bot.channels.base import (
    Account,
    BadWebhook,
    ContactGone,
    Health,
    Misconfigured,
    Receipt,
    Received,
    Rejected,
    SendError,
    Uncertain,
    WebhookRequest,
)
from bot.channels.fit import trouble
from bot.channels.telegram_buttons import keyboard
from bot.channels.telegram_errors import as_ours
from bot.channels.telegram_health import health_of
from bot.channels.telegram_posts import publish
from bot.channels.telegram_updates import ALLOWED_UPDATES, decode
from bot.channels.wire import identifier, mapping, read_object, same, text
from bot.clock import Clock
from bot.clock import now as wall_clock
from bot.domain.updates import ChannelKind

if TYPE_CHECKING:
    import aiohttp

    from bot.channels.telegram_http import Bot
    from bot.channels.telegram_profile import Profile
    from bot.domain.messages import Message
    from bot.domain.platforms import Limits

SECRET_HEADER = "x-telegram-bot-api-secret-token"  # noqa: S105 - the name of a header

NO_PREVIEW = {"is_disabled": True}
"""A preview is made by opening the address: Telegram would use up one-time links, and see what hides behind them."""


class Telegram:
    """The bots of all Telegram accounts."""

    kind = ChannelKind.TELEGRAM

    def __init__(
        self,
        accounts: Sequence[Account],
        session: Callable[[], aiohttp.ClientSession],
        *,
        limits: Limits,
        base: str = "https://api.telegram.org",
        phone_label: str = "📱",
        polling: bool = False,
        clock: Clock = wall_clock,
    ) -> None:
        """Args:
        accounts: `external_id` is the bot's id; secrets `token` and `secret` (the webhook's).
        session: gives the shared HTTP session.
        phone_label: words on the button that shares one's own number.
        polling: no webhook is expected by `check`.
        clock: tells `check` whether Telegram's last failure is over.
        """
        self._accounts = {account.external_id: account for account in accounts}
        self.limits = limits
        self._session, self._base, self._phone_label = session, base, phone_label
        self._polling, self._clock = polling, clock
        self._bots: dict[int, Bot] = {}

    @property
    def bot_ids(self) -> tuple[str, ...]:
        """The `{bot_id}` of each of our webhook addresses."""
        return tuple(self._accounts)

    def knows(self, bot_id: str) -> bool:
        """Is this the `{bot_id}` of one of our webhook addresses?"""
        return bot_id in self._accounts

    def receive(self, request: WebhookRequest) -> Received:
        """Verify and decode one update."""
        account = self._accounts.get(request.path_id)
        secret = account.secrets.get("secret", "") if account else ""
        if account is None or not secret or not same(request.headers.get(SECRET_HEADER, ""), secret):
            raise BadWebhook("the secret token is wrong or missing")
        return decode(account, read_object(request.body), request.received_at)

    async def send(self, account: Account, user_id: str, message: Message, key: str) -> Receipt:
        """One sendMessage or sendPhoto, plain: no `parse_mode` and no entities, so nothing in the words can be markup.

        The Bot API has no field for `key`.
        """
        if fault := trouble(message, self.limits):
            raise Rejected(f"the message is not fitted to Telegram: {fault}")
        if not user_id.lstrip("-").isdigit():
            raise ContactGone("this is not a Telegram chat id", code="400")
        call = {"chat_id": int(user_id), "reply_markup": keyboard(message, self._phone_label)}
        if message.image:
            result = await self._call(account, "sendPhoto", photo=message.image, caption=message.text or None, **call)
        else:
            plain = {"text": message.text, "link_preview_options": NO_PREVIEW}
            result = await self._call(account, "sendMessage", **plain, **call)
        platform_id = identifier(mapping(result).get("message_id"))
        if not platform_id:
            raise Uncertain("Telegram took the message without naming it")
        return Receipt(platform_id)

    async def publish(self, account: Account, channel: str, words: str, picture: str = "") -> str:
        """Post in a channel; returns the post's id there."""
        return await publish(partial(self._call, account), channel, words, picture)

    async def answer_press(self, account: Account, callback_query_id: str) -> None:
        """Take the waiting circle off a pressed button; for polling, where no webhook answer can do it."""
        await self._call(account, "answerCallbackQuery", callback_query_id=callback_query_id)

    async def get_updates(self, account: Account, offset: int | None, seconds: int) -> list[Any]:
        """One long poll: raw updates, oldest first."""
        result = await self._call(
            account,
            "getUpdates",
            offset=offset,
            timeout=seconds,
            allowed_updates=list(ALLOWED_UPDATES),
            answer_seconds=seconds + 10.0,
        )
        return result if isinstance(result, list) else []

    async def set_webhook(self, account: Account, url: str, secret: str) -> None:
        """Have updates posted to `url`, over up to 40 connections at once: the intake puts each person's in order."""
        await self._call(
            account,
            "setWebhook",
            url=url,
            secret_token=secret,
            max_connections=40,
            allowed_updates=list(ALLOWED_UPDATES),
        )

    async def delete_webhook(self, account: Account) -> str:
        """Back to polling; what waits is kept. Returns the host the updates went to so far, or ""."""
        hook = mapping(await self._call(account, "getWebhookInfo"))
        await self._call(account, "deleteWebhook", drop_pending_updates=False)
        url = text(hook.get("url"))
        return (urlsplit(url).hostname or "somewhere") if url else ""

    async def set_profile(self, account: Account, profiles: Sequence[Profile]) -> None:
        """Register commands and descriptions, each language's own."""
        for profile in profiles:
            for method, parameters in profile.calls():
                await self._call(account, method, **parameters)

    async def check(self, account: Account) -> Health:
        """getMe, then getWebhookInfo."""
        try:
            me = await self._call(account, "getMe")
            hook = await self._call(account, "getWebhookInfo")
        except SendError as error:
            return Health(False, {}, f"{error} ({error.code})" if error.code else str(error))
        return health_of(me, hook, account, self._clock(), polling=self._polling)

    async def _call(self, account: Account, method: str, **parameters: Any) -> Any:
        """A method of the Bot API, its refusals as ours."""
        from telegram.error import TelegramError

        try:
            return await self._bot(account).call(method, **parameters)
        except TelegramError as error:
            ours = as_ours(error)
        # Raised outside the handler: the library's errors can hold an address, and addresses here hold the token.
        raise ours

    def _bot(self, account: Account) -> Bot:
        if account.id not in self._bots:
            from bot.channels.telegram_http import make_bot

            token = account.secrets.get("token", "")
            if not token:
                raise Misconfigured("this bot has no token")
            self._bots[account.id] = make_bot(token, self._base, self._session)
        return self._bots[account.id]
