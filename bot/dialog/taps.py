"""Taps, and what is typed in their place: where each leads."""

from collections.abc import Callable
from typing import assert_never

from bot.dialog import (
    answering,
    claims,
    colleagues,
    consents,
    data,
    doubts,
    drives,
    human,
    joining,
    menu,
    mine,
    my_page,
    posters,
    pressure,
    questions,
    reminded,
    rhythm,
    selfcheck,
    selfcheck_later,
    stopping,
    told,
)
from bot.dialog.open_form import where_we_are
from bot.dialog.payloads import (
    Agree,
    Answer,
    Blood,
    Check,
    Colleague,
    Erasing,
    Go,
    Hours,
    Join,
    Mine,
    OldList,
    OnePerson,
    Own,
    Payload,
    Poster,
    Pressure,
    Rate,
    Read,
    Remind,
    RemindOn,
    Speak,
    parse,
)
from bot.dialog.registration import begin
from bot.dialog.saying import say, with_conversation
from bot.dialog.talk import Talk
from bot.dialog.turns import Turn


def pressed(talk: Talk, payload: str) -> Turn:
    """A tap, or text that means one. What we never wrote is harmless."""
    press = parse(payload)
    return _followed(talk, press) if press is not None else _past(talk)


def _past(talk: Talk) -> Turn:
    return where_we_are(talk, say(talk, "registration.past"))


def _followed(talk: Talk, press: Payload) -> Turn:
    match press:
        case Answer():
            return answering.pressed(talk, press)
        case Go(place=place):
            return PLACES.get(place, where_we_are)(talk)
        case Read(topic=topic):
            return questions.topic(talk, topic)
        case Join(drive_id=drive_id):
            return begin(talk, drive_id)
        case Poster():
            return posters.pressed(talk, press) or _past(talk)
        case Mine():
            return mine.pressed(talk, press)
        case Own():
            return _on_my_page(talk, press)
        case Colleague():
            return colleagues.pressed(talk, press)
        case Remind():
            return reminded.pressed(talk, press)
        case Hours(rhythm=hours):
            return rhythm.choose(talk, hours)
        case Rate():
            return doubts.rated(talk, press) or _past(talk)
        case Agree():
            return consents.pressed(talk, press)
        case Blood(group=group):
            return consents.took_blood_group(talk, group) or _past(talk)
        case Erasing():
            return data.pressed(talk, press)
        case OnePerson():
            return joining.pressed(talk, press)
        case OldList():
            return claims.pressed(talk, press)
        case Pressure():
            return pressure.past(talk)
        case Check():
            return selfcheck.past(talk)
        case RemindOn():
            return selfcheck_later.wanted(talk, press) or _past(talk)
        case Speak(language=language):
            return speak(talk, language)
    assert_never(press)


def _on_my_page(talk: Talk, press: Own) -> Turn:
    match press.action:
        case "tell":
            return told.ask(talk)
        case "gave":
            return told.gave(talk, press)
        case "later":
            return told.later(talk)
        case "card":
            return my_page.card(talk)
    return my_page.made(talk, named=press.action == "named")


def speak(talk: Talk, language: str) -> Turn:
    """From now on in this language."""
    changed = menu.in_language(talk, language)
    return where_we_are(changed, say(changed, "language.set"))


def _back(talk: Talk) -> Turn:
    """From the human back to the assistant."""
    released = with_conversation(talk, human.released(talk.dossier.conversation))
    return where_we_are(released, say(released, "human.back"))


PLACES: dict[str, Callable[[Talk], Turn]] = {
    "menu": menu.show,
    "register": begin,
    "mine": mine.show,
    "mypage": my_page.show,
    "drives": drives.show,
    "topics": questions.menu_of_topics,
    "covid": lambda talk: questions.topic(talk, "covid-safety"),
    "human": human.ask,
    "back": _back,
    "stop": stopping.stop,
    "data": data.show,
    "consents": consents.listing,
    "erase": data.ask,
    "pressure": pressure.begin,
    "check": selfcheck.begin,
    "one-person": joining.begin,
    "hours": rhythm.ask,
    "unknown": doubts.unknown,
}
