"""What the Bot API takes and refuses in keyboards, commands and descriptions, in its own words (Bot API 10.1)."""

import math
import re
from collections import deque
from collections.abc import Mapping
from typing import Any

from tests.platforms.server import Refusal, only

CHAT_BURST = 10
OVERALL = 30
"""Bots FAQ: about one message a second in a chat, short bursts pass (ten is a guess); about thirty a second in all."""


def refusal(status: int, description: str, **parameters: int) -> Refusal:
    body: dict[str, Any] = {"ok": False, "error_code": status, "description": description}
    return Refusal(status, {**body, "parameters": parameters} if parameters else body)


def check(right: bool, description: str) -> None:
    if not right:
        raise refusal(400, f"Bad Request: {description}")


def units(text: str) -> int:
    """Telegram counts UTF-16 units."""
    return len(text.encode("utf-16-le")) // 2


def keyboard(markup: Any) -> tuple[tuple[tuple[str, str], ...], str, bool]:
    """(choices, link, asks for the phone) of a legal keyboard."""
    if markup is None:
        return (), "", False
    check(isinstance(markup, dict), "object expected as reply markup")
    if "keyboard" in markup:
        return reply_keyboard(markup)
    check(set(markup) == {"inline_keyboard"}, "reply markup is not valid")
    buttons = [button for row in markup["inline_keyboard"] for button in row]
    check(0 < len(buttons) <= 100 and all(0 < len(row) <= 8 for row in markup["inline_keyboard"]), "BUTTONS_TOO_MUCH")
    choices, link = [], ""
    for button in buttons:
        check(isinstance(button.get("text"), str) and button["text"].strip() != "", "BUTTON_TEXT_EMPTY")
        check(len(set(button) - {"text"}) == 1, "Text buttons are unallowed in the inline keyboard")
        if "url" in button:
            check(re.match(r"https?://[^/\s]+\.[^/\s]+", button["url"]) is not None, "BUTTON_URL_INVALID")
            link = button["url"]
        else:
            data = button.get("callback_data", "")
            check(1 <= len(data.encode()) <= 64, "BUTTON_DATA_INVALID")
            choices.append((button["text"], data))
    return tuple(choices), link, False


def reply_keyboard(markup: Mapping[str, Any]) -> tuple[tuple[tuple[str, str], ...], str, bool]:
    check(not only(markup, "keyboard", "resize_keyboard", "one_time_keyboard"), "reply markup is not valid")
    keys = [key for row in markup["keyboard"] for key in row]
    check(bool(keys) and all(key.get("text", "").strip() for key in keys), "keyboard button text is empty")
    asks = [key for key in keys if key.get("request_contact") is True]
    return tuple((key["text"], "") for key in keys if key not in asks), "", bool(asks)


def commands(body: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """The commands of a legal setMyCommands."""
    check(not only(body, "commands", "scope", "language_code"), "unknown parameter")
    listed = body.get("commands")
    check(isinstance(listed, list) and 0 < len(listed) <= 100, "BOT_COMMANDS_TOO_MUCH")
    check(
        body.get("scope", {"type": "default"}).get("type") in ("default", "all_private_chats"),
        "unsupported scope specified",
    )
    language(body)
    for one in listed or ():
        check(set(one) == {"command", "description"}, "can't parse BotCommand")
        check(re.fullmatch(r"[a-z0-9_]{1,32}", one["command"]) is not None, "BOT_COMMAND_INVALID")
        check(1 <= units(one["description"]) <= 256, "BOT_COMMAND_DESCRIPTION_INVALID")
    return tuple((one["command"], one["description"]) for one in listed or ())


def words(body: Mapping[str, Any], field: str, most: int) -> str:
    """The words of a legal setMyDescription or setMyShortDescription."""
    check(not only(body, field, "language_code"), "unknown parameter")
    text = body.get(field, "")
    check(isinstance(text, str) and units(text) <= most, f"{field} is too long")
    language(body)
    return str(text)


def language(body: Mapping[str, Any]) -> str:
    code = body.get("language_code", "")
    check(re.fullmatch(r"|[a-z]{2}", code) is not None, "LANG_CODE_INVALID")
    return str(code)


class Rates:
    """How fast messages may come: a bucket for each chat, and a second for all."""

    def __init__(self) -> None:
        self._full_at: dict[str, float] = {}
        self._last: deque[float] = deque()

    def take(self, user_id: str, now: float) -> None:
        while self._last and self._last[0] <= now - 1:
            self._last.popleft()
        wait = self._full_at.get(user_id, now) - (CHAT_BURST - 1) - now
        if wait > 0 or len(self._last) >= OVERALL:
            seconds = max(1, math.ceil(wait))
            raise refusal(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds)
        self._last.append(now)
        self._full_at[user_id] = max(self._full_at.get(user_id, now), now) + 1
