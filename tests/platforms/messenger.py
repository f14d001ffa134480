"""A strict Graph API for one page on loopback (Messenger Platform, v26.0)."""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from tests.platforms.server import FakePlatform, Refusal, Sent, Webhook, only

WINDOW = timedelta(hours=24)


class FakeMessenger(FakePlatform):
    """One page of one app."""

    def __init__(
        self,
        page_id: str = "109900000000001",
        token: str = "EAAsample-page-token",
        app_secret: str = "bi-mat-app",
        verify_token: str = "xac-minh",
        version: str = "v26.0",
        now: datetime | None = None,
    ) -> None:
        super().__init__(now)
        self.page_id, self.token, self.app_secret = page_id, token, app_secret
        self.verify_token, self.version = verify_token, version
        self.app_id = "880000000000009"
        self.subscribed: list[str] = []
        self.profile: dict[str, Any] = {}
        self.templates: dict[str, int] = {}
        """Utility templates that Meta has approved in Vietnamese: how many places each has, by name."""

    # What Meta posts.

    def webhook(self, user_id: str, text: str) -> Webhook:
        """The person types."""
        return self.posted(self.item(user_id, message={"mid": self.mid(), "text": text}))

    def webhook_press(self, user_id: str, payload: str, label: str = "") -> Webhook:
        """The person taps a quick reply: a message with the button's words."""
        message = {"mid": self.mid(), "text": label or payload, "quick_reply": {"payload": payload}}
        return self.posted(self.item(user_id, message=message))

    def webhook_start(self, user_id: str, ref: str = "") -> Webhook:
        """The person taps Get Started, perhaps behind an m.me link."""
        postback: dict[str, Any] = {"mid": self.mid(), "title": "Bắt đầu", "payload": "GET_STARTED"}
        if ref:
            postback["referral"] = {"ref": ref, "source": "SHORTLINK", "type": "OPEN_THREAD"}
        return self.posted(self.item(user_id, postback=postback))

    def webhook_sticker(self, user_id: str) -> Webhook:
        sticker = {"type": "sticker", "payload": {"sticker_id": 369239263222822}}
        return self.posted(self.item(user_id, message={"mid": self.mid(), "attachments": [sticker]}))

    def webhook_echo(self, sent: Sent) -> Webhook:
        """Our own message comes back."""
        message = {
            "mid": sent.platform_id,
            "is_echo": True,
            "app_id": int(self.app_id),
            "metadata": sent.metadata,
            "text": sent.text,
        }
        item = {
            "sender": {"id": self.page_id},
            "recipient": {"id": sent.user_id},
            "timestamp": self.millis(),
            "message": message,
        }
        return self.posted(item)

    def item(self, user_id: str, **event: Any) -> dict[str, Any]:
        self.touch(user_id)
        return {
            "sender": {"id": user_id},
            "recipient": {"id": self.page_id},
            "timestamp": self.millis(),
            **event,
        }

    def posted(self, *items: Mapping[str, Any]) -> Webhook:
        """Items as one signed call. Non-ASCII and slashes go escaped, as Meta sends them."""
        entry = {"id": self.page_id, "time": self.millis(), "messaging": list(items)}
        text = json.dumps({"object": "page", "entry": [entry]}, separators=(",", ":")).replace("/", "\\/")
        return self.signed(text.encode())

    def signed(self, body: bytes) -> Webhook:
        digest = hmac.new(self.app_secret.encode(), body, hashlib.sha256).hexdigest()
        headers = {"Content-Type": "application/json", "X-Hub-Signature-256": f"sha256={digest}"}
        return Webhook("/webhooks/messenger", headers, body)

    def deletion(self, user_id: str, **other: Any) -> Webhook:
        """Somebody removed the app in Facebook's settings and asked for erasure."""
        body = {"user_id": user_id, "algorithm": "HMAC-SHA256", "issued_at": self.millis() // 1000, **other}
        return self.signed_request(json.dumps(body).encode())

    def signed_request(self, raw: bytes) -> Webhook:
        payload = base64.urlsafe_b64encode(raw).rstrip(b"=")
        digest = hmac.new(self.app_secret.encode(), payload, hashlib.sha256).digest()
        signed = base64.urlsafe_b64encode(digest).rstrip(b"=") + b"." + payload
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return Webhook("/webhooks/messenger/data-deletion", headers, urlencode({"signed_request": signed}).encode())

    def mid(self) -> str:
        return f"m_AbC-{self.next_number():08d}"

    # What the app calls.

    def is_send(self, path: str) -> bool:
        return path.endswith("/messages")

    def unreadable(self) -> Refusal:
        return refusal(100, 0, "Invalid parameter")

    async def answer(self, request: web.Request, body: Mapping[str, Any]) -> Any:
        version, _, path = request.path.removeprefix("/").partition("/")
        if version != self.version:
            raise refusal(2635, 0, "You are calling a deprecated version of the Graph API")
        self._authenticate(request)
        page = f"(?:{self.page_id}|me)"
        if request.method == "POST" and re.fullmatch(f"{page}/messages", path):
            return self._send(body)
        if re.fullmatch(f"{page}/subscribed_apps", path):
            return self._subscribed_apps(request.method, body)
        if request.method == "POST" and path == "me/messenger_profile":
            self.profile |= body
            return {"result": "success"}
        if request.method == "GET" and re.fullmatch(page, path):
            return {"id": self.page_id, "name": "Giọt Hồng thử"}
        raise refusal(100, 33, "Unsupported request")

    def proof(self) -> str:
        """The appsecret_proof of our token."""
        return hmac.new(self.app_secret.encode(), self.token.encode(), hashlib.sha256).hexdigest()

    def _authenticate(self, request: web.Request) -> None:
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            raise refusal(190, 0, "Invalid OAuth access token - Cannot parse access token")
        if request.query.get("appsecret_proof") is None:
            raise refusal(100, 0, "API calls from the server require an appsecret_proof argument")
        if request.query["appsecret_proof"] != self.proof():
            raise refusal(100, 0, "Invalid appsecret_proof provided in the API argument")

    def _subscribed_apps(self, method: str, body: Mapping[str, Any]) -> dict[str, Any]:
        if method == "POST":
            self.subscribed = str(body.get("subscribed_fields", "")).split(",")
            return {"success": True}
        return {"data": [{"id": self.app_id, "subscribed_fields": self.subscribed}] if self.subscribed else []}

    def _send(self, body: Mapping[str, Any]) -> dict[str, Any]:
        check(not only(body, "recipient", "messaging_type", "message"), "unknown parameter")
        kind = body.get("messaging_type")
        check(kind in ("RESPONSE", "UTILITY"), "param messaging_type")
        recipient, message = body.get("recipient"), body.get("message")
        check(isinstance(recipient, dict) and set(recipient) == {"id"}, "param recipient must be non-empty")
        check(isinstance(message, dict), "param message must be non-empty")
        user_id = recipient["id"] if recipient else ""
        template = kind == "UTILITY"
        read = self._read_template if template else read_message
        sent = read(message or {}, user_id, self.mid(), self.now)
        if user_id not in self.last_inbound:
            raise refusal(100, 2018001, "No matching user found")
        if user_id in self.blocked:
            raise refusal(551, 1545041, "This person isn't available right now")
        if not template and self.now - self.last_inbound[user_id] >= WINDOW:
            raise refusal(10, 2018278, "This message is sent outside of allowed window.")
        self.sent.append(sent)
        return {"recipient_id": user_id, "message_id": sent.platform_id}

    def _read_template(self, message: Mapping[str, Any], user_id: str, mid: str, now: datetime) -> Sent:
        """A utility template: no window, but only approved words, filled as they were approved."""
        check(set(message) == {"template"}, "param message[template]")
        template = message["template"]
        check(set(template) == {"name", "language", "components"}, "param template")
        check(template["name"] in self.templates and template["language"] == {"code": "vi"}, "template not approved")
        values = [one for part in template["components"] if part["type"] == "body" for one in part["parameters"]]
        check(len(values) == self.templates[template["name"]], "number of parameters does not match the template")
        check(all(one["type"] == "text" and one["text"].strip() for one in values), "param text")
        check(not any(sign in one["text"] for one in values for sign in "#$%"), "param text holds # $ or %")
        params = tuple((str(number), one["text"]) for number, one in enumerate(values, start=1))
        return Sent(user_id, "", mid, now, template=template["name"], params=params)


def refusal(code: int, subcode: int, words: str, status: int = 400) -> Refusal:
    """An error body of Graph."""
    error: dict[str, Any] = {
        "message": f"(#{code}) {words}",
        "type": "OAuthException",
        "code": code,
        "fbtrace_id": "AaBbCcDdEeFf123",
    }
    return Refusal(status, {"error": {**error, "error_subcode": subcode} if subcode else error})


def check(right: bool, words: str) -> None:
    if not right:
        raise refusal(100, 0, words)


def read_message(message: Mapping[str, Any], user_id: str, mid: str, now: datetime) -> Sent:
    """A legal `message` object as what the person sees."""
    check(not only(message, "text", "attachment", "quick_replies", "metadata"), "unknown message field")
    check(("text" in message) != ("attachment" in message), "message must have either text or attachment")
    text, link, image = message.get("text", ""), "", ""
    if "attachment" in message:
        text, link, image = read_attachment(message["attachment"])
    else:
        check(text.strip() != "", "param message[text] must be non-empty")
        check(len(text.encode("utf-16-le")) // 2 < 2000, "Length of param message[text] must be less than 2000")
    check(len(message.get("metadata", "")) < 1000, "Length of param message[metadata]")
    choices = read_quick_replies(message.get("quick_replies"))
    return Sent(user_id, text, mid, now, choices, link, image, metadata=message.get("metadata", ""))


def read_quick_replies(replies: Any) -> tuple[tuple[str, str], ...]:
    if replies is None:
        return ()
    check(0 < len(replies) <= 13, "param message[quick_replies] must have 1 to 13 elements")
    for reply in replies:
        check(set(reply) == {"content_type", "title", "payload"}, "param quick_replies")
        check(reply["content_type"] == "text", "param content_type")
        check(0 < len(reply["title"]) <= 20, "Length of param title must be at most 20")
        check(0 < len(reply["payload"]) <= 1000, "Length of param payload must be at most 1000")
    return tuple((reply["title"], reply["payload"]) for reply in replies)


def read_attachment(attachment: Mapping[str, Any]) -> tuple[str, str, str]:
    """(text, link, image) of a picture or a button template."""
    payload = attachment.get("payload", {})
    if attachment.get("type") == "image":
        check(set(payload) <= {"url", "is_reusable"} and str(payload.get("url")).startswith("https://"), "bad url")
        return "", "", payload["url"]
    check(attachment.get("type") == "template" and payload.get("template_type") == "button", "param attachment")
    buttons, text = payload.get("buttons", []), payload.get("text", "")
    check(1 <= len(buttons) <= 3, "param buttons must have 1 to 3 elements")
    check(0 < len(text) <= 640, "Length of param text must be at most 640")
    for button in buttons:
        check(set(button) == {"type", "url", "title"} and button["type"] == "web_url", "param button")
        check(0 < len(button["title"]) <= 20 and button["url"].startswith("https://"), "param button title or url")
    return text, buttons[0]["url"], ""
