"""Zalo's events, decoded: who it is about, and what it means. Three envelopes, one table (facts of 2026, section 2)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from bot.channels.wire import fingerprint, identifier, items, mapping, text
from bot.domain.updates import (
    AskedErasure,
    Echoed,
    Event,
    Left,
    Pressed,
    Receipted,
    Said,
    SentSomething,
    SharedPhone,
    Started,
    Unknown,
)

MEDIA = frozenset(
    f"user_send_{kind}"
    for kind in ("image", "gif", "link", "audio", "video", "sticker", "location", "file", "business_card")
)
NOTICES = frozenset(
    ("change_template_status", "change_template_quality", "change_oa_daily_quota", "change_template_quota")
)
TAPPED = "#gh:"
"""What stands before a payload of ours in a button: Zalo sends it back as if the person had typed it."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """One event.

    Args:
        oa_id, user_id: whose and who; "" where the event has none.
        event: None when it is left alone.
        notice: (subject, detail) of an event about the OA itself.
    """

    oa_id: str = ""
    user_id: str = ""
    event: Event | None = None
    notice: tuple[str, str] | None = None


def decode(name: str, body: Mapping[str, Any]) -> Decoded:
    """What an event means. Groups, anonymous visitors, tags, calls and reactions are left alone: no answer is due."""
    if name in NOTICES:
        return _notice(name, body)
    sender, recipient = (identifier(mapping(body.get(side)).get("id")) for side in ("sender", "recipient"))
    message = mapping(body.get("message"))
    match name:
        case "user_send_text":
            return Decoded(recipient, sender, _typed(name, message))
        case _ if name in MEDIA:
            return Decoded(recipient, sender, SentSomething(name.removeprefix("user_send_")))
        case "user_submit_info":
            return Decoded(recipient, sender, _shared(mapping(body.get("info"))))
        case "user_click_response_button":
            return Decoded(recipient, sender, _answered(message))
        case "user_received_message" if tracking := identifier(message.get("tracking_id")):
            return Decoded(sender, notice=(tracking, "delivered"))  # by phone: the recipient is a number, no person
        case "user_received_message":
            return Decoded(sender, recipient, Receipted("delivered", _ids([message.get("msg_id")])))
        case "user_seen_message":
            return Decoded(sender, recipient, Receipted("seen", _ids(items(message.get("msg_ids")))))
        case _ if _is_echo(name):
            return Decoded(sender, recipient, _echo(body, message))
    return _managed(name, body)


def update_id(name: str, user_id: str, body: Mapping[str, Any]) -> str:
    """(event, message id), else (event, person, time): a repeat hours later carries the same. What was seen is told once,
    whenever that is."""
    message = mapping(body.get("message"))
    if msg_id := identifier(message.get("msg_id")) or identifier(body.get("msg_id")):
        return f"{name}:{msg_id}"
    if body.get("message") is None:
        return f"{name}:{user_id}:{identifier(body.get('timestamp'))}"
    at = "" if name == "user_seen_message" else body.get("timestamp")
    return f"{name}:{fingerprint(user_id, at, body.get('message'))}"


def _managed(name: str, body: Mapping[str, Any]) -> Decoded:
    """Events about the bond between a person and the OA."""
    oa_id, person = identifier(body.get("oa_id")), identifier(body.get("user_id"))
    follower, data = identifier(mapping(body.get("follower")).get("id")), mapping(body.get("data"))
    match name:
        case "follow":
            return Decoded(oa_id, follower, Started())
        case "unfollow":
            return Decoded(oa_id, follower, Left())
        case "user_click_chatnow":
            return Decoded(oa_id, person, Started())
        case "widget_interaction_accepted":
            return Decoded(oa_id, identifier(data.get("user_id")), Started(_reference(text(data.get("url"), 2000))))
        case "user_withdraw":
            return Decoded(oa_id, person, AskedErasure())
    return Decoded()


def _typed(name: str, message: Mapping[str, Any]) -> Event:
    words = text(message.get("text"))
    if words.startswith(TAPPED):
        return Pressed(words.removeprefix(TAPPED)[:1000])
    return Said(words) if words.strip() else Unknown(name)


def _answered(message: Mapping[str, Any]) -> Event:
    """The reply button under a template: its label is what the person says."""
    label = text(message.get("data"), 200)
    return Said(label) if label.strip() else Unknown("user_click_response_button")


def _shared(info: Mapping[str, Any]) -> Event:
    phone = identifier(info.get("phone"))
    if not phone:
        return Unknown("user_submit_info")
    return SharedPhone(phone[:40], text(info.get("name"), 200), text(info.get("user_dob"), 20))


def _is_echo(name: str) -> bool:
    return name.startswith("oa_send_") and not name.startswith(
        ("oa_send_group_", "oa_send_anonymous_", "oa_send_consent")
    )


def _echo(body: Mapping[str, Any], message: Mapping[str, Any]) -> Event | None:
    """A message that went out in our name; `admin_id` is there when a human wrote it in Zalo's console."""
    platform_id = identifier(message.get("msg_id"))
    by_human = bool(mapping(body.get("sender")).get("admin_id"))
    return Echoed(platform_id, text(message.get("text")), by_human=by_human) if platform_id else None


def _notice(name: str, body: Mapping[str, Any]) -> Decoded:
    """The OA's id is called `oaId` in the quota event; the new value has a name of its own in each event."""
    oa_id = identifier(body.get("oa_id")) or identifier(body.get("oaId"))
    told = {**body, **mapping(body.get("data"))}
    subject = identifier(told.get("template_id"))
    value = next((told[key] for key in ("new_status", "status", "new_quality", "quality", "new_quota", "quota")
                  if key in told), "")  # fmt: skip
    return Decoded(oa_id, notice=(subject, text(value, 60) or identifier(value)))


def _reference(url: str) -> str:
    """The poster's code in the address of the page where the person agreed."""
    try:
        return parse_qs(urlsplit(url).query).get("ref", [""])[0][:200]
    except ValueError:
        return ""


def _ids(values: Sequence[Any]) -> tuple[str, ...]:
    return tuple(name for name in map(identifier, values[:100]) if name)
