"""The web chat's frames: what the page sends and what it gets, as JSON text."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from bot.channels.base import UnreadableBody
from bot.channels.wire import identifier, read_object, text
from bot.domain.messages import Message
from bot.storage.chat_history import BotLine, SaidLine

FRAME_AT_MOST = 8 * 1024
_REF = re.compile(r"[A-Za-z0-9_.-]{1,64}")


@dataclass(frozen=True, slots=True)
class Hello:
    """The first frame.

    Args:
        token: the visitor's, "" for somebody new.
        after: id of the last message the page holds; None asks for the last ones.
        ref: the code of the poster the page was opened with.
        id: makes a repeated hello with a reference harmless.
        history: send the person's own lines too; with `after`, those of the last minute before it once more.
    """

    token: str = field(repr=False)
    after: int | None
    ref: str
    id: str
    history: bool


@dataclass(frozen=True, slots=True)
class Ping:
    """The page asks whether anybody is there."""


@dataclass(frozen=True, slots=True)
class Line:
    """A `text` or `choice` frame; the channel decodes it, here only its id matters."""

    id: str


class BadFrame(Exception):
    """Not a frame of ours; the word is what the page is told."""

    def __init__(self, reason: str, frame_id: str = "") -> None:
        super().__init__(reason)
        self.reason, self.frame_id = reason, frame_id


def read_frame(raw: str) -> Hello | Line | Ping:
    """What the page means.

    Raises:
        BadFrame: too long, not JSON, not a type we know, or without an id.
    """
    body = raw.encode("utf-8", "surrogatepass")
    if len(body) > FRAME_AT_MOST:
        raise BadFrame("too-long")
    try:
        frame = read_object(body)
    except UnreadableBody:
        raise BadFrame("unreadable") from None
    match frame.get("type"):
        case "hello":
            return _hello(frame)
        case "text" | "choice":
            frame_id = identifier(frame.get("id"))
            if not frame_id:
                raise BadFrame("id-missing")
            return Line(frame_id)
        case "ping":
            return Ping()
        case _:
            raise BadFrame("unknown-type", identifier(frame.get("id")))


def _hello(frame: dict[str, Any]) -> Hello:
    after, ref = identifier(frame.get("after")), text(frame.get("ref"), 64)
    return Hello(
        token=text(frame.get("token"), 200),
        after=int(after) if after.isdecimal() and len(after) <= 18 else None,
        ref=ref if _REF.fullmatch(ref) else "",
        id=identifier(frame.get("id"))[:64],
        history=frame.get("history") is True,
    )


def welcome(token: str, now: datetime) -> str:
    return _json({"type": "welcome", "token": token, "now": now.isoformat()})


def ready() -> str:
    """What was missed has been sent: from here on everything is new."""
    return _json({"type": "ready"})


def pong() -> str:
    return _json({"type": "pong"})


def typing() -> str:
    return _json({"type": "typing"})


def taken(frame_id: str, *, later: bool = False) -> str:
    """This line is durable: the page need not send it again. `later`: its answer will take a while."""
    return _json({"type": "taken", "id": frame_id} | ({"later": True} if later else {}))


def fault(reason: str, frame_id: str = "") -> str:
    return _json({"type": "error", "reason": reason} | ({"id": frame_id} if frame_id else {}))


def message(outbox_id: int, said: Message, at: datetime) -> str:
    body = {
        "type": "message",
        "id": str(outbox_id),
        "text": said.text,
        "choices": [{"label": choice.label, "payload": choice.payload} for choice in said.choices],
        "image": said.image,
        "link": {"label": said.link.label, "url": said.link.url} if said.link else None,
        "at": at.isoformat(),
    }
    return _json(body)


def history(line: BotLine | SaidLine) -> str:
    """One line of the past. Theirs without words (they were not kept) only tells the page that it came."""
    if isinstance(line, BotLine):
        return message(line.id, line.message, line.at)
    frame_id = line.update_id.partition(":")[2] or line.update_id
    if not line.text:
        return taken(frame_id)
    return _json({"type": "said", "id": frame_id, "text": line.text, "at": line.at.isoformat()})


def _json(body: dict[str, Any]) -> str:
    return orjson.dumps(body).decode()
