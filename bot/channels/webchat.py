"""Web chat: our own JSON frames. Its commit is the delivery, so nothing is ever sent through here."""

from collections.abc import Sequence

from bot.channels.base import Account, BadWebhook, Health, Receipt, Received, Rejected, WebhookRequest
from bot.channels.wire import EPOCH, fingerprint, identifier, read_object, text
from bot.domain.messages import Message
from bot.domain.platforms import Limits
from bot.domain.updates import ChannelKind, Event, Pressed, Said, Started, Update

REF_HEADER = "x-ref"


class WebChat:
    """The chat page. The web floor knows the visitor by a signed token and puts their id into `path_id`."""

    kind = ChannelKind.WEB

    def __init__(self, accounts: Sequence[Account], *, limits: Limits) -> None:
        """Args: accounts: the first one is the page's."""
        self.limits = limits
        self._account = accounts[0] if accounts else None

    def receive(self, request: WebhookRequest) -> Received:
        """Decode one frame: `text`, `choice`, or `hello` (the talk begins, perhaps with a reference in `x-ref`).

        A frame's `id` is the visitor's own, so it counts together with who they are.
        """
        user_id = identifier(request.path_id)
        if self._account is None or not user_id:
            raise BadWebhook("this visitor is not known")
        frame = read_object(request.body)
        event = _event(frame, request, self.limits.payload)
        frame_id = identifier(frame.get("id")) or ("first" if isinstance(event, Started) else "")
        if event is None or not frame_id:
            return Received(left_alone=(text(frame.get("type"), 20) or "partial",))
        update_id = f"{user_id}:{frame_id}" if len(frame_id) <= 64 else fingerprint(user_id, frame_id)
        sent_at = request.received_at or EPOCH
        return Received((Update(self._account.id, ChannelKind.WEB, user_id, update_id, sent_at, event),))

    async def send(self, account: Account, user_id: str, message: Message, key: str) -> Receipt:
        """Never: a web visitor reads from the database.

        Raises:
            Rejected: always.
        """
        raise Rejected("web chat has no calls to make: the commit of a message is its delivery")

    async def check(self, account: Account) -> Health:
        """Always well: there is nothing outside."""
        return Health(True, {"page": "/chat"})


def _event(frame: dict[str, object], request: WebhookRequest, longest_payload: int) -> Event | None:
    match frame.get("type"):
        case "text":
            words = text(frame.get("text"))
            return Said(words) if words.strip() else None
        case "choice":
            payload = text(frame.get("payload"), longest_payload)
            return Pressed(payload) if payload else None
        case "hello":
            return Started(text(request.headers.get(REF_HEADER, ""), 64))
        case _:
            return None
