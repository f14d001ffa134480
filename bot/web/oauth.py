"""`/oauth/zalo`: where Zalo sends an OA's admin back to, with the code for our first pair of tokens."""

from aiohttp import web

from bot.channels.base import Account, SendError
from bot.channels.zalo_oauth import App, verifier_of
from bot.domain.tokens import BadToken, verify
from bot.domain.updates import ChannelKind
from bot.web.consents import Consents
from bot.web.pages import page, show
from bot.web.parts import PARTS, WebParts

STATE = "zalo-oauth"
"""What the signed `state` of a consent link is for; its subject is `{account id}-{nonce}`."""

FIXED = "fixed"
"""The nonce of the one long-lived PKCE pair: its challenge is saved in Zalo's console (docs/operations.md)."""


def add_routes(app: web.Application) -> None:
    app.router.add_get("/oauth/zalo", zalo)


@page
async def zalo(request: web.Request) -> web.Response:
    """Exchange the code, keep the pair, say how it went. Nothing of the call is ever logged."""
    parts = request.app[PARTS]
    consents = parts.consents
    if consents is None:
        raise web.HTTPNotFound
    try:
        account, nonce = _asked_for(request, parts, consents)
    except BadToken as error:
        return _told(request, "expired" if error.expired else "unknown", 410 if error.expired else 400)
    if request.query.get("oa_id", "") != account.external_id:
        return _told(request, "other-oa", 409)
    code = request.query.get("code", "")
    if not code:
        return _told(request, "refused", 400)
    app = App(account.secrets.get("app_id", ""), account.secrets.get("app_secret", ""))
    try:
        grant = await consents.oauth.exchange(app, code, verifier_of(parts.settings.secret_key, nonce))
    except SendError as error:
        return _told(request, "failed", 502, error.code)
    await consents.keep(account, grant)
    return _told(request, "done", 200)


def _asked_for(request: web.Request, parts: WebParts, consents: Consents) -> tuple[Account, str]:
    """The OA for which we made this link, and the nonce of its PKCE pair.

    Raises:
        BadToken: the link was not made here, is too old, or its OA is gone.
    """
    subject = verify(STATE, request.query.get("state", ""), parts.clock(), parts.settings.secret_key)
    account_id, _, nonce = subject.partition("-")
    for account in consents.accounts:
        if account.kind is ChannelKind.ZALO and str(account.id) == account_id:
            return account, nonce
    raise BadToken("this OA is not one of ours")


def _told(request: web.Request, how: str, status: int, code: str = "") -> web.Response:
    return show(request, "oauth.html", status=status, how=how, code=code)
