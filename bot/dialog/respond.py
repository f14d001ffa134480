"""The dialogue: one person's update in, the next state and the effects out. Pure; the first route that matches wins."""

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
    feeling,
    held,
    human,
    joining,
    menu,
    mine,
    more_routes,
    my_page,
    posters,
    pressure,
    questions,
    reminded,
    rhythm,
    selfcheck,
    selfcheck_later,
    stopping,
    taps,
    told,
    unread,
)
from bot.dialog.ending import finish
from bot.dialog.filled import filled
from bot.dialog.greeting import greeted, started
from bot.dialog.open_form import leave
from bot.dialog.payloads import Agree
from bot.dialog.registration import begin, refused
from bot.dialog.saying import say
from bot.dialog.steps_consent import REMINDER
from bot.dialog.talk import Talk
from bot.dialog.turns import (
    Bring,
    Brought,
    ClaimLine,
    Erase,
    JoinPerson,
    LineClaimed,
    LinkStaff,
    Move,
    Refused,
    Register,
    TakeHeld,
    Turn,
)
from bot.domain.changing import replace
from bot.domain.consents import Purpose
from bot.domain.conversations import OVER, PRESSURE, SELF_CHECK
from bot.domain.updates import (
    AskedErasure,
    Echoed,
    Edited,
    FilledForm,
    Left,
    Pressed,
    Receipted,
    Returned,
    Routed,
    Said,
    SentSomething,
    SharedPhone,
    Silent,
    Started,
    TookBack,
    Unknown,
    Update,
)
from bot.understanding.answers import read_tap, read_yes_no
from bot.understanding.pleas import Plea, read_plea, staff_code
from bot.understanding.stop import command, is_stop
from bot.understanding.wishes import Wish, read_wish


def respond(talk: Talk, update: Update | Refused | LineClaimed | Brought) -> Turn:
    """The whole answer to one update, or to what became of a claim: the database could not grant it, or what it granted
    must be told."""
    if isinstance(update, LineClaimed):
        return finish(talk, claims.claimed(talk, update))
    if isinstance(update, Brought):
        return finish(talk, colleagues.seen(talk, update))
    if isinstance(update, Refused):
        return finish(talk, _refused(talk, update))
    return finish(talk, _answered(talk, update))


def _refused(talk: Talk, outcome: Refused) -> Turn:
    match outcome.effect:
        case Register() as claim:
            return refused(talk, claim)
        case Move() as claim:
            return mine.refused(talk, claim)
        case Bring() as claim:
            return colleagues.refused(talk, claim, outcome.why)
        case TakeHeld():
            return held.refused(talk)
        case LinkStaff():
            return _staff_told(talk, "staff.code-no-good")
        case JoinPerson():
            return more_routes.no_good(talk)
        case ClaimLine():
            return claims.refused(talk)
        case _ as about_joining:
            return joining.refused(talk, about_joining, outcome.why)


def _answered(talk: Talk, update: Update) -> Turn:
    form = talk.dossier.conversation.form
    if form is None or form.name not in QUIET or isinstance(update.event, Silent):
        return _routed(talk, update)
    during, left = QUIET[form.name]
    turn = during(talk, update.event) or _routed(left(talk), update)
    return replace(turn, keep_words=turn.keep_words and form.step == OVER)


def _routed(talk: Talk, update: Update) -> Turn:
    match update.event:
        case Said(text=text):
            return _said(talk, text)
        case Pressed() as press:
            return taps.pressed(talk, press.payload)
        case Started(ref=ref):
            return more_routes.joining(talk, ref) or posters.came(talk, ref) or started(talk, ref)
        case SharedPhone() as phone:
            return _staff_see(talk) or answering.shared(talk, phone)
        case FilledForm() as form:
            return filled(talk, form)
        case Edited(text=text):
            return _urgent(talk, text) or _staff_see(talk) or unread.edited(talk)
        case SentSomething(kind=kind):
            return _staff_see(talk) or unread.sent(talk, kind)
        case Echoed(by_human=True):
            return human.taken_over(talk)
        case Routed(to_us=to_us):
            return human.routed(talk, to_us=to_us)
        case AskedErasure():
            return Turn(talk.dossier.conversation, (Erase(),))
        case Left() | Returned() | Echoed() | TookBack() | Receipted() | Unknown():
            return Turn(talk.dossier.conversation)
    assert_never(update.event)


# --- Typed text ----------------------------------------------------------------------------------------------------


def _said(talk: Talk, text: str) -> Turn:
    routes = ROUTES if any(map(str.isalpha, text)) else ROUTES_OF_NUMBERS
    for route in routes:
        if (turn := route(talk, text)) is not None:
            return turn
    raise AssertionError("the last route answers everything")


def _urgent(talk: Talk, text: str) -> Turn | None:
    return feeling.unkept(talk, human.urgent(talk, text)) if talk.catalogue.reader.is_urgent(text) else None


def _plea(talk: Talk, text: str) -> Turn | None:
    """One kind of message is stopped, somebody was made to come, or does not want their blood used."""
    plea = read_plea(text)
    if plea is None:
        return None
    if plea is Plea.PRESSED:
        return pressure.begin(talk)
    if plea is Plea.UNUSED:
        return questions.call_the_centre(talk)
    purpose = Purpose(plea.value)
    if consents.open_question(talk.dossier.conversation) is purpose:
        return consents.pressed(talk, Agree(purpose, "no"))
    form = talk.dossier.conversation.form
    asked = purpose is Purpose.REMINDER and form is not None and form.step == REMINDER.name
    return None if asked else consents.stop_one(talk, purpose)


def _stop(talk: Talk, text: str) -> Turn | None:
    if not is_stop(text):
        return None
    return stopping.ask_which(talk) if stopping.may_mean_right(talk, text) else stopping.stop(talk)


def _command(talk: Talk, text: str) -> Turn | None:
    name = command(text)
    return COMMANDS[name](talk) if name in COMMANDS else None


def _staff_code(talk: Talk, text: str) -> Turn | None:
    """A code from the console: alarms come here. The code is a secret, and is not kept."""
    code = staff_code(text)
    return _staff_told(talk, "staff.linked", LinkStaff(code)) if code else None


def _staff_told(talk: Talk, text_id: str, *effects: LinkStaff) -> Turn:
    """Nothing else of the talk changes: what was offered stays offered."""
    said = say(talk, text_id, *talk.dossier.conversation.offered)
    return Turn(talk.dossier.conversation, (*effects, said), keep_words=False)


def _owned(talk: Talk, text: str) -> Turn | None:
    """Staff are talking with this person: they read it, the bot keeps silent."""
    return _staff_see(talk)


def _offered(talk: Talk, text: str) -> Turn | None:
    """A number or a label typed means the same as a tap."""
    offered = talk.dossier.conversation.offered
    index = read_tap(text, [choice.label for choice in offered], exactly=answering.takes_any_text(talk))
    return None if index is None else taps.pressed(talk, offered[index].payload)


def _asked(talk: Talk, text: str) -> Turn | None:
    """A typed yes or no where a consent is the open question; a typed blood group where that is."""
    purpose = consents.open_question(talk.dossier.conversation)
    if purpose is not None and (answer := read_yes_no(text)) is not None:
        return consents.pressed(talk, Agree(purpose, "yes" if answer else "no"))
    return consents.typed_blood_group(talk, text)


def _in_form(talk: Talk, text: str) -> Turn | None:
    return answering.typed(talk, text) if talk.dossier.conversation.form is not None else None


def _wish(talk: Talk, text: str) -> Turn | None:
    """About one's own place or data, and no question about giving blood."""
    match read_wish(text):
        case Wish.ERASE_DATA:
            return data.ask(talk)
        case Wish.CHECK_MYSELF:
            return selfcheck.begin(talk)
        case Wish.SEE_PLACES:
            return mine.show(talk)
        case Wish.BRING_COLLEAGUE:
            return colleagues.begin(talk)
        case Wish.SEE_MYSELF:
            return my_page.show(talk)
        case Wish.HEAR_NEWS:
            return consents.wanted(talk, Purpose.NEWS)
        case Wish.TELL_DONATION:
            return told.ask(talk)
        case Wish.MOVE_PLACE if mine.current(talk):
            return mine.show(talk)
    return None


def _question(talk: Talk, text: str) -> Turn:
    """What it is about decides where it leads; what we do not know we say."""
    reading = questions.read(talk, text)
    if reading.answered and reading.intent in INTENTS:
        return INTENTS[reading.intent](talk)
    if (said := questions.answer(talk, reading, text)) is not None:
        return Turn(talk.dossier.conversation, (said,))
    if (warned := human.urgent_still(talk)) is not None:
        return warned
    guess = doubts.perhaps(talk, reading)
    return Turn(talk.dossier.conversation, (guess,)) if guess else doubts.unknown(talk, text)


Route = Callable[[Talk, str], Turn | None]

ROUTES: tuple[Route, ...] = (
    _urgent,
    _plea,
    _stop,
    _staff_code,
    joining.typed_code,
    posters.typed,
    _command,
    joining.typed,
    data.typed,
    _owned,
    _offered,
    claims.typed,
    told.typed,
    reminded.typed,
    _asked,
    selfcheck_later.typed,
    questions.meant,
    _in_form,
    rhythm.typed,
    _wish,
    _question,
)
"""In this order; the last one always answers."""

ROUTES_OF_NUMBERS: tuple[Route, ...] = (_owned, _offered, told.typed, _asked, _in_form, _question)
"""For text without any letter: a phone number cannot be urgent, a stop word or a command."""


# --- Commands, intents ---------------------------------------------------------------------------------------------


def _staff_see(talk: Talk) -> Turn | None:
    return Turn(data.closed(talk.dossier.conversation)) if human.owned_by_staff(talk) else None


def _cancel(talk: Talk) -> Turn:
    """ "/huy" gives a place back; without one it leaves the form."""
    if talk.dossier.conversation.form is not None and not mine.current(talk):
        return leave(talk)
    return mine.cancel(talk)


QUIET = {PRESSURE: (pressure.during, pressure.left), SELF_CHECK: (selfcheck.during, selfcheck.left)}
"""Forms that keep nobody's words."""

COMMANDS: dict[str | None, Callable[[Talk], Turn]] = {
    "start": started,
    "help": started,
    "menu": menu.show,
    "dangky": begin,
    "lich": mine.show,
    "toi": my_page.show,
    "huy": _cancel,
    "dung": stopping.stop,
    "dulieu": data.show,
    "xoa": data.ask,
    "biep": pressure.begin,
    "kiemtra": selfcheck.begin,
    "nguoi": human.ask,
    "gio": rhythm.ask,
    "english": lambda talk: taps.speak(talk, "en"),
    "tiengviet": lambda talk: taps.speak(talk, "vi"),
}

INTENTS: dict[str, Callable[[Talk], Turn]] = {
    "register": begin,
    "cancel_registration": mine.cancel,
    "where_when": drives.show,
    "talk_to_human": human.ask,
    "greeting": greeted,
}
"""Questions that are answered by doing rather than by a topic."""
