"""The end of the form: the Register effect and the confirmation with ticket, safety note and papers."""

from datetime import datetime

from bot.dialog.ages import refusal
from bot.dialog.claims import offering
from bot.dialog.consents import asked, question, to_ask
from bot.dialog.drives import booked_at
from bot.dialog.form_answers import Answers, consents_of, person_of, place_of
from bot.dialog.menu import menu_choices
from bot.dialog.mine import already
from bot.dialog.more_routes import Expected, after_a_donation, before_a_drive, one_more
from bot.dialog.payloads import Read
from bot.dialog.saying import choice, safety_note, say, to, with_choices, with_conversation, with_text, words
from bot.dialog.steps_place import earliest_note, summary
from bot.dialog.talk import Talk
from bot.dialog.tickets import with_ticket
from bot.dialog.turns import Register, Say, Turn
from bot.dialog.wording import local_day
from bot.domain.changing import replace
from bot.domain.consents import Purpose
from bot.domain.registrations import spoken_ticket, ticket_from


def register(talk: Talk, answers: Answers) -> Turn:
    """Take the place that was chosen; the form is closed and its answers leave the conversation."""
    place = place_of(talk, answers)
    if place is None:
        raise ValueError("only a place that is open can be taken")
    person = person_of(answers)
    talk = with_conversation(talk, replace(talk.dossier.conversation, form=None))
    held = booked_at(talk, place.drive.id)
    if held is not None:
        return already(talk, held)
    refused = refusal(talk, person.birth_date, local_day(place.drive.starts_at, talk.catalogue.zone))
    if refused is not None:
        return Turn(talk.dossier.conversation, (say(talk, refused.reason, *menu_choices(talk), **refused.values),))
    ticket = ticket_from(talk.seed)
    claim = Register(
        place.drive.id, place.slot.id, ticket, person, bool(answers["dangerous_work"]), consents_of(answers)
    )  # fmt: skip
    return _done(talk, claim, _confirmation(talk, answers, ticket), place.slot.starts_at)


def _done(talk: Talk, claim: Register, confirmation: Say, starts_at: datetime) -> Turn:
    """Where a line of an old list fits this person alone, its question comes before all others."""
    turn = _with_one_question(talk, claim, confirmation, starts_at)
    first, menu = (claim, with_choices(confirmation)), confirmation.message.choices
    return replace(turn, effects=(*turn.effects, *offering(talk, claim.person, *menu, first=first)))


def _with_one_question(talk: Talk, claim: Register, confirmation: Say, starts_at: datetime) -> Turn:
    """The ticket stands alone; under it one question at most: for one more way to the person, where they could not be
    told what they wait for, else once each for one more consent."""
    menu = confirmation.message.choices
    if more := one_more(talk, _expected(talk, claim, starts_at), *menu):
        return Turn(talk.dossier.conversation, (claim, with_choices(confirmation), *more))
    purpose = to_ask(talk)
    if purpose is None:
        return Turn(talk.dossier.conversation, (claim, confirmation))
    effects = (claim, with_choices(confirmation), question(talk, purpose, *menu))
    return Turn(asked(talk.dossier.conversation, purpose), effects)


def _expected(talk: Talk, claim: Register, starts_at: datetime) -> tuple[Expected, ...]:
    """What this person now waits to hear."""
    reminded = Purpose.REMINDER in talk.dossier.consents or any(c.purpose is Purpose.REMINDER for c in claim.consents)
    return (*before_a_drive(talk, starts_at), *(after_a_donation(talk, starts_at) if reminded else ()))


def _confirmation(talk: Talk, answers: Answers, ticket: str) -> Say:
    """Ticket, time and place, then what to bring and the drive's COVID-19 note with its date."""
    place = place_of(talk, answers)
    if place is None:
        raise ValueError("only a place that is open can be confirmed")
    said = say(
        talk, "registration.confirmed",
        to(talk, "mine"), choice(talk, "before", Read("before")), to(talk, "menu"),
        ticket=spoken_ticket(ticket), **summary(talk, answers),
    )  # fmt: skip
    parts = [
        said.message.text,
        earliest_note(talk, place.drive),
        words(talk, "registration.dangerous-work-rule") if answers["dangerous_work"] else "",
        words(talk, "registration.papers"),
        safety_note(talk, place.drive.starts_at),
    ]
    whole = with_text(said, "\n\n".join(part for part in parts if part), said.about)
    return with_ticket(talk, whole, ticket, place.drive, place.slot.starts_at)
