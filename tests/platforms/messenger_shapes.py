"""What Graph takes and refuses as shapes: messages, quick replies, buttons, a page's profile, names of fields."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tests.platforms.server import Refusal, Sent, only

__all__ = ["check", "check_fields", "check_profile", "only", "read_message", "refusal"]

FIELDS = frozenset(
    (
        "messages", "messaging_postbacks", "messaging_referrals", "message_deliveries", "message_reads", "message_echoes",
        "message_edits", "messaging_handovers", "messaging_optins", "standby", "messaging_policy_enforcement", "feed",
    )
)  # fmt: skip


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


def check_fields(fields: list[str], also: frozenset[str]) -> None:
    """One field it does not know makes it refuse them all."""
    for name in fields:
        check(name in FIELDS | also, f"Param subscribed_fields[0] must be one of the known fields, got {name}")


def check_profile(body: Mapping[str, Any]) -> None:
    """Greeting, Get Started and menu as the profile pages have them."""
    check(bool(body) and not only(body, "get_started", "greeting", "persistent_menu", "ice_breakers"), "param")
    check(0 < len(body.get("get_started", {"payload": "x"})["payload"]) <= 1000, "param get_started[payload]")
    for name in ("greeting", "persistent_menu"):
        locales = [one["locale"] for one in body.get(name, [])]
        check(name not in body or "default" in locales, f"param {name} must have the default locale")
        check(len(set(locales)) == len(locales) and set(locales) <= {"default", "vi_VN", "en_US"}, f"{name} locale")
    for greeting in body.get("greeting", []):
        check(set(greeting) == {"locale", "text"} and 0 < len(greeting["text"]) <= 160, "Length of param text")
    check("persistent_menu" not in body or "get_started" in body, "You must set a Get Started button")
    for menu in body.get("persistent_menu", []):
        check(set(menu) == {"locale", "composer_input_disabled", "call_to_actions"}, "param persistent_menu")
        check(0 < len(menu["call_to_actions"]) <= 20, "param call_to_actions")
        for item in menu["call_to_actions"]:
            check(set(item) == {"type", "title", "payload"} and item["type"] == "postback", "param call_to_actions")
            check(0 < len(item["title"]) <= 30 and 0 < len(item["payload"]) <= 1000, "Length of param title")


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
