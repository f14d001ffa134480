""" "I felt made to come": a way above the unit. It keeps nobody's words, and nothing of it stays behind."""

from bot.dialog.menu import onward
from bot.dialog.mine import current
from bot.dialog.payloads import Mine, Pressure
from bot.dialog.saying import choice, say, to, with_conversation, with_text, words
from bot.dialog.steps_person import unit_labels
from bot.dialog.talk import Talk
from bot.dialog.turns import ReportPressure, Say, Turn
from bot.dialog.wording import unit_label
from bot.domain.changing import replace
from bot.domain.conversations import PRESSURE, QUIET_LIVES, FormState
from bot.domain.messages import Choice
from bot.domain.units import Unit
from bot.domain.updates import Event, Pressed, Said
from bot.understanding.answers import read_tap, read_yes_no
from bot.understanding.folding import fold
from bot.understanding.pleas import Plea, read_plea
from bot.understanding.stop import command, is_leave_form, is_stop

LONGEST = 1000
UNITS = 7


def begin(talk: Talk) -> Turn:
    """Giving is voluntary; where this goes; which unit. A registration half filled in is wiped, and that is said."""
    conversation = talk.dossier.conversation
    wiped = conversation.form is not None
    form = FormState(PRESSURE, conversation.serial + 1, "unit", {}, touched_at=talk.now)
    talk = with_conversation(talk, replace(conversation, serial=form.serial))
    said = _ask_unit(talk, form, "pressure.begin")
    if wiped:
        said = with_text(said, f"{said.message.text}\n\n{words(talk, 'stop.form-wiped')}", said.about)
    return _asking(talk, form, said)


def during(talk: Talk, event: Event) -> Turn | None:
    """The answer to an open question of this form; None leaves it, and everything of it is wiped."""
    form = talk.dossier.conversation.form
    if form is None:
        return None
    late = form.touched_at is None or talk.now - form.touched_at > QUIET_LIVES
    match event:
        case Pressed(payload=payload) if payload.startswith(f"p{form.serial}."):
            return _late(talk) if late else _pressed(talk, form, payload)
        case Said(text=text) if not _leads_elsewhere(talk, text):
            return _late(talk) if late else _typed(talk, form, text)
    return None


def left(talk: Talk) -> Talk:
    """The talk without this form."""
    return with_conversation(talk, replace(talk.dossier.conversation, form=None, offered=()))


def past(talk: Talk) -> Turn:
    """A press on a question that is over."""
    said = say(talk, "registration.past", *onward(talk))
    return Turn(talk.dossier.conversation, (said,), keep_words=False)


def _leads_elsewhere(talk: Talk, text: str) -> bool:
    """Urgent words, stop words and commands come before every form."""
    plea = read_plea(text)
    if talk.catalogue.reader.is_urgent(text) or is_stop(text):
        return True
    return command(text) is not None or (plea is not None and plea not in (Plea.PRESSED, Plea.UNUSED))


def _typed(talk: Talk, form: FormState, text: str) -> Turn:
    offered = talk.dossier.conversation.offered
    if is_leave_form(text):
        return _leave(talk)
    index = read_tap(text, [c.label for c in offered], exactly=form.step == "words")
    if index is not None:
        return _pressed(talk, form, offered[index].payload)
    match form.step:
        case "unit":
            return _unit_typed(talk, form, text)
        case "words":
            return _ask_call(talk, replace(form, answers={**form.answers, "words": text.strip()[:LONGEST]}))
    answer = read_yes_no(text)
    if answer is None:
        return _asking(talk, form, _call_question(talk, form, "pressure.call-unclear"))
    return _done(talk, form, call_back=answer)


def _pressed(talk: Talk, form: FormState, payload: str) -> Turn:
    """A tap; one on an earlier question of this form asks the open one again."""
    _, step, value = payload.split(".", 2)
    if value == "leave":
        return _leave(talk)
    if step != form.step:
        return _again(talk, form)
    match step:
        case "unit":
            return _unit_tapped(talk, form, value)
        case "words":
            return _ask_call(talk, form)
    return _done(talk, form, call_back=value == "yes")


# --- which unit ----------------------------------------------------------------------------------------------------


def _ask_unit(talk: Talk, form: FormState, text_id: str) -> Say:
    own = _own_unit(talk)
    mine = (Choice(unit_label(own.name), _payload(form, str(own.id))),) if own else ()
    return say(talk, text_id, *mine, _no_unit(talk, form), _way_out(talk, form))


def _no_unit(talk: Talk, form: FormState) -> Choice:
    return choice(talk, "say-no-unit", _press(form, "none"))


def _own_unit(talk: Talk) -> Unit | None:
    """The unit of the registration, else the person's."""
    person = talk.dossier.person
    known = (*(r.unit_id for r in talk.dossier.registrations), person.unit_id if person else None)
    return next((unit for one in known if one is not None and (unit := talk.catalogue.units.get(one))), None)


def _unit_tapped(talk: Talk, form: FormState, value: str) -> Turn:
    if value == "none":
        return _ask_words(talk, replace(form, answers={"unit_id": None}))
    unit = talk.catalogue.units.get(int(value)) if value.isdecimal() and len(value) <= 18 else None
    if unit is None:
        return _again(talk, form)
    return _ask_words(talk, replace(form, answers={"unit_id": unit.id}))


def _unit_typed(talk: Talk, form: FormState, text: str) -> Turn:
    found = talk.catalogue.units.search(text, UNITS)
    if not found:
        return _asking(talk, form, _ask_unit(talk, form, "pressure.unit-unknown"))
    same = [unit for unit in found if fold(unit.name) == fold(text)]
    if len(same) == 1 or len(found) == 1:
        return _ask_words(talk, replace(form, answers={"unit_id": (same or found)[0].id}))
    picks = (Choice(label, _payload(form, str(u.id))) for u, label in zip(found, unit_labels(found), strict=True))
    listed = "\n".join(f"• {unit.name}" for unit in found)
    said = say(talk, "pressure.pick-unit", *picks, _no_unit(talk, form), _way_out(talk, form), list=listed)
    return _asking(talk, form, said)


# --- in their own words, and a call back ---------------------------------------------------------------------------


def _ask_words(talk: Talk, form: FormState) -> Turn:
    form = replace(form, step="words")
    return _asking(talk, form, _words_question(talk, form))


def _words_question(talk: Talk, form: FormState) -> Say:
    skip = choice(talk, "skip", _press(form, "none"))
    return say(talk, "pressure.ask-words", skip, _way_out(talk, form))


def _ask_call(talk: Talk, form: FormState) -> Turn:
    form = replace(form, step="call")
    return _asking(talk, form, _call_question(talk, form, "pressure.ask-call"))


def _call_question(talk: Talk, form: FormState, text_id: str) -> Say:
    no, yes = choice(talk, "no-call", _press(form, "no")), choice(talk, "yes-call", _press(form, "yes"))
    return say(talk, text_id, no, yes, _way_out(talk, form))


def _done(talk: Talk, form: FormState, *, call_back: bool) -> Turn:
    report = ReportPressure(form.answers.get("unit_id"), str(form.answers.get("words", "")), call_back)
    talk = left(talk)
    text_id = "pressure.done-call" if call_back else "pressure.done"
    said = say(talk, text_id, *_way_to_stay_away(talk), *onward(talk))
    return Turn(talk.dossier.conversation, (report, said), keep_words=False)


def _way_to_stay_away(talk: Talk) -> tuple[Choice, ...]:
    """For whoever holds a place: the nearest one."""
    return tuple(choice(talk, "give-back", Mine("cancel", held.id)) for held in current(talk)[:1])


# --- the form itself -----------------------------------------------------------------------------------------------


def _asking(talk: Talk, form: FormState, said: Say) -> Turn:
    conversation = replace(talk.dossier.conversation, form=replace(form, touched_at=talk.now))
    return Turn(conversation, (said,), keep_words=False)


def _again(talk: Talk, form: FormState) -> Turn:
    match form.step:
        case "unit":
            said = _ask_unit(talk, form, "pressure.unit-again")
        case "words":
            said = _words_question(talk, form)
        case _:
            said = _call_question(talk, form, "pressure.ask-call")
    return _asking(talk, form, said)


def _leave(talk: Talk) -> Turn:
    talk = left(talk)
    return Turn(talk.dossier.conversation, (say(talk, "pressure.left", *onward(talk)),), keep_words=False)


def _late(talk: Talk) -> Turn:
    """Too long untouched: whatever this answer says, it belongs to nothing any more."""
    talk = left(talk)
    said = say(talk, "pressure.late", to(talk, "pressure"), *onward(talk))
    return Turn(talk.dossier.conversation, (said,), keep_words=False)


def _way_out(talk: Talk, form: FormState) -> Choice:
    return choice(talk, "leave-it", _press(form, "leave"))


def _press(form: FormState, value: str) -> Pressure:
    return Pressure(form.serial, form.step, value)


def _payload(form: FormState, value: str) -> str:
    return str(_press(form, value))
