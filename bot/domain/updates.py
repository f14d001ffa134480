"""What reaches us: one update of one address, decoded from any channel."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class ChannelKind(StrEnum):
    """The platforms we speak on."""

    WEB = "web"
    TELEGRAM = "telegram"
    MESSENGER = "messenger"
    ZALO = "zalo"


@dataclass(frozen=True, slots=True)
class Said:
    """The person typed something."""

    text: str


@dataclass(frozen=True, slots=True)
class Pressed:
    """The person tapped one of our choices."""

    payload: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Started:
    """The person opened the talk (Start, Get Started, follow, chat page), perhaps with a reference from a poster."""

    ref: str = ""


@dataclass(frozen=True, slots=True)
class SharedPhone:
    """The person shared their own number through the platform's own button."""

    phone: str = field(repr=False)
    name: str = field(default="", repr=False)
    birth_date: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class SentSomething:
    """A sticker, picture, voice, location or file: nothing we read. `kind` is the platform's word for it."""

    kind: str


@dataclass(frozen=True, slots=True)
class Edited:
    """The person changed a message of theirs that we had answered already; `text` is how it reads now.

    `of` is the update id of that message where the platform says it: our copy then follows.
    """

    text: str
    of: str = ""


@dataclass(frozen=True, slots=True)
class TookBack:
    """The person removed a message of theirs; `of` is its update id. Our copy goes too."""

    of: str


@dataclass(frozen=True, slots=True)
class FilledForm:
    """The one-page form was submitted: answers by field name, as typed."""

    form: str
    answers: Mapping[str, str] = field(hash=False, repr=False)


@dataclass(frozen=True, slots=True)
class Left:
    """The person blocked or unfollowed us: nothing more may go to this address."""


@dataclass(frozen=True, slots=True)
class Returned:
    """The person unblocked us."""


@dataclass(frozen=True, slots=True)
class Echoed:
    """The platform tells us of a message that went out in our name.

    `metadata` is the outbox key we gave it (Messenger); `by_human` is true when staff wrote it in the platform's own inbox.
    """

    platform_id: str
    text: str = ""
    metadata: str = ""
    by_human: bool = False


@dataclass(frozen=True, slots=True)
class Routed:
    """The platform gave the talk to us, or to another app or a person in its own inbox; what is theirs we leave alone."""

    to_us: bool


@dataclass(frozen=True, slots=True)
class Receipted:
    """Delivered or seen: `platform_ids` are the messages meant (empty where only a watermark came)."""

    kind: str
    platform_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AskedErasure:
    """The platform passes on that the person wants everything erased (Zalo's `user_withdraw`)."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """A rightly signed event we have no word for: counted, never answered."""

    kind: str


Event = (
    Said
    | Pressed
    | Started
    | SharedPhone
    | SentSomething
    | Edited
    | TookBack
    | FilledForm
    | Left
    | Returned
    | Echoed
    | Routed
    | Receipted
    | AskedErasure
    | Unknown
)

Silent = TookBack | Left | Returned | Echoed | Routed | Receipted | AskedErasure | Unknown
"""Events that change rows at most; nobody is waiting for an answer to them."""


@dataclass(frozen=True, slots=True)
class Update:
    """One event of one address.

    Args:
        account_id: our row id of the OA, page, bot or web chat.
        user_id: the platform's id of the person, always text (Zalo's exceed 2^53).
        update_id: the platform's id of the event; unique together with `account_id`.
        sent_at: the platform's time, aware UTC; orders one person's updates.
    """

    account_id: int
    channel: ChannelKind
    user_id: str
    update_id: str
    sent_at: datetime
    event: Event

    @property
    def address_key(self) -> tuple[int, str]:
        return (self.account_id, self.user_id)


@dataclass(frozen=True, slots=True)
class Commented:
    """Somebody wrote under a post of ours. Their id there is no address: the one way to them is a single private reply
    to the comment, within seven days.

    `text` is for whoever reads it as it comes in (a word such as "đăng ký"); only the ids are kept. `gone`: it was taken away.
    """

    account_id: int
    comment_id: str
    post_id: str
    text: str = field(repr=False)
    sent_at: datetime
    gone: bool = False
