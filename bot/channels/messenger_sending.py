"""Bodies of Send API calls: a neutral message, a utility template, a person's own words (reference, v25.0 and later)."""

from typing import Any

from bot.domain.messages import Manner, Message, TemplateCall

LONGEST_METADATA = 999
HUMAN_AGENT = "HUMAN_AGENT"
"""The one tag of Meta's that we use: a person of staff answers within seven days. Automated words must not carry it."""


def to_person(user_id: str, message: Message, key: str) -> dict[str, Any]:
    """The call for somebody in a talk; `key` travels as metadata and comes back in the echo."""
    return {"recipient": {"id": user_id}, **_typed(message, key)}


def to_comment(comment_id: str, message: Message, key: str) -> dict[str, Any]:
    """The one private reply to a comment."""
    return {"recipient": {"comment_id": comment_id}, "messaging_type": "RESPONSE", "message": _with_key(message, key)}


def _typed(message: Message, key: str) -> dict[str, Any]:
    """`messaging_type` and `message`. A template is taken outside the window too, but without metadata."""
    if message.template is not None:
        return {"messaging_type": "UTILITY", "message": {"template": _template(message.template)}}
    content = {"message": _with_key(message, key)}
    match message.manner:
        case Manner.PERSON:
            return {"messaging_type": "MESSAGE_TAG", "tag": HUMAN_AGENT, **content}
        case Manner.NOTICE:
            return {"messaging_type": "UPDATE", **content}
        case Manner.ANSWER:
            return {"messaging_type": "RESPONSE", **content}


def _template(call: TemplateCall) -> dict[str, Any]:
    """Its places by position, in the order in which the approved words have them."""
    values = [{"type": "text", "text": words} for words in call.params.values()]
    components = [{"type": "body", "parameters": values}] if values else []
    return {"name": call.template_id, "language": {"code": call.language}, "components": components}


def _with_key(message: Message, key: str) -> dict[str, Any]:
    return {**_content(message), "metadata": key[:LONGEST_METADATA]}


def _content(message: Message) -> dict[str, Any]:
    """A picture, a text, or a button template, with quick replies."""
    content: dict[str, Any]
    if message.image:
        content = {"attachment": {"type": "image", "payload": {"url": message.image, "is_reusable": True}}}
    elif message.link:
        button = {"type": "web_url", "url": message.link.url, "title": message.link.label}
        payload = {"template_type": "button", "text": message.text, "buttons": [button]}
        content = {"attachment": {"type": "template", "payload": payload}}
    else:
        content = {"text": message.text}
    if message.choices:
        content["quick_replies"] = [
            {"content_type": "text", "title": choice.label, "payload": choice.payload} for choice in message.choices
        ]
    return content
