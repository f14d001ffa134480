"""The form's questions about drive and slot, and the review before the confirmation."""

from bot.dialog.ages import refusal
from bot.dialog.drives import MOST, booked_at, facts, has_place, label, line, lines, registrable
from bot.dialog.form_answers import Answers, drive_of, person_of, place_of, unit_name
from bot.dialog.payloads import answering, steering
from bot.dialog.saying import choice, language, say, with_text, words
from bot.dialog.slots import PAGE, pass_choice, slot_label, slot_menu
from bot.dialog.steps import AtOnce, Back, Confirmed, Ended, Given, Kept, Missed, Shown, Step, Taken, Tapped, Typed
from bot.dialog.talk import Talk
from bot.dialog.turns import Say
from bot.dialog.wording import local_day, long_day, plain_date, slot_time, spoken_phone
from bot.domain.conversations import FormState
from bot.domain.drives import Drive
from bot.domain.messages import Choice
from bot.understanding.answers import read_choice, read_yes_no, says_any_time
from bot.understanding.folding import fold

CORRECTABLE = ("name", "birth", "phone", "unit", "work", "drive", "slot")
"""Steps that the review can go back to."""


def earliest_note(talk: Talk, drive: Drive) -> str:
    """To somebody whose interval or deferral ends after the drive: usually not before; the doctor decides. Else ""."""
    known = [day for day in (talk.dossier.next_on, talk.dossier.deferred_until) if day]
    usually = max(known, default=None)
    if usually is None or usually <= local_day(drive.starts_at, talk.catalogue.zone):
        return ""
    return words(talk, "registration.usually-not-before", date=plain_date(usually, language(talk)))


def _ask_drive(talk: Talk, form: FormState) -> Say:
    drives = registrable(talk)[:MOST]
    picks = tuple(Choice(label(talk, drive), str(answering(form, drive.id))) for drive in drives)
    return say(talk, "registration.ask-drive", *picks, list=lines(talk, drives))


def _take_drive(talk: Talk, form: FormState, given: Given) -> Taken:
    drive = _drive_meant(talk, given)
    if drive is not None and booked_at(talk, drive.id):
        return AtOnce(drive.id)
    if drive is None or not has_place(talk, drive):
        return Missed("registration.drive.unclear")
    refused = refusal(talk, person_of(form.answers).birth_date, local_day(drive.starts_at, talk.catalogue.zone))
    return Ended(refused) if refused else Kept({"drive_id": drive.id, "slot_id": None})


def _drive_meant(talk: Talk, given: Given) -> Drive | None:
    if isinstance(given, Tapped):
        return talk.catalogue.drive(int(given.value)) if given.value.isdecimal() else None
    wanted = fold(given.text)
    hits = [d for d in registrable(talk) if wanted and wanted in fold(f"{line(talk, d)} {label(talk, d)}")]
    return hits[0] if len(hits) == 1 else None


def _slot_is_open(talk: Talk, form: FormState) -> bool:
    return place_of(talk, form.answers) is None


def _ask_slot(talk: Talk, form: FormState, page: int = 0) -> Say:
    drive = drive_of(talk, form.answers)
    if drive is None:
        raise ValueError("a slot is only asked for when a drive is chosen")
    passes = pass_choice(talk, drive, lambda slot: answering(form, slot.id))
    menu = slot_menu(
        talk,
        drive.open_slots(talk.now),
        page,
        lambda slot: answering(form, slot.id),
        lambda other: answering(form, f"p{other}"),
        PAGE - len(passes),
    )
    elsewhere = (choice(talk, "other-drive", answering(form, "drive")),) if len(registrable(talk)) > 1 else ()
    text_id = "registration.ask-slot" if menu else "registration.ask-pass"
    said = say(talk, text_id, *menu, *passes, *elsewhere, **facts(talk, drive))
    note = earliest_note(talk, drive)
    return with_text(said, f"{note}\n\n{said.message.text}", said.about) if note and not page else said


def _take_slot(talk: Talk, form: FormState, given: Given) -> Taken:
    if isinstance(given, Typed):
        return _typed_slot(talk, form, given)
    if given.value == "drive":
        return Back("drive")
    if given.value[:1] == "p" and given.value[1:].isdecimal():
        return Shown((_ask_slot(talk, form, int(given.value[1:5])),))
    slot_id = int(given.value) if given.value.isdecimal() else 0
    if place_of(talk, {**form.answers, "slot_id": slot_id}) is None:
        return Kept({"slot_id": None}, (say(talk, "registration.slot-gone"),))
    return Kept({"slot_id": slot_id})


def _typed_slot(talk: Talk, form: FormState, given: Typed) -> Taken:
    """A time typed, of a slot on any page."""
    drive = drive_of(talk, form.answers)
    slots = drive.open_slots(talk.now) if drive else ()
    if drive is not None and (passes := drive.open_pass(talk.now)) is not None and says_any_time(given.text):
        return Kept({"slot_id": passes.id})
    index = read_choice(given.text, [slot_label(talk, slot) for slot in slots])
    return Missed("registration.slot.unclear") if index is None else Kept({"slot_id": slots[index].id})


def _ask_review(talk: Talk, form: FormState) -> Say:
    fixes = [step for step in CORRECTABLE if step != "drive" or len(registrable(talk)) > 1]
    return say(
        talk, "registration.review",
        choice(talk, "confirm", answering(form, "ok")),
        *(choice(talk, f"fix-{step}", answering(form, f"fix-{step}")) for step in fixes),
        choice(talk, "leave", steering(form, "leave")),
        **summary(talk, form.answers),
    )  # fmt: skip


def summary(talk: Talk, answers: Answers) -> dict[str, object]:
    """What the review and the confirmation may say."""
    person, place = person_of(answers), place_of(talk, answers)
    if place is None:
        raise ValueError("a review needs a drive and a slot")
    return {
        **facts(talk, place.drive),
        "day": long_day(place.slot.starts_at, talk.catalogue.zone, language(talk)),
        "time": slot_time(talk.catalogue.words, place.slot.starts_at, talk.catalogue.zone, language(talk)),
        "name": person.name,
        "birth_date": plain_date(person.birth_date, language(talk)),
        "phone": spoken_phone(person.phone),
        "unit": unit_name(talk, person.unit_id),
        "work": words(talk, "registration.work-yes" if answers["dangerous_work"] else "registration.work-no"),
    }


def _take_review(talk: Talk, form: FormState, given: Given) -> Taken:
    if isinstance(given, Typed):
        return Confirmed() if read_yes_no(given.text) else Missed("registration.review.unclear")
    if given.value == "ok":
        return Confirmed()
    step = given.value.removeprefix("fix-")
    return Back(step) if step in CORRECTABLE else Missed("registration.review.unclear")


DRIVE = Step("drive", lambda talk, form: drive_of(talk, form.answers) is None, _ask_drive, _take_drive)
SLOT = Step("slot", _slot_is_open, _ask_slot, _take_slot)
REVIEW = Step("review", lambda talk, form: True, _ask_review, _take_review)
