"""A strict oauth.zaloapp.com on loopback: codes for ten minutes, refresh tokens that work once, both old tokens dead."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web

from tests.platforms.server import FakeHost, Refusal

CODE_LASTS = timedelta(minutes=10)
ACCESS_LASTS = timedelta(seconds=90_000)
REFRESH_LASTS = timedelta(days=90)


@dataclass
class Grant:
    """What the OA's admin last allowed: one living pair."""

    access: str
    refresh: str
    issued_at: datetime


class FakeZaloOAuth(FakeHost):
    """One app and one OA. `grant` is the living pair, or None before any consent; `refreshed` counts swaps."""

    def __init__(
        self,
        app_id: str = "1000000000000000001",
        app_secret: str = "sample-app-secret",
        oa_id: str = "4000000000000000001",
        now: datetime | None = None,
    ) -> None:
        super().__init__(now)
        self.app_id, self.app_secret, self.oa_id = app_id, app_secret, oa_id
        self.grant: Grant | None = None
        self.codes: dict[str, tuple[str, datetime]] = {}
        self.refreshed = 0
        self.used: list[str] = []

    def consent(self, challenge: str) -> str:
        """An admin taps Agree; returns the code Zalo sends back with."""
        code = f"code-{self.next_number()}"
        self.codes[code] = (challenge, self.now)
        return code

    def give(self) -> Grant:
        """A pair by hand, as the API Explorer gives it."""
        self.grant = Grant(f"SAMPLE-ACCESS-{self.next_number()}", f"SAMPLE-REFRESH-{self.next_number()}", self.now)
        return self.grant

    def revoke(self) -> None:
        """The admin takes the permission back."""
        self.grant = None

    def lives(self, access: str) -> bool:
        """Would the API take this access token now?"""
        grant = self.grant
        return grant is not None and grant.access == access and self.now < grant.issued_at + ACCESS_LASTS

    def is_send(self, path: str) -> bool:
        return path == "/v4/oa/access_token"

    def unreadable(self) -> Refusal:
        return refusal(-14001, "Invalid request")

    async def _body(self, request: web.Request) -> Mapping[str, Any]:
        if request.content_type != "application/x-www-form-urlencoded":
            raise self.unreadable()
        return {name: str(value) for name, value in (await request.post()).items()}

    async def answer(self, request: web.Request, body: Mapping[str, Any]) -> Any:
        if (request.method, request.path) != ("POST", "/v4/oa/access_token"):
            raise refusal(-14001, "Invalid request")
        if body.get("app_id") != self.app_id or request.headers.get("secret_key") != self.app_secret:
            raise refusal(-14004, "Invalid app")
        match body.get("grant_type"):
            case "authorization_code":
                return self._exchange(body)
            case "refresh_token":
                return self._refresh(body)
        raise refusal(-14001, "Invalid request")

    def _exchange(self, body: Mapping[str, Any]) -> dict[str, Any]:
        if set(body) != {"app_id", "grant_type", "code", "code_verifier"}:
            raise refusal(-14001, "Invalid request")
        challenge, given_at = self.codes.pop(body["code"], ("", self.now))
        digest = hashlib.sha256(body["code_verifier"].encode()).digest()
        right = base64.urlsafe_b64encode(digest).decode().rstrip("=") == challenge
        if not right or len(body["code_verifier"]) != 43 or self.now - given_at > CODE_LASTS:
            raise refusal(-14006, "Invalid authorization code")
        return self._answer()

    def _refresh(self, body: Mapping[str, Any]) -> dict[str, Any]:
        if set(body) != {"app_id", "grant_type", "refresh_token"}:
            raise refusal(-14001, "Invalid request")
        grant = self.grant
        self.used.append(body["refresh_token"])
        late = grant is not None and self.now > grant.issued_at + REFRESH_LASTS
        if grant is None or late or grant.refresh != body["refresh_token"]:
            raise refusal(-14014, "Invalid refresh token")
        self.refreshed += 1
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        grant = self.give()
        return {"access_token": grant.access, "refresh_token": grant.refresh, "expires_in": "90000"}


def refusal(code: int, name: str) -> Refusal:
    return Refusal(200, {"error": code, "error_name": name, "error_reason": name})
