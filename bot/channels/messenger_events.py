"""Messenger's events, decoded: items of `messaging` are about a person, `changes` and policy words about the page."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from bot.channels.base import Account, Notice
from bot.channels.wire import fingerprint, identifier, items, mapping, moment, text
from bot.domain.updates import (
    ChannelKind,
    Commented,
    Echoed,
    Edited,
    Event,
    Pressed,
    Receipted,
    Routed,
    Said,
    SentSomething,
    Started,
    TookBack,
    Unknown,
    Update,
)

GET_STARTED = "GET_STARTED"
TEMPLATE_STATUS = "message_template_status_update"
TEMPLATE_FIELDS = (TEMPLATE_STATUS, "messenger_template_status_update")
"""Meta's own pages call the field by both names."""

POLICY = "policy_enforcement"
ROUTING = ("pass_thread_control", "take_thread_control")
ABOUT_A_PERSON = ("message", "postback", "referral", "delivery", "message_edit", *ROUTING)
"""An item of these that cannot be read is a fault; any other we have no use for is left alone."""

Found = Update | Notice | Commented | str
"""What an event is, or why it is left alone ("partial" when it should have been something)."""


def events_in(body: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], str, Any]]:
    """(entry, which list, item) of each event: `messaging`, `standby` (another app answers), `changes`."""
    for entry in map(mapping, items(body.get("entry"))):
        for name in ("messaging", "standby", "changes"):
            yield from ((entry, name, item) for item in items(entry.get(name)))


def decode(account: Account, name: str, item: Any, entry_time: datetime) -> Found:
    """One event of one of the entry's lists."""
    if name == "standby":
        return name
    if name == "changes":
        return _change(account, mapping(item), entry_time)
    known = mapping(item)
    if policy := mapping(known.get(POLICY)):
        return _policy(account, policy, known)
    return _personal(account, known, entry_time)


def _personal(account: Account, item: Mapping[str, Any], entry_time: datetime) -> Found:
    message, postback = mapping(item.get("message")), mapping(item.get("postback"))
    from_page = message.get("is_echo") is True
    found = _event(account, item, message, postback)
    if isinstance(found, str):
        return found
    user_id = identifier(mapping(item.get("recipient" if from_page else "sender")).get("id"))
    if not user_id or user_id == account.external_id:
        return "partial"
    mid = identifier(message.get("mid")) or identifier(postback.get("mid"))
    if isinstance(found, TookBack) or not mid:
        mid = fingerprint(type(found).__name__, user_id, item.get("timestamp"), item)
    return Update(account.id, ChannelKind.MESSENGER, user_id, mid, moment(item.get("timestamp"), entry_time), found)


def _event(
    account: Account, item: Mapping[str, Any], message: Mapping[str, Any], postback: Mapping[str, Any]
) -> Event | str:
    if message:
        return _echo(account, message) if message.get("is_echo") is True else _message(message)
    if postback:
        return _postback(postback)
    if referral := mapping(item.get("referral")):
        return Started(text(referral.get("ref"), 200))
    if delivery := mapping(item.get("delivery")):
        mids = (identifier(mid) for mid in items(delivery.get("mids"))[:100])
        return Receipted("delivered", tuple(mid for mid in mids if mid))
    if "read" in item:
        return Receipted("seen")
    if edit := mapping(item.get("message_edit")):
        return _edit(edit)
    for name in ROUTING:
        if routing := mapping(item.get(name)):
            return _routed(account, name, routing)
    kind = next((key for key in item if key not in ("sender", "recipient", "timestamp")), "empty")
    return "partial" if kind in ABOUT_A_PERSON else kind[:64]


def _message(message: Mapping[str, Any]) -> Event:
    if message.get("is_deleted") is True and (mid := identifier(message.get("mid"))):
        return TookBack(mid)
    words, payload = text(message.get("text")), text(mapping(message.get("quick_reply")).get("payload"), 1000)
    if payload:
        return Pressed(payload, words)
    if words.strip():
        return Said(words)
    attachments = [mapping(attachment) for attachment in items(message.get("attachments"))]
    if not attachments:
        return Unknown("message")
    # Around 2026-08-30 one sticker came as an image and as a sticker in the same message: it is one thing sent.
    stickers = any(mapping(attachment.get("payload")).get("sticker_id") for attachment in attachments)
    return SentSomething("sticker" if stickers else text(attachments[0].get("type"), 30) or "attachment")


def _edit(edit: Mapping[str, Any]) -> Event | str:
    mid, words = identifier(edit.get("mid")), text(edit.get("text"))
    if not mid:
        return "partial"
    return Edited(words, mid) if words.strip() else TookBack(mid)


def _postback(postback: Mapping[str, Any]) -> Event:
    payload, referral = text(postback.get("payload"), 1000), mapping(postback.get("referral"))
    if referral or payload == GET_STARTED:
        return Started(text(referral.get("ref"), 200))
    return Pressed(payload, text(postback.get("title"), 200)) if payload else Unknown("postback")


def _echo(account: Account, message: Mapping[str, Any]) -> Event:
    """By a human, or another app, unless our app's id is in it. While that is not known, our metadata tells."""
    metadata, app_id = text(message.get("metadata"), 1000), identifier(message.get("app_id"))
    our_app = account.secrets.get("app_id", "")
    ours = app_id == our_app if our_app else bool(metadata)
    platform_id = identifier(message.get("mid"))
    return Echoed(platform_id, text(message.get("text")), metadata if ours else "", by_human=not ours)


def _routed(account: Account, name: str, routing: Mapping[str, Any]) -> Event | str:
    """Who may answer from now on. Without our app's id only a loss is certain: it is what `take…` tells the loser."""
    our_app, owner = account.secrets.get("app_id", ""), identifier(routing.get("new_owner_app_id"))
    if our_app and owner:
        return Routed(to_us=owner == our_app)
    return Routed(to_us=False) if name == "take_thread_control" else name


def _policy(account: Account, policy: Mapping[str, Any], item: Mapping[str, Any]) -> Notice | str:
    """Meta warns the page, blocks it, or lifts the block; its prose stays in its own Support Inbox."""
    action = text(policy.get("action"), 20)
    return Notice(account.id, POLICY, "", action, fingerprint(POLICY, item)) if action else "partial"


def _change(account: Account, change: Mapping[str, Any], entry_time: datetime) -> Found:
    field, value = text(change.get("field"), 50), mapping(change.get("value"))
    found: Found | None = None
    if field in TEMPLATE_FIELDS:
        found = _template(account, value, entry_time)
    elif field == "feed":
        found = _comment(account, value, entry_time)
    return found if found is not None else f"changes:{field}"


def _template(account: Account, value: Mapping[str, Any], entry_time: datetime) -> Notice | None:
    name, language = (text(value.get(f"message_template_{part}"), 200) for part in ("name", "language"))
    status = text(value.get("message_template_status"), 40) or text(value.get("event"), 40)
    if not name or not status:
        return None
    reason = text(value.get("reason"), 60)
    told = status if reason in ("", "NONE") else f"{status} {reason}"
    return Notice(account.id, TEMPLATE_STATUS, name, told, fingerprint(value, entry_time.isoformat()), language)


def _comment(account: Account, value: Mapping[str, Any], entry_time: datetime) -> Commented | None:
    """A new comment of somebody else, or one that was taken away; edits, likes and our own answers are no reason to write
    to anybody."""
    comment_id = identifier(value.get("comment_id"))
    ours = identifier(mapping(value.get("from")).get("id")) == account.external_id
    gone = value.get("verb") == "remove"
    if value.get("item") != "comment" or not (gone or value.get("verb") == "add") or ours or not comment_id:
        return None
    sent_at = moment(value.get("created_time"), entry_time)
    post_id, words = identifier(value.get("post_id")), text(value.get("message"))
    return Commented(account.id, comment_id, post_id, words, sent_at, gone)
