"""Zalo OA: webhook calls in, consultation and template messages out. Numbers: Zalo OA API documents, 2026."""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import aiohttp

from bot.channels.base import (
    Account,
    BadWebhook,
    Health,
    Misconfigured,
    Notice,
    Receipt,
    Received,
    Rejected,
    SendError,
    Uncertain,
    UnreadableBody,
    WebhookRequest,
)
from bot.channels.fit import trouble
from bot.channels.http import Answer, call
from bot.channels.wire import EPOCH, fingerprint, identifier, mapping, moment, read_object, same, text
from bot.channels.zalo_errors import STALE_TOKEN, code_of, refusal
from bot.channels.zalo_events import decode, update_id
from bot.channels.zalo_sending import (
    BY_PHONE,
    BY_UID,
    CONSULTATION,
    MOST_BUTTONS,
    consultation,
    template_by_phone,
    template_by_uid,
)
from bot.clock import Clock
from bot.clock import now as wall_clock
from bot.domain.changing import replace
from bot.domain.messages import Message, TemplateCall
from bot.domain.platforms import Limits
from bot.domain.updates import ChannelKind, Update

SIGNATURE_HEADER = "x-zevent-signature"
READS = 2
"""How often a reading call is tried: it changes nothing."""

_SIGNATURE = re.compile(r"\s*(?:mac\s*=)?\s*([0-9a-fA-F]{64})\s*")


class Tokens(Protocol):
    """Gives an account's access token of this hour."""

    async def __call__(self, account: Account) -> str: ...

    async def renewed(self, account: Account, stale: str) -> str:
        """Another one than that which Zalo has just refused.

        Raises:
            Misconfigured: there is none to be had.
        """
        ...


class Zalo:
    """The OAs of our app."""

    kind = ChannelKind.ZALO

    def __init__(
        self,
        accounts: Sequence[Account],
        session: Callable[[], aiohttp.ClientSession],
        *,
        limits: Limits,
        base: str = "https://openapi.zalo.me",
        business: str = "https://business.openapi.zalo.me",
        tokens: Tokens | None = None,
        buttons: bool = False,
        card_image: str = "",
        clock: Clock = wall_clock,
    ) -> None:
        """Args:
        accounts: `external_id` is the OA's id; secrets `app_id`, `secret` (the OA secret key) and `token`.
        session: gives the shared HTTP session.
        limits: what content/platforms/zalo.yaml says.
        base, business: the two hosts; templates by phone go to the second.
        tokens: gives an account's access token of this hour; the one among its secrets if left out.
        buttons: write menus as buttons, which today's documents do not promise.
        card_image: picture of the card that asks for a phone number; without one the question is plain text.
        """
        self._accounts = {account.external_id: account for account in accounts}
        self._session, self._base, self._business = session, base, business
        self._tokens: Tokens = tokens or OwnTokens()
        self._card_image, self._clock = card_image, clock
        self.limits = replace(limits, choices=MOST_BUTTONS) if buttons else limits

    def receive(self, request: WebhookRequest) -> Received:
        """Verify and decode one event."""
        try:
            body = read_object(request.body)
        except UnreadableBody:
            raise BadWebhook("the signature covers a field inside the body, and the body cannot be read") from None
        oas = self._signed_oas(request, body)
        name = text(body.get("event_name"), 64)
        found = decode(name, body)
        if found.event is None and found.notice is None:
            return Received(left_alone=(name or "empty",))
        account = oas.get(found.oa_id)
        if account is None:
            return Received(left_alone=("account",))
        if found.notice is not None:
            key = fingerprint(name, body.get("timestamp"), found.notice)
            return Received(notices=(Notice(account.id, name, *found.notice, key=key),))
        if not found.user_id or found.event is None:
            return Received(faulty=(("partial", request.body),))
        # Milliseconds always; the documents' samples have 11 or 12 digits, which no real event has.
        sent_at = moment(body.get("timestamp"), request.received_at, EPOCH, seconds_below=0)
        key = update_id(name, found.user_id, body)
        return Received((Update(account.id, ChannelKind.ZALO, found.user_id, key, sent_at, found.event),))

    async def send(self, account: Account, user_id: str, message: Message, key: str) -> Receipt:
        """One call: POST /v3.0/oa/message/cs, or a template. Only templates by phone have a field for `key`."""
        if fault := trouble(message, self.limits):
            raise Rejected(f"the message is not fitted to Zalo: {fault}")
        if message.template:
            return await self._send_template(account, user_id, message.template, key)
        body = consultation(user_id, message, self._card_image)
        return _receipt(await self._call(account, "POST", CONSULTATION, json=body), "message_id")

    async def _send_template(self, account: Account, user_id: str, template: TemplateCall, key: str) -> Receipt:
        if template.by == "phone":
            body = template_by_phone(template, key)
            receipt = _receipt(await self._call(account, "POST", BY_PHONE, business=True, json=body), "msg_id")
        else:
            body = template_by_uid(user_id, template)
            receipt = _receipt(await self._call(account, "POST", BY_UID, json=body), "message_id")
        # A template's `quota` is how many more may go today, not what paid for it: each that goes is charged.
        return replace(receipt, charged=True)

    async def read(self, account: Account, path: str, **parameters: Any) -> dict[str, Any]:
        """`data` of a call that changes nothing; a lost answer is asked for again."""
        for last in (False, True)[-READS:]:
            try:
                return dict(mapping((await self._call(account, "GET", path, **parameters)).json().get("data")))
            except Uncertain:
                if last:
                    raise
        raise AssertionError("the last try returns or raises")

    async def write(self, account: Account, path: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """`data` of one call that may change something; a lost answer is not asked for again."""
        return mapping((await self._call(account, "POST", path, json=body)).json().get("data"))

    async def check(self, account: Account) -> Health:
        """GET /v2.0/oa/getoa: is the token this OA's?"""
        try:
            data = await self.read(account, "/v2.0/oa/getoa")
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

    async def _call(
        self, account: Account, method: str, path: str, *, business: bool = False, **parameters: Any
    ) -> Answer:
        """One call; refusals by number. A token that Zalo calls stale is renewed once, and the call made once more:
        it certainly had no effect."""
        token = await self._tokens(account)
        if not token:
            raise Misconfigured("this OA has no access token: run giothong channels zalo-link", code="no-token")
        url = f"{self._business if business else self._base}{path}"
        answer = await call(self._session(), method, url, headers={"access_token": token}, **parameters)
        if code_of(answer) in STALE_TOKEN:
            token = await self._tokens.renewed(account, token)
            answer = await call(self._session(), method, url, headers={"access_token": token}, **parameters)
        if error := refusal(answer, business=business, now=self._clock()):
            raise error
        return answer


class OwnTokens:
    """An account that only has the token it was given."""

    async def __call__(self, account: Account) -> str:
        return account.secrets.get("token", "")

    async def renewed(self, account: Account, stale: str) -> str:
        raise Misconfigured("Zalo refuses this OA's token: run giothong channels zalo-link", code="-216")


def mac(app_id: str, body: bytes, timestamp: str, secret: str) -> str:
    """SHA-256 of application id, raw body, the body's timestamp and the OA secret key. A plain hash, not an HMAC."""
    return hashlib.sha256(app_id.encode() + body + timestamp.encode() + secret.encode()).hexdigest()


def _receipt(answer: Answer, name: str) -> Receipt:
    """`quota` names the free allowance that paid for a consultation message; without it the message was charged."""
    data = mapping(answer.json().get("data"))
    remaining, limit = (_number(answer.headers.get(f"X-RateLimit-{what}")) for what in ("Remain", "Limit"))
    return Receipt(identifier(data.get(name)), "quota" not in data, remaining, limit)


def _number(value: str | None) -> int | None:
    return int(value) if value is not None and value.strip().isdecimal() else None
