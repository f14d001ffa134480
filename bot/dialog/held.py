"""A place that was held for somebody: shown with the consent it needs, taken with one tap, or given to others."""

from bot.dialog import drives, mine
from bot.dialog.ages import refusal
from bot.dialog.menu import menu_choices, onward
from bot.dialog.payloads import Remind
from bot.dialog.saying import choice, organiser, safety_note, say, to, to_topic, with_link, with_text, words
from bot.dialog.steps_place import earliest_note
from bot.dialog.talk import Talk
from bot.dialog.turns import LetGo, TakeHeld, Turn
from bot.dialog.wording import local_day
from bot.domain.consents import ConsentGiven, Purpose
from bot.domain.drives import Drive
from bot.domain.registrations import Registration

CONSENT = "consent.held-place"


def at(talk: Talk, drive: Drive | None) -> Registration | None:
    """What is kept free for this person at a drive, while it can still be taken."""
    known = (r for r in talk.dossier.registrations if r.is_held and r.slot_starts_at > talk.now)
    return next((r for r in known if drive is not None and r.drive_id == drive.id), None)


def all_let_go(talk: Talk) -> tuple[LetGo, ...]:
    """Whoever wants no reminders keeps no place from others."""
    return tuple(LetGo(r.id) for r in talk.dossier.registrations if r.is_held)


def offer(talk: Talk, registration_id: int) -> Turn:
    """What the place needs: the registration's consent in short, with the whole of it behind a link."""
    found = _held(talk, registration_id)
    if isinstance(found, Turn):
        return found
    registration, drive = found
    said = say(
        talk, CONSENT,
        choice(talk, "take-place", Remind("take", registration.id)),
        choice(talk, "give-place", Remind("give", registration.id)),
        choice(talk, "remind-later", Remind("later")), *onward(talk),
        organiser=organiser(talk), **mine.told(talk, registration),
    )  # fmt: skip
    if note := earliest_note(talk, drive):
        said = with_text(said, f"{note}\n\n{said.message.text}", said.about)
    if talk.catalogue.notice:
        said = with_link(said, words(talk, "label.notice"), talk.catalogue.notice)
    return Turn(talk.dossier.conversation, (said,))


def take(talk: Talk, registration_id: int) -> Turn:
    """The yes, with the ticket; the rows may still refuse it."""
    found = _held(talk, registration_id)
    if isinstance(found, Turn):
        return found
    registration, drive = found
    said = say(
        talk,
        "reminded.taken",
        to(talk, "mine"),
        to_topic(talk, "before"),
        *onward(talk),
        **mine.told(talk, registration),
    )
    parts = (said.message.text.rstrip(), words(talk, "registration.papers"), safety_note(talk, drive.starts_at))
    whole = mine.with_its_ticket(talk, with_text(said, "\n\n".join(parts), said.about), registration)
    consent = ConsentGiven(Purpose.REGISTRATION, talk.catalogue.words.wording(CONSENT))
    return Turn(talk.dossier.conversation, (TakeHeld(registration.id, consent), whole))


def refused(talk: Talk) -> Turn:
    """Let go meanwhile, or its drive has closed: the others are one tap away."""
    return Turn(talk.dossier.conversation, (say(talk, "reminded.gone"), drives.listing(talk)))


def give(talk: Talk, registration_id: int) -> Turn:
    """Somebody else may have it. A place that is theirs already is given up only after the usual question."""
    registration = talk.dossier.registration(registration_id)
    if registration is not None and registration.is_booked:
        return mine.ask_cancel(talk, registration)
    if registration is None:
        return ask_when(talk, "reminded.when")
    turn = ask_when(talk, "reminded.given")
    return Turn(turn.conversation, (LetGo(registration.id), *turn.effects))


def ask_when(talk: Talk, text_id: str) -> Turn:
    """Not now: then when?"""
    said = say(
        talk, text_id,
        choice(talk, "remind-later", Remind("later")), choice(talk, "remind-no", Remind("no")),
        to(talk, "drives"), *onward(talk),
    )  # fmt: skip
    return Turn(talk.dossier.conversation, (said,))


def _held(talk: Talk, registration_id: int) -> tuple[Registration, Drive] | Turn:
    """The place and its drive while both stand; else what is said instead."""
    registration = talk.dossier.registration(registration_id)
    if registration is not None and registration.is_booked:
        return mine.already(talk, registration)
    person, drive = talk.dossier.person, talk.catalogue.drive(registration.drive_id) if registration else None
    if registration is None or drive is None or person is None or registration.slot_starts_at <= talk.now:
        return refused(talk)
    no = refusal(talk, person.birth_date, local_day(drive.starts_at, talk.catalogue.zone))
    if no is not None:
        said = say(talk, no.reason, *menu_choices(talk), **no.values)
        return Turn(talk.dossier.conversation, (LetGo(registration.id), said))
    return registration, drive
