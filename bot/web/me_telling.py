"""How a person's own data are told: words, days and moments of their language; and the lines of the talk."""

from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from bot.dialog.payloads import parse
from bot.dialog.talk import Words
from bot.dialog.wording import clock, local_day, plain_date
from bot.storage.personal_messages import HeldMessage

WITH_WORDS = ("said", "pressed")


@dataclass(frozen=True, slots=True)
class Telling:
    """The words, the language and the local time of one page."""

    words: Words
    language: str
    zone: ZoneInfo

    def text(self, text_id: str, **values: object) -> str:
        return self.words.text(f"page.me.{text_id}", self.language, values)

    def known(self, kind: str, name: str | None) -> str:
        """One of our own words in the person's language; a word without a translation stays as it is."""
        if not name:
            return ""
        return self.text(f"{kind}.{name}") if self.words.has(f"page.me.{kind}.{name}") else name

    def channel(self, kind: str | None) -> str:
        """A platform's name; on this page the web chat is not "this page"."""
        if not kind or self.words.has(f"page.me.channel.{kind}"):
            return self.known("channel", kind)
        return self.words.text(f"channel.{kind}", self.language)

    def moment(self, at: datetime | str | None) -> str:
        if not at:
            return ""
        moment = datetime.fromisoformat(at) if isinstance(at, str) else at
        return f"{clock(moment, self.zone)}, {plain_date(local_day(moment, self.zone), self.language)}"

    def day(self, told: str | None) -> str:
        """A date as people write it; what is none (a value no key opens) stays as it is."""
        try:
            return plain_date(date.fromisoformat(told), self.language) if told else ""
        except ValueError:
            return told or ""


@dataclass(frozen=True, slots=True)
class Line:
    """One message: by `you`, `bot` or `staff`."""

    by: str
    at: str
    channel: str
    text: str = field(repr=False)
    quiet: bool = False
    state: str = ""
    choices: tuple[str, ...] = field(default=(), repr=False)


def lines(messages: Sequence[HeldMessage], telling: Telling, labels: MutableMapping[str, str]) -> list[Line]:
    """Messages in order of time as people read them. A tap stands there with the words of its button.

    Args:
        labels: words by payload of the choices offered so far; grows.
    """
    for message in messages:
        labels.update({payload: label for label, payload in message.choices})
    return [_line(message, telling, labels) for message in messages]


def _line(message: HeldMessage, telling: Telling, labels: MutableMapping[str, str]) -> Line:
    at, channel = telling.moment(message.at), telling.channel(message.channel)
    if message.from_us:
        by = "bot" if message.ours and message.kind != "staff" else "staff"
        state = "" if message.state in ("", "sent") else telling.known("message", message.state)
        return Line(
            by, at, channel, message.text or "", state=state, choices=tuple(label for label, _ in message.choices)
        )
    text = labels.get(message.text or "", message.text)
    if text and not (message.kind == "pressed" and parse(text)):
        return Line("you", at, channel, text)
    told = "words-gone" if text is None and message.kind in WITH_WORDS else f"event.{message.kind}"
    known = told if telling.words.has(f"page.me.{told}") else "event.other"
    return Line("you", at, channel, telling.text(known), quiet=True)
