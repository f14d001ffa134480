"""Zalo's OAuth v4: the link an OA admin opens, the exchange of its code, the refresh of a token pair."""

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlencode

import aiohttp

from bot.channels.base import Misconfigured, Uncertain
from bot.channels.http import call
from bot.channels.wire import identifier, text
from bot.domain.token_life import ACCESS_LASTS

CONNECT_SECONDS = 4.0
ANSWER_SECONDS = 8.0
"""Together less than a lease lasts: who waits longer for an answer might no longer be the one who may use it."""

DEAD = -14014
"""The refresh token is wrong, used or expired."""


class DeadToken(Misconfigured):
    """The refresh token is dead: only an admin of the OA can give a new one."""


@dataclass(frozen=True, slots=True)
class App:
    """The application that speaks for the OA."""

    id: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Grant:
    """A new pair; both old tokens are dead from now on."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    lasts: timedelta


class ZaloOAuth:
    """Calls to oauth.zaloapp.com."""

    def __init__(
        self, session: Callable[[], aiohttp.ClientSession], *, base: str = "https://oauth.zaloapp.com"
    ) -> None:
        self._session, self._base = session, base

    def consent_link(self, app_id: str, redirect_uri: str, challenge: str, state: str) -> str:
        """Where an admin of the OA allows our app to speak for it."""
        query = {"app_id": app_id, "redirect_uri": redirect_uri, "code_challenge": challenge, "state": state}
        return f"{self._base}/v4/oa/permission?{urlencode(query)}"

    async def exchange(self, app: App, code: str, verifier: str) -> Grant:
        """The first pair for a code, which lives ten minutes and works once.

        Raises:
            SendError: Zalo says no, or its answer was lost.
        """
        fields = {"code": code, "grant_type": "authorization_code", "code_verifier": verifier}
        return await self._tokens(app, fields)

    async def refresh(self, app: App, refresh_token: str) -> Grant:
        """The next pair. The refresh token is dead as soon as Zalo has read it, whether its answer arrives or not.

        Raises:
            DeadToken: it was dead already.
            Unavailable: Zalo was not reached; nothing happened.
            Uncertain: the answer was lost; the token may be dead.
        """
        return await self._tokens(app, {"refresh_token": refresh_token, "grant_type": "refresh_token"})

    async def _tokens(self, app: App, fields: Mapping[str, str]) -> Grant:
        answer = await call(
            self._session(),
            "POST",
            f"{self._base}/v4/oa/access_token",
            form={"app_id": app.id, **fields},
            headers={"secret_key": app.secret},
            connect_seconds=CONNECT_SECONDS,
            answer_seconds=ANSWER_SECONDS,
        )
        body = answer.json()
        access, refresh = text(body.get("access_token"), 4000), text(body.get("refresh_token"), 4000)
        if access and refresh:
            return Grant(access, refresh, _lasts(body.get("expires_in")))
        code = identifier(body.get("error"))
        if not code or code == "0":
            raise Uncertain("Zalo answered the request for tokens with something else", code=str(answer.status))
        if code == str(DEAD):
            raise DeadToken("Zalo says that the refresh token is dead", code=code)
        raise Misconfigured("Zalo refuses tokens to this app", code=code)


def verifier_of(secret_key: str, nonce: str) -> str:
    """A PKCE verifier of 43 characters that nobody has to store: the same for the same nonce."""
    return _unpadded(hmac.digest(secret_key.encode(), f"zalo pkce\n{nonce}".encode(), "sha256"))


def challenge_of(verifier: str) -> str:
    """base64url(SHA-256(verifier)) without padding (RFC 7636)."""
    return _unpadded(hashlib.sha256(verifier.encode()).digest())


def _unpadded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _lasts(given: object) -> timedelta:
    """`expires_in` comes as text or as a number of seconds; what cannot be true counts as the documented 25 hours."""
    try:
        seconds = int(str(given))
    except ValueError:
        return ACCESS_LASTS
    return timedelta(seconds=seconds) if 60 <= seconds <= 31 * 86400 else ACCESS_LASTS
