"""The registration form's answers: JSON values in the conversation, typed values here."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from bot.dialog.drives import has_place, registrable
from bot.dialog.saying import words
from bot.dialog.talk import Talk
from bot.dialog.wording import local_day
from bot.domain.consents import ConsentGiven, Purpose
from bot.domain.contacts import Person
from bot.domain.drives import Drive, Slot

Answers = Mapping[str, Any]
"""By field: consent and reminder (the wording agreed to, "" for no), name, birth_date (ISO), phone, unit_id (or None),
dangerous_work, drive_id, slot_id, and reuse (True when the known person's data were taken over)."""


@dataclass(frozen=True, slots=True)
class Place:
    """The drive and slot chosen, still open."""

    drive: Drive
    slot: Slot


def person_of(answers: Answers) -> Person:
    born = date.fromisoformat(answers["birth_date"])
    return Person(answers["name"], born, answers["phone"], answers["unit_id"])


def answers_of(person: Person) -> dict[str, Any]:
    """The person's part of the answers."""
    return {
        "name": person.name,
        "birth_date": person.birth_date.isoformat(),
        "phone": person.phone,
        "unit_id": person.unit_id,
    }


def consents_of(answers: Answers) -> tuple[ConsentGiven, ...]:
    """What was agreed to, each with the wording that was shown."""
    given = ((Purpose.REGISTRATION, answers["consent"]), (Purpose.REMINDER, answers.get("reminder", "")))
    return tuple(ConsentGiven(purpose, wording) for purpose, wording in given if wording)


def drive_of(talk: Talk, answers: Answers) -> Drive | None:
    """The drive chosen, if it is still open and has a place left."""
    drive = talk.catalogue.drive(answers.get("drive_id") or 0)
    return drive if drive is not None and has_place(talk, drive) else None


def place_of(talk: Talk, answers: Answers) -> Place | None:
    """The slot chosen, if it has not begun and still has a place."""
    drive = drive_of(talk, answers)
    slot = drive.slot(answers.get("slot_id") or 0) if drive else None
    if drive is None or slot is None or slot.is_full or slot.starts_at <= talk.now:
        return None
    return Place(drive, slot)


def donation_day(talk: Talk, answers: Answers) -> date:
    """The day that decides about age: the chosen drive's, else the last open drive's."""
    drive = drive_of(talk, answers)
    starts = [d.starts_at for d in ((drive,) if drive else registrable(talk))]
    return local_day(max(starts, default=talk.now), talk.catalogue.zone)


def unit_name(talk: Talk, unit_id: int | None) -> str:
    """The name of a unit, or the words for none."""
    unit = talk.catalogue.units.get(unit_id) if unit_id is not None else None
    return unit.name if unit else words(talk, "registration.no-unit")
