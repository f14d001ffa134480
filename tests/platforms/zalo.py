"""A strict Zalo OA API for one OA on loopback (openapi.zalo.me, 2026)."""

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web

from tests.platforms.server import FakePlatform, Refusal, Sent, Webhook, only
from tests.platforms.zalo_oauth import FakeZaloOAuth

FREE = timedelta(hours=48)
WINDOW = timedelta(days=7)
RELATION = timedelta(days=365)
"""A template needs an interaction within a year."""

CONSULTATION_PRICE = 55
RATE: web.RequestKey[dict[str, str]] = web.RequestKey("rate", dict)


class FakeZalo(FakePlatform):
    """One OA of one app. `per_minute` limits calls by the fake's own clock; `seen` counts them.

    Attributes:
        oauth: where given, its living pair decides which access token is taken.
        templates: what Zalo has approved, by id.
        phones: numbers that have Zalo (+84… without the plus).
        buttons: whether /cs takes buttons; the documents do not promise it.
        per_second: where given, most calls in any second, besides the fixed minute.
        wallet: đồng in the cloud account that pays for templates and for messages after 48 hours.
        quota_48h_to_7d: messages after 48 hours that the package still pays for.
    """

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
        self.oauth: FakeZaloOAuth | None = None
        self.expired_tokens: set[str] = set()
        self.per_minute = per_minute
        self.per_second: int | None = None
        self.seen: list[datetime] = []
        self.templates: dict[str, FakeTemplate] = {}
        self.phones: set[str] = set()
        self.buttons = False
        self.wallet = 1_000_000
        self.quota_48h_to_7d = 0
        self.disabled = False
        self.articles: dict[str, FakeArticle] = {}
        self.broadcasts: list[Mapping[str, Any]] = []

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

    def webhook_withdraw(self, user_id: str) -> Webhook:
        """The person takes the consent back: we must erase."""
        return self.posted("user_withdraw", {"oa_id": self.oa_id, "user_id": user_id})

    def webhook_template_status(self, template_id: str, status: str) -> Webhook:
        """Zalo approves, rejects or disables a template."""
        if template_id in self.templates:
            self.templates[template_id].status = status
        told = {"oa_id": self.oa_id, "template_id": template_id, "new_status": status}
        return self.posted("change_template_status", told)

    def webhook_delivered_by_phone(self, sent: Sent, tracking: str) -> Webhook:
        message = {"msg_id": sent.platform_id, "tracking_id": tracking, "delivery_time": str(self.millis())}
        body = {"sender": {"id": self.oa_id}, "recipient": {"id": sent.user_id}, "message": message}
        return self.posted("user_received_message", body)

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
        articles = "/v2.0/article/create", "/v2.0/article/verify", "/v2.0/oa/message"
        return path in ("/v3.0/oa/message/cs", "/v3.0/oa/message/template", "/message/template", *articles)

    def unreadable(self) -> Refusal:
        return refusal(-201, "Body is not JSON")

    async def answer(self, request: web.Request, body: Mapping[str, Any]) -> Any:
        business = request.path.startswith("/message/")
        self._authenticate(request, business=business)
        if not business:  # templates by phone are not counted
            self._count_call()
        if self.disabled:
            raise refusal(-204, "Official Account is disabled")
        answer = self._route(request, body)
        left = max(self.per_minute - len(self.seen), 0)
        request[RATE] = {"X-RateLimit-Limit": str(self.per_minute), "X-RateLimit-Remain": str(left)}
        return answer

    def headers_of(self, request: web.Request) -> Mapping[str, str]:
        return request.get(RATE, {})

    def _route(self, request: web.Request, body: Mapping[str, Any]) -> Any:
        match request.method, request.path:
            case "POST", "/v3.0/oa/message/cs":
                return self._send(body)
            case "POST", "/v3.0/oa/message/template":
                return self._template_by_uid(body)
            case "POST", "/message/template":
                return self._template_by_phone(body)
            case "GET", "/v2.0/oa/getoa":
                return success(self._oa())
            case "POST", "/v2.0/article/create":
                return self._create_article(body)
            case "POST", "/v2.0/article/verify":
                return self._verify_article(body)
            case "POST", "/v2.0/oa/message":
                return self._broadcast(body)
        raise refusal(-205, "API is not supported")

    def _authenticate(self, request: web.Request, *, business: bool) -> None:
        token = request.headers.get("access_token", "")
        if self.oauth is not None:
            self.oauth.now = self.now
            if not self.oauth.lives(token):
                raise refusal(-124 if business else -220, "access_token is expired or removed")
            return
        if token in self.expired_tokens:
            raise refusal(-124 if business else -220, "access_token is expired or removed")
        if token != self.token:
            raise refusal(-124 if business else -216, "Access token is invalid")

    def _count_call(self) -> None:
        self.seen = [at for at in self.seen if self.now - at < timedelta(minutes=1)]
        second = sum(self.now - at < timedelta(seconds=1) for at in self.seen)
        if len(self.seen) >= self.per_minute or (self.per_second is not None and second >= self.per_second):
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
        text, image, choices = read_message(message, buttons=self.buttons)
        check(user_id in self.last_inbound, "user_id is invalid!")
        if user_id in self.blocked:
            raise refusal(-213, "User has not followed OA")
        if self.now - self.last_inbound[user_id] >= WINDOW:
            raise refusal(-230, "User has not interacted with the OA in the past 7 days")
        quota, price = self._consultation_price(user_id)
        sent = Sent(user_id, text, self.msg_id(), self.now, choices, image=image, price=price)
        self.sent.append(sent)
        answer = {"message_id": sent.platform_id, "user_id": user_id, "sent_time": str(self.millis())}
        return success({**answer, "quota": quota} if quota else answer)

    def _consultation_price(self, user_id: str) -> tuple[dict[str, str] | None, int]:
        """(quota that paid, or None when it was charged; the price)."""
        if self.now - self.last_inbound[user_id] < FREE:
            return {"quota_type": "reply", "remain": "8", "total": "8"}, 0
        if self.quota_48h_to_7d:
            self.quota_48h_to_7d -= 1
            return {"quota_type": "sub_quota", "remain": str(self.quota_48h_to_7d)}, 0
        self._pay(CONSULTATION_PRICE)
        return None, CONSULTATION_PRICE

    def _pay(self, price: int) -> None:
        if self.wallet < price:
            raise refusal(-321, "Zalo Cloud Account does not have enough money")
        self.wallet -= price

    def _approved(self, body: Mapping[str, Any], by: str) -> "FakeTemplate":
        template = self.templates.get(str(body.get("template_id")))
        if template is None or template.status != "approved":
            raise refusal(-109 if template is None else -131, "template is invalid or not approved")
        if by == "uid" and not template.by_uid:
            raise refusal(-249, "template cannot be sent by UID")
        data = body.get("template_data")
        if not isinstance(data, dict) or set(data) != set(template.params):
            raise refusal(-1121, "template_data does not match the template")
        for name, longest in template.params.items():
            value = data[name]
            if not isinstance(value, str) or not value or len(unicodedata.normalize("NFC", value)) > longest:
                raise refusal(-1122, f"parameter {name} is invalid")
        return template

    def _template_by_uid(self, body: Mapping[str, Any]) -> dict[str, Any]:
        check(set(body) == {"user_id", "template_id", "template_data"}, "unknown or missing parameter")
        template = self._approved(body, "uid")
        user_id = body["user_id"]
        if user_id not in self.last_inbound or self.now - self.last_inbound[user_id] >= RELATION:
            raise refusal(-232, "interaction has expired")
        if user_id in self.blocked:
            raise refusal(-244, "User refuses to receive this type of message")
        sent = self._sent_template(user_id, template, body, template.price_uid)
        answer = {"message_id": sent.platform_id, "user_id": user_id, "sent_time": str(self.millis())}
        return success({**answer, "quota": {"quota_type": "daily", "remain": "499"}})

    def _template_by_phone(self, body: Mapping[str, Any]) -> dict[str, Any]:
        allowed = {"phone", "template_id", "template_data", "tracking_id", "sending_mode", "mode"}
        check(not set(body) - allowed and "tracking_id" in body and len(body["tracking_id"]) <= 48, "parameter")
        phone = str(body.get("phone"))
        if not re.fullmatch(r"84\d{9}", phone):
            raise refusal(-108, "phone number is invalid")
        if is_night(self.now):
            raise refusal(-133, "messages are not sent from 22h to 6h")
        template = self._approved(body, "phone")
        if phone not in self.phones:
            raise refusal(-118, "Zalo account does not exist")
        sent = self._sent_template(phone, template, body, template.price_phone)
        quota = {"dailyQuota": "500", "remainingQuota": "499"}
        return success({"msg_id": sent.platform_id, "sent_time": str(self.millis()), "quota": quota})

    def _sent_template(self, to: str, template: "FakeTemplate", body: Mapping[str, Any], price: int) -> Sent:
        self._pay(price)
        params = tuple(sorted(body["template_data"].items()))
        sent = Sent(to, "", self.msg_id(), self.now, template=str(body["template_id"]), params=params, price=price)
        self.sent.append(sent)
        return sent

    def _create_article(self, body: Mapping[str, Any]) -> dict[str, Any]:
        wanted = {"type", "title", "author", "description", "cover", "body", "status", "comment"}
        check(set(body) == wanted and body["type"] == "normal", "article")
        check(0 < len(body["title"]) <= 150 and len(body["author"]) <= 50 and len(body["description"]) <= 300, "length")
        check(body["cover"].get("cover_type") == "photo" and body["status"] in ("show", "hide"), "cover")
        check(all(part.get("type") in ("text", "image", "video") for part in body["body"]), "body")
        token = f"article-token-{self.next_number()}"
        self.articles[token] = FakeArticle(f"article-{self.next_number()}", self.now, dict(body))
        return success({"token": token})

    def _verify_article(self, body: Mapping[str, Any]) -> dict[str, Any]:
        article = self.articles.get(str(body.get("token")))
        check(article is not None, "token")
        if article is None or self.now - article.created_at < timedelta(seconds=10):
            raise refusal(-214, "article is being processed")
        return success({"id": article.id})

    def _broadcast(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Only articles, to targets; the v2 way to a person's id is shut."""
        if "user_id" in body.get("recipient", {}):
            raise refusal(-240, "message API v2 was shut down")
        elements = body["message"]["attachment"]["payload"]["elements"]
        known = {article.id for article in self.articles.values()}
        check("target" in body["recipient"] and 0 < len(elements) <= 5, "target")
        check(all(one["media_type"] == "article" and one["attachment_id"] in known for one in elements), "article")
        if is_night(self.now):
            raise refusal(-234, "messages are not sent from 22h to 6h")
        self.broadcasts.append(dict(body))
        return success({"message_id": self.msg_id()})


@dataclass
class FakeTemplate:
    """A template as Zalo approved it: parameters with their longest words."""

    params: dict[str, int]
    by_uid: bool = True
    status: str = "approved"
    price_uid: int = 200
    price_phone: int = 300


@dataclass
class FakeArticle:
    id: str
    created_at: datetime
    body: dict[str, Any]


def is_night(now: datetime) -> bool:
    """22:00 to 06:00 in Viet Nam."""
    return not 6 <= (now + timedelta(hours=7)).hour < 22


def success(data: Mapping[str, Any]) -> dict[str, Any]:
    return {"data": dict(data), "error": 0, "message": "Success"}


def refusal(code: int, words: str) -> Refusal:
    """Zalo answers 200 even for errors."""
    return Refusal(200, {"error": code, "message": words})


def check(right: bool, words: str) -> None:
    if not right:
        raise refusal(-201, words)


def read_message(message: Mapping[str, Any], *, buttons: bool = False) -> tuple[str, str, tuple[tuple[str, str], ...]]:
    """(text, image, buttons) of a legal `message` object."""
    check(isinstance(message, dict) and not only(message, "text", "attachment"), "message is invalid")
    text, image, choices = message.get("text", ""), "", ()
    if "attachment" in message:
        payload = message["attachment"].get("payload", {})
        check(message["attachment"].get("type") == "template", "attachment.type")
        if "buttons" in payload:
            choices = read_buttons(payload, buttons)
        else:
            text, image = read_element(payload, text)
    check(bool(text.strip()) or bool(image), "message.text is empty")
    if len(unicodedata.normalize("NFC", text)) > 2000:
        raise refusal(-210, "Parameter exceeds its limit: text")
    return text, image, choices


def read_buttons(payload: Mapping[str, Any], allowed: bool) -> tuple[tuple[str, str], ...]:
    found = payload["buttons"]
    check(allowed and set(payload) == {"buttons"} and 0 < len(found) <= 5, "buttons are not supported")
    for one in found:
        check(set(one) == {"title", "type", "payload"} and one["type"] == "oa.query.hide", "button")
        check(0 < len(one["title"]) <= 100 and 0 < len(one["payload"]) <= 1000, "button")
    return tuple((one["title"], one["payload"]) for one in found)


def read_element(payload: Mapping[str, Any], text: str) -> tuple[str, str]:
    """(text, image) of a picture, or of the card that asks for a phone number."""
    elements = payload.get("elements", [])
    check(len(elements) == 1, "elements")
    element = elements[0]
    if payload.get("template_type") == "request_user_info":
        check(not text and set(element) == {"title", "subtitle", "image_url"}, "request_user_info")
        check(0 < len(element["title"]) <= 100 and 0 < len(element["subtitle"]) <= 500, "request_user_info")
        check(element["image_url"].startswith("https://"), "image_url")
        return f"{element['title']}\n{element['subtitle']}", ""
    check(payload.get("template_type") == "media" and element.get("media_type") == "image", "elements")
    check(element.get("url", "").startswith("https://"), "url")
    return text, element["url"]
