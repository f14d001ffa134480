"""Zalo OA: webhook calls in, consultation messages (tin tư vấn) out. Numbers: Zalo OA API documents, 2026."""

import hashlib
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import aiohttp

from bot.channels.base import (
    Account,
    BadWebhook,
    ContactGone,
    Health,
    Limits,
    Misconfigured,
    OutsideWindow,
    Receipt,
    Received,
    Rejected,
    SendError,
    Throttled,
    Unavailable,
    Uncertain,
    UnreadableBody,
    WebhookRequest,
)
from bot.channels.fit import trouble
from bot.channels.http import Answer, call
from bot.channels.wire import EPOCH, fingerprint, identifier, items, mapping, moment, read_object, same, text
from bot.domain.messages import Message
from bot.domain.updates import (
    ChannelKind,
    Echoed,
    Event,
    Left,
    Receipted,
    Said,
    SentSomething,
    SharedPhone,
    Started,
    Unknown,
    Update,
)

SIGNATURE_HEADER = "x-zevent-signature"
SERVER_HEADER = "x-zevent-server"
LIMITS = Limits(
    text=2000,  # POST /v3.0/oa/message/cs: text at most 2,000 characters, counted after NFC
    choices=0,  # buttons are not documented on v3 /cs, so menus are numbered text
    label=100,
    payload=1000,
    joined=True,  # the affordable package counts calls, so one turn is one call
    in_flight=4,
    per_minute=100,  # package Tăng trưởng: 100 requests a minute for the whole OA
    caption=2000,  # /cs takes message.text beside a media attachment
)
MINUTE = 60.0

_SIGNATURE = re.compile(r"\s*(?:mac\s*=)?\s*([0-9a-fA-F]{64})\s*")
MEDIA = frozenset(
    f"user_send_{kind}"
    for kind in ("image", "gif", "link", "audio", "video", "sticker", "location", "file", "business_card")
)

Tokens = Callable[[Account], Awaitable[str]]


class Zalo:
    """The OAs of our app."""

    kind = ChannelKind.ZALO
    limits = LIMITS

    def __init__(
        self,
        accounts: Sequence[Account],
        session: Callable[[], aiohttp.ClientSession],
        *,
        base: str = "https://openapi.zalo.me",
        tokens: Tokens | None = None,
    ) -> None:
        """Args:
        accounts: `external_id` is the OA's id; secrets `app_id`, `secret` (the OA secret key) and `token`.
        session: gives the shared HTTP session.
        tokens: gives an account's access token of this hour; the one among its secrets if left out.
        """
        self._accounts = {account.external_id: account for account in accounts}
        self._session, self._base, self._tokens = session, base, tokens or _own_token

    def receive(self, request: WebhookRequest) -> Received:
        """Verify and decode one event."""
        try:
            body = read_object(request.body)
        except UnreadableBody:
            raise BadWebhook("the signature covers a field inside the body, and the body cannot be read") from None
        oas = self._signed_oas(request, body)
        name = text(body.get("event_name"), 64)
        oa_id, user_id, event = _event(name, body)
        if event is None or request.headers.get(SERVER_HEADER, "").upper() == "ZNS":
            return Received(left_alone=(name or "empty",))
        account = oas.get(oa_id)
        if account is None:
            return Received(left_alone=("account",))
        if not user_id:
            return Received(faulty=(("partial", request.body),))
        # Milliseconds always; the documents' samples have 11 or 12 digits, which no real event has.
        sent_at = moment(body.get("timestamp"), request.received_at, EPOCH, seconds_below=0)
        update_id = _update_id(name, user_id, body)
        return Received((Update(account.id, ChannelKind.ZALO, user_id, update_id, sent_at, event),))

    async def send(self, account: Account, user_id: str, message: Message, key: str) -> Receipt:
        """One POST /v3.0/oa/message/cs. Zalo has no field for `key`."""
        if fault := trouble(message, LIMITS):
            raise Rejected(f"the message is not fitted to Zalo: {fault}")
        content: dict[str, Any] = {"text": message.text} if message.text else {}
        if message.image:
            picture = {"media_type": "image", "url": message.image}
            payload = {"template_type": "media", "elements": [picture]}
            content["attachment"] = {"type": "template", "payload": payload}
        body = {"recipient": {"user_id": user_id}, "message": content}
        data = mapping((await self._call(account, "POST", "/v3.0/oa/message/cs", json=body)).get("data"))
        return Receipt(identifier(data.get("message_id")))

    async def check(self, account: Account) -> Health:
        """GET /v2.0/oa/getoa: is the token this OA's?"""
        try:
            data = mapping((await self._call(account, "GET", "/v2.0/oa/getoa")).get("data"))
        except SendError as error:
            return Health(False, {}, f"{error} ({error.code})" if error.code else str(error))
        facts = {
            "oa": text(data.get("name"), 100),
            "package": text(data.get("package_name"), 50),
            "package_until": text(data.get("package_valid_through_date"), 20),
            "verified": "yes" if data.get("is_verified") is True else "no",
        }
        wrong = (identifier(data.get("oaid")) or identifier(data.get("oa_id"))) != account.external_id
        return Health(not wrong, facts, "the token belongs to another OA" if wrong else "")

    def _signed_oas(self, request: WebhookRequest, body: Mapping[str, Any]) -> dict[str, Account]:
        """The OAs of the app and secret that signed this body.

        Raises:
            BadWebhook: none did.
        """
        found = _SIGNATURE.fullmatch(request.headers.get(SIGNATURE_HEADER, ""))
        app_id, timestamp = identifier(body.get("app_id")), identifier(body.get("timestamp"))
        if not found or not app_id or not timestamp:
            raise BadWebhook("the signature is wrong or missing")
        given = found.group(1).lower()
        mine = {oa: account for oa, account in self._accounts.items() if account.secrets.get("app_id") == app_id}
        secrets = {account.secrets.get("secret", "") for account in mine.values()} - {""}
        right = {secret for secret in secrets if same(given, mac(app_id, request.body, timestamp, secret))}
        if not right:
            raise BadWebhook("the signature is wrong or missing")
        return {oa: account for oa, account in mine.items() if account.secrets.get("secret") in right}

    async def _call(self, account: Account, method: str, path: str, **parameters: Any) -> dict[str, Any]:
        """One call; refusals by number."""
        token = await self._tokens(account)
        if not token:
            raise Misconfigured("this OA has no access token: run giothong channels zalo-link")
        headers = {"access_token": token}
        answer = await call(self._session(), method, f"{self._base}{path}", headers=headers, **parameters)
        if error := refusal(answer):
            raise error
        return answer.json()


def mac(app_id: str, body: bytes, timestamp: str, secret: str) -> str:
    """SHA-256 of application id, raw body, the body's timestamp and the OA secret key. A plain hash, not an HMAC."""
    return hashlib.sha256(app_id.encode() + body + timestamp.encode() + secret.encode()).hexdigest()


async def _own_token(account: Account) -> str:
    return account.secrets.get("token", "")


def _event(name: str, body: Mapping[str, Any]) -> tuple[str, str, Event | None]:
    """(OA id, person's id, event or None when it is left alone). Who is who depends on the kind of envelope."""
    sender, recipient = (identifier(mapping(body.get(side)).get("id")) for side in ("sender", "recipient"))
    follower = identifier(mapping(body.get("follower")).get("id"))
    oa_id, person = identifier(body.get("oa_id")), identifier(body.get("user_id"))
    message = mapping(body.get("message"))
    match name:
        case "user_send_text":
            words = text(message.get("text"))
            return recipient, sender, Said(words) if words.strip() else Unknown(name)
        case _ if name in MEDIA:
            return recipient, sender, SentSomething(name.removeprefix("user_send_"))
        case "user_submit_info":
            return recipient, sender, _shared(mapping(body.get("info")))
        case "user_received_message" if "tracking_id" not in message:  # with it: by phone, the id is a number
            return sender, recipient, Receipted("delivered", _ids([message.get("msg_id")]))
        case "user_seen_message":
            return sender, recipient, Receipted("seen", _ids(items(message.get("msg_ids"))))
        case "follow":
            return oa_id, follower, Started()
        case "unfollow":
            return oa_id, follower, Left()
        case "user_click_chatnow":
            return oa_id, person, Started()
        case "user_withdraw":
            return oa_id, person, Unknown(name)
        case _ if name.startswith("oa_send_") and not name.startswith(("oa_send_group_", "oa_send_anonymous_")):
            return sender, recipient, _echo(body, message)
        case _:
            return "", "", None


def _shared(info: Mapping[str, Any]) -> Event:
    phone = identifier(info.get("phone"))
    if not phone:
        return Unknown("user_submit_info")
    return SharedPhone(phone[:40], text(info.get("name"), 200), text(info.get("user_dob"), 20))


def _echo(body: Mapping[str, Any], message: Mapping[str, Any]) -> Event | None:
    """A message that went out in our name; `admin_id` is there when a human wrote it in Zalo's console."""
    platform_id = identifier(message.get("msg_id"))
    by_human = bool(mapping(body.get("sender")).get("admin_id"))
    return Echoed(platform_id, text(message.get("text")), by_human=by_human) if platform_id else None


def _ids(values: Sequence[Any]) -> tuple[str, ...]:
    return tuple(name for name in map(identifier, values[:100]) if name)


def _update_id(name: str, user_id: str, body: Mapping[str, Any]) -> str:
    """(event, message id), else (event, person, time): a repeat hours later carries the same."""
    if msg_id := identifier(mapping(body.get("message")).get("msg_id")):
        return f"{name}:{msg_id}"
    if body.get("message") is None:
        return f"{name}:{user_id}:{identifier(body.get('timestamp'))}"
    return f"{name}:{fingerprint(user_id, body.get('timestamp'), body.get('message'))}"


def refusal(answer: Answer) -> SendError | None:
    """The error this answer stands for, or None. Zalo answers 200 even for errors; only the number counts."""
    body = answer.json()
    try:
        code = int(body["error"])
    except (KeyError, TypeError, ValueError):
        if answer.status == 429:
            return Throttled(WORDS[Throttled], code="429", retry_after=MINUTE)
        return Uncertain(WORDS[Uncertain], code=str(answer.status))
    if code == 0:
        return None
    kind = BY_CODE.get(code, Rejected)
    return kind(WORDS[kind], code=str(code), retry_after=MINUTE if kind is Throttled else None)


BY_CODE: dict[int, type[SendError]] = {
    -32: Throttled,  # rate limit of the app or the OA: after the minute
    **dict.fromkeys((-200, -214), Unavailable),  # sending failed; article still processing
    **dict.fromkeys((-100, -201, -210, -233, -240, -249), Rejected),  # attachment expired, bad parameter, type off
    **dict.fromkeys((-204, -205, -209, -212, -219, -221, -223, -224, -235, -242, -248), Misconfigured),
    **dict.fromkeys((-216, -220, -320, -321, -501), Misconfigured),  # token, money, hosting abroad
    **dict.fromkeys((-213, -217, -227, -244), ContactGone),  # no follower, blocked, inactive, refuses
    **dict.fromkeys((-211, -218), OutsideWindow),  # quota of the feature or of this person used up: not today
    **dict.fromkeys((-230, -232, -234), OutsideWindow),  # no interaction in 7 days, expired, night
}
"""Zalo OA API documents, appendix "Mã lỗi"."""

WORDS: dict[type[SendError], str] = {
    Uncertain: "Zalo may have sent it",
    Unavailable: "Zalo did not take the message",
    Throttled: "Zalo's limit for this minute is reached",
    OutsideWindow: "Zalo lets nobody write to this person now",
    ContactGone: "the person cannot be reached on Zalo",
    Misconfigured: "Zalo refuses the OA's token, package or permission",
    Rejected: "Zalo refuses this message",
}
