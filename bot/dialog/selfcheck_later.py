""" "Remind me on that day": through the reminder consent, and with nothing but the day."""

from datetime import date, timedelta

from bot.dialog.consents import asked, pressed
from bot.dialog.menu import onward
from bot.dialog.payloads import Agree, RemindOn, parse
from bot.dialog.saying import choice, language, organiser, say
from bot.dialog.talk import Talk
from bot.dialog.turns import AskLater, GiveConsent, Turn
from bot.dialog.wording import local_day, plain_date
from bot.domain.consents import ConsentGiven, Purpose
from bot.understanding.answers import read_yes_no

FARTHEST = timedelta(days=800)
"""No wait of ours is longer; a button says nothing else."""


def wanted(talk: Talk, press: RemindOn) -> Turn | None:
    """A tap; None for a day that cannot be meant any more."""
    if not _is_ahead(talk, press.day):
        return None
    if talk.dossier.person is None:
        return pressed(talk, Agree(Purpose.REMINDER, "ask"))
    if press.agreed or Purpose.REMINDER in talk.dossier.consents:
        return _kept(talk, press.day)
    conversation = asked(talk.dossier.conversation, Purpose.REMINDER)
    yes = choice(talk, "remind-me", RemindOn(press.day, agreed=True))
    no = choice(talk, "no-reminder", Agree(Purpose.REMINDER, "no"))
    return Turn(conversation, (say(talk, "consent.reminder", yes, no, organiser=organiser(talk)),))


def typed(talk: Talk, text: str) -> Turn | None:
    """A typed yes or no to the consent that stands open here."""
    presses = (parse(choice.payload) for choice in talk.dossier.conversation.offered)
    asked_for = next((one for one in presses if isinstance(one, RemindOn) and one.agreed), None)
    answer = read_yes_no(text) if asked_for else None
    if asked_for is None or answer is None:
        return None
    return wanted(talk, asked_for) if answer else pressed(talk, Agree(Purpose.REMINDER, "no"))


def _is_ahead(talk: Talk, day: date) -> bool:
    today = local_day(talk.now, talk.catalogue.zone)
    return today < day <= today + FARTHEST


def _kept(talk: Talk, day: date) -> Turn:
    said = say(talk, "self-check.reminded", *onward(talk), date=plain_date(day, language(talk)))
    later = AskLater(day)
    if Purpose.REMINDER in talk.dossier.consents:
        return Turn(talk.dossier.conversation, (later, said))
    given = GiveConsent(ConsentGiven(Purpose.REMINDER, talk.catalogue.words.wording("consent.reminder")))
    return Turn(talk.dossier.conversation, (given, later, said))
