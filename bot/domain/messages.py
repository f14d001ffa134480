"""What the bot says: one neutral message, before any channel has fitted it to its limits."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Self

from bot.domain.cards import Link, Location, TicketCard
from bot.domain.changing import replace

__all__ = ["Choice", "Link", "Location", "Manner", "Message", "TemplateCall", "TicketCard"]


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing a person can tap. `payload` comes back in a `Pressed` event (at most 60 ASCII bytes)."""

    label: str
    payload: str


@dataclass(frozen=True, slots=True)
class TemplateCall:
    """A message in words that the platform has approved; only its parameters are ours.

    Args:
        name: the template's name in our registry (`content/templates/`).
        template_id: the platform's id or name of it.
        params: parameter name → words, checked against the approved form.
        by: `uid` (Zalo, to the person's id on the OA), `phone` (Zalo, to a phone number), `page` (Messenger).
        phone: +84…, for `phone` only.
        language: of the approved words.
    """

    name: str
    template_id: str
    params: Mapping[str, str] = field(repr=False, hash=False)
    by: str = "uid"
    phone: str = field(default="", repr=False)
    language: str = "vi"


class Manner(StrEnum):
    """In which quality we speak: an answer, a word of our own accord, or a person of staff after the ordinary window."""

    ANSWER = "answer"
    NOTICE = "notice"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class Message:
    """Text with at most one link, one image, a menu of choices, a ticket and a place on the map.

    Args:
        text: plain text, NFC, never markup.
        choices: the menu, in order; empty when nothing is asked.
        link: shown as a button where the channel has them, else as text.
        image: public URL of a picture.
        ask_phone: the channel may offer its own "share my phone number" button.
        template: sent instead of the text, which then only says for our own records what the person reads.
        manner: set by the lane from the route it has judged, never stored: no row can claim to be a person's words.
        ticket: shown at the drive's gate; `fit` makes words, a link and a picture of it.
        location: where something is; `fit` makes words and a link of it.
    """

    text: str
    choices: tuple[Choice, ...] = ()
    link: Link | None = None
    image: str | None = None
    ask_phone: bool = False
    template: TemplateCall | None = None
    manner: Manner = Manner.ANSWER
    ticket: TicketCard | None = None
    location: Location | None = None

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
        if self.template:
            call = self.template
            body["template"] = [call.name, call.template_id, dict(call.params), call.by, call.phone, call.language]
        if self.ticket:
            body["ticket"] = self.ticket.to_json()
        if self.location:
            body["location"] = self.location.to_json()
        return body

    @classmethod
    def from_json(cls, body: dict[str, Any]) -> Self:
        link, template, ticket, location = (body.get(name) for name in ("link", "template", "ticket", "location"))
        return cls(
            text=body["text"],
            choices=tuple(Choice(label, payload) for label, payload in body.get("choices", ())),
            link=Link(*link) if link else None,
            image=body.get("image"),
            ask_phone=bool(body.get("ask_phone")),
            template=TemplateCall(*template) if template else None,
            ticket=TicketCard.from_json(ticket) if ticket else None,
            location=Location.from_json(location) if location else None,
        )
