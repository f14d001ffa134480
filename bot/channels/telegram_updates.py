"""What Telegram posts or hands out when polled: one raw Update becomes one of our updates, or is counted and left alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from bot.channels.base import Account, Received
from bot.channels.wire import identifier, items, mapping, moment, text
from bot.domain.updates import (
    ChannelKind,
    Edited,
    Event,
    Left,
    Pressed,
    Returned,
    Said,
    SentSomething,
    SharedPhone,
    Started,
    Unknown,
    Update,
)

ALLOWED_UPDATES = ("message", "edited_message", "callback_query", "my_chat_member")
"""What we have Telegram tell us. `my_chat_member` brings blocks; posts of channels and reactions are never asked for."""

START_AT_MOST = 64
"""Signs of a start parameter (Bot API, deep linking)."""

MEDIA = (
    "sticker", "photo", "voice", "video", "video_note", "animation", "audio", "document", "location", "venue", "poll",
    "dice", "story", "game", "paid_media", "checklist",
)  # fmt: skip
"""Fields of Message (Bot API) that carry something we do not read; `animation` comes with a `document` beside it."""

EventOf = Callable[[Mapping[str, Any]], Event | None]


def decode(account: Account, raw: Mapping[str, Any], received_at: datetime | None) -> Received:
    """One raw Update. Only private chats are ours; what lacks its person or its number is left alone.

    The library's `Update.de_json` is not used: it raises TypeError for a missing field that we do not even read.
    """
    if "callback_query" in raw:
        return _pressed(account, raw, mapping(raw["callback_query"]), received_at)
    for field, event_of in EVENTS.items():
        if field in raw:
            return _in_private(account, raw, field, received_at, event_of)
    kind = next((key for key in raw if key != "update_id"), "empty")
    return Received(left_alone=(str(kind)[:64],))


def _in_private(
    account: Account, raw: Mapping[str, Any], field: str, received_at: datetime | None, event_of: EventOf
) -> Received:
    body = mapping(raw[field])
    chat, person = mapping(body.get("chat")), mapping(body.get("from"))
    update_id, user_id = identifier(raw.get("update_id")), identifier(chat.get("id"))
    if chat.get("type") != "private":
        return Received(left_alone=(f"chat:{text(chat.get('type'), 20) or 'unknown'}",))
    if not update_id or not user_id or identifier(person.get("id")) != user_id:
        return Received(left_alone=("partial",))
    if person.get("is_bot") is True:
        return Received(left_alone=("bot",))  # two programs would answer each other for ever
    event = event_of(body)
    if event is None:
        return Received(left_alone=(field,))
    sent_at = moment(body.get("edit_date"), moment(body.get("date"), received_at))
    return Received((Update(account.id, ChannelKind.TELEGRAM, user_id, update_id, sent_at, event),))


def _pressed(
    account: Account, raw: Mapping[str, Any], query: Mapping[str, Any], received_at: datetime | None
) -> Received:
    """A press has no time of its own, and its message's date is that of the question; so ours, to the second."""
    query_id = identifier(query.get("id"))
    answer = {"method": "answerCallbackQuery", "callback_query_id": query_id} if query_id else None
    update_id, user_id = identifier(raw.get("update_id")), identifier(mapping(query.get("from")).get("id"))
    message, payload = mapping(query.get("message")), text(query.get("data"), 64)
    chat = mapping(message.get("chat"))
    if not update_id or not user_id or not payload or (chat and identifier(chat.get("id")) != user_id):
        return Received(left_alone=("callback_query",), answer=answer)
    sent_at = received_at.replace(microsecond=0) if received_at else moment(message.get("date"))
    event = Pressed(payload, _label_of(message, payload))
    return Received((Update(account.id, ChannelKind.TELEGRAM, user_id, update_id, sent_at, event),), answer=answer)


def _label_of(message: Mapping[str, Any], payload: str) -> str:
    """The words on the pressed button, where the message still has its keyboard (an inaccessible one has not)."""
    rows = items(mapping(message.get("reply_markup")).get("inline_keyboard"))
    buttons = (mapping(button) for row in rows for button in items(row))
    return next((text(button.get("text"), 200) for button in buttons if button.get("callback_data") == payload), "")


def _message_event(message: Mapping[str, Any]) -> Event:
    """What was typed counts first, under a picture too: the picture itself we cannot read."""
    if words := _words(message):
        return _started(words) or Said(words)
    if "contact" in message:
        return _contact_event(message)
    kind = next((field for field in MEDIA if field in message), "")
    return SentSomething(kind) if kind else Unknown("message")


def _edited_event(message: Mapping[str, Any]) -> Event | None:
    """Words typed anew over old ones. A place that moves is edited every few seconds: that says nothing."""
    words = _words(message)
    return Edited(words) if words else None


def _words(message: Mapping[str, Any]) -> str:
    return text(message.get("text")) or text(message.get("caption"))


def _started(words: str) -> Started | None:
    """ "/start" with what a link carried. In a private chat it is ours whatever bot's name stands behind the @."""
    command, *payload = words.split(maxsplit=1)[:2] or ("",)
    if command.partition("@")[0] != "/start":
        return None
    return Started(payload[0].strip()[:START_AT_MOST] if payload else "")


def _contact_event(message: Mapping[str, Any]) -> Event:
    """One's own number only: a forwarded card is somebody else's."""
    contact, sender = mapping(message["contact"]), identifier(mapping(message.get("from")).get("id"))
    phone = text(contact.get("phone_number"), 40)
    if not phone or identifier(contact.get("user_id")) != sender:
        return SentSomething("foreign-contact")
    names = (text(contact.get(name), 100) for name in ("last_name", "first_name"))
    return SharedPhone(phone, " ".join(name for name in names if name))


def _member_event(change: Mapping[str, Any]) -> Event:
    """`kicked` is blocked, `member` is unblocked (ChatMemberUpdated in a private chat)."""
    match mapping(change.get("new_chat_member")).get("status"):
        case "kicked":
            return Left()
        case "member":
            return Returned()
        case _:
            return Unknown("my_chat_member")


EVENTS: dict[str, EventOf] = {
    "message": _message_event,
    "edited_message": _edited_event,
    "my_chat_member": _member_event,
}
