"""A strict Zalo OA API for one OA on loopback (openapi.zalo.me, 2026)."""

import hashlib
import json
import unicodedata
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web

from tests.platforms.server import FakePlatform, Refusal, Sent, Webhook, only

WINDOW = timedelta(days=7)


class FakeZalo(FakePlatform):
    """One OA of one app. `per_minute` limits calls by the fake's own clock; `seen` counts them."""

    def __init__(
        self,
        app_id: str = "1000000000000000001",
        oa_id: str = "4000000000000000001",
        oa_secret: str = "sample-oa-secret",
        token: str = "SAMPLE-ACCESS-TOKEN-1",
        per_minute: int = 100,
        now: datetime | None = None,
    ) -> None:
        super().__init__(now)
        self.app_id, self.oa_id, self.oa_secret, self.token = app_id, oa_id, oa_secret, token
        self.expired_tokens: set[str] = set()
        self.per_minute = per_minute
        self.seen: list[datetime] = []

    # What Zalo posts.

    def webhook(self, user_id: str, text: str) -> Webhook:
        """The person types."""
        return self.posted("user_send_text", self.from_user(user_id, {"text": text, "msg_id": self.msg_id()}))

    def webhook_sticker(self, user_id: str) -> Webhook:
        sticker = {"type": "sticker", "payload": {"id": "45678", "url": "https://zalo-api.zdn.vn/sticker"}}
        return self.posted(
            "user_send_sticker", self.from_user(user_id, {"msg_id": self.msg_id(), "attachments": [sticker]})
        )

    def webhook_start(self, user_id: str) -> Webhook:
        """The person follows the OA."""
        return self.webhook_follow(user_id, "follow")

    def webhook_follow(self, user_id: str, event: str) -> Webhook:
        """`follow` or `unfollow`."""
        self.touch(user_id)
        if event == "unfollow":
            self.blocked.add(user_id)
        return self.posted(event, {"oa_id": self.oa_id, "follower": {"id": user_id}, "source": "oa_profile"})

    def webhook_info(self, user_id: str, phone: str, name: str = "Nguyễn Văn A") -> Webhook:
        """The person shares name and number through Zalo's card."""
        info = {"name": name, "phone": phone, "user_dob": "30/10/1990", "gender": "Nam"}
        return self.posted("user_submit_info", {**self.from_user(user_id), "info": info})

    def webhook_echo(self, sent: Sent, admin_id: str = "") -> Webhook:
        """A message of the OA comes back; with `admin_id` a human wrote it in the console."""
        sender = {"id": self.oa_id, **({"admin_id": admin_id} if admin_id else {})}
        message = {"text": sent.text, "msg_id": sent.platform_id}
        return self.posted("oa_send_text", {"sender": sender, "recipient": {"id": sent.user_id}, "message": message})

    def from_user(self, user_id: str, message: Mapping[str, Any] | None = None) -> dict[str, Any]:
        self.touch(user_id)
        body: dict[str, Any] = {"sender": {"id": user_id}, "recipient": {"id": self.oa_id}}
        return {**body, "message": dict(message)} if message is not None else body

    def posted(self, event_name: str, fields: Mapping[str, Any]) -> Webhook:
        """One event as one signed call."""
        body = {
            "app_id": self.app_id,
            "user_id_by_app": "3000000000000000001",
            **fields,
            "event_name": event_name,
            "timestamp": str(self.millis()),
        }
        return self.signed(json.dumps(body, ensure_ascii=False).encode(), str(body["timestamp"]))

    def signed(self, raw: bytes, timestamp: str) -> Webhook:
        mac = hashlib.sha256(self.app_id.encode() + raw + timestamp.encode() + self.oa_secret.encode()).hexdigest()
        headers = {"Content-Type": "application/json", "X-ZEvent-Signature": f"mac={mac}"}
        return Webhook("/webhooks/zalo", headers, raw)

    def msg_id(self) -> str:
        return f"a1b2c3d4e5f6{self.next_number():08x}"

    # What the app calls.

    def is_send(self, path: str) -> bool:
        return path == "/v3.0/oa/message/cs"

    def unreadable(self) -> Refusal:
        return refusal(-201, "Body is not JSON")

    async def answer(self, request: web.Request, body: Mapping[str, Any]) -> Any:
        self._authenticate(request)
        self._count_call()
        match request.method, request.path:
            case "POST", "/v3.0/oa/message/cs":
                return self._send(body)
            case "GET", "/v2.0/oa/getoa":
                return success(self._oa())
            case _:
                raise refusal(-205, "API is not supported")

    def _authenticate(self, request: web.Request) -> None:
        token = request.headers.get("access_token", "")
        if token in self.expired_tokens:
            raise refusal(-220, "access_token is expired or removed")
        if token != self.token:
            raise refusal(-216, "Access token is invalid")

    def _count_call(self) -> None:
        self.seen = [at for at in self.seen if self.now - at < timedelta(minutes=1)]
        if len(self.seen) >= self.per_minute:
            headers = {"X-RateLimit-Limit": str(self.per_minute), "X-RateLimit-Remain": "0"}
            raise Refusal(200, {"error": -32, "message": "Your OA reached limit call api"}, headers)
        self.seen.append(self.now)

    def _oa(self) -> dict[str, Any]:
        return {
            "oaid": self.oa_id,
            "name": "Giọt Hồng thử",
            "is_verified": True,
            "oa_type": 4,
            "package_name": "Tăng trưởng",
            "package_valid_through_date": "31/12/2026",
        }

    def _send(self, body: Mapping[str, Any]) -> dict[str, Any]:
        check(set(body) == {"recipient", "message"}, "unknown or missing parameter")
        recipient, message = body["recipient"], body["message"]
        user_id = recipient.get("user_id")
        check(isinstance(user_id, str) and set(recipient) == {"user_id"}, "user_id is invalid!")
        text, image = read_message(message)
        check(user_id in self.last_inbound, "user_id is invalid!")
        if user_id in self.blocked:
            raise refusal(-213, "User has not followed OA")
        if self.now - self.last_inbound[user_id] > WINDOW:
            raise refusal(-230, "User has not interacted with the OA in the past 7 days")
        sent = Sent(user_id, text, self.msg_id(), self.now, image=image)
        self.sent.append(sent)
        quota = {"quota_type": "reply", "remain": "8", "total": "8"}
        return success(
            {"message_id": sent.platform_id, "user_id": user_id, "sent_time": str(self.millis()), "quota": quota}
        )


def success(data: Mapping[str, Any]) -> dict[str, Any]:
    return {"data": dict(data), "error": 0, "message": "Success"}


def refusal(code: int, words: str) -> Refusal:
    """Zalo answers 200 even for errors."""
    return Refusal(200, {"error": code, "message": words})


def check(right: bool, words: str) -> None:
    if not right:
        raise refusal(-201, words)


def read_message(message: Mapping[str, Any]) -> tuple[str, str]:
    """(text, image) of a legal `message` object."""
    check(isinstance(message, dict) and not only(message, "text", "attachment"), "message is invalid")
    text, image = message.get("text", ""), ""
    if "attachment" in message:
        payload = message["attachment"].get("payload", {})
        elements = payload.get("elements", [])
        check(message["attachment"].get("type") == "template" and payload.get("template_type") == "media", "template")
        check(len(elements) == 1 and elements[0].get("media_type") == "image", "elements")
        image = elements[0].get("url", "")
        check(image.startswith("https://"), "url")
    check(bool(text.strip()) or bool(image), "message.text is empty")
    if len(unicodedata.normalize("NFC", text)) > 2000:
        raise refusal(-210, "Parameter exceeds its limit: text")
    return text, image
