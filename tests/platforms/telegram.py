"""A strict Telegram Bot API on loopback (Bot API 10.1)."""

import asyncio
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from aiohttp import web

from tests.platforms.server import Refusal, Sent, only
from tests.platforms.telegram_people import TelegramPeople
from tests.platforms.telegram_shapes import Rates, check, commands, keyboard, language, refusal, units, words

UNASKED = ("chat_member", "message_reaction", "message_reaction_count")
"""Kinds of updates that come only when they are asked for by name."""


class FakeTelegram(TelegramPeople):
    """One bot. `webhook*` builds updates as they are posted; `queue` leaves one for getUpdates.

    Args:
        seconds: a clock that only grows; with it the rates of the Bots FAQ are kept, without it nobody is too fast.
    """

    def __init__(
        self,
        token: str = "7000000001:AAsample-token-of-tests",
        secret: str = "Webhook_secret-1",
        now: datetime | None = None,
        seconds: Callable[[], float] | None = None,
    ) -> None:
        super().__init__(token, secret, now)
        self.commands: dict[str, tuple[tuple[str, str], ...]] = {}
        self.descriptions: dict[str, str] = {}
        self.abouts: dict[str, str] = {}
        self._seconds, self._rates = seconds, Rates()
        self._allowed: tuple[str, ...] = ()
        self.polls = 0
        self.hook: dict[str, Any] = {"url": "", "has_custom_certificate": False, "pending_update_count": 0}
        self.answered: list[str] = []
        self.channels: dict[str, bool] = {}
        """Channels that there are; whether the bot may write there."""
        self.posts: list[tuple[str, str, str]] = []
        """Channel, words, picture."""
        self.waiting: list[dict[str, Any]] = []
        self._arrived = asyncio.Event()

    def queue(self, update: Mapping[str, Any]) -> None:
        """Keep an update for getUpdates, if the bot wants its kind; a change of mind does not touch what waits."""
        kind = next((key for key in update if key != "update_id"), "")
        if kind in self._allowed if self._allowed else kind not in UNASKED:
            self.waiting.append(dict(update))
            self._arrived.set()

    def is_send(self, path: str) -> bool:
        return path.rsplit("/", 1)[-1] in ("sendMessage", "sendPhoto", "getUpdates")

    def unreadable(self) -> Refusal:
        return refusal(400, "Bad Request: can't parse the request body")

    async def answer(self, request: web.Request, body: Mapping[str, Any]) -> Any:
        found = re.fullmatch(r"/bot([^/]+)/(\w+)", request.path)
        if not found:
            raise refusal(404, "Not Found")
        if found.group(1) != self.token:
            raise refusal(401, "Unauthorized")
        method = METHODS.get(found.group(2))
        if method is None:
            raise refusal(404, "Not Found")
        result = method(self, body)
        return {"ok": True, "result": await result if asyncio.iscoroutine(result) else result}

    def _get_me(self, body: Mapping[str, Any]) -> dict[str, Any]:
        return {**self._bot(), "can_join_groups": False, "can_read_all_group_messages": False}

    def _set_webhook(self, body: Mapping[str, Any]) -> bool:
        known = ("url", "secret_token", "max_connections", "allowed_updates", "drop_pending_updates")
        check(not only(body, *known), f"unknown parameter {only(body, *known)}")
        url, secret, most = str(body.get("url", "")), body.get("secret_token", ""), body.get("max_connections", 40)
        check(url == "" or url.startswith("https://"), "bad webhook: An HTTPS URL must be provided for webhook")
        check(re.fullmatch(r"[A-Za-z0-9_-]{0,256}", secret) is not None, "secret token contains unallowed characters")
        check(isinstance(most, int) and 1 <= most <= 100, "wrong max_connections")
        self._allow(body)
        self.hook |= {"url": url, "max_connections": most, "allowed_updates": list(self._allowed)}
        self.secret = secret or self.secret
        return True

    def _delete_webhook(self, body: Mapping[str, Any]) -> bool:
        check(not only(body, "drop_pending_updates"), "unknown parameter")
        self.hook["url"] = ""
        self.waiting = [] if body.get("drop_pending_updates") else self.waiting
        return True

    def _get_webhook_info(self, body: Mapping[str, Any]) -> dict[str, Any]:
        return {**self.hook, "pending_update_count": len(self.waiting)}

    def _allow(self, body: Mapping[str, Any]) -> None:
        """Not given: as before. Empty: all but the unasked ones."""
        given = body.get("allowed_updates", list(self._allowed))
        check(isinstance(given, list) and all(isinstance(kind, str) for kind in given), "can't parse allowed updates")
        self._allowed = tuple(given)

    def _set_commands(self, body: Mapping[str, Any]) -> bool:
        self.commands[language(body)] = commands(body)
        return True

    def _set_description(self, body: Mapping[str, Any]) -> bool:
        self.descriptions[language(body)] = words(body, "description", 512)
        return True

    def _set_about(self, body: Mapping[str, Any]) -> bool:
        self.abouts[language(body)] = words(body, "short_description", 120)
        return True

    async def _get_updates(self, body: Mapping[str, Any]) -> list[dict[str, Any]]:
        """One poll at a time: a second one ends the first."""
        check(not only(body, "offset", "limit", "timeout", "allowed_updates"), "unknown parameter")
        if self.hook["url"]:
            raise refusal(409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook first")
        self._allow(body)
        self.polls += 1
        mine = self.polls
        self._arrived.set()
        found = await self._long_poll(body.get("offset", 0), body.get("timeout", 0))
        if mine != self.polls:
            raise refusal(409, "Conflict: terminated by other getUpdates request; only one bot instance may run")
        return found

    async def _long_poll(self, offset: int, seconds: float) -> list[dict[str, Any]]:
        self.waiting = [update for update in self.waiting if update["update_id"] >= offset]
        if not self.waiting and seconds:
            self._arrived.clear()
            try:
                async with asyncio.timeout(seconds):
                    await self._arrived.wait()
            except TimeoutError:
                return []
        return self.waiting[:100]

    def _answer_callback(self, body: Mapping[str, Any]) -> bool:
        query_id = str(body.get("callback_query_id", ""))
        check(
            query_id in self.open_presses,
            "query is too old and response timeout expired or query ID is invalid",
        )
        check(not only(body, "callback_query_id", "text", "show_alert"), "unknown parameter")
        check(units(str(body.get("text", ""))) <= 200, "MESSAGE_TOO_LONG")
        self.open_presses.discard(query_id)
        self.answered.append(query_id)
        return True

    def _send_message(self, body: Mapping[str, Any]) -> dict[str, Any]:
        check(not only(body, "chat_id", "text", "link_preview_options", "reply_markup"), "unknown parameter")
        text, preview = body.get("text"), body.get("link_preview_options", {})
        check(isinstance(text, str) and text.strip() != "", "message text is empty")
        check(units(str(text)) <= 4096, "message is too long")
        check(isinstance(preview, dict) and not only(preview, "is_disabled"), "can't parse link preview options")
        return self._deliver(body, str(text))

    def _send_photo(self, body: Mapping[str, Any]) -> dict[str, Any]:
        check(not only(body, "chat_id", "photo", "caption", "reply_markup"), "unknown parameter")
        check(str(body.get("photo", "")).startswith("https://"), "wrong file identifier/HTTP URL specified")
        caption = body.get("caption", "")
        check(units(caption) <= 1024, "message caption is too long")
        return self._deliver(body, caption, str(body["photo"]))

    def _deliver(self, body: Mapping[str, Any], text: str, image: str = "") -> dict[str, Any]:
        chat_id = body.get("chat_id")
        if isinstance(chat_id, str) and chat_id.startswith(("@", "-100")):
            return self._post_in_channel(chat_id, text, image)
        check(isinstance(chat_id, int) and abs(chat_id) < 1 << 52, "chat_id must be a number")
        choices, link, asks_phone = keyboard(body.get("reply_markup"))
        user_id = str(chat_id)
        if user_id in self.blocked:
            raise refusal(403, "Forbidden: bot was blocked by the user")
        check(user_id in self.last_inbound, "chat not found")
        if self._seconds is not None:
            self._rates.take(user_id, self._seconds())
        number = self.next_number()
        self.sent.append(Sent(user_id, text, str(number), self.now, choices, link, image, asks_phone))
        chat, date = self._chat(user_id), int(self.now.timestamp())
        return {"message_id": number, "from": self._bot(), "chat": chat, "date": date, "text": text}

    def _post_in_channel(self, channel: str, text: str, image: str) -> dict[str, Any]:
        """A post in a channel: by its public name, or by its number as text."""
        check(channel in self.channels, "chat not found")
        if not self.channels[channel]:
            raise refusal(403, "Forbidden: bot is not a member of the channel chat")
        number = self.next_number()
        self.posts.append((channel, text, image))
        chat = {"id": -1001234567890, "type": "channel", "title": "Công đoàn Mẫu"}
        return {"message_id": number, "chat": chat, "date": int(self.now.timestamp()), "text": text}


METHODS = {
    "getMe": FakeTelegram._get_me,
    "setWebhook": FakeTelegram._set_webhook,
    "deleteWebhook": FakeTelegram._delete_webhook,
    "getWebhookInfo": FakeTelegram._get_webhook_info,
    "getUpdates": FakeTelegram._get_updates,
    "setMyCommands": FakeTelegram._set_commands,
    "setMyDescription": FakeTelegram._set_description,
    "setMyShortDescription": FakeTelegram._set_about,
    "answerCallbackQuery": FakeTelegram._answer_callback,
    "sendMessage": FakeTelegram._send_message,
    "sendPhoto": FakeTelegram._send_photo,
}
