"""Tickets and places on the map as what every platform takes: words, one link, one picture."""

import unicodedata
from collections.abc import Iterator

from bot.channels.splitting import PARAGRAPH
from bot.domain.cards import Link
from bot.domain.changing import replace
from bot.domain.messages import Message
from bot.domain.platforms import Limits


def unfolded(message: Message, limits: Limits) -> Iterator[Message]:
    """The same message without ticket and location.

    What the words do not say already is written under them. The ticket's picture is a call of its own before the words:
    a platform that cannot fetch it then costs nobody the words. Where calls are counted one by one (`joined`) the
    picture stays on the ticket's page, whose link stands in the words.
    """
    ticket, location = message.ticket, message.location
    if ticket is None and location is None:
        yield message
        return
    if ticket and ticket.picture and not (limits.joined and ticket.page):
        yield Message("", image=ticket.picture)
    facts = (*(ticket.facts if ticket else ()), *(location.facts if location else ()))
    links = _links(message)
    lines = [*_unsaid(message.text, facts), *map(written_link, links[1:])]
    text = PARAGRAPH.join(part for part in (message.text, "\n".join(lines)) if part)
    yield replace(message, text=text, link=links[0] if links else None, ticket=None, location=None)


def written_link(link: Link) -> str:
    """A link in words, where it cannot be a button."""
    return f"{unicodedata.normalize('NFC', link.label)}: {link.url}".removeprefix(": ")


def _links(message: Message) -> list[Link]:
    """The message's own link, the ticket's page, the map; the page shows the map already."""
    page = message.ticket.page if message.ticket else None
    on_map = message.location.map if message.location and page is None else None
    return [link for link in (message.link, page, on_map) if link]


def _unsaid(text: str, facts: tuple[str, ...]) -> list[str]:
    """Facts that the words do not tell, each once."""
    told, missing = unicodedata.normalize("NFC", text), []
    for fact in facts:
        if (plain := unicodedata.normalize("NFC", fact)) not in told:
            missing.append(plain)
            told = f"{told}\n{plain}"
    return missing
