"""What the bot says: one neutral message, before any channel has fitted it to its limits."""

from dataclasses import dataclass
from typing import Any, Self

from bot.domain.changing import replace


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing a person can tap. `payload` comes back in a `Pressed` event (at most 60 ASCII bytes)."""

    label: str
    payload: str


@dataclass(frozen=True, slots=True)
class Link:
    """A web address a person can open, with the words on its button."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Message:
    """Text with at most one link, one image and a menu of choices.

    Args:
        text: plain text, NFC, never markup.
        choices: the menu, in order; empty when nothing is asked.
        link: shown as a button where the channel has them, else as text.
        image: public URL of a picture.
        ask_phone: the channel may offer its own "share my phone number" button.
    """

    text: str
    choices: tuple[Choice, ...] = ()
    link: Link | None = None
    image: str | None = None
    ask_phone: bool = False

    def with_choices(self, choices: tuple[Choice, ...]) -> Self:
        return replace(self, choices=choices)

    def to_json(self) -> dict[str, Any]:
        """A plain dict for the outbox; `from_json` is its inverse."""
        body: dict[str, Any] = {"text": self.text}
        if self.choices:
            body["choices"] = [[choice.label, choice.payload] for choice in self.choices]
        if self.link:
            body["link"] = [self.link.label, self.link.url]
        if self.image:
            body["image"] = self.image
        if self.ask_phone:
            body["ask_phone"] = True
        return body

    @classmethod
    def from_json(cls, body: dict[str, Any]) -> Self:
        link = body.get("link")
        return cls(
            text=body["text"],
            choices=tuple(Choice(label, payload) for label, payload in body.get("choices", ())),
            link=Link(*link) if link else None,
            image=body.get("image"),
            ask_phone=bool(body.get("ask_phone")),
        )
