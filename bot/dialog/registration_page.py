"""The same form on one page: every field through the validators of the chat, all faults at once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from bot.dialog.ages import refusal, refusal_of_typed
from bot.dialog.form_answers import answers_of, donation_day, place_of
from bot.dialog.steps import Missed
from bot.dialog.talk import Talk
from bot.dialog.wording import local_day
from bot.domain.contacts import Person
from bot.understanding.answers import Miss, read_birth_date, read_name, read_phone, read_yes_no
from bot.understanding.folding import fold

FIELDS = ("consent", "consent_reminder", "reuse", "name", "birth_date", "phone", "unit", "dangerous_work", "slot")
"""The fields of the page, in order. `unit` is an id, typed text, or "none"; `slot` is an id and implies the drive;
`reuse` is ticked by somebody we know, and then what we hold stands in for the four fields about the person."""

ABOUT_PERSON = ("name", "birth_date", "phone", "unit")

_TICKED = frozenset(("on", "true", "1"))
Fault = Missed
"""A field that cannot be taken: `reason` is a text id, `values` fill it."""


@dataclass(frozen=True, slots=True)
class PageResult:
    """What the page held: answers as the form keeps them, and faults by field. Only without faults it is complete."""

    values: Mapping[str, Any] = field(repr=False)
    faults: Mapping[str, Fault]


def check_page(talk: Talk, answers: Mapping[str, str]) -> PageResult:
    """Check every field of the page. Pure: the web page and `respond` ask the same."""
    values: dict[str, Any] = {}
    faults: dict[str, Fault] = {}
    held = reused(talk, answers)
    for name in reversed(FIELDS):
        if held is not None and name in ABOUT_PERSON:
            taken = _held(talk, held, name, values)
        else:
            taken = _CHECKS[name](talk, answers.get(name, "").strip(), values)
        if isinstance(taken, Missed):
            faults[name] = taken
        else:
            values.update(taken)
    return PageResult(values, {name: faults[name] for name in FIELDS if name in faults})


def reused(talk: Talk, answers: Mapping[str, str]) -> Person | None:
    """Whose data stand in for the fields about the person; None when they are to be typed."""
    return talk.dossier.person if _says_yes(answers.get("reuse", "").strip()) else None


_Taken = Mapping[str, Any] | Fault


def _says_yes(text: str) -> bool | None:
    return True if text.lower() in _TICKED else read_yes_no(text)


def _held(talk: Talk, person: Person, name: str, values: Mapping[str, Any]) -> _Taken:
    """What we hold passed these checks before; only the age is another on the day of another drive."""
    refused = refusal(talk, person.birth_date, _day(talk, values)) if name == "birth_date" else None
    return refused or answers_of(person)


def _reuse(talk: Talk, text: str, values: Mapping[str, Any]) -> _Taken:
    return {}


def _consent(talk: Talk, text: str, values: Mapping[str, Any]) -> _Taken:
    if not _says_yes(text):
        return Fault("registration.consent.missing")
    return {"consent": talk.catalogue.words.wording("consent.registration")}


def _reminder(talk: Talk, text: str, values: Mapping[str, Any]) -> _Taken:
    return {"reminder": talk.catalogue.words.wording("consent.reminder") if _says_yes(text) else ""}


def _name(talk: Talk, text: str, values: Mapping[str, Any]) -> _Taken:
    name = read_name(text)
    return Fault(f"registration.name.{name.reason}") if isinstance(name, Miss) else {"name": name}


def _birth_date(talk: Talk, text: str, values: Mapping[str, Any]) -> _Taken:
    day = _day(talk, values)
    born = read_birth_date(text, day)
    if not isinstance(born, Miss):
        return refusal(talk, born, day) or {"birth_date": born.isoformat()}
    if born.reason in ("under-age", "over-age"):
        return refusal_of_typed(talk, text, day, born.reason)
    return Fault(f"registration.birth-date.{born.reason}")


def _day(talk: Talk, values: Mapping[str, Any]) -> date:
    """The day of the drive; the slot has been checked before the birth date."""
    place = place_of(talk, values)
    return local_day(place.drive.starts_at, talk.catalogue.zone) if place else donation_day(talk, values)


def _phone(talk: Talk, text: str, values: Mapping[str, Any]) -> _Taken:
    phone = read_phone(text)
    return Fault(f"registration.phone.{phone.reason}") if isinstance(phone, Miss) else {"phone": phone}


def _unit(talk: Talk, text: str, values: Mapping[str, Any]) -> _Taken:
    if text == "none":
        return {"unit_id": None}
    if not text:
        return Fault("registration.unit.missing")
    units = talk.catalogue.units
    if text.isdecimal() and len(text) <= 18:
        unit = units.get(int(text))
        return {"unit_id": unit.id} if unit else Fault("registration.unit.none-found")
    found = units.search(text, 8)
    same = [unit for unit in found if fold(unit.name) == fold(text)] or found
    if len(same) == 1:
        return {"unit_id": same[0].id}
    if not found:
        return Fault("registration.unit.none-found")
    return Fault("registration.unit.several", {"list": "\n".join(f"• {unit.name}" for unit in found)})


def _work(talk: Talk, text: str, values: Mapping[str, Any]) -> _Taken:
    answer = _says_yes(text)
    return Fault("registration.dangerous-work.unclear") if answer is None else {"dangerous_work": answer}


def _slot(talk: Talk, text: str, values: Mapping[str, Any]) -> _Taken:
    slot_id = int(text) if text.isdecimal() and len(text) <= 18 else 0
    found = talk.catalogue.slot(slot_id)
    if found is None:
        return Fault("registration.slot.unclear")
    drive, slot = found
    if not drive.takes(slot, talk.now):
        return Fault("registration.slot-gone")
    return {"drive_id": drive.id, "slot_id": slot.id}


_CHECKS: Mapping[str, Callable[[Talk, str, Mapping[str, Any]], _Taken]] = {
    "consent": _consent,
    "consent_reminder": _reminder,
    "reuse": _reuse,
    "name": _name,
    "birth_date": _birth_date,
    "phone": _phone,
    "unit": _unit,
    "dangerous_work": _work,
    "slot": _slot,
}
