"""A past donation as its giver tells it: the day, what it was, and kept apart from what a blood bank has recorded."""

from datetime import date

from bot.dialog.human import owned_by_staff
from bot.dialog.menu import onward
from bot.dialog.open_form import where_we_are
from bot.dialog.payloads import Agree, Own, parse
from bot.dialog.saying import choice, language, say, to, words
from bot.dialog.talk import Talk
from bot.dialog.turns import TellDonation, Turn
from bot.dialog.wording import local_day, plain_date
from bot.domain.consents import Purpose
from bot.domain.donations import Component, Donation, next_on
from bot.understanding.dates import YOUNGEST, whole_years
from bot.understanding.plain_days import read_plain_day
from bot.understanding.questions import looks_like_question
from bot.understanding.times import read_since

LONGEST_AGO = 20
"""Years: what is older changes neither an interval nor an honour."""


def ask(talk: Talk, text_id: str = "told.ask") -> Turn:
    """Only of somebody whose data we may keep."""
    conversation = talk.dossier.conversation
    if not _may_keep(talk):
        remind = choice(talk, "remind-me", Agree(Purpose.REMINDER, "ask"))
        return Turn(conversation, (say(talk, "told.consent-first", to(talk, "register"), remind, *onward(talk)),))
    return Turn(conversation, (say(talk, text_id, choice(talk, "told-later", Own("later")), *onward(talk)),))


def typed(talk: Talk, text: str) -> Turn | None:
    """A day typed while it is the open question; a question of theirs is answered as ever."""
    if owned_by_staff(talk) or not _is_open(talk) or not any(map(str.isdigit, text)):
        return None
    today = local_day(talk.now, talk.catalogue.zone)
    plain = read_plain_day(text)
    if plain is not None and plain > today:
        return ask(talk, "told.future")
    since = read_since(text, today)
    day = plain or (since.day if since is not None else None)
    if day is None:
        return None if looks_like_question(text) else ask(talk, "told.again")
    return _fault(talk, day, today) or _ask_what(talk, day)


def _fault(talk: Talk, day: date, today: date) -> Turn | None:
    person = talk.dossier.person
    if person is not None and (day <= person.birth_date or whole_years(person.birth_date, day) < YOUNGEST):
        return ask(talk, "told.too-young")
    return ask(talk, "told.too-long") if (today - day).days > 366 * LONGEST_AGO else None


def _ask_what(talk: Talk, day: date) -> Turn:
    kinds = (choice(talk, component.value, Own("gave", day, component.value)) for component in Component)
    said = say(
        talk, "told.what", *kinds, choice(talk, "told-later", Own("later")), date=plain_date(day, language(talk))
    )
    return Turn(talk.dossier.conversation, (said,))


def gave(talk: Talk, press: Own) -> Turn:
    """Kept as told; a button of an old message is judged as the day was typed now."""
    today = local_day(talk.now, talk.catalogue.zone)
    if press.day is None or not _may_keep(talk):
        return ask(talk)
    if press.day > today:
        return ask(talk, "told.future")
    if (fault := _fault(talk, press.day, today)) is not None:
        return fault
    component, tongue = Component(press.component), language(talk)
    again = next_on(Donation(press.day, component), talk.catalogue.rules.intervals)
    said = say(
        talk,
        "told.kept",
        to(talk, "mypage"),
        *onward(talk),
        what=words(talk, f"component.{component}"),
        date=plain_date(press.day, tongue),
        next_on=plain_date(max(again, talk.dossier.next_on or again), tongue),
    )
    return Turn(talk.dossier.conversation, (TellDonation(press.day, component), said))


def later(talk: Talk) -> Turn:
    return where_we_are(talk)


def _may_keep(talk: Talk) -> bool:
    dossier = talk.dossier
    return dossier.person is not None and bool(dossier.consents & {Purpose.REGISTRATION, Purpose.REMINDER})


def _is_open(talk: Talk) -> bool:
    """The question for the day is the last thing said: its "later" is offered, and no component yet."""
    offered = [parse(one.payload) for one in talk.dossier.conversation.offered]
    own = [one for one in offered if isinstance(one, Own)]
    return any(one.action == "later" for one in own) and not any(one.action == "gave" for one in own)
