"""Words about a place at a drive: before it, and when something becomes of it."""

from typing import Any

from bot.dialog.payloads import Mine, Payload
from bot.dialog.talk import Words
from bot.dialog.wording import clock, local_day, long_day, plain_date, slot_time
from bot.domain.contacts import Address
from bot.domain.messages import Choice, Link, Location, Message, TicketCard
from bot.domain.registrations import spoken_ticket
from bot.domain.reminders import DRIVE_EVE, stands_alone
from bot.domain.rhythms import quiet_for
from bot.domain.schedule import Anchor
from bot.domain.tickets import map_link
from bot.domain.updates import ChannelKind
from bot.storage.due_facts import DueIntent, HomeRow
from scheduler.parts import Parts

CANCELLED = "drive-cancelled"
SOON = "drive-soon"


def drive_message(intent: DueIntent, home: HomeRow, parts: Parts, language: str) -> Message:
    """What, when, where, ticket; then the site's phone and, close to the day, the drive's COVID-19 note."""
    row, zone, words = intent.row, parts.quiet.zone, parts.words
    said = [words.text(_text_id(intent, parts), language, _facts(row, parts, language))]
    if row.occasion == CANCELLED:
        return Message(said[0], _choices(words, language, ("rebook", Mine("move", row.registration_id))))
    if row.site_phone:
        said.append(words.text("remind.site-phone", language, {"site_phone": row.site_phone}))
    if row.occasion != SOON:
        day = local_day(row.drive_starts_at, zone)
        said.append(words.text(words.safety_note(day), language, {"date": plain_date(day, language)}))
    message = Message("\n\n".join(said), _doings(words, language, row.registration_id))
    return _with_ticket(message, row, home, parts, language) if row.occasion != SOON else message


def drive_values(intent: DueIntent, parts: Parts) -> dict[str, str]:
    """Short facts: templates have narrow places."""
    row, zone = intent.row, parts.quiet.zone
    facts = _facts(row, parts, "vi")
    day = local_day(row.slot_starts_at, zone)
    values = {**{name: str(value) for name, value in facts.items()}, "date": f"{day:%d/%m/%Y}"}
    if _is_change(intent):
        values["change"] = parts.words.text(f"remind.change.{row.occasion}", "vi", facts)
    return values


def _text_id(intent: DueIntent, parts: Parts) -> str:
    """The eve of a slot that gets no message on its day carries the morning's words too."""
    row = intent.row
    quiet = quiet_for(row.rhythm, parts.quiet)
    alone = row.occasion == DRIVE_EVE and stands_alone(parts.schedule(), row.slot_starts_at, quiet)
    return f"remind.{row.occasion}-early" if alone else f"remind.{row.occasion}"


def _facts(row: Any, parts: Parts, language: str) -> dict[str, object]:
    zone = parts.quiet.zone
    was = {}
    if row.was_starts_at is not None:
        was["date"] = (
            f"{clock(row.was_starts_at, zone)}, {long_day(row.was_starts_at, zone, language)}, {row.was_place}"
        )
    return {
        "drive": row.drive,
        "time": slot_time(parts.words, row.slot_starts_at, zone, language),
        "day": long_day(row.slot_starts_at, zone, language),
        "place": f"{row.place}, {row.address}" if row.address else row.place,
        "ticket": spoken_ticket(row.ticket),
        **was,
    }


def _doings(words: Words, language: str, registration: int) -> tuple[Choice, ...]:
    return _choices(
        words, language,
        ("coming", Mine("keep", registration)),
        ("move", Mine("move", registration)),
        ("cancel", Mine("cancel", registration)),
    )  # fmt: skip


def _choices(words: Words, language: str, *of: tuple[str, Payload]) -> tuple[Choice, ...]:
    return tuple(Choice(words.text(f"label.{label}", language), str(payload)) for label, payload in of)


def _with_ticket(message: Message, row: Any, home: HomeRow, parts: Parts, language: str) -> Message:
    """The ticket is what people show at the door, so it stands where they look last."""
    address = Address(home.id, home.account_id, ChannelKind(home.kind), home.user_id, home.contact_id)
    zone = parts.quiet.zone
    when = f"{clock(row.slot_starts_at, zone)}, {long_day(row.slot_starts_at, zone, language)}"
    page, picture = parts.ticket_links(address, row.ticket)
    link = Link(parts.words.text("label.ticket-page", language), page) if page else None
    card = TicketCard(spoken_ticket(row.ticket), row.drive, when, row.place, link, picture)
    on_map = Link(parts.words.text("label.map", language), map_link(row.place, row.address))
    return Message(message.text, message.choices, ticket=card, location=Location(row.place, row.address, on_map))


def _is_change(intent: DueIntent) -> bool:
    return intent.facts is not None and intent.facts.reminder.anchor is Anchor.CHANGE
