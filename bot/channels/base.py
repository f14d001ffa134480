"""The contract every channel keeps: two facts, two methods, and few errors that say what to do."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from bot.domain.messages import Message
from bot.domain.platforms import Limits
from bot.domain.updates import ChannelKind, Commented, Update


@dataclass(frozen=True, slots=True)
class WebhookRequest:
    """One webhook call, free of any web framework. Header names are lower case; `path_id` is the `{bot_id}` part.

    `received_at` is our own time of arrival, used only for events that carry no time of their own.
    """

    kind: ChannelKind
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    path_id: str = ""
    received_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """A platform's word about an account: a template's status, a quota, a template that was delivered.

    Args:
        account_id: our row id of the account.
        kind: the platform's name of the event.
        subject: the template's id, or our own tracking id.
        detail: the new status or number; nothing about a person.
        key: the same for a repeat of the same call.
        language: of the template, where the subject alone does not say which one is meant.
    """

    account_id: int
    kind: str
    subject: str = ""
    detail: str = ""
    key: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Received:
    """What a verified call held.

    Args:
        updates: decoded events of accounts we know.
        left_alone: kinds of events that were counted and not decoded (unknown account, group, partial event).
        faulty: events that could not be decoded, kept aside for staff: (reason, raw bytes).
        notices: what the platform tells of an account rather than of a person.
        comments: what people wrote under our posts; nobody waits for an answer in a talk.
        answer: JSON to return with the 200 (Telegram's `answerCallbackQuery`), else None.
    """

    updates: tuple[Update, ...] = ()
    left_alone: tuple[str, ...] = ()
    faulty: tuple[tuple[str, bytes], ...] = ()
    notices: tuple[Notice, ...] = ()
    comments: tuple[Commented, ...] = ()
    answer: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """One OA, page, bot or web chat with the secrets it needs (by name: token, secret, app_secret …)."""

    id: int
    kind: ChannelKind
    code: str
    external_id: str
    unit_id: int | None = None
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Receipt:
    """The platform took the call.

    Args:
        platform_id: its id of the message.
        charged: whether this message cost money; None where the platform does not say.
        remaining, limit: how many calls are left in this minute, of how many; None where no header says.
        load: share of the platform's allowance that is used up, 1 being all; None where no header says.
        rest: seconds for which the platform asks us to stay away.
    """

    platform_id: str
    charged: bool | None = None
    remaining: int | None = None
    limit: int | None = None
    load: float | None = None
    rest: float = 0.0


@dataclass(frozen=True, slots=True)
class Health:
    """One account seen from outside: `channels check` prints it."""

    ok: bool
    facts: Mapping[str, str]
    problem: str = ""


class BadWebhook(Exception):
    """Wrong or missing signature: answer 401, store nothing."""


class UnreadableBody(Exception):
    """Rightly signed, but no JSON object: answer 200, keep the bytes aside."""


class SendError(Exception):
    """A call to a platform that did not end in a receipt. `code` is the platform's, never its prose."""

    def __init__(self, sentence: str, *, code: str = "", retry_after: float | None = None) -> None:
        super().__init__(sentence)
        self.code = code
        self.retry_after = retry_after


class Throttled(SendError):
    """Too fast: certainly not sent, try again after `retry_after` seconds."""


class Unavailable(SendError):
    """Certainly not sent (no connection, or the platform said so): try again, not before `retry_after` where given."""


class Uncertain(SendError):
    """It may have arrived: never again by itself."""


class ContactGone(SendError):
    """Blocked, deleted or never there: stop this address."""


class OutsideWindow(SendError):
    """The platform says that we may not write now: end the message."""


class Rejected(SendError):
    """The platform will never take this message: end it."""


class Unpaid(SendError):
    """The platform wants money for this message, and there is none: certainly not sent. Free messages go on."""


class Misconfigured(SendError):
    """Token, permission or account trouble: pause the account and tell staff."""


class Channel(Protocol):
    """One platform."""

    kind: ChannelKind
    limits: Limits

    def receive(self, request: WebhookRequest) -> Received:
        """Verify and decode one webhook call. No I/O.

        Raises:
            BadWebhook: the signature is wrong or missing.
            UnreadableBody: rightly signed, but not a JSON object.
        """
        ...

    async def send(self, account: Account, user_id: str, message: Message, key: str) -> Receipt:
        """Exactly one platform call; `key` is the outbox key (Messenger's metadata).

        Raises:
            SendError: one of its classes says what to do next.
        """
        ...

    async def check(self, account: Account) -> Health:
        """Is the token valid, the webhook registered? For `channels check` and the health probe."""
        ...
