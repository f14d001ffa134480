"""Messenger: webhook calls in, Send API calls out. Numbers: Meta, Messenger Platform, Send API reference."""

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

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
    WebhookRequest,
)
from bot.channels.fit import trouble
from bot.channels.messenger_errors import without_feature
from bot.channels.messenger_events import decode, events_in
from bot.channels.messenger_graph import Graph
from bot.channels.messenger_page import health_of, set_up
from bot.channels.messenger_posts import PagePost, publish
from bot.channels.messenger_profile import Profile
from bot.channels.messenger_sending import to_comment, to_person
from bot.channels.messenger_templates import TemplateTold, all_told, submit
from bot.channels.messenger_usage import usage
from bot.channels.wire import identifier, moment, read_object, same
from bot.domain.messages import Manner, Message
from bot.domain.platforms import Limits
from bot.domain.templates import Form
from bot.domain.updates import ChannelKind, Commented, Update

SIGNATURE_HEADER = "x-hub-signature-256"
# Meta sends an integer as text; nothing that a browser could take for a page is ever echoed.
CHALLENGE = re.compile(r"[A-Za-z0-9_.-]{1,256}")


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
            where known (it tells our own echoes from another app's, and whose a thread is).
        session: gives the shared HTTP session.
        version: Graph's.
        """
        self._accounts = {account.external_id: account for account in accounts}
        self.limits = limits
        self._graph = Graph(session, base, version)

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
        return _received(pages, body, request.received_at)

    async def send(self, account: Account, user_id: str, message: Message, key: str) -> Receipt:
        """One POST /messages. `key` travels as metadata and comes back in the echo, which settles a lost answer."""
        try:
            return await self._post(account, message, to_person(user_id, message, key))
        except Misconfigured as error:
            raise (without_feature(error) if message.manner is Manner.PERSON else error) from None

    async def private_reply(self, account: Account, comment_id: str, message: Message, key: str) -> Receipt:
        """One message to whoever wrote a comment; the talk goes on only if they answer.

        Meta takes one within seven days. Whoever calls has `storage.comments.claim_reply` say first that this is it.
        """
        return await self._post(account, message, to_comment(comment_id, message, key))

    async def publish(self, account: Account, post: PagePost) -> str:
        """Post on the page; returns the post's id."""
        return await publish(self._graph, account, post)

    async def set_webhook(self, account: Account, languages: tuple[Profile, ...]) -> tuple[str, ...]:
        """Subscribe the app to the page and set its profile; returns the fields that Meta has refused."""
        return await set_up(self._graph, account, languages)

    async def check(self, account: Account) -> Health:
        """Is the token this page's, is the app subscribed to it, and does nothing hide Get Started?"""
        try:
            return await health_of(self._graph, account)
        except SendError as error:
            return Health(False, {}, f"{error} ({error.code})" if error.code else str(error))

    async def templates(self, account: Account) -> tuple[TemplateTold, ...]:
        """What Meta says of the page's utility templates."""
        return await all_told(self._graph, account)

    async def submit_template(self, account: Account, form: Form, language: str) -> TemplateTold:
        """Hand one of our forms in for approval."""
        return await submit(self._graph, account, form, language)

    async def _post(self, account: Account, message: Message, body: Mapping[str, Any]) -> Receipt:
        if fault := trouble(message, self.limits):
            raise Rejected(f"the message is not fitted to Messenger: {fault}")
        answer = await self._graph.call(account, "POST", f"{account.external_id}/messages", json=body)
        platform_id = identifier(answer.json().get("message_id"))
        if not platform_id:
            raise Uncertain("Messenger took the message without naming it")
        used = usage(answer.headers)
        return Receipt(platform_id, load=used.load, rest=used.regain)

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


def signature(app_secret: str, body: bytes) -> str:
    """The value Meta puts in X-Hub-Signature-256."""
    return "sha256=" + hmac.digest(app_secret.encode(), body, hashlib.sha256).hex()


def _received(pages: Mapping[str, Account], body: Mapping[str, Any], received_at: datetime | None) -> Received:
    """Every event of a call, sorted by what it is."""
    updates: list[Update] = []
    notices: list[Notice] = []
    comments: list[Commented] = []
    left_alone: list[str] = []
    faulty: list[tuple[str, bytes]] = []
    for entry, name, item in events_in(body):
        account = pages.get(identifier(entry.get("id")))
        entry_time = moment(entry.get("time"), received_at)
        match decode(account, name, item, entry_time) if account is not None else "account":
            case Update() as update:
                updates.append(update)
            case Notice() as notice:
                notices.append(notice)
            case Commented() as comment:
                comments.append(comment)
            case "partial":
                faulty.append(("partial", json.dumps(item).encode()))
            case reason:
                left_alone.append(reason)
    return Received(tuple(updates), tuple(left_alone), tuple(faulty), tuple(notices), tuple(comments))
