"""The form's questions about the person: name, birth date, phone, unit, dangerous work that day."""

from collections.abc import Callable

from bot.dialog.ages import refusal_of_typed
from bot.dialog.form_answers import donation_day
from bot.dialog.payloads import answering
from bot.dialog.saying import choice, say, with_phone_button
from bot.dialog.steps import Ended, Given, Kept, Missed, Shown, Step, Taken, Tapped, yes_or_no
from bot.dialog.talk import Talk
from bot.dialog.turns import Say
from bot.dialog.wording import LABEL, unit_label
from bot.domain.conversations import FormState
from bot.domain.messages import Choice
from bot.domain.units import Unit
from bot.understanding.answers import Miss, read_birth_date, read_name, read_phone
from bot.understanding.folding import fold

UNITS = 8
"""Units offered at once."""


def keep(talk: Talk, form: FormState) -> tuple[Choice, ...]:
    """When a question comes again from the review: leave the old answer as it is."""
    return (choice(talk, "keep", answering(form, "keep")),) if form.returning else ()


def _ask_name(talk: Talk, form: FormState) -> Say:
    return say(talk, "registration.ask-name", *keep(talk, form))


def _take_name(talk: Talk, form: FormState, given: Given) -> Taken:
    if isinstance(given, Tapped):
        return _kept(form, given, "registration.name.unreadable")
    name = read_name(given.text)
    return Missed(f"registration.name.{name.reason}") if isinstance(name, Miss) else Kept({"name": name})


def _kept(form: FormState, given: Tapped, otherwise: str) -> Taken:
    return Kept({}) if given.value == "keep" and form.returning else Missed(otherwise)


def _ask_birth_date(talk: Talk, form: FormState) -> Say:
    return say(talk, "registration.ask-birth-date", *keep(talk, form))


def _take_birth_date(talk: Talk, form: FormState, given: Given) -> Taken:
    if isinstance(given, Tapped):
        return _kept(form, given, "registration.birth-date.unreadable")
    day = donation_day(talk, form.answers)
    born = read_birth_date(given.text, day)
    if not isinstance(born, Miss):
        return Kept({"birth_date": born.isoformat()})
    if born.reason in ("under-age", "over-age"):
        return Ended(refusal_of_typed(talk, given.text, day, born.reason))
    return Missed(f"registration.birth-date.{born.reason}")


def _ask_phone(talk: Talk, form: FormState) -> Say:
    return with_phone_button(say(talk, "registration.ask-phone", *keep(talk, form)))


def _take_phone(talk: Talk, form: FormState, given: Given) -> Taken:
    if isinstance(given, Tapped):
        return _kept(form, given, "registration.phone.unreadable")
    phone = read_phone(given.text)
    return Missed(f"registration.phone.{phone.reason}") if isinstance(phone, Miss) else Kept({"phone": phone})


def _ask_unit(talk: Talk, form: FormState) -> Say:
    return say(talk, "registration.ask-unit", _not_here(talk, form), *keep(talk, form))


def _not_here(talk: Talk, form: FormState) -> Choice:
    return choice(talk, "unit-not-here", answering(form, "none"))


def _take_unit(talk: Talk, form: FormState, given: Given) -> Taken:
    if isinstance(given, Tapped):
        return _tapped_unit(talk, form, given)
    found = talk.catalogue.units.search(given.text, UNITS)
    if not found:
        return Missed("registration.unit.none-found")
    wanted = fold(given.text)
    exact = [unit for unit in found if fold(unit.name) == wanted]
    offered = {c.payload for c in talk.dossier.conversation.offered}
    if len(exact) == 1 or (len(found) == 1 and str(answering(form, found[0].id)) in offered):
        return Kept({"unit_id": (exact or found)[0].id})
    return Shown((_candidates(talk, form, found),))


def _tapped_unit(talk: Talk, form: FormState, given: Tapped) -> Taken:
    if given.value == "none":
        return Kept({"unit_id": None})
    unit = talk.catalogue.units.get(int(given.value)) if given.value.isdecimal() else None
    return Kept({"unit_id": unit.id}) if unit else _kept(form, given, "registration.unit.none-found")


def _candidates(talk: Talk, form: FormState, found: list[Unit]) -> Say:
    """The units found: full names in the text, short ones on the buttons."""
    picks = [
        Choice(label, str(answering(form, unit.id))) for unit, label in zip(found, unit_labels(found), strict=True)
    ]
    text = "\n".join(f"• {unit.name}" for unit in found)
    return say(talk, "registration.pick-unit", *picks, _not_here(talk, form), list=text)


def unit_labels(units: list[Unit]) -> list[str]:
    """A short label for each; where two would read the same, each begins with its number."""
    short = [unit_label(unit.name) for unit in units]
    return [
        label if short.count(label) == 1 else f"{number}. {label}"[:LABEL]
        for number, label in enumerate(short, start=1)
    ]


def _ask_work(talk: Talk, form: FormState) -> Say:
    yes, no = choice(talk, "yes-work", answering(form, "yes")), choice(talk, "no-work", answering(form, "no"))
    return say(talk, "registration.ask-dangerous-work", yes, no)


def _take_work(talk: Talk, form: FormState, given: Given) -> Taken:
    match yes_or_no(given):
        case True:
            return Kept({"dangerous_work": True}, (say(talk, "registration.dangerous-work-rule"),))
        case False:
            return Kept({"dangerous_work": False})
    return Missed("registration.dangerous-work.unclear")


def _is_missing(field: str) -> Callable[[Talk, FormState], bool]:
    return lambda talk, form: field not in form.answers


NAME = Step("name", _is_missing("name"), _ask_name, _take_name, free=True)
BIRTH_DATE = Step("birth", _is_missing("birth_date"), _ask_birth_date, _take_birth_date, free=True)
PHONE = Step("phone", _is_missing("phone"), _ask_phone, _take_phone, free=True)
UNIT = Step("unit", _is_missing("unit_id"), _ask_unit, _take_unit, free=True)
WORK = Step("work", _is_missing("dangerous_work"), _ask_work, _take_work)
