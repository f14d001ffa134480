"""A strict Graph API for one page on loopback (Messenger Platform, v26.0)."""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from tests.platforms.messenger_shapes import check, check_fields, check_profile, only, read_message, refusal
from tests.platforms.messenger_templates import TemplateDesk
from tests.platforms.server import FakePlatform, Refusal, Sent, Webhook

__all__ = ["FakeMessenger", "refusal"]

WINDOW = timedelta(hours=24)
PERSONS_WINDOW = timedelta(days=7)


@dataclass(frozen=True)
class PagePost:
    """What stands on the page."""

    id: str
    words: str
    picture: str


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
        self.templates = TemplateDesk()
        self.human_agent = False
        """Whether App Review has granted the page the Human Agent feature."""
        self.comments: dict[str, datetime] = {}
        self.replied: set[str] = set()
        self.status_field = "messenger_template_status_update"
        """The one of its two names under which this Graph knows the event of a template's status."""
        self.usage: Mapping[str, Any] = {}
        self.posts: list[PagePost] = []
        self.may_post = True
        """Whether the token has pages_manage_posts."""

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

    def webhook_routed(self, user_id: str, name: str, owner: str) -> Webhook:
        """The thread goes to an app: `pass_thread_control` tells the new owner, `take_thread_control` the old one."""
        routing = {"previous_owner_app_id": None, "new_owner_app_id": int(owner), "metadata": ""}
        people = {"sender": {"id": user_id}, "recipient": {"id": self.page_id}}
        return self.posted({**people, "timestamp": self.millis(), name: routing})

    def webhook_policy(self, action: str) -> Webhook:
        """Meta's word to the page; it has no sender."""
        told = {"action": action, "reason": "The bot does not respond to users."}
        return self.posted({"recipient": {"id": self.page_id}, "timestamp": self.millis(), "policy_enforcement": told})

    def webhook_template(self, name: str, status: str, reason: str = "NONE", language: str = "vi") -> Webhook:
        value = {
            "message_template_id": "880000000000001",
            "message_template_name": name,
            "message_template_language": language,
            "message_template_status": status,
            "reason": reason,
        }
        return self.changed(self.status_field, value)

    def webhook_comment(self, comment_id: str, text: str, **other: Any) -> Webhook:
        """Somebody writes under a post; their id there is none of ours."""
        self.comments[comment_id] = self.now
        value = {
            "item": "comment",
            "verb": "add",
            "comment_id": comment_id,
            "post_id": f"{self.page_id}_77",
            "from": {"id": "9001", "name": "Lò Văn Thử"},
            "message": text,
            "created_time": int(self.now.timestamp()),
            **other,
        }
        return self.changed("feed", value)

    def changed(self, field: str, value: Mapping[str, Any]) -> Webhook:
        """A change of the page: its time is in seconds."""
        entry = {"id": self.page_id, "time": self.millis() // 1000, "changes": [{"field": field, "value": value}]}
        return self.signed(json.dumps({"object": "page", "entry": [entry]}).replace("/", "\\/").encode())

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
        return path.endswith(("/messages", "/photos", "/feed"))

    def unreadable(self) -> Refusal:
        return refusal(100, 0, "Invalid parameter")

    def headers_of(self, _request: web.Request) -> Mapping[str, str]:
        told = {self.page_id: [{"type": "messenger", **self.usage}]}
        return {"X-Business-Use-Case-Usage": json.dumps(told)} if self.usage else {}

    async def answer(self, request: web.Request, body: Mapping[str, Any]) -> Any:
        version, _, path = request.path.removeprefix("/").partition("/")
        if version != self.version:
            raise refusal(2635, 0, "You are calling a deprecated version of the Graph API")
        self._authenticate(request)
        page, method = f"(?:{self.page_id}|me)", request.method
        if method == "POST" and re.fullmatch(f"{page}/messages", path):
            return self._send(body)
        if method == "POST" and path in (f"{self.page_id}/photos", f"{self.page_id}/feed"):
            return self._publish(body, photo=path.endswith("/photos"))
        if re.fullmatch(f"{page}/subscribed_apps", path):
            return self._subscribed_apps(method, body)
        if re.fullmatch(f"{page}/messenger_profile", path):
            return self._profile(method, body, request.query)
        if re.fullmatch(f"{page}/message_templates", path):
            return self.templates.create(body) if method == "POST" else self.templates.told(request.query)
        if method == "GET" and re.fullmatch(page, path):
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

    def _publish(self, body: Mapping[str, Any], *, photo: bool) -> dict[str, Any]:
        """A post, public at once; a photo's answer names both the photo and its post."""
        check(not only(body, "message", "published", *(["url"] if photo else ["link"])), "unknown parameter")
        if not self.may_post:
            raise refusal(
                200, 0, "(#200) If posting to a page, requires both pages_read_engagement and pages_manage_posts"
            )
        check(isinstance(body.get("message"), str) and body["message"].strip() != "", "message is empty")
        check(body.get("published", True) is True, "published")
        if photo and not str(body.get("url", "")).startswith("https://"):
            raise refusal(324, 2069019, "Missing or invalid image file")
        number = self.next_number()
        self.posts.append(PagePost(f"{self.page_id}_{number}", body["message"], str(body.get("url", ""))))
        return (
            {"id": f"9{number}", "post_id": f"{self.page_id}_{number}"} if photo else {"id": f"{self.page_id}_{number}"}
        )

    def _subscribed_apps(self, method: str, body: Mapping[str, Any]) -> dict[str, Any]:
        if method == "POST":
            fields = str(body.get("subscribed_fields", "")).split(",")
            check_fields(fields, frozenset((self.status_field,)))
            self.subscribed = fields
            return {"success": True}
        return {"data": [{"id": self.app_id, "subscribed_fields": self.subscribed}] if self.subscribed else []}

    def _profile(self, method: str, body: Mapping[str, Any], query: Mapping[str, str]) -> dict[str, Any]:
        if method == "GET":
            wanted = query.get("fields", "").split(",")
            found = {name: value for name, value in self.profile.items() if name in wanted}
            return {"data": [found] if found else []}
        if method == "DELETE":
            for name in body["fields"]:
                self.profile.pop(name, None)
            return {"result": "success"}
        check_profile(body)
        self.profile |= body
        return {"result": "success"}

    def _send(self, body: Mapping[str, Any]) -> dict[str, Any]:
        check(not only(body, "recipient", "messaging_type", "message", "tag"), "unknown parameter")
        recipient, message = body.get("recipient"), body.get("message")
        check(isinstance(recipient, dict) and len(recipient) == 1, "param recipient must be non-empty")
        check(isinstance(message, dict), "param message must be non-empty")
        assert recipient is not None
        assert message is not None
        if set(recipient) == {"comment_id"}:
            return self._reply_privately(recipient["comment_id"], message)
        check(set(recipient) == {"id"}, "param recipient")
        until = self._until(body)
        read = self.templates.read if until is None else read_message
        user_id = str(recipient["id"])
        sent = read(message, user_id, self.mid(), self.now)
        if user_id not in self.last_inbound:
            raise refusal(100, 2018001, "No matching user found")
        if user_id in self.blocked:
            raise refusal(551, 1545041, "This person isn't available right now")
        if until is not None and self.now - self.last_inbound[user_id] >= until:
            raise refusal(10, 2018278, "This message is sent outside of allowed window.")
        self.sent.append(sent)
        return {"recipient_id": user_id, "message_id": sent.platform_id}

    def _until(self, body: Mapping[str, Any]) -> timedelta | None:
        """How long after the person's last action this kind of call is taken; None: a template has no window."""
        kind, tag = body.get("messaging_type"), body.get("tag")
        check(kind in ("RESPONSE", "UPDATE", "MESSAGE_TAG", "UTILITY"), "param messaging_type")
        check((tag is not None) == (kind == "MESSAGE_TAG"), "param tag goes with MESSAGE_TAG")
        if kind != "MESSAGE_TAG":
            return None if kind == "UTILITY" else WINDOW
        check(tag == "HUMAN_AGENT", "the tag is no longer supported")
        if not self.human_agent:
            raise refusal(10, 0, "Application does not have permission for this action")
        return PERSONS_WINDOW

    def _reply_privately(self, comment_id: str, message: Mapping[str, Any]) -> dict[str, Any]:
        sent = read_message(message, f"comment:{comment_id}", self.mid(), self.now)
        commented_at = self.comments.get(comment_id)
        if commented_at is None or self.now - commented_at >= PERSONS_WINDOW:
            raise refusal(100, 2018292, "Invalid comment_id parameter")
        if comment_id in self.replied:
            raise refusal(10900, 0, "Activity already replied to")
        self.replied.add(comment_id)
        self.sent.append(sent)
        return {"recipient_id": "7300000000000777", "message_id": sent.platform_id}
