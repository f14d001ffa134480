"""From a due intent to the message a person reads."""

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from bot.dialog.payloads import Go, Mine, Payload
from bot.dialog.talk import Words
from bot.dialog.wording import clock, local_day, long_day, plain_date
from bot.domain.donations import Component, Donation, Intervals, next_on
from bot.domain.messages import Choice, Message
from bot.domain.quiet_hours import QuietHours
from bot.domain.reach import RoutePlan
from bot.domain.registrations import spoken_ticket
from bot.domain.reminders import Occasion, morning_at
from bot.domain.templates import as_read, call_for
from bot.storage.due_intents import DueIntent
from scheduler.parts import Parts

SHORT_NAME = 30


def render(intent: DueIntent, words: Words, language: str, intervals: Intervals, quiet: QuietHours) -> Message:
    """The words of an occasion in the person's language, with its choices."""
    if intent.facts.occasion is Occasion.NEXT_DONATION:
        return _next_donation(intent.row, words, language, intervals)
    return _drive(intent, words, language, quiet)


def render_template(intent: DueIntent, route: RoutePlan, parts: Parts, language: str) -> Message:
    """The same news in the platform's approved words; the text is for our own records.

    Raises:
        BadParam: a value does not fit; nothing is sent shortened against its rule.
        KeyError: we have no such form.
    """
    approved = route.template
    if approved is None:
        raise KeyError(route.kind)
    form, row = parts.forms[f"{approved.name}@{approved.channel}"], intent.row
    name = parts.ring.open(row.name_sealed, "contacts.name").decode() if row.name_sealed else ""
    phone = parts.ring.open(row.phone_sealed, "contacts.phone").decode() if row.phone_sealed else ""
    values = {"short_name": _short(name) or _anybody(parts.words, language), **_values(intent, parts)}
    call = call_for(form, approved, values, route.kind, phone)
    return Message(as_read(form, values, approved.language), template=call)


def _values(intent: DueIntent, parts: Parts) -> dict[str, str]:
    """Short facts: templates have narrow places."""
    row, zone = intent.row, parts.quiet.zone
    if intent.facts.occasion is Occasion.NEXT_DONATION:
        day = next_on(Donation(row.given_on, Component(row.component)), parts.intervals)
        return {"next_date": f"{day:%d/%m/%Y}", "last_date": f"{row.given_on:%d/%m/%Y}"}
    facts = _facts(row, zone, "vi")
    day = local_day(row.slot_starts_at, zone)
    return {**{name: str(value) for name, value in facts.items()}, "date": f"{day:%d/%m/%Y}"}


def _short(name: str) -> str:
    """The whole name where it is short, else its last two words: in Vietnamese the given name ends it."""
    return name if len(name) <= SHORT_NAME else " ".join(name.split()[-2:])


def _anybody(words: Words, language: str) -> str:
    return words.text("remind.anybody", language)


def _drive(intent: DueIntent, words: Words, language: str, quiet: QuietHours) -> Message:
    """What, when, where, ticket; then the site's phone and the drive's COVID-19 note."""
    row, zone = intent.row, quiet.zone
    parts = [words.text(_drive_text(intent, quiet), language, _facts(row, zone, language))]
    if row.site_phone:
        parts.append(words.text("remind.site-phone", language, {"site_phone": row.site_phone}))
    day = local_day(row.drive_starts_at, zone)
    parts.append(words.text(words.safety_note(day), language, {"date": plain_date(day, language)}))
    registration = row.registration_id
    choices = (
        _choice(words, language, "coming", Mine("keep", registration)),
        _choice(words, language, "move", Mine("move", registration)),
        _choice(words, language, "cancel", Mine("cancel", registration)),
    )
    return Message("\n\n".join(parts), choices)


def _drive_text(intent: DueIntent, quiet: QuietHours) -> str:
    """The eve of an early slot carries the morning's words too."""
    alone = intent.facts.occasion is Occasion.DRIVE_EVE and morning_at(intent.row.slot_starts_at, quiet) is None
    return "remind.drive-eve-early" if alone else f"remind.{intent.facts.occasion}"


def _facts(row: Any, zone: ZoneInfo, language: str) -> dict[str, object]:
    return {
        "drive": row.drive,
        "time": clock(row.slot_starts_at, zone),
        "day": long_day(row.slot_starts_at, zone, language),
        "place": f"{row.place}, {row.address}" if row.address else row.place,
        "ticket": spoken_ticket(row.ticket),
    }


def _next_donation(row: Any, words: Words, language: str, intervals: Intervals) -> Message:
    given_on: date = row.given_on
    day = next_on(Donation(given_on, Component(row.component)), intervals)
    values = {"date": plain_date(day, language), "last_on": plain_date(given_on, language)}
    choices = (
        _choice(words, language, "drives", Go("drives")),
        _choice(words, language, "register", Go("register")),
        _choice(words, language, "menu", Go("menu")),
    )
    return Message(words.text("remind.next-donation", language, values), choices)


def _choice(words: Words, language: str, label: str, payload: Payload) -> Choice:
    return Choice(words.text(f"label.{label}", language), str(payload))
