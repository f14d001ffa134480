"""The bodies of Zalo's send calls: consultation messages (tin tư vấn) and ZBS template messages."""

import hashlib
from typing import Any

from bot.channels.zalo_events import TAPPED
from bot.domain.messages import Message, TemplateCall

CONSULTATION = "/v3.0/oa/message/cs"
BY_UID = "/v3.0/oa/message/template"
BY_PHONE = "/message/template"

CARD_TITLE = 100
CARD_SUBTITLE = 500
"""A request_user_info card: title at most 100, subtitle at most 500 characters."""

MOST_BUTTONS = 5
TRACKING = 48
"""A tracking id has at most 48 characters."""


def consultation(user_id: str, message: Message, card_image: str) -> dict[str, Any]:
    """The body of POST /v3.0/oa/message/cs: text, picture, buttons where they are switched on, or the card that asks
    for the phone number."""
    return {"recipient": {"user_id": user_id}, "message": _content(message, card_image)}


def template_by_uid(user_id: str, call: TemplateCall) -> dict[str, Any]:
    return {"user_id": user_id, "template_id": call.template_id, "template_data": dict(call.params)}


def template_by_phone(call: TemplateCall, key: str) -> dict[str, Any]:
    """Phones go as 84…; the tracking id comes back in the receipt and tells us which message it was."""
    return {
        "phone": call.phone.removeprefix("+"),
        "template_id": call.template_id,
        "template_data": dict(call.params),
        "tracking_id": tracking_id(key),
    }


def tracking_id(key: str) -> str:
    """A short name of an outbox key, the same each time."""
    return hashlib.sha256(key.encode()).hexdigest()[:TRACKING]


def _content(message: Message, card_image: str) -> dict[str, Any]:
    if message.ask_phone and card_image and len(message.text) <= CARD_SUBTITLE:
        return {"attachment": _template("request_user_info", [_card(message.text, card_image)])}
    content: dict[str, Any] = {"text": message.text} if message.text else {}
    if message.image:
        content["attachment"] = _template("media", [{"media_type": "image", "url": message.image}])
    elif message.choices:
        buttons = [
            {"title": choice.label, "type": "oa.query.hide", "payload": TAPPED + choice.payload}
            for choice in message.choices
        ]
        content["attachment"] = {"type": "template", "payload": {"buttons": buttons}}
    return content


def _card(words: str, image: str) -> dict[str, str]:
    """The first line as the title, where it is short enough."""
    first, _, rest = words.partition("\n")
    title, subtitle = (first, rest.strip() or first) if len(first) <= CARD_TITLE else (first[:99] + "…", words)
    return {"title": title, "subtitle": subtitle, "image_url": image}


def _template(kind: str, elements: list[dict[str, str]]) -> dict[str, Any]:
    return {"type": "template", "payload": {"template_type": kind, "elements": elements}}
