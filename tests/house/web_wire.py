"""A person on our own chat page: the same Wire as on the platforms, over the page's socket."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import aiohttp

from tests.house.wires import PATIENCE
from tests.platforms.server import Sent


class WebWire:
    """Says one line after another; an answer stands before the word that its line is taken."""

    def __init__(self, ws: aiohttp.ClientWebSocketResponse, token: str) -> None:
        self.user = token.split(".")[0]
        self.calls: list[str] = []
        self._ws, self._got, self._number = ws, list[Sent](), 0

    def messages(self) -> list[Sent]:
        return self._got

    async def type(self, text: str) -> None:
        await self._say({"type": "text", "text": text})

    async def choose(self, label: str) -> None:
        offered = [choice for message in self._got for choice in message.choices]
        payload = next((payload for known, payload in reversed(offered) if label in known), None)
        assert payload is not None, f"{label!r} was not offered: {offered[-12:]}"
        await self._say({"type": "choice", "payload": payload})

    async def _say(self, frame: Mapping[str, str]) -> None:
        self._number += 1
        before, line = len(self._got), {"id": str(self._number), **frame}
        self.calls.append(f"> {json.dumps(line, ensure_ascii=False)}")
        await self._ws.send_json(line)
        assert (await self.until("taken", "error"))["type"] == "taken"
        assert len(self._got) > before

    async def until(self, *kinds: str) -> dict[str, Any]:
        """The next frame of these kinds; messages before it are kept."""
        async with asyncio.timeout(PATIENCE):
            while True:
                frame: dict[str, Any] = await self._ws.receive_json()
                self.calls.append(f"< {json.dumps(frame, ensure_ascii=False)}")
                if frame["type"] == "message":
                    self._got.append(_sent(self.user, frame))
                if frame["type"] in kinds:
                    return frame


@asynccontextmanager
async def web_wire(port: int) -> AsyncIterator[WebWire]:
    """An open page that has been greeted."""
    url = f"http://127.0.0.1:{port}/chat/ws"
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as ws:
        await ws.send_json({"type": "hello", "token": None})
        welcome = await ws.receive_json()
        wire = WebWire(ws, welcome["token"])
        await wire.until("message")
        yield wire


def _sent(user: str, frame: Mapping[str, Any]) -> Sent:
    choices = tuple((choice["label"], choice["payload"]) for choice in frame.get("choices", ()))
    return Sent(user, frame["text"], str(frame["id"]), datetime.fromisoformat(frame["at"]), choices)
