"""The one-page form as its template shows it: what to fill in, what was typed, what is wrong with it."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.dialog.drives import booked_at, facts, registrable
from bot.dialog.mine import current
from bot.dialog.references import meant
from bot.dialog.registration_page import FIELDS, Fault, reused
from bot.dialog.saying import language, safety_note, words
from bot.dialog.steps_place import earliest_note
from bot.dialog.talk import Talk
from bot.dialog.wording import clock, long_day, slot_time
from bot.domain.contacts import Person
from bot.domain.drives import Drive, Slot
from bot.domain.registrations import Registration, spoken_ticket
from bot.domain.units import Unit

PAGE_ORDER = ("reuse", "name", "birth_date", "phone", "unit", "slot", "dangerous_work", "consent", "consent_reminder")
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
    """Everything the template needs. `typed` are the values in the fields, as text; `known` is who we know, masked."""

    organiser: str
    channel: str
    typed: Mapping[str, str] = field(repr=False)
    faults: Mapping[str, str]
    drives: tuple[DriveCard, ...]
    candidates: tuple[Unit, ...]
    known: str
    nonce: str


def form_view(talk: Talk, typed: Mapping[str, str], faults: Mapping[str, Fault], nonce: str) -> FormView:
    """The page for this person now."""
    told = {name: words(talk, fault.reason, **fault.values) for name, fault in faults.items()}
    if "birth_date" in told and reused(talk, typed):
        told["reuse"] = told.pop("birth_date")
    several = "unit" in faults and faults["unit"].reason == "registration.unit.several"
    found = talk.catalogue.units.search(typed.get("unit", ""), UNITS_OFFERED) if several else []
    return FormView(
        organiser=talk.catalogue.organiser or words(talk, "registration.organiser"),
        channel=words(talk, f"channel.{talk.dossier.address.channel}"),
        typed=defaultdict(str, typed),
        faults={name: told[name] for name in PAGE_ORDER if name in told},
        drives=tuple(_drive_card(talk, drive) for drive in _by_poster_first(talk)),
        candidates=tuple(found),
        known=masked(talk.dossier.person) if talk.dossier.person else "",
        nonce=nonce,
    )


def _by_poster_first(talk: Talk) -> list[Drive]:
    """The drive of the poster that led here stands above the others."""
    wanted = meant(talk, talk.dossier.conversation.ref)
    return sorted(registrable(talk), key=lambda drive: wanted is None or drive != wanted.drive)


def begun(talk: Talk) -> dict[str, str]:
    """What the first look shows as chosen: a time picked in the chat, the unit printed on the poster that led here.

    Whoever holds the link sees this page, so nothing about the person is in it, known or typed elsewhere.
    """
    form = talk.dossier.conversation.form
    slot = form.answers.get("slot_id") if form else None
    wanted = meant(talk, talk.dossier.conversation.ref)
    unit = talk.catalogue.units.get(wanted.unit_id) if wanted and wanted.unit_id is not None else None
    return ({"slot": str(slot)} if slot else {}) | ({"unit": unit.name} if unit else {})


def masked(person: Person) -> str:
    """A person as they recognise themselves and nobody else does: initials and the phone's last digits."""
    initials = " ".join(f"{word[0].upper()}." for word in person.name.split())
    return f"{initials}, …{person.phone[-3:]}"


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
        when=f"{slot_time(talk.catalogue.words, at, zone, spoken)}, {long_day(at, zone, spoken)}",
        place=str(facts(talk, drive)["place"]) if drive else "",
        safety=safety_note(talk, at),
        dangerous_work=registration.dangerous_work,
    )


def holds_place(talk: Talk, drive_id: int) -> bool:
    return booked_at(talk, drive_id) is not None


def _time(talk: Talk, slot: Slot) -> str:
    return slot_time(talk.catalogue.words, slot.starts_at, talk.catalogue.zone, language(talk))


def _drive_card(talk: Talk, drive: Drive) -> DriveCard:
    told, zone = facts(talk, drive), talk.catalogue.zone
    slots = (slot for slot in drive.slots if slot.starts_at > talk.now)
    return DriveCard(
        name=drive.name,
        day=str(told["day"]),
        hours=f"{clock(drive.starts_at, zone)}–{clock(drive.ends_at, zone)}",
        place=str(told["place"]),
        note=earliest_note(talk, drive),
        slots=tuple(SlotCard(slot.id, _time(talk, slot), slot.places_left) for slot in slots),
    )
