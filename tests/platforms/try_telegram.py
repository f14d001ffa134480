"""A Telegram to try without an account: a strict Bot API on loopback, and this terminal is the person's phone."""

import argparse
import asyncio
import sys
import textwrap
import time
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from tests.platforms.server import Sent
from tests.platforms.telegram import FakeTelegram

PORT = 8081
USER = 520000001
QUIET = 2.5
"""Seconds without a further message after which a piped line counts as answered."""

PATIENCE = 20.0
HELP = """\
Type as a person types. Besides:
  >2 or >Đồng ý      taps a button, by its number or how its label begins
  +0912345678        shares one's own number with the phone button
  !edit WORDS        changes the last message      !photo WORDS   sends a picture with words under it
  !block, !unblock   blocks the bot, and back      !quit          ends (so does Ctrl+D)
"""


class Phone(FakeTelegram):
    """One person's phone: what the bot sends appears on it, what is typed goes to the bot when it polls."""

    def __init__(self) -> None:
        super().__init__(now=datetime.now(UTC), seconds=time.monotonic)
        self.polled = asyncio.Event()
        self.news = asyncio.Event()

    async def answer(self, request: web.Request, body: Any) -> Any:
        if request.path.endswith("/getUpdates"):
            self.polled.set()
        return await super().answer(request, body)

    def _deliver(self, body: Any, text: str, image: str = "") -> dict[str, Any]:
        taken = super()._deliver(body, text, image)
        say(on_screen(self.sent[-1]))
        self.news.set()
        return taken

    def type(self, line: str) -> str:
        """Do what a line says; returns what cannot be done, or ""."""
        self.now = datetime.now(UTC)
        sign, rest = line[:1], line[1:].strip()
        if sign == ">":
            return self._tap(rest)
        if sign == "+" and rest.isdigit():
            number = f"84{rest[1:]}" if rest.startswith("0") else rest  # as Telegram gives it: no plus, no nought
            contact = {"phone_number": number, "first_name": "Thử", "last_name": "Người", "user_id": USER}
            self._post("message", contact=contact)
        elif sign == "!":
            return self._special(*rest.partition(" ")[::2])
        else:
            self._post("message", text=line)
        return ""

    def _post(self, kind: str, **fields: Any) -> None:
        self.queue(self.update(kind, {**self._message(USER), **fields}))

    def _tap(self, wanted: str) -> str:
        asked = next((message for message in reversed(self.sent) if message.choices), None)
        choices = asked.choices if asked else ()
        found = [one for number, one in enumerate(choices, 1) if wanted in (str(number), one[0][: len(wanted)])]
        if not wanted or not found:
            return "there is no such button"
        label, payload = found[0]
        if payload:
            self.queue(self.press(USER, payload, asked))
        else:  # a key beside the phone button types its own words
            self._post("message", text=label)
        return ""

    def _special(self, word: str, words: str) -> str:
        match word:
            case "edit":
                self._post("edited_message", text=words, edit_date=int(self.now.timestamp()))
            case "photo":
                self._post("message", photo=[{"file_id": "x"}], **({"caption": words} if words else {}))
            case "block" | "unblock":
                self._post("my_chat_member", new_chat_member={"status": "kicked" if word == "block" else "member"})
                (self.blocked.add if word == "block" else self.blocked.discard)(str(USER))
            case _:
                return "!edit, !photo, !block, !unblock or !quit"
        return ""


def say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


def on_screen(message: Sent) -> str:
    """A message as a phone shows it, narrow, with its buttons below."""
    lines = [part for line in message.text.splitlines() for part in textwrap.wrap(line, 72) or [""]]
    buttons = [f"[{number}] {label}" for number, (label, _) in enumerate(message.choices, 1)]
    extra = [f"(picture: {message.image})"] if message.image else []
    extra += [f"(opens: {message.link})"] if message.link else []
    extra += ["(button: share my number, type +09…)"] if message.asks_phone else []
    shown = textwrap.wrap("   ".join(button.replace(" ", "\u00a0") for button in buttons), 72)
    return "\n".join(f"  bot │ {line}" for line in [*lines, *extra, *shown])


async def converse(phone: Phone) -> None:
    """Lines from the terminal until it ends. Piped ones wait for their answer, as a person would."""
    at_terminal = sys.stdin.isatty()
    while line := await asyncio.to_thread(sys.stdin.readline):
        words = line.strip()
        if words == "!quit":
            return
        if not words or words.startswith("//"):
            continue
        if not at_terminal:
            say(f"\n  you │ {words}")
        phone.news.clear()
        if trouble := phone.type(words):
            say(f"      ! {trouble}")
        elif not at_terminal:
            await _answered(phone)


async def _answered(phone: Phone) -> None:
    wait = PATIENCE
    while True:
        try:
            async with asyncio.timeout(wait):
                await phone.news.wait()
        except TimeoutError:
            return
        phone.news.clear()
        wait = QUIET


async def main(port: int) -> None:
    phone = Phone()
    phone.port = port
    async with phone:
        say(f"A Telegram on {phone.base_url}. Start the bot in another terminal, in this folder:\n")
        say(f"  TELEGRAM_BOT_TOKEN={phone.token} TELEGRAM_MODE=polling \\")
        say(f"  TELEGRAM_API_BASE={phone.base_url} make run\n\n{HELP}")
        await phone.polled.wait()
        say("The bot is there. Begin with /start\n")
        await converse(phone)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=PORT, help=f"the port to listen on ({PORT})")
    try:
        asyncio.run(main(parser.parse_args().port))
    except KeyboardInterrupt:
        say("")
