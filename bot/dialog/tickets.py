"""The ticket under the words that confirm a place: its code, its page, its QR code, and where the drive is."""

from datetime import datetime

from bot.dialog.saying import language, words
from bot.dialog.talk import Talk
from bot.dialog.turns import Say
from bot.dialog.wording import long_day, slot_time
from bot.domain.changing import replace
from bot.domain.drives import Drive
from bot.domain.messages import Link, Location, TicketCard
from bot.domain.registrations import spoken_ticket
from bot.domain.tickets import map_link


def with_ticket(talk: Talk, said: Say, ticket: str, drive: Drive, starts_at: datetime) -> Say:
    """The same words with the ticket and the place of its drive."""
    zone = talk.catalogue.zone
    time = slot_time(talk.catalogue.words, starts_at, zone, language(talk))
    when = f"{time}, {long_day(starts_at, zone, language(talk))}"
    page, picture = talk.catalogue.ticket_links(talk.dossier.address, ticket)
    card = TicketCard(
        spoken_ticket(ticket), drive.name, when, drive.place,
        Link(words(talk, "label.ticket-page"), page) if page else None, picture,
    )  # fmt: skip
    on_map = Link(words(talk, "label.map"), map_link(drive.place, drive.address))
    location = Location(drive.place, drive.address, on_map)
    return replace(said, message=replace(said.message, ticket=card, location=location))
