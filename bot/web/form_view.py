"""The one-page form as its template shows it: what to fill in, what was typed, what is wrong with it."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from bot.dialog.drives import booked_at, facts, registrable
from bot.dialog.mine import current
from bot.dialog.registration_page import FIELDS, Fault
from bot.dialog.saying import language, words
from bot.dialog.steps_place import earliest_note
from bot.dialog.talk import Talk
from bot.dialog.wording import clock, local_day, long_day, plain_date, spoken_phone
from bot.domain.drives import Drive
from bot.domain.registrations import Registration, spoken_ticket
from bot.domain.units import Unit

PAGE_ORDER = ("name", "birth_date", "phone", "unit", "slot", "dangerous_work", "consent", "consent_reminder")
UNITS_OFFERED = 8
LONGEST_FIELD = 200


@dataclass(frozen=True, slots=True)
class SlotCard:
    """One time to pick."""

    id: int
    time: str
    places: int


@dataclass(frozen=True, slots=True)
class DriveCard:
    """One drive with its times."""

    name: str
    day: str
    hours: str
    place: str
    note: str
    slots: tuple[SlotCard, ...]


@dataclass(frozen=True, slots=True)
class Ticket:
    """A place this person holds."""

    code: str
    drive: str
    when: str
    place: str
    safety: str
    dangerous_work: bool


@dataclass(frozen=True, slots=True)
class FormView:
    """Everything the template needs. `typed` are the values in the fields, as text."""

    organiser: str
    channel: str
    typed: Mapping[str, str] = field(repr=False)
    faults: Mapping[str, str]
    drives: tuple[DriveCard, ...]
    candidates: tuple[Unit, ...]
    tickets: tuple[Ticket, ...]
    nonce: str


def form_view(talk: Talk, typed: Mapping[str, str], faults: Mapping[str, Fault], nonce: str) -> FormView:
    """The page for this person now."""
    told = {name: words(talk, fault.reason, **fault.values) for name, fault in faults.items()}
    several = "unit" in faults and faults["unit"].reason == "registration.unit.several"
    found = talk.catalogue.units.search(typed.get("unit", ""), UNITS_OFFERED) if several else []
    return FormView(
        organiser=talk.catalogue.organiser or words(talk, "registration.organiser"),
        channel=words(talk, f"channel.{talk.dossier.address.channel}"),
        typed=defaultdict(str, typed),
        faults={name: told[name] for name in PAGE_ORDER if name in told},
        drives=tuple(_drive_card(talk, drive) for drive in registrable(talk)),
        candidates=tuple(found),
        tickets=tickets(talk),
        nonce=nonce,
    )


def known_answers(talk: Talk) -> dict[str, str]:
    """What we know already, as text for the fields. The two consents are never among it: they begin empty."""
    conversation, person = talk.dossier.conversation, talk.dossier.person
    known: dict[str, Any] = dict(conversation.form.answers) if conversation.form else {}
    if person is not None:
        known = {
            "name": person.name,
            "birth_date": person.birth_date,
            "phone": person.phone,
            "unit_id": person.unit_id,
        } | known
    typed = {"name": known.get("name", "")}
    if born := known.get("birth_date"):
        typed["birth_date"] = plain_date(born if isinstance(born, date) else date.fromisoformat(born), "vi")
    if phone := known.get("phone"):
        typed["phone"] = spoken_phone(phone)
    if "unit_id" in known:
        unit = talk.catalogue.units.get(known["unit_id"]) if known["unit_id"] else None
        typed |= {"unit": unit.name} if unit else {}
        typed |= {"unit_none": "on"} if known["unit_id"] is None else {}
    if known.get("dangerous_work") is not None:
        typed["dangerous_work"] = "yes" if known["dangerous_work"] else "no"
    if slot := known.get("slot_id"):
        typed["slot"] = str(slot)
    return typed


def page_answers(typed: Mapping[str, str]) -> dict[str, str]:
    """The fields of the page as the dialogue reads them: one `unit`, whichever way it was told."""
    answers = {name: typed[name] for name in FIELDS if name in typed}
    if typed.get("unit_none"):
        answers["unit"] = "none"
    elif typed.get("unit_pick"):
        answers["unit"] = typed["unit_pick"]
    return answers


def tickets(talk: Talk) -> tuple[Ticket, ...]:
    """The places this person holds at drives to come."""
    return tuple(_ticket(talk, registration) for registration in current(talk))


def _ticket(talk: Talk, registration: Registration) -> Ticket:
    drive, zone, spoken = talk.catalogue.drive(registration.drive_id), talk.catalogue.zone, language(talk)
    at = registration.slot_starts_at
    return Ticket(
        code=spoken_ticket(registration.ticket),
        drive=drive.name if drive else "",
        when=f"{clock(at, zone)}, {long_day(at, zone, spoken)}",
        place=str(facts(talk, drive)["place"]) if drive else "",
        safety=words(talk, "safety.covid", date=plain_date(local_day(at, zone), spoken)),
        dangerous_work=registration.dangerous_work,
    )


def holds_place(talk: Talk, drive_id: int) -> bool:
    return booked_at(talk, drive_id) is not None


def _drive_card(talk: Talk, drive: Drive) -> DriveCard:
    told, zone = facts(talk, drive), talk.catalogue.zone
    slots = (slot for slot in drive.slots if slot.starts_at > talk.now)
    return DriveCard(
        name=drive.name,
        day=str(told["day"]),
        hours=f"{clock(drive.starts_at, zone)}–{clock(drive.ends_at, zone)}",
        place=str(told["place"]),
        note=earliest_note(talk, drive),
        slots=tuple(SlotCard(slot.id, clock(slot.starts_at, zone), slot.places_left) for slot in slots),
    )
