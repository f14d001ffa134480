"""One person's message of many, on its way into the outbox: cut to the channel, its choices remembered, a row a call."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.channels.fit import fit, offered
from bot.domain.changing import replace
from bot.domain.conversations import Conversation
from bot.domain.messages import Message
from bot.domain.outbox import TO_MANY, MessagePurpose
from bot.domain.reach import RoutePlan
from bot.domain.updates import ChannelKind
from bot.storage.ids import new_id
from bot.storage.talk_homes import TalkHome
from bot.storage.talks import dump_talk
from scheduler.parts import Parts

HINT = "channels.answer-with-number"


@dataclass(frozen=True, slots=True)
class Posted:
    """What is the same for all parts of a message.

    Args:
        key: under which it exists once.
        broadcast_id: whose figures it counts in; None: nobody's.
    """

    key: str
    purpose: MessagePurpose
    lasts_until: datetime | None
    broadcast_id: int | None


def in_own_words(
    parts: Parts, message: Message, home: TalkHome, talk: Conversation
) -> tuple[tuple[Message, ...], dict[str, Any]]:
    """The message as its channel takes it, and the talk that remembers what can be tapped."""
    messages = fit((message,), parts.limits[home.address.channel], parts.words.text(HINT, talk.language))
    menu = dump_talk(replace(talk, offered=offered((message,))), parts.ring)
    return messages, {"row": home.id, "talk": menu}


def outbox_rows(
    parts: Parts, posted: Posted, contact: int, route: RoutePlan, messages: Iterable[Message], now: datetime
) -> list[dict[str, Any]]:
    """A row for each call; in the web chat the commit is the delivery."""
    at_once = route.channel is ChannelKind.WEB
    return [
        {
            "id": new_id(),
            "key": f"{posted.key}:{part}",
            "account_id": route.account_id,
            "address_id": route.address_id,
            "contact_id": contact,
            "intent_id": None,
            "broadcast_id": posted.broadcast_id,
            "purpose": posted.purpose.value,
            "priority": TO_MANY,
            "part": part,
            "body_sealed": parts.ring.seal_json(message.to_json(), "outbox.body"),
            "state": "sent" if at_once else "waiting",
            "created_at": now,
            "due_at": now,
            "judged_at": now,
            "expires_at": posted.lasts_until,
            "sent_at": now if at_once else None,
            "route": route.kind.value,
            "price_vnd": route.price_vnd if part == 0 else 0,
        }
        for part, message in enumerate(messages)
    ]
