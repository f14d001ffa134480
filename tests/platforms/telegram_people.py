"""What people do on Telegram, as it tells the bot: they type, tap, share, change and block."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tests.platforms.server import FakePlatform, Sent, Webhook

PERSON = {"first_name": "Người", "last_name": "Thử", "language_code": "vi"}


class TelegramPeople(FakePlatform):
    """Builds updates: `webhook*` as they are posted to one bot, `update` and `press` as they are."""

    def __init__(self, token: str, secret: str, now: datetime | None = None) -> None:
        super().__init__(now)
        self.token, self.secret, self.bot_id = token, secret, token.split(":")[0]
        self.open_presses: set[str] = set()
        self._updates = 900_000_000

    def webhook(self, user_id: int | str, text: str) -> Webhook:
        """The person types."""
        return self.posted(self.update("message", {**self._message(user_id), "text": text}))

    def webhook_start(self, user_id: int | str, payload: str = "") -> Webhook:
        """The person presses START, perhaps behind a t.me link."""
        return self.webhook(user_id, f"/start {payload}".strip())

    def webhook_press(self, user_id: int | str, payload: str, message: Sent | None = None) -> Webhook:
        """The person taps a button."""
        return self.posted(self.press(user_id, payload, message))

    def webhook_contact(self, user_id: int | str, phone: str, owner: int | str | None = None) -> Webhook:
        """The person shares a number: their own, or that of `owner`."""
        contact = {"phone_number": phone, "first_name": "Người", "user_id": int(owner or user_id)}
        return self.posted(self.update("message", {**self._message(user_id), "contact": contact}))

    def webhook_edit(self, user_id: int | str, text: str) -> Webhook:
        """The person changes what they wrote."""
        edited = {**self._message(user_id), "edit_date": int(self.now.timestamp()) + 1, "text": text}
        return self.posted(self.update("edited_message", edited))

    def webhook_member(self, user_id: int | str, status: str) -> Webhook:
        """The person blocks ("kicked") or unblocks ("member") the bot."""
        body = {
            **self._message(user_id),
            "old_chat_member": {"user": self._bot(), "status": "member"},
            "new_chat_member": {"user": self._bot(), "status": status},
        }
        self.blocked.add(str(user_id)) if status == "kicked" else self.blocked.discard(str(user_id))
        return self.posted(self.update("my_chat_member", body))

    def posted(self, update: Mapping[str, Any]) -> Webhook:
        """An update as a webhook call."""
        headers = {"Content-Type": "application/json", "X-Telegram-Bot-Api-Secret-Token": self.secret}
        return Webhook(f"/webhooks/telegram/{self.bot_id}", headers, json.dumps(update, ensure_ascii=False).encode())

    def update(self, field: str, body: Mapping[str, Any]) -> dict[str, Any]:
        self._updates += 1
        return {"update_id": self._updates, field: dict(body)}

    def press(self, user_id: int | str, payload: str, message: Sent | None = None) -> dict[str, Any]:
        """A callback query; with `message` it carries that message and its keyboard."""
        self.touch(str(user_id))
        query_id = f"22334455{self.next_number():011d}"
        self.open_presses.add(query_id)
        query = {"id": query_id, "from": self._person(user_id), "chat_instance": "-4455667788990011223"}
        if message is not None:
            rows = [[{"text": label, "callback_data": data}] for label, data in message.choices]
            query["message"] = {
                "message_id": int(message.platform_id),
                "from": self._bot(),
                "chat": self._chat(user_id),
                "date": int(message.at.timestamp()),
                "text": message.text,
                "reply_markup": {"inline_keyboard": rows},
            }
        return self.update("callback_query", {**query, "data": payload})

    def _message(self, user_id: int | str) -> dict[str, Any]:
        self.touch(str(user_id))
        return {
            "message_id": self.next_number(),
            "from": self._person(user_id),
            "chat": self._chat(user_id),
            "date": int(self.now.timestamp()),
        }

    def _person(self, user_id: int | str) -> dict[str, Any]:
        return {"id": int(user_id), "is_bot": False, **PERSON}

    def _chat(self, user_id: int | str) -> dict[str, Any]:
        return {"id": int(user_id), "first_name": "Người", "last_name": "Thử", "type": "private"}

    def _bot(self) -> dict[str, Any]:
        return {"id": int(self.bot_id), "is_bot": True, "first_name": "Hiến máu", "username": "hienmau_thu_bot"}
