"""One Graph call in a page's name: its token in a header, the app's proof beside it, refusals by code."""

import hashlib
import hmac
from collections.abc import Callable
from typing import Any

import aiohttp

from bot.channels.base import Account, Misconfigured
from bot.channels.http import Answer, call
from bot.channels.messenger_errors import refusal


class Graph:
    """The API of one version, pinned: a call without one runs on an older default."""

    def __init__(self, session: Callable[[], aiohttp.ClientSession], base: str, version: str) -> None:
        self._session, self._root = session, f"{base}/{version}"

    async def call(self, account: Account, method: str, path: str, **parameters: Any) -> Answer:
        """The answer of a call that was carried out.

        Raises:
            SendError: by code and subcode.
        """
        token, app_secret = account.secrets.get("token", ""), account.secrets.get("app_secret", "")
        if not token:
            raise Misconfigured("this page has no token")
        params = dict(parameters.pop("params", {}))
        if app_secret:
            params["appsecret_proof"] = hmac.digest(app_secret.encode(), token.encode(), hashlib.sha256).hex()
        headers = {"Authorization": f"Bearer {token}"}
        answer = await call(
            self._session(), method, f"{self._root}/{path}", headers=headers, params=params, **parameters
        )
        if error := refusal(answer):
            raise error
        return answer
