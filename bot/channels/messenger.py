"""Messenger: webhook calls in, Send API calls out. Numbers: Meta, Messenger Platform, Send API reference."""

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import aiohttp

from bot.channels.base import (
    Account,
    BadWebhook,
    Health,
    Misconfigured,
    Receipt,
    Received,
    Rejected,
    SendError,
    Uncertain,
    WebhookRequest,
)
from bot.channels.fit import trouble
from bot.channels.http import Answer, call
from bot.channels.messenger_errors import refusal
from bot.channels.wire import fingerprint, identifier, items, mapping, moment, read_object, same, text
from bot.domain.messages import Message
from bot.domain.platforms import Limits
from bot.domain.updates import (
    ChannelKind,
    Echoed,
    Event,
    Pressed,
    Receipted,
    Said,
    SentSomething,
    Started,
    Unknown,
    Update,
)

SIGNATURE_HEADER = "x-hub-signature-256"
GET_STARTED = "GET_STARTED"
# Meta sends an integer as text; nothing that a browser could take for a page is ever echoed.
CHALLENGE = re.compile(r"[A-Za-z0-9_.-]{1,256}")

LONGEST_METADATA = 999
FIELDS = (
    "messages",
    "messaging_postbacks",
    "messaging_referrals",
    "message_deliveries",
    "message_reads",
    "message_echoes",
    "messaging_handovers",
    "standby",
    "messaging_policy_enforcement",
)


class Messenger:
    """The pages of our app."""

    kind = ChannelKind.MESSENGER

    def __init__(
        self,
        accounts: Sequence[Account],
        session: Callable[[], aiohttp.ClientSession],
        *,
        limits: Limits,
        base: str = "https://graph.facebook.com",
        version: str = "v26.0",
    ) -> None:
        """Args:
        accounts: `external_id` is the page's id; secrets `token` (page), `app_secret`, `verify_token`, and `app_id`
            where known (it tells our own echoes from another app's).
        session: gives the shared HTTP session.
        version: Graph's; a call without one runs on an older default.
        """
        self._accounts = {account.external_id: account for account in accounts}
        self.limits = limits
        self._session, self._graph = session, f"{base}/{version}"

    @property
    def accounts(self) -> tuple[Account, ...]:
        """The pages."""
        return tuple(self._accounts.values())

    def verify(self, query: Mapping[str, str]) -> str | None:
        """The challenge to answer a verification GET with, or None for a 403."""
        given, challenge = query.get("hub.verify_token", ""), query.get("hub.challenge", "")
        tokens = {account.secrets.get("verify_token", "") for account in self._accounts.values()} - {""}
        right = any(same(given, token) for token in tokens)
        ours = right and query.get("hub.mode") == "subscribe"
        return challenge if ours and CHALLENGE.fullmatch(challenge) else None

    def receive(self, request: WebhookRequest) -> Received:
        """Verify and decode one call: several pages, several events each."""
        pages = self._signed_pages(request)
        body = read_object(request.body)
        if body.get("object") != "page":
            return Received(left_alone=("object",))
        updates: list[Update] = []
        left_alone: list[str] = []
        faulty: list[tuple[str, bytes]] = []
        for entry, kind, item in _events(body):
            account = pages.get(identifier(entry.get("id")))
            if account is None or kind:
                left_alone.append(kind or "account")
                continue
            found = _decode(account, mapping(item), moment(entry.get("time"), request.received_at))
            if isinstance(found, Update):
                updates.append(found)
            elif found == "partial":
                faulty.append((found, json.dumps(item).encode()))
            else:
                left_alone.append(found)
        return Received(tuple(updates), tuple(left_alone), tuple(faulty))

    async def send(self, account: Account, user_id: str, message: Message, key: str) -> Receipt:
        """One POST /messages. `key` travels as metadata and comes back in the echo, which settles a lost answer."""
        if fault := trouble(message, self.limits):
            raise Rejected(f"the message is not fitted to Messenger: {fault}")
        body = {"recipient": {"id": user_id}, **_typed(message, key)}
        answer = await self._call(account, "POST", f"{account.external_id}/messages", json=body)
        platform_id = identifier(answer.json().get("message_id"))
        if not platform_id:
            raise Uncertain("Messenger took the message without naming it")
        return Receipt(platform_id)

    async def set_webhook(self, account: Account) -> None:
        """Subscribe the app to the page, and set the Get Started button (m.me references come with it)."""
        fields = {"subscribed_fields": ",".join(FIELDS)}
        await self._call(account, "POST", f"{account.external_id}/subscribed_apps", json=fields)
        profile = {"get_started": {"payload": GET_STARTED}}
        await self._call(account, "POST", "me/messenger_profile", json=profile)

    async def check(self, account: Account) -> Health:
        """Is the token this page's, and is the app subscribed to it?"""
        try:
            me = (await self._call(account, "GET", "me", params={"fields": "id,name"})).json()
            subscribed = (await self._call(account, "GET", f"{account.external_id}/subscribed_apps")).json()
        except SendError as error:
            return Health(False, {}, f"{error} ({error.code})" if error.code else str(error))
        apps = [mapping(app) for app in items(subscribed.get("data"))]
        fields = {field for app in apps for field in items(app.get("subscribed_fields")) if isinstance(field, str)}
        facts = {"page": text(me.get("name"), 100), "fields": ", ".join(sorted(fields))}
        problem = ""
        if identifier(me.get("id")) != account.external_id:
            problem = "the token belongs to another page"
        elif not {"messages", "messaging_postbacks"} <= fields:
            problem = "the app is not subscribed to this page: run giothong channels set-webhook"
        return Health(not problem, facts, problem)

    def _signed_pages(self, request: WebhookRequest) -> dict[str, Account]:
        """The pages whose app secret signed this body. HMAC over the raw bytes: Meta escapes non-ASCII its own way.

        Raises:
            BadWebhook: none did.
        """
        given = request.headers.get(SIGNATURE_HEADER, "")
        secrets = {account.secrets.get("app_secret", "") for account in self._accounts.values()} - {""}
        right = {secret for secret in secrets if same(given, signature(secret, request.body))}
        if not right:
            raise BadWebhook("the signature is wrong or missing")
        return {page: account for page, account in self._accounts.items() if account.secrets.get("app_secret") in right}

    async def _call(self, account: Account, method: str, path: str, **parameters: Any) -> Answer:
        """One Graph call; refusals by code and subcode."""
        token, app_secret = account.secrets.get("token", ""), account.secrets.get("app_secret", "")
        if not token:
            raise Misconfigured("this page has no token")
        params = dict(parameters.pop("params", {}))
        if app_secret:
            params["appsecret_proof"] = hmac.digest(app_secret.encode(), token.encode(), hashlib.sha256).hex()
        headers = {"Authorization": f"Bearer {token}"}
        url = f"{self._graph}/{path}"
        answer = await call(self._session(), method, url, headers=headers, params=params, **parameters)
        if error := refusal(answer):
            raise error
        return answer


def signature(app_secret: str, body: bytes) -> str:
    """The value Meta puts in X-Hub-Signature-256."""
    return "sha256=" + hmac.digest(app_secret.encode(), body, hashlib.sha256).hex()


def _events(body: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], str, Any]]:
    """(entry, why it is left alone or "", item) of each event: normal, standby (another app answers), changes."""
    for entry in map(mapping, items(body.get("entry"))):
        yield from ((entry, "", item) for item in items(entry.get("messaging")))
        yield from ((entry, "standby", item) for item in items(entry.get("standby")))
        for change in items(entry.get("changes")):
            yield entry, f"changes:{text(mapping(change).get('field'), 50)}", change


def _decode(account: Account, item: Mapping[str, Any], entry_time: datetime) -> Update | str:
    """One item as an update, or why it is left alone ("partial" when it should have been one)."""
    message, postback = mapping(item.get("message")), mapping(item.get("postback"))
    from_page = message.get("is_echo") is True
    found = _event(account, item, message, postback)
    if isinstance(found, str):
        return found
    user_id = identifier(mapping(item.get("recipient" if from_page else "sender")).get("id"))
    if not user_id or user_id == account.external_id:
        return "partial"
    mid = identifier(message.get("mid")) or identifier(postback.get("mid"))
    update_id = mid or fingerprint(type(found).__name__, user_id, item.get("timestamp"), item)
    sent_at = moment(item.get("timestamp"), entry_time)
    return Update(account.id, ChannelKind.MESSENGER, user_id, update_id, sent_at, found)


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
    kind = next((key for key in item if key not in ("sender", "recipient", "timestamp")), "empty")
    return kind[:64] if kind not in ("message", "postback", "referral", "delivery") else "partial"


def _message(message: Mapping[str, Any]) -> Event:
    words, payload = text(message.get("text")), text(mapping(message.get("quick_reply")).get("payload"), 1000)
    if payload:
        return Pressed(payload, words)
    if words.strip():
        return Said(words)
    attachments = [mapping(attachment) for attachment in items(message.get("attachments"))]
    if not attachments:
        return Unknown("message")
    stickers = any(mapping(attachment.get("payload")).get("sticker_id") for attachment in attachments)
    return SentSomething("sticker" if stickers else text(attachments[0].get("type"), 30) or "attachment")


def _postback(postback: Mapping[str, Any]) -> Event:
    payload, referral = text(postback.get("payload"), 1000), mapping(postback.get("referral"))
    if referral or payload == GET_STARTED:
        return Started(text(referral.get("ref"), 200))
    return Pressed(payload, text(postback.get("title"), 200)) if payload else Unknown("postback")


def _echo(account: Account, message: Mapping[str, Any]) -> Event:
    """By a human, or another app, unless our app's id or our metadata is in it."""
    metadata, app_id = text(message.get("metadata"), 1000), identifier(message.get("app_id"))
    our_app = account.secrets.get("app_id", "")
    ours = app_id == our_app if our_app else bool(metadata)
    platform_id = identifier(message.get("mid"))
    return Echoed(platform_id, text(message.get("text")), metadata if ours else "", by_human=not ours)


def _typed(message: Message, key: str) -> dict[str, Any]:
    """`messaging_type` and `message`: an answer, or a utility template, which is taken outside the window too."""
    if message.template is None:
        return {"messaging_type": "RESPONSE", "message": {**_content(message), "metadata": key[:LONGEST_METADATA]}}
    call = message.template
    values = [{"type": "text", "text": words} for words in call.params.values()]
    components = [{"type": "body", "parameters": values}] if values else []
    template = {"name": call.template_id, "language": {"code": call.language}, "components": components}
    return {"messaging_type": "UTILITY", "message": {"template": template}}


def _content(message: Message) -> dict[str, Any]:
    """`message` of the call: a picture, a text, or a button template, with quick replies."""
    content: dict[str, Any]
    if message.image:
        content = {"attachment": {"type": "image", "payload": {"url": message.image, "is_reusable": True}}}
    elif message.link:
        button = {"type": "web_url", "url": message.link.url, "title": message.link.label}
        payload = {"template_type": "button", "text": message.text, "buttons": [button]}
        content = {"attachment": {"type": "template", "payload": payload}}
    else:
        content = {"text": message.text}
    if message.choices:
        content["quick_replies"] = [
            {"content_type": "text", "title": choice.label, "payload": choice.payload} for choice in message.choices
        ]
    return content
